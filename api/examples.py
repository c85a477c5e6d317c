"""Examples of the OpenAPI document, from the Bayan Obo story. Its parties are invented; signed texts are shortened."""

from __future__ import annotations

from typing import Any, Final

DIGEST: Final = "zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"
RECORD: Final = {
    "oreprint": "production-record/1",
    "run": "SEP-2026-07",
    "step": "blending",
    "producer": "did:web:separation-a.example",
    "facility": "https://separation-a.example/plants/1",
    "period": {"start": "2026-07-01", "end": "2026-07-02"},
    "allocation": {
        "method": "economic",
        "mass_key": "REO",
        "prices": {
            "source": "USGS Mineral Commodity Summaries 2025, Nd oxide, mean of 2020 to 2024; PrNd oxide taken equal",
            "currency": "USD",
            "period": {"start": "2020-01-01", "end": "2024-12-31"},
        },
    },
    "inputs": [{"lot": "OX-16", "mass": "20 kg"}],
    "excluded": [{"what": "electricity", "why": "it is filled into drums by hand", "kind": "no-ghg"}],
    "outputs": [
        {
            "lot": "OX-18",
            "kind": "oxide",
            "product": "praseodymium-neodymium-oxide",
            "description": "PrNd oxide in drums of 5 kg",
            "mass": "20 kg",
            "price": "83 USD/kg",
            "loss_on_ignition": "0.0012",
            "composition": {
                "Nd": "0.650834",
                "Pr": "0.197144",
                "O": "0.149322",
                "C": "0.0008",
                "Ca": "0.0003",
                "S": "0.0003",
                "Ce": "0.0003",
                "Fe": "0.0002",
                "Cl": "0.0002",
                "H": "0.0002",
                "La": "0.0002",
                "Sm": "0.0002",
            },
        }
    ],
}
FACTS: Final = {
    "oreprint": "recipe-facts/1",
    "recipe": "OX-blend",
    "version": 4,
    "period": {"start": "2026-07-01", "end": "2026-07-02"},
    "inputs": [{"lot": "OX-16", "mass": "20 kg"}],
    "outputs": [{"lot": "OX-18", "mass": "20 kg"}],
    "readings": {"electricity": "37 kWh"},
}
INSTRUMENT: Final = {
    "oreprint": "instrument/1",
    "producer": "did:web:separation-a.example",
    "facility": "https://separation-a.example/plants/1",
    "period": {"start": "2026-01-01", "end": "2026-03-31"},
    "scheme": "Example attributes",
    "statement": "EX-2026-000731",
    "amount": "120 MWh",
    "grid": "CN-NM",
    "year": "2026",
    "factor": "methods/electricity-wind-direct.glo",
}
_RUN: Final = "WyJxVW8xaEZ5OG0yclprMHZOblgzdFd3IiwicnVuIix7Im9yZXByaW50IjoicnVuLzEiLCJydW4iOiJTRVAtMjAyNi0wMiJ9XQ"
_OUTPUT: Final = "WyJacjJUOWNWYjdMa1FwNHNZdzZ4RTFnIix7ImxvdCI6Ik9YLTE3Iiwia2luZCI6Im94aWRlIn1d"
JWS: Final = (
    "eyJhbGciOiJFZERTQSIsInR5cCI6InZjK3NkLWp3dCJ9."
    "eyJpZCI6InVybjp1dWlkOjVmMmMxYzFlLThhNTUtNGEzZS05ZDBiLTNhOGY2ZjFmMWEwMSJ9."
    "pKvURIxJVi2CgRXROh_M6pJ_UrTVRZKX-LQ-QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr-Yg"
)
_HOLDING: Final = "WyJrSjVkUDBhUzhuVjJjWHc0elI3dFlnIix7Im93bmVyIjoiZGlkOndlYjpzZXBhcmF0aW9uLWEuZXhhbXBsZSIsInJlZ2lzdHJ5IjoicmVnaXN0cnkuZXhhbXBsZSJ9XQ"
_ROOT: Final = "RUNJ5CLwUpcZHq0T4h09tSDlq+9SBV5JZLgvshP1k6E="
_HASHES: Final = ["ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs", "PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0"]
SIGNED: Final = {"run": _RUN, "disclosures": [_OUTPUT], "certificates": [JWS], "holdings": [_HOLDING]}
"""Shortened: a real run says all that it must (`docs/formats.md`)."""
SPLIT: Final = {"lot": "OX-17", "mass": "855.9 kg"}
SHARE: Final = {"lot": "OX-17", "recipient": "Metal A", "audience": "customer", "days": 30}
CONTACT: Final = {"name": "Motor Works", "email": "goods-in@motor-works.example"}
SHIPMENT: Final = {
    "contact": "Motor Works",
    "lots": [{"lot": "MG-88", "mass": "30 kg"}],
    "number": "DN-2026-114",
    "po": "4500012345",
}
MOVE: Final = {"statement": "move", "lot": "OX-17", "to": "did:web:metal-a.example", "mass": "855.9 kg"}
RECIPE: Final[dict[str, Any]] = {
    "oreprint": "recipe/1",
    "recipe": "OX-17",
    "version": 1,
    "title": "PrNd oxide in drums of 5 kg",
    "run": RECORD,
    "outputs": [{"low": "18 kg", "high": "22 kg"}],
}
RECIPE_DECISION: Final = {"decision": "approve", "digest": "0" * 64}
NOTICE: Final = {
    "type": "offered",
    "timestamp": "2026-06-09T08:00:00Z",
    "data": {
        "registry": "registry.example",
        "party": "did:web:metal-a.example",
        "subject": "OX-18",
        "facts": {"with": "did:web:separation-a.example", "mass_kg": "40"},
    },
}

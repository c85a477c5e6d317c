"""The examples of the OpenAPI document: from the Bayan Obo story, whose parties are invented."""

from __future__ import annotations

from typing import Final

DIGEST: Final = "zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"
RECORD: Final = {
    "oreprint": "production/1",
    "run": "ELY-2026-05-L",
    "producer": "did:web:metal-a.example",
    "facility": "https://metal-a.example/plants/1",
    "step": "oxide-electrolysis",
    "period": "2026-05-01/2026-05-31",
    "...": "see `oreprint schema production-record` and examples/bayan-obo",
}
SIGNED: Final = {
    "run": "WyJ...",
    "disclosures": ["WyJ..."],
    "certificates": ["eyJhbGciOiJFZERTQSIs..."],
    "holdings": ["WyJ..."],
}
CERTIFICATES_ANSWER: Final = {
    "state": "logged",
    "certificates": [
        {
            "lot": "LM-12",
            "digest": DIGEST,
            "id": "urn:uuid:5f2c1c1e-8a55-4a3e-9d0b-3a8f6f1f1a01",
            "index": 57,
            "certificate": "eyJhbGciOiJFZERTQSIs...~WyJ...~",
            "proof": {"checkpoint": "registry.example/log\n58\n...", "entry": "AQE...", "path": ["..."]},
            "url": f"https://registry.example/c/{DIGEST}",
        }
    ],
    "notes": [],
}
SPLIT: Final = {"lot": "OX-17", "mass": "855.9 kg"}
SPLIT_ANSWER: Final = {
    "lot": "OX-17",
    "certificate": DIGEST,
    "holdings": [{"creator": "q1m...", "holding": "WyJ...", "mass_kg": "855.9"}],
}
PLACES_ANSWER: Final = {"entries": [{"list": 0, "index": 70213}]}
MOVE: Final = {"statement": "move", "lot": "OX-17", "to": "did:web:metal-a.example", "mass": "855.9 kg"}
MOVE_ANSWER: Final = {
    "state": "offered",
    "shipments": [
        {
            "lot": "OX-17",
            "certificate": DIGEST,
            "from": "did:web:separation-a.example",
            "to": "did:web:metal-a.example",
            "mass_kg": "855.9",
            "moves": ["q1m..."],
        }
    ],
}

"""The published JSON Schemas are those agreed, are schemas, and say what the models say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from cli.commands.schema import DOCUMENTS, schema_text
from schemas.door import parse_value
from schemas.trust import TrustFile
from tests.golden.make_schemas import stale
from tests.support.worlds.parties import cast
from tests.support.worlds.sample_records import details, inventory, outputs, sealed_certificate, sealed_run

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.document import Document


def test_the_golden_copies_are_fresh() -> None:
    assert not [path.name for path in stale()], "python tests/golden/make_schemas.py writes them"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(schema_text(name)))


def sealed_documents() -> list[tuple[str, Document]]:
    return [
        ("certificate", sealed_certificate().record),
        ("run", sealed_run().run),
        ("output", outputs()[0]),
        ("detail", details()[0]),
        ("trust", cast().listed),
        ("trust-file", TrustFile(note=cast().note)),
        *(("inventory-group", group) for group in inventory()),
    ]


@pytest.mark.parametrize(
    ("name", "document"),
    sealed_documents(),
    ids=[f"{number}-{name}" for number, (name, _) in enumerate(sealed_documents())],
)
def test_a_schema_accepts_what_its_model_writes_and_nothing_more(name: str, document: Document) -> None:
    validator = Draft202012Validator(json.loads(schema_text(name)))
    value = json.loads(document.to_text())
    assert not [error.message for error in validator.iter_errors(value)]
    assert list(validator.iter_errors({**value, "invented": 1}))
    for member in value:
        less = {key: held for key, held in value.items() if key != member}
        optional = member not in required(validator.schema, value)
        assert bool(list(validator.iter_errors(less))) is not optional, member


def required(schema: dict[str, Any], value: dict[str, Any]) -> set[str]:
    """Return the members that must be there, of the variant whose tag the value has."""
    if "oneOf" not in schema:
        return set(schema["required"])
    variant = schema["discriminator"]["mapping"][value[schema["discriminator"]["propertyName"]]].rpartition("/")[2]
    return set(schema["$defs"][variant]["required"])


def test_the_example_s_files_fit_their_schemas(root: Path) -> None:
    kinds = {
        "production-record/1": "production-record",
        "instrument/1": "instrument",
        "parties/1": "parties",
        "shipments/1": "shipments",
    }
    files = sorted((root / "examples").rglob("*.yaml"))
    assert files
    validators = {kind: Draft202012Validator(json.loads(schema_text(name))) for kind, name in kinds.items()}
    for file in files:
        value: Any = parse_value(file.read_bytes(), media="yaml")
        assert not [error.message for error in validators[value["oreprint"]].iter_errors(value)], file.name

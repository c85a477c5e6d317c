"""The written records of the example plants, as the door reads them."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from schemas.door import parse_value

EXAMPLES = Path(__file__).parents[3] / "examples"


@cache
def _all() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(EXAMPLES.glob("*/*.yaml")):
        value = parse_value(path.read_bytes(), media="yaml")
        if isinstance(value, dict) and value.get("oreprint") == "production-record/1":
            found[f"{path.parent.name}/{path.stem}"] = value
    return found


def example_names() -> list[str]:
    """Return the names of all example records."""
    return [*_all()]


def example_record(name: str) -> dict[str, Any]:
    """Return one example record, to be changed at will."""
    return copy.deepcopy(_all()[name])

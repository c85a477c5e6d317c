"""The sheet of the workbook for each part of a recipe, for its writer and its reader alike.

Rules: an amount of a line, and of water and anodes, is in the sheet of lines with its rule; compositions are in
theirs, and what is left out too. Everything else is one row in the sheet of the recipe, by its place. So nothing is
lost, whatever a record may say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ledger.recipes.amounts import SINGLE

ALONE: Final = {
    **{(part, member): f"{part}.{member}" for part in ("water", "anodes") for member in SINGLE[part]},
    ("anodes", "anode_carbon"): "anode_carbon",
}
"""Amounts that are once in a run, by the group and name of their row."""
MASSES: Final = frozenset({"materials", "direct", "wastes"})
"""Groups whose amount is called `mass`."""
LINE_MEMBERS: Final = ("factor", "grid", "strength", "basis", "fate", "destination", "substance", "gas", "note")
"""Members of a line that have a column of their own, besides name, amount and composition."""
RULE_MEMBERS: Final = ("rule", "key", "label", "low", "high", "scale", "reason")
"""Members of a rule that have a column of the line."""
LEFT_OUT_MEMBERS: Final = ("what", "why", "share", "kind", "line", "at_most", "factor")
FRACTION: Final = "fraction"
KILOGRAMS: Final = "kg"
NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
"""A number as we write it."""
MOST_DIGITS: Final = 15
"""Digits that a spreadsheet keeps of a number."""
_STEP: Final = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)((?:\[[0-9]{1,3}\])*)")


def amount_member(group: str) -> str:
    """Return what the amount of a line is called."""
    return "mass" if group in MASSES else "amount"


def composition_member(group: str) -> str:
    """Return what the composition of a line is called: shares of a material, masses in whatever left."""
    return "elements" if group in {"wastes", "direct"} else "composition"


def is_number(text: object) -> bool:
    """Return whether a spreadsheet shows a text as the very same number."""
    return (
        isinstance(text, str)
        and NUMBER.fullmatch(text) is not None
        and len(text.replace(".", "").lstrip("0")) <= MOST_DIGITS
    )


def leaves(value: object, place: str) -> Iterator[tuple[str, str | bool | int]]:
    """Yield every single value under a place, with its own place."""
    match value:
        case dict():
            for name, each in value.items():
                yield from leaves(each, f"{place}.{name}" if place else str(name))
        case list() | tuple():
            for number, each in enumerate(value):
                yield from leaves(each, f"{place}[{number}]")
        case None:
            return
        case _:
            yield place, value  # type: ignore[misc] # a document holds texts, numbers and truths


def steps_of(place: str) -> list[str | int] | None:
    """Return the steps of a place, names and numbers; None if it is no place."""
    steps: list[str | int] = []
    for part in place.split("."):
        found = _STEP.fullmatch(part)
        if found is None:
            return None
        steps.append(found[1])
        steps += map(int, re.findall(r"[0-9]+", found[2]))
    return steps


def put(document: dict[str, Any], steps: list[str | int], value: object) -> bool:
    """Put a value at a place of a document; return False if the place is taken, or a list would have a gap."""
    here: Any = document
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        empty: Any = value if last else ([] if isinstance(steps[number + 1], int) else {})
        if isinstance(here, dict) and isinstance(step, str):
            if last and step in here:
                return False
            here = here.setdefault(step, empty)
        elif isinstance(here, list) and isinstance(step, int) and step <= len(here):
            if step == len(here):
                here.append(empty)
            elif last:
                return False
            here = here[step]
        else:
            return False
    return True

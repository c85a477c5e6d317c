"""Warnings of one kind together, so that people read one line of them: how many there are, and where.

Rules: warnings are of one kind if they are of one check; flags of a plausibility rule, if they break the same rule in
the same way.  A report keeps each warning by itself; only what people read puts them together.

What this module does not do: it judges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.report import Check


class SameKind(NamedTuple):
    """A check, and the places of further warnings of its kind."""

    check: Check
    others: tuple[str, ...]


def grouped(checks: Iterable[Check]) -> list[SameKind]:
    """Return checks in their order, with all warnings of one kind at the place of the first."""
    kinds: dict[object, list[Check]] = {}
    for number, check in enumerate(checks):
        kinds.setdefault(_kind(check) or number, []).append(check)
    return [SameKind(first, tuple(each.place for each in rest)) for first, *rest in kinds.values()]


def _kind(check: Check) -> object:
    if check.result != "warning":
        return None
    return check.step, check.code, check.facts.get("breach"), check.facts.get("problem")

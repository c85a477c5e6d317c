"""What differs between two versions of a recipe, or between two records: each place with the value before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

_OF_THE_VERSION: Final = frozenset({"oreprint", "version", "pinned"})
"""Members that differ between any two versions."""
_NAMES: Final = ("name", "place", "lot", "description", "meter", "item", "what")
"""Members that tell one element of a list from the others."""


class Difference(NamedTuple):
    """A place with its value before and after; None for no value."""

    place: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[Difference]:
    """Return the differences of two documents of one kind, without those that any two versions have."""
    old, new = ({name: each for name, each in one.items() if name not in _OF_THE_VERSION} for one in (before, after))
    return [*_between(old, new, "")]


def _between(old: object, new: object, place: str) -> Iterator[Difference]:
    if old == new:
        return
    match old, new:
        case dict(), dict():
            for name in dict.fromkeys((*old, *new)):
                yield from _between(old.get(name), new.get(name), f"{place}.{name}" if place else str(name))
        case list() | tuple(), list() | tuple():
            before, after = _by_name(old), _by_name(new)
            for name in dict.fromkeys((*before, *after)):
                yield from _between(before.get(name), after.get(name), f"{place}[{name}]")
        case _ if (told := (_told(old), _told(new))) != (None, None):
            yield Difference(place, *told)
        case _:
            return


def _by_name(values: list[object] | tuple[object, ...]) -> dict[str, object]:
    """Return the elements of a list by what tells them apart, so that a new line in the middle is one difference."""
    found: dict[str, object] = {}
    for number, each in enumerate(values):
        names = (each.get(name) for name in _NAMES) if isinstance(each, dict) else ()
        name = next((str(one) for one in names if one), str(number))
        found[name if name not in found else f"{name} #{number}"] = each
    return found


def _told(value: object) -> str | None:
    match value:
        case None | "":
            return None
        case dict():
            return ", ".join(f"{name} {_told(each)}" for name, each in value.items()) or None
        case list() | tuple():
            return ", ".join(filter(None, map(_told, value))) or None
        case _:
            return str(value)

"""Small changes of a written record, each a function that changes it in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[str, Any]], object]


def line(value: dict[str, Any], group: str, word: str) -> dict[str, Any]:
    """Return the first line of a group whose name has a word."""
    found: dict[str, Any] = next(each for each in value[group] if word in each["name"])
    return found


def put(group: str, word: str, **members: object) -> Change:
    return lambda value: line(value, group, word).update(members)


def drop(group: str, word: str) -> Change:
    return lambda value: value[group].remove(line(value, group, word))


def output(place: int, **members: object) -> Change:
    return lambda value: value["outputs"][place].update(members)


def top(**members: object) -> Change:
    return lambda value: value.update(members)


def absent(item: str, reason: str, **members: str) -> Change:
    """Declare one more absence."""
    return lambda value: value.setdefault("absent", []).append({"item": item, "reason": reason, **members})


def both(*changes: Change) -> Change:
    def change(value: dict[str, Any]) -> None:
        for each in changes:
            each(value)

    return change


def each_line(group: str, **members: object) -> Change:
    """Change every line of a group."""

    def change(value: dict[str, Any]) -> None:
        for each in value[group]:
            each.update(members)

    return change

"""Fields of posted forms, read one by one: each problem names its field.

A route reads all fields within one `FormReader`, then calls `check`, which raises what was wrong at once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import FormData

from schemas.problem import InputError, Problem

MOST_TEXT: Final = 200
"""Characters of a text field, unless it says otherwise."""


class FormReader:
    """A reader of the fields of a form that remembers their problems."""

    def __init__(self, form: FormData) -> None:
        """Read from a form."""
        self._form = form
        self.problems: list[Problem] = []

    def text(self, name: str, *, most: int = MOST_TEXT, required: bool = True) -> str:
        """Return the text of a field without blanks around it; an empty one is a problem where it is required."""
        values = self._form.getlist(name)
        if len(values) > 1:
            self.add(Problem.at("desk.field-twice", name))
        value = values[0].strip() if values and isinstance(values[0], str) else ""
        if required and not value:
            self.add(Problem.at("desk.field-empty", name))
        if len(value) > most:
            self.add(Problem.at("desk.field-long", name, limit=most, found=len(value)))
        return value

    def chosen(self, name: str, known: Collection[str]) -> str:
        """Return the word of a field, which is one of `known`."""
        value = self.text(name)
        if value and value not in known:
            self.add(Problem.at("desk.field-unknown", name, value=value))
        return value

    def several(self, name: str, known: Collection[str]) -> tuple[str, ...]:
        """Return the words that were ticked, each one of `known`."""
        values = tuple(value for value in self._form.getlist(name) if isinstance(value, str))
        for value in values:
            if value not in known:
                self.add(Problem.at("desk.field-unknown", name, value=value))
        return values

    def ticked(self, name: str) -> bool:
        """Return whether a box was ticked."""
        return bool(self._form.getlist(name))

    def add(self, problem: Problem) -> None:
        """Add a problem."""
        self.problems.append(problem)

    def check(self) -> None:
        """Raise InputError with all problems, if there are any."""
        if self.problems:
            raise InputError(*self.problems)

"""Fields of posted forms, read one by one: each problem names its field.

A route reads all fields within one `FormReader`, then calls `check`, which raises what was wrong at once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException

from api.app_state import AppState
from api.desk.access import CSRF, Visit, check_csrf, check_origin
from api.request_body import form_with_file
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


async def posted_file(
    request: Request, visit: Visit, server: AppState, *, most: int, fields: int = 0
) -> tuple[bytes, dict[str, str]]:
    """Return the file of a form that one of our pages sent, at most `most` bytes, and its other fields.

    Raises:
        AccessError: as `api.desk.access.posted`; InputError: `desk.no-file`, `api.body-size`; StateError: `api.busy`.
    """
    check_origin(request)
    try:
        async with form_with_file(request, server.room, most=most, fields=fields + 1) as form:
            check_csrf(form.get(CSRF), visit.csrf)
            file = form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else b""
            others = {name: value for name, value in form.items() if isinstance(value, str) and name != CSRF}
    except MultiPartException as error:
        raise InputError.at("desk.no-file", "file") from error
    if not content:
        raise InputError.at("desk.no-file", "file")
    return content, others

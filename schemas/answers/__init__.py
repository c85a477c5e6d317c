"""Answers of a registry over HTTP: declared once, written by the server and read by the client.

Rules: a reader passes over members that it does not know, so that a newer registry may say more. Masses are kg as text
(kWh of a lot of electricity), as in everything that is signed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class AnswerDocument(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    without_null: ClassVar[bool] = False
    """Whether empty members are left out. If false, they are null."""

    def to_json(self) -> bytes:
        """Return the answer as it is sent."""
        return self.model_dump_json(by_alias=True, exclude_none=self.without_null).encode()


class StandardAnswer(AnswerDocument):
    """The base of answers in the formats of standards."""

    without_null = True

    def to_members(self) -> dict[str, Any]:
        """Return the members as JSON has them, by their names there."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

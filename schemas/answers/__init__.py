"""What a registry answers over HTTP: declared once, written by the server and read by the client.

Rules: a reader passes over members that it does not know, so that a newer registry may say more.  Masses are kg as text (kWh of a lot of
electricity), as in everything that is signed.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answered(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    def to_json(self) -> bytes:
        """Return the answer as it is sent; members that say nothing are null."""
        return self.model_dump_json(by_alias=True).encode()

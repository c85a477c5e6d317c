"""What is answered of the door itself: whether it is alive and ready, who the caller is, and what a code means; and the refusal of everything."""

from __future__ import annotations

from typing import Literal

from schemas.certificate import Facility, Issuer
from schemas.document import Document
from schemas.identifier import RegistryId
from schemas.struct import Struct


class Refused(Struct):
    """One thing that is wrong: a stable code, its place in what was sent, the sentence, and the facts in it."""

    code: str
    place: str
    sentence: str
    facts: dict[str, str]


class Refusal(Document):
    """A refusal as RFC 9457 has it: `type` ends in the stable `code`; nothing was changed."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    problems: tuple[Refused, ...]


class Alive(Document):
    """The process runs."""

    state: Literal["alive"] = "alive"


class Ready(Document):
    """Whether the registry can work, and the state of each part: `ok`, or the code of what is wrong."""

    ready: bool
    checks: dict[str, str]


class Party(Document):
    """The registry's name, and the party of the token with its plants, as they must stand on what it signs."""

    registry: RegistryId
    issuer: Issuer
    facilities: tuple[Facility, ...]

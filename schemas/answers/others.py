"""What is answered of the door itself: whether it is alive and ready, and the refusal of everything."""

from __future__ import annotations

from typing import Literal

from schemas.answers import Answered


class Refused(Answered):
    """One thing that is wrong: a stable code, its place in what was sent, the sentence, and the facts in it."""

    code: str
    place: str
    sentence: str
    facts: dict[str, str]


class Refusal(Answered):
    """A refusal as RFC 9457 has it: `type` ends in the stable `code`; nothing was changed."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    problems: tuple[Refused, ...]


class Alive(Answered):
    """The process runs."""

    state: Literal["alive"] = "alive"


class Ready(Answered):
    """Whether the registry can work, and the state of each part: `ok`, or the code of what is wrong."""

    ready: bool
    checks: dict[str, str]

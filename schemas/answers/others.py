"""Answers about the service itself: whether it is alive and ready, refusals, and what their codes mean."""

from __future__ import annotations

from typing import Literal

from schemas.answers import AnswerDocument, StandardAnswer
from schemas.identifier import Did, RegistryId
from schemas.instant import Instant
from schemas.notice import NoticeKind


class ProblemEntry(AnswerDocument):
    """One thing that is wrong."""

    code: str
    """Stable code of the problem."""
    place: str
    """Place of the problem in the request, such as a member. Empty for the whole request."""
    sentence: str
    """The problem in plain words: what happened, and what to do."""
    facts: dict[str, str]
    """Values in the sentence, by name."""


class ProblemDocument(AnswerDocument):
    """A refusal as RFC 9457 has it; nothing was changed."""

    type: str
    """URI of the kind of problem (RFC 9457). It ends in `code`."""
    title: str
    """Kind of the refusal in short, by its status (RFC 9457)."""
    status: int
    """HTTP status code of the answer (RFC 9457)."""
    detail: str
    """The first problem in plain words (RFC 9457)."""
    code: str
    """Stable code of the first problem."""
    problems: tuple[ProblemEntry, ...]
    """Every problem that was found."""


class CodeMeaning(AnswerDocument):
    """What a code means in general, and what to do about it."""

    code: str
    """Stable code of a problem or of a check."""
    sentence: str
    """Meaning and remedy as one text."""
    meaning: str
    """Meaning of the code. Curly brackets hold the values of a case."""
    remedy: str
    """Remedy: the step that solves the problem."""


class Liveness(AnswerDocument):
    """The process runs."""

    state: Literal["alive"] = "alive"
    """Always `alive`: the process runs."""


class Readiness(AnswerDocument):
    """Whether the registry can work."""

    ready: bool
    """True if every part works."""
    checks: dict[str, str]
    """State of each part by its name: `ok`, or the code of what is wrong."""


class NoticeData(StandardAnswer):
    """What a notice is about."""

    registry: RegistryId
    """Domain of the registry that sends."""
    party: Did | None = None
    """Party that the notice is for. Absent if a private link asked for it."""
    link: str | None = None
    """Id of the private link whose holder asked for the notice. Absent if it is for a party."""
    subject: str
    """Lot, key, token, upload or other thing that the notice is about."""
    facts: dict[str, str]
    """Values by name, such as the other party and the mass."""


class NoticeMessage(StandardAnswer):
    """A notice as a webhook gets it (Standard Webhooks 1.0)."""

    type: NoticeKind
    """Kind of the notice."""
    timestamp: Instant
    """Time of what happened, in UTC."""
    data: NoticeData
    """What the notice is about."""

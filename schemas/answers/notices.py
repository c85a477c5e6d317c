"""Answers about notices: what happened that a party's programs want to know."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.answers import AnswerDocument
from schemas.instant import Instant

NoticeNumber = Annotated[int, Field(ge=1)]
"""The place of a notice among all of its registry."""


class NoticeAnswer(AnswerDocument):
    """A notice to the party of the token, the same that its webhooks get."""

    number: NoticeNumber
    """Number of the notice. It grows with each notice of the registry; keep the last one and ask for those after it."""
    id: str
    """Id of the notice, the `webhook-id` of its messages. No other notice has it."""
    kind: str
    """Kind of the notice, such as `offered` or `upstream-withdrawn`. A newer registry may know more kinds."""
    subject: str
    """What it is about, such as a lot."""
    facts: dict[str, str]
    """Facts of the notice, by name."""
    time: Instant
    """Second in which it happened, in UTC."""


class NoticeList(AnswerDocument):
    """A page of the notices of a party."""

    notices: tuple[NoticeAnswer, ...]
    """Notices of this page, the oldest first. A notice is kept for 90 days."""
    next: NoticeNumber | None = None
    """Number to ask after for the next page. Null on the last page."""

"""Answers about lots that somebody follows: a JSON Feed of their changes, and the webhooks of a private link.

The feed is JSON Feed 1.1 (jsonfeed.org); what it has no member for is in `_oreprint`.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from schemas.answers import AnswerDocument, StandardAnswer
from schemas.identifier import CertificateDigest, RegistryId
from schemas.instant import Instant
from schemas.lot import Lot

FEED_VERSION: Final = "https://jsonfeed.org/version/1.1"


class EndedUpstream(StandardAnswer):
    """A lot upstream that has ended, as `affected` of the report on the named certificate tells it."""

    lot: str | None = None
    """Lot that has ended. Absent if the chain to it is not shown."""
    digest: str | None = None
    """Digest of that lot's certificate. Absent if the chain to it is not shown."""
    mass_percent: str | None = None
    """Part of the named lot's mass that stems from it, in percent. Absent if unknown."""
    mass_kg: str | None = None
    """That part in kg. Absent if unknown."""
    elements: dict[str, str]
    """Part of each rare earth and claimed element that stems from it, in percent. Empty if unknown."""
    path: tuple[str, ...]
    """Lots from the one that ended to the named one, as far as they are shown."""


class ChangeFacts(StandardAnswer):
    """What a program needs of a change."""

    certificate: CertificateDigest
    """Digest of the certificate that the caller named (`zQm...`)."""
    lot: Lot
    """Lot of that certificate."""
    change: Literal["withdrawn", "suspended", "restored", "undone", "corrected"]
    """What happened. `restored` is the end of a suspension."""
    of: Literal["lot", "upstream"]
    """Whether it happened to the lot itself, or to a lot in the chain behind it."""
    day: str
    """Day of the change in UTC."""
    reason: str | None = None
    """Reason that the issuer stated. Absent if the report has none."""
    upstream: EndedUpstream | None = None
    """Lot upstream that has ended. Absent where none has."""
    corrected_by: CertificateDigest | None = None
    """Digest of the certificate that replaces the named one. Absent if none does, or the latest is not shown."""


class ChangeItem(StandardAnswer):
    """One change of a lot, as an item of the feed."""

    id: str
    """Name of the change. It stays, so whoever reads an item again knows it by its id."""
    url: str
    """Address of the certificate's page."""
    title: str
    """The change in one sentence."""
    content_text: str
    """The change in plain words, with share and reason as far as the caller sees them."""
    date_published: Instant
    """Time of the change in UTC. The start of its day where only the day is told."""
    facts: ChangeFacts = Field(alias="_oreprint")
    """The change for programs."""


class FeedFacts(StandardAnswer):
    """What a program needs to ask again."""

    registry: RegistryId
    """Domain of the registry."""
    next: int
    """Value of `after` for the next time, once all pages are read: the last day that is over, such as 20260609."""


class ChangeFeed(StandardAnswer):
    """The changes of the lots that the caller follows, the oldest day first: JSON Feed 1.1."""

    version: Literal["https://jsonfeed.org/version/1.1"] = FEED_VERSION
    """Format and version of this document."""
    title: str
    """Title of the feed."""
    home_page_url: str
    """Address of the registry."""
    feed_url: str
    """Address of this page of the feed."""
    next_url: str | None = None
    """Address of the next page. Absent on the last one."""
    items: tuple[ChangeItem, ...]
    """Changes of this page."""
    facts: FeedFacts = Field(alias="_oreprint")
    """How a program asks again."""


class LinkHook(AnswerDocument):
    """A web address to which the notices of a private link are sent."""

    id: str
    """Name of the hook. It is no secret."""
    certificate: CertificateDigest
    """Digest of the certificate that the link opens (`zQm...`)."""
    address: str
    """Web address that messages are sent to."""
    state: Literal["on", "failures", "restored", "stopped"]
    """Whether messages are sent (`on`), or why not: it failed too often, the registry was restored from a backup, or
    its operator stopped it."""
    failures: int
    """Number of failures since the last message that was taken."""
    last: Instant | None
    """Time of the last try (UTC). Null before the first."""


class LinkHooks(AnswerDocument):
    """The hooks of a private link."""

    hooks: tuple[LinkHook, ...]
    """Hooks, the oldest first."""


class NewLinkHook(AnswerDocument):
    """A new hook of a private link."""

    hook: LinkHook
    """Hook that was added."""
    secret: str
    """Secret with which the receiver checks that a message is from here (Standard Webhooks). It is shown this once."""

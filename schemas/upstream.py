"""The word of a registry about ended lots behind one of its certificates, also where the chain is not shown.

Rules: a registry knows the whole chain of what it logged, and signs what it knows of ended lots with the key of its
status lists.  The word is dated and counts for a day, as a status list does; that a lot was withdrawn counts for ever.
It names a lot only to whom the bundle shows it (ADR 0041).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from schemas.document import Document
from schemas.identifier import CertificateDigest, Element, Index, RegistryId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.name import Words
from schemas.struct import Struct

MOST_UPSTREAM_BYTES: Final = 256 * 1024
"""The word of a registry about one certificate."""
MOST_UPSTREAM_CHARACTERS: Final = 2 * MOST_UPSTREAM_BYTES
"""The word as a JWS: base64url and a header."""
MOST_ENDED: Final = 1000
"""Ended lots in one word (limits table, ``docs/reference/limits.md``)."""

Percent = Annotated[str, StringConstraints(pattern=r"^(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,12})?$")]
"""A share in percent, as decimal text."""


Since = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$")]
"""An instant in UTC, or a day."""


class EndedElement(Struct):
    """The part of one element of the certificate's lot that stems from an ended lot."""

    element: Element
    """Symbol of the element."""
    percent: Percent
    """Part of the element's mass, in percent."""


class EndedBatch(Struct):
    """An ended lot behind the certificate, and what of the certificate's lot stems from it."""

    state: Literal["withdrawn", "suspended"]
    """Whether the lot was withdrawn or is suspended."""
    lot: Lot | None = None
    """Lot that has ended. Absent if the bundle does not show it."""
    certificate: CertificateDigest | None = None
    """Digest of that lot's certificate. Absent if the bundle does not show it."""
    mass_percent: Percent | None = None
    """Part of the certificate's mass that stems from the lot, in percent. Absent if unknown."""
    elements: Annotated[tuple[EndedElement, ...], Field(max_length=100)]
    """Part of each rare earth and claimed element that stems from the lot. Empty if unknown."""
    path: Annotated[tuple[Lot, ...], Field(max_length=MOST_ENDED)]
    """Lots from the one that ended to the certificate, as far as the bundle shows them."""
    reason: Words | None = None
    """Reason that the issuer stated. Absent if its statement is not known."""
    since: Since | None = None
    """Instant of the issuer's statement, in UTC; the day alone if the bundle does not show the lot. Absent if unknown.
    """


class UpstreamRecord(Document):
    """What a registry knows of ended lots behind one of its certificates."""

    max_text_bytes: ClassVar[int] = MOST_UPSTREAM_BYTES

    oreprint: Literal["upstream/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry that speaks: the one that logged the certificate."""
    certificate: CertificateDigest
    """Digest of the certificate that the word is about (`zQm...`)."""
    size: Index
    """Number of entries of the registry's log that the word rests on."""
    made: Instant
    """Instant of the word, in UTC."""
    ended: Annotated[tuple[EndedBatch, ...], Field(max_length=MOST_ENDED)]
    """Ended lots behind the certificate, most of it first. Empty if the registry knows of none."""

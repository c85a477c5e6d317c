"""A claim about a batch: what the producer states, and how a certificate holds the answer.

Rules: which claims there are, what each asks and what decides it stands in the table `ledger.claims.rules`; here are
only forms.  A row answers one claim in one scope: of the run that made the batch, or of its whole chain.  Rows stand in
the order in which the claims were stated, a run's row before its chain's.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints

from schemas.identifier import CertificateDigest, Country, Element
from schemas.patterns import CLAIM_ID
from schemas.quantity import Amount12
from schemas.struct import Struct

Answer = Literal["proven", "refuted", "unknown", "declared"]
"""What a certificate can say of a claim; `declared` is the producer's word, without evidence from others' records."""

KnownAnswer = Literal["proven", "attested", "refuted", "unknown", "declared"]
"""What can be said of a claim by what was shown; `attested` is the word of a third party that the trust list names."""

WEAKEST_FIRST: Final[tuple[Answer, ...]] = ("refuted", "unknown", "declared", "proven")
"""The weakest of several answers decides."""

ClaimScope = Literal["run", "chain"]
SCOPES: Final[tuple[ClaimScope, ...]] = get_args(ClaimScope)

ClaimId = Annotated[str, StringConstraints(pattern=CLAIM_ID, max_length=40)]
"""A rule of `ledger.claims.rules`; a new rule is a new row there and no new form here."""


MOST_CLAIMS = 16
"""Claims that one record may state."""
MOST_ROWS = 2 * MOST_CLAIMS
"""Answers in one certificate: of each claim in two scopes."""
MOST_COUNTRIES = 60
"""Countries that one claim may name."""


class Baseline(Struct):
    """The figure of the same period a year before, from which a fall is measured."""

    figure: Amount12
    """Figure of the same period a year before, in the unit of the claim's rule."""
    certificate: CertificateDigest | None = None
    """Digest of the certificate that states the figure. Absent means the producer's word only."""


class Stated(Struct):
    """A claim as the producer stated it: the rule, and what the rule leaves to the producer."""

    id: ClaimId
    """Rule of the claim, as `docs/reference/claims.md` lists them."""
    element: Element | None = None
    """Element that the claim is about, where its rule goes by element."""
    threshold: Amount12 | None = None
    """Figure that the claim promises to keep to, in the unit of its rule. Absent means the rule's own threshold, if it
    has one."""
    countries: Annotated[tuple[Country, ...], Field(max_length=MOST_COUNTRIES)] | None = None
    """Countries that an origin claim names, by ISO 3166-1, in alphabetical order."""
    baseline: Baseline | None = None
    """Figure of the year before, where the rule measures a fall."""


class Claim(Stated):
    """A claim with its answer in one scope."""

    scope: ClaimScope
    """Scope of the answer: the run that made the batch, or its whole chain."""
    answer: Answer
    """Answer that the evidence supports.

    `declared` means that the producer states it without the evidence that the rule requires.
    """
    value: Amount12 | None = None
    """Figure found, in the unit of the claim's rule. Absent if the rule has no figure or none was found."""

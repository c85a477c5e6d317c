"""A claim about a batch: what the producer states, and how a certificate holds the answer.

Rules: which claims there are, what each asks and what decides it stands in the table `ledger.claims.rules`; here are only
forms.  A row answers one claim in one scope: of the run that made the batch, or of its whole chain.  Rows stand in the
order in which the claims were stated, a run's row before its chain's.

What this module does not do: judging (`ledger.claims`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints

from schemas.identifier import CertificateDigest, Country, Element
from schemas.patterns import CLAIM_ID
from schemas.quantity import Amount12
from schemas.struct import Struct

Answer = Literal["proven", "refuted", "unknown", "declared"]
"""What can be said of a claim; `declared` is the producer's word without the evidence that the rule asks for."""

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
    """What a fall is measured from: the figure of the same period a year before, and the certificate that states it."""

    figure: Amount12
    certificate: CertificateDigest | None = None


class Stated(Struct):
    """A claim as it was stated: the rule, and what the rule leaves to the producer.

    `element` is what the claim is about where it goes by element; `threshold` the figure it is held to, in the rule's
    unit; `countries` those that an origin is held to.
    """

    id: ClaimId
    element: Element | None = None
    threshold: Amount12 | None = None
    countries: Annotated[tuple[Country, ...], Field(max_length=MOST_COUNTRIES)] | None = None
    baseline: Baseline | None = None


class Claim(Stated):
    """A claim with its answer in one scope; `value` is the figure found, in the rule's unit, where the rule has one."""

    scope: ClaimScope
    answer: Answer
    value: Amount12 | None = None

"""The rules of claims: one row of `data/claims.csv` a claim, with its metric, limit, and semantics along a chain.

Rules: only claims in this table can be stated.  A row never changes its meaning, because certificates rest on it:
another limit is another id. `semantics` say how upstream runs count:

- *every branch*: the weakest answer of this run and of the same claim in every input's certificate decides.  An input
  that does not state it is unknown, and so is rare earth without a certificate, except at the start of a chain.
- *mass-weighted*: a share, by element or by all rare earth, weighted with the mass drawn from each input.
- *this step*: only the run that made the batch; the answer says nothing about upstream runs.
- *figure*: a figure of the batch that covers its whole chain already.

`status` says how the rule is known: *read* in the named source, *derived* from it or from chemistry, *placeholder* if
nobody read the limit or a definition.  A claim that rests on a placeholder alone is never better than declared.  Where
no standard was read, people are told that the criteria are Oreprint's own.

`rests` says what decides a claim at best: *records* of several parties, which prove it; *readings* of meters and lists
of what was bought; or *places* of plants.  Producers alone write those two, so they prove nothing: an attestor's word
can confirm them, of the figure and its lines, or of the plant on site.

This module judges nothing (`ledger.claims.run` and `ledger.claims.chain` do).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

from msgspec import convert

from schemas.claim import SCOPES, Answer, ClaimScope
from schemas.vocabulary import Step

Semantics = Literal["every branch", "mass-weighted", "this step", "figure"]
Status = Literal["read", "derived", "placeholder"]
Rests = Literal["records", "readings", "places"]
JudgingMethod = Literal[
    "discharge", "reuse", "ammonia", "intensity", "renewable", "recycled", "post-consumer", "footprint", "known", "outside",
    "parts", "word",
]  # fmt: skip
"""The way to judge a rule: the name of a function."""

Needed = Literal["element", "countries", "threshold", "baseline"]
"""The members that a rule leaves to the producer; baseline is optional, and threshold if the rule has one."""


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """One claim: its meaning, its limit, its semantics along a chain, its evidence, and the status of the rule.

    `threshold` is the rule's own.  `steps` are the steps with this claim, empty for all.  `countries` are those that an
    origin rule fixes itself. `parts` are claims that must hold together.
    """

    id: str
    title: str
    metric: str
    unit: str
    holds: str
    judged: JudgingMethod
    semantics: Semantics
    period: str
    evidence: str
    source: str
    status: Status
    rests: Rests
    scopes: tuple[ClaimScope, ...] = SCOPES
    needs: frozenset[Needed] = field(default_factory=frozenset)
    threshold: str | None = None
    steps: frozenset[Step] = field(default_factory=frozenset)
    countries: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def own_criteria(self) -> bool:
        """Whether its limits or definitions are Oreprint's own, because no standard with them was read."""
        return self.status != "read"


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """A claim that no certificate can carry, with the reason."""

    id: str
    title: str
    why: str
    source: str


_LISTS: Final = ("scopes", "needs", "steps", "countries", "parts")
"""Columns with several values, separated by `;`."""


def _rules() -> Iterator[ClaimRule]:
    table = (files("ledger.claims") / "data" / "claims.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        lists = {name: row[name].split(";") if row[name] else [] for name in _LISTS}
        yield convert({**row, **lists, "threshold": row["threshold"] or None}, ClaimRule)


RULES: Final[Mapping[str, ClaimRule]] = MappingProxyType({rule.id: rule for rule in _rules()})
"""Rules by the id of their claim, in the order of the reference page."""


def by_records(claim: str, answer: Answer) -> Answer:
    """Return an answer as far as records alone decide it: what rests on readings or places is declared at best."""
    rule = RULES.get(claim)
    return "declared" if answer == "proven" and rule is not None and rule.rests != "records" else answer


def own_criteria(claim: str) -> bool:
    """Return whether a claim is judged by Oreprint's own criteria; one that is not in the table is."""
    return claim not in RULES or RULES[claim].own_criteria


REFUSED: Final[Mapping[str, RefusedClaim]] = MappingProxyType(
    {
        "carbon-neutral": RefusedClaim(
            id="carbon-neutral",
            title="carbon neutral",
            why="what is offset elsewhere is no part of a product's footprint, so no certificate can carry it; state the footprint",
            source="GB/T 47102-2026, scope note",
        )
    }
)
"""Refused claims, with the reason."""

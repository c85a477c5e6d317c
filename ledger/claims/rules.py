"""The rules of claims, as data: one row a claim, with its metric, limit, and semantics along a chain.

Rules: only claims in this table can be stated.  A row never changes its meaning, because certificates rest on it:
another limit is another id. `semantics` say how upstream runs count:

- *every branch*: the weakest answer of this run and of the same claim in every input's certificate decides.  An input
  that does not state it is unknown, and so is rare earth without a certificate, except at the start of a chain.
- *mass-weighted*: a share, by element or by all rare earth, weighted with the mass drawn from each input.
- *this step*: only the run that made the batch; the answer says nothing about upstream runs.
- *figure*: a figure of the batch that covers its whole chain already.

`status` says how the rule is known: *read* in the named source, *derived* from it or from chemistry, *placeholder* if
nobody read the limit or a definition.  A claim that rests on a placeholder alone is never better than declared.

This module judges nothing (`ledger.claims.run` and `ledger.claims.chain` do).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from schemas.claim import SCOPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.claim import ClaimScope
    from schemas.vocabulary import Step

Semantics = Literal["every branch", "mass-weighted", "this step", "figure"]
Status = Literal["read", "derived", "placeholder"]
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
    scopes: tuple[ClaimScope, ...] = SCOPES
    needs: frozenset[Needed] = field(default_factory=frozenset)
    threshold: str | None = None
    steps: frozenset[Step] = field(default_factory=frozenset)
    countries: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """A claim that no certificate can carry, with the reason."""

    id: str
    title: str
    why: str
    source: str


RUN: Final[tuple[ClaimScope, ...]] = ("run",)
CHAIN: Final[tuple[ClaimScope, ...]] = ("chain",)
_PERIOD: Final = "the run"
_CHINA_DAILY: Final = "China Daily, 2026-01-06, on China Northern Rare Earth"
_WET: Final[frozenset[Step]] = frozenset(
    {
        "in-situ-leaching",
        "acid-roasting",
        "hydrochloric-leaching",
        "alkaline-cracking",
        "separation",
        "hydrometallurgical-recycling",
    }
)
_SMELTING: Final[frozenset[Step]] = frozenset(
    {
        "acid-roasting",
        "hydrochloric-leaching",
        "alkaline-cracking",
        "separation",
        "oxide-electrolysis",
        "metallothermic-reduction",
    }
)

_TABLE: Final = (
    ClaimRule(
        id="zero-discharge",
        title="zero industrial waste-water discharge",
        metric="water and dissolved salt that leave the plant",
        unit="m3",
        holds="= 0",
        judged="discharge",
        semantics="every branch",
        period=_PERIOD,
        evidence="two independent meters at the fence that read 0; balances of water, chlorine and sulphur that close within 5 %; "
        "every salt-bearing waste with a registered destination; the evaporator's energy in the run",
        source=f"{_CHINA_DAILY} (what is claimed); balances derived; 15 to 60 kWh for each m3 evaporated is not from a source",
        status="read",
    ),
    ClaimRule(
        id="water-reuse",
        title="share of water used again",
        metric="recycled / (recycled + fresh)",
        unit="1",
        holds=">= threshold",
        judged="reuse",
        semantics="this step",
        period=_PERIOD,
        evidence="a record has no meters of it: never better than declared",
        source="index system of cleaner production for rare earths: its scope was read, its levels were not read",
        status="placeholder",
        scopes=RUN,
        needs=frozenset({"threshold"}),
        threshold="0.9",
    ),
    ClaimRule(
        id="ammonia-free-separation",
        title="separation without ammonia",
        metric="ammonia nitrogen in the reagents bought",
        unit="kg",
        holds="= 0",
        judged="ammonia",
        semantics="this step",
        period=_PERIOD,
        evidence="the composition of every reagent",
        source="Grirem, article on saponification and precipitation with magnesium bicarbonate (zvnj.com.cn)",
        status="read",
        scopes=RUN,
        steps=_WET,
    ),
    ClaimRule(
        id="energy-intensity-fall",
        title="energy for each kg of oxide, less than a year before",
        metric="(kWh x 0.1229 + MJ burnt / 29.3076) / kg REO, this period / the same one a year before",
        unit="kgce/kg REO; threshold 1",
        holds="<= threshold",
        judged="intensity",
        semantics="this step",
        period="the run, against the same months a year before",
        evidence="metered electricity and fuels; the certificate of the period before, which states this claim with its own figure",
        source=f"{_CHINA_DAILY}: -7.82 %, so 0.9218; 0.1229 kgce/kWh by GB/T 2589; 7000 kcal x 4.1868 for each kgce",
        status="read",
        scopes=RUN,
        needs=frozenset({"threshold", "baseline"}),
        threshold="0.9218",
    ),
    ClaimRule(
        id="green-smelting",
        title="green smelting (绿色冶炼)",
        metric="claims that hold together",
        unit="",
        holds="all of them",
        judged="parts",
        semantics="this step",
        period=_PERIOD,
        evidence="that of its parts",
        source=f"{_CHINA_DAILY}, for the term; which parts it takes is this project's reading. Sulphur and fluorine in off-gas are no "
        "part: the limits of GB 26451-2011 were not read",
        status="derived",
        scopes=RUN,
        needs=frozenset({"baseline"}),
        steps=_SMELTING,
        parts=("energy-intensity-fall", "zero-discharge", "ammonia-free-separation"),
    ),
    ClaimRule(
        id="clean-off-gas",
        title="low fluorine and sulphur in off-gas",
        metric="SO2 and F at the stack",
        unit="mg/m3",
        holds="limits of GB 26451-2011, which were not read",
        judged="word",
        semantics="this step",
        period=_PERIOD,
        evidence="a record has no place for it: never better than declared",
        source=f"{_CHINA_DAILY} (what is claimed)",
        status="placeholder",
        scopes=RUN,
    ),
    ClaimRule(
        id="carbon-reuse",
        title="carbon dioxide of calcination used again in carbonation",
        metric="CO2 captured / CO2 of the process",
        unit="1",
        holds="0 to 1",
        judged="word",
        semantics="this step",
        period=_PERIOD,
        evidence="a record tells emissions, not what was captured: never better than declared. Rule C-RUN sees to it that nothing is "
        "counted twice",
        source="derived: emitted = process - captured - leaked",
        status="derived",
        scopes=RUN,
    ),
    ClaimRule(
        id="renewable-electricity",
        title="share of renewable electricity",
        metric="kWh of renewable instruments of the same grid and year / kWh used; upstream the mean of the inputs' shares, weighed by "
        "rare earth; of both the smaller",
        unit="1",
        holds=">= threshold",
        judged="renewable",
        semantics="mass-weighted",
        period="the year of the run",
        evidence="instruments that leave a mark, so that each is used once; metered electricity",
        source="ISO 14067:2018 and GHG Protocol Scope 2 Guidance, 7, from memory",
        status="derived",
        needs=frozenset({"threshold"}),
    ),
    ClaimRule(
        id="recycled-content",
        title="recycled content of an element",
        metric="recycled mass / mass of the element, pre- and post-consumer",
        unit="1",
        holds=">= threshold",
        judged="recycled",
        semantics="mass-weighted",
        period="the chain",
        evidence="scrap lots with certificates, of which each kilogram is used once",
        source="ISO 14021:2016, 7.8 and ISO 22095:2020, from memory; EU CRMA, for the elements it is asked of",
        status="derived",
        scopes=CHAIN,
        needs=frozenset({"element", "threshold"}),
    ),
    ClaimRule(
        id="recycled-content-post-consumer",
        title="content of an element from post-consumer waste",
        metric="post-consumer mass / mass of the element",
        unit="1",
        holds=">= threshold",
        judged="post-consumer",
        semantics="mass-weighted",
        period="the chain",
        evidence="scrap lots with certificates, of which each kilogram is used once",
        source="ISO 14021:2016, 7.8, from memory; Regulation (EU) 2024/1252 for permanent magnets, its list of elements was not read",
        status="derived",
        scopes=CHAIN,
        needs=frozenset({"element", "threshold"}),
    ),
    ClaimRule(
        id="footprint-below",
        title="footprint below a figure",
        metric="the larger of the location- and the market-based footprint",
        unit="kg CO2e/kg",
        holds="< threshold, by more than the figure's uncertainty (GSD2)",
        judged="footprint",
        semantics="figure",
        period="the chain",
        evidence="a chain computed again; no factor that is a placeholder",
        source="ISO 14067:2018, on comparison, from memory",
        status="derived",
        scopes=CHAIN,
        needs=frozenset({"threshold"}),
    ),
    ClaimRule(
        id="origin-known",
        title="origin of every step known",
        metric="steps of the chain of which the country is not known",
        unit="",
        holds="none",
        judged="known",
        semantics="every branch",
        period="the chain",
        evidence="certificates of every step; registered plants",
        source="Regulation (EU) 2024/1252 asks for origin at each stage of processing",
        status="derived",
    ),
    ClaimRule(
        id="origin-outside",
        title="no step in certain countries",
        metric="steps of the chain in the countries that the claim names",
        unit="",
        holds="none",
        judged="outside",
        semantics="every branch",
        period="the chain",
        evidence="certificates of every step; registered plants",
        source="Regulation (EU) 2024/1252, on dependence on third countries; the countries are the producer's",
        status="derived",
        needs=frozenset({"countries"}),
    ),
    ClaimRule(
        id="origin-dfars",
        title="no step in China, Iran, North Korea or Russia (DFARS 252.225-7052)",
        metric="steps of the chain in covered countries",
        unit="",
        holds="none",
        judged="outside",
        semantics="every branch",
        period="the chain",
        evidence="certificates of every step; registered plants",
        source="84 FR 18156 and the final rule of 2024-05-30: from 2027 mining, refining and separation too; exceptions are not judged",
        status="read",
        countries=("CN", "IR", "KP", "RU"),
    ),
)

RULES: Final[Mapping[str, ClaimRule]] = MappingProxyType({rule.id: rule for rule in _TABLE})
"""Rules by the id of their claim, in the order of the reference page."""

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

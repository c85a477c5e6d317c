"""What people are told beside a figure, one sentence each: other figures, shares, and what they rest on.

Rules: figures are kg CO2e per kg of net mass, rounded as the quality of the batch allows; the certificate has all
digits.  What is 0 has no sentence here; the statement (`ledger.sheets.statement`) tells it as 0.  A certificate of
engine 1 has only what follows from its rows.

This module computes no figure (`ledger.footprint.beside`) and judges nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import divide
from ledger.factors.figures import parsed_co2e
from ledger.factors.grid import grid_factors, weight
from ledger.footprint.beside import parsed_besides
from ledger.footprint.digits import FEW, MANY, digits_of, shown
from ledger.footprint.versions import GUARDED
from ledger.plausibility.flags import MEASURED, METHOD
from schemas.quantity import milligrams, trillionths, trillionths_text
from schemas.report import BesideFact, MeasuredSummary, WordPart
from schemas.sentences import BESIDE, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.factors.figures import Pair
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import PublishedFacts
    from schemas.figures import Quality, ShareBounds
    from schemas.report import StepComparison
    from schemas.vocabulary import BesideFigure

_APART: Final = (4, 5)
"""A figure below this part of that by the other method stands beside it in equal type (A-METHOD; set here)."""
_MORE: Final = (11, 10)
"""A figure with power of the grid that is this much more stands in the line of flags (set here)."""
_CLEANER: Final = (4, 5)
"""A region's grid below this part of its country's makes it matter where a plant stands (set here)."""
MEASURED_SHARES: Final = ("certified", "metered", "documents", "usual", "placeholders")
"""The parts of `Quality.measured_share`, in their order."""
_LARGEST: Final = 3
_MILLION: Final = 10**6
_OTHER_SET: Final = {"direct": "life-cycle", "life-cycle": "direct"}


def beside_facts(record: PublishedFacts, *, attestors: Sequence[str] = ()) -> tuple[BesideFact, ...]:
    """Return the sentences beside the figure of a certificate, in the order in which they stand.

    `attestors` are those who examined the figure of its run.
    """
    return tuple(
        BesideFact(key=key, facts=facts, sentence=filled(BESIDE[key], as_words(facts)))
        for key, facts in _told(record, attestors)
    )


def place_facts(
    record: PublishedFacts, tables: FactorTables, *, inspectors: Sequence[str] = ()
) -> tuple[BesideFact, ...]:
    """Return the sentence about a plant in a region whose grid is much cleaner than its country's, if it is.

    `inspectors` are those who attest where it stands.
    """
    plant, figures, year = record.batch.facility, record.footprint, int(record.batch.produced.end[:4])
    if plant.region is None or figures.engine not in GUARDED:
        return ()
    found = [
        grid_factors(tables, place, year, chosen=figures.electricity, gwp=figures.gwp)
        for place in (plant.region, plant.country)
    ]
    here, average = (None if each is None else weight(each.location, tables, figures.gwp) for each in found)
    if not here or not average or here * _CLEANER[1] >= average * _CLEANER[0]:
        return ()
    facts = {"region": plant.region, "country": plant.country}
    facts |= {"found": shown(trillionths_text(here), FEW), "average": shown(trillionths_text(average), FEW)}
    key = "place-attested" if inspectors else "place"
    facts |= {"names": ", ".join(inspectors)} if inspectors else {}
    return (BesideFact(key=key, facts=facts, sentence=filled(BESIDE[key], facts)),)


def step_facts(step: StepComparison | None, quality: Quality) -> tuple[BesideFact, ...]:
    """Return the sentence about a certificate's own step beside studies of the same step."""
    if step is None:
        return ()
    facts = {"figure": shown(step.kg_co2e_per_kg, digits_of(quality))}
    if step.low is not None and step.high is not None:
        facts |= {"range": _range(step), "studies": "; ".join(filter(None, (*step.studies, step.note)))}
    key = f"step-{step.word}"
    return (BesideFact(key=key, facts=facts, sentence=filled(BESIDE[key], facts)),)


def steps_words(steps: Sequence[StepComparison]) -> str:
    """Return steps with their figures and ranges, such as "acid roasting 3.4 (3.84)"."""
    told = (f"{each.step.replace('-', ' ')} {shown(each.kg_co2e_per_kg, FEW)} ({_range(each)})" for each in steps)
    return ", ".join(told)


def _range(step: StepComparison) -> str:
    """Return a range for people: one number where one study gave one."""
    return "-".join(dict.fromkeys(shown(bound, MANY) for bound in (step.low, step.high) if bound is not None))


def as_words(facts: dict[str, str]) -> dict[str, str]:
    """Return facts with words of the vocabulary as people write them."""
    return {name: value.replace("-", " ") if name == "instruments" else value for name, value in facts.items()}


def biomass_kg(record: PublishedFacts) -> int:
    """Return the biogenic CO2 that was given off, scaled kg per batch; uptake is apart."""
    rows = record.footprint.rows
    return sum(max(trillionths(location), 0) for _, gas, location, _ in rows if gas == "CO2-biogenic")


def figure_with(record: PublishedFacts, name: BesideFigure) -> Pair | None:
    """Return the total of a batch with what a row beside it would add, scaled; None without such a row."""
    told = record.footprint.beside
    row = None if told is None else parsed_besides(told.rows).get(name)
    if row is None:
        return None
    total = parsed_co2e(record.footprint.total_kg_co2e)
    return type(total)(total.location + row.location, total.market + row.market)


def measured_summary(quality: Quality) -> MeasuredSummary | None:
    """Return what holds a figure, in percent, or None for one of engine 1."""
    if quality.measured_share is None or quality.word is None:
        return None
    certified, metered, documents, usual, placeholders = map(_percent, map(trillionths, quality.measured_share))
    parts = sorted(((trillionths(part), key) for key, part in quality.word), key=lambda each: (-each[0], each[1]))
    return MeasuredSummary(
        certified=certified,
        metered=metered,
        documents=documents,
        usual=usual,
        placeholders=placeholders,
        word=_percent(sum(part for part, _ in parts)),
        largest=tuple(WordPart(key=key, percent=_percent(part)) for part, key in parts[:_LARGEST]),
    )


def largest_words(measured: MeasuredSummary) -> str:
    """Return the largest parts that rest on a word alone, such as "hydrochloric acid 22 %, electricity 12 %"."""
    return ", ".join(f"{_named(each.key)} {shown(each.percent, FEW)} %" for each in measured.largest)


def counted_names(tables: FactorTables) -> list[str]:
    """Return every name of what can be counted, without the flows of a plant's own factors."""
    flows = {f"{each.table}:{each.flow}" for each in tables.by_id.values()}
    return sorted(set(map(_named, flows | {"electricity", "unsplit", "direct", "materials", "fuels", "transport"})))


_VARIANT: Final = re.compile(r"(-ch4-n2o)?(-energy)?$")
"""The end of a flow that tells apart how much of the same fuel a factor counts, and per what."""


def _named(key: str) -> str:
    """Return what was counted with a key, in words."""
    group, _, flow = key.partition(":")
    match group:
        case "grid":
            return "electricity"
        case "unsplit":
            return "certificates of engine version 1"
        case "direct" if not flow:
            return "direct emissions"
        case _:
            return _VARIANT.sub("", flow or group).replace("-", " ")


def _percent(share: int) -> str:
    return trillionths_text(share * 100)


_Fact = tuple[str, dict[str, str]]


def _told(record: PublishedFacts, attestors: Sequence[str]) -> Iterator[_Fact]:
    if record.batch.kind == "electricity":
        return
    yield from _methods(record)
    yield from _electricity(record)
    yield from _hidden(record)
    yield from _entered_free(record)
    yield from _biomass(record)
    figures = record.footprint
    if figures.flags is not None and MEASURED in (figures.flags.rules or ()):
        times = figures.flags.below_default
        key, facts = ("measured", {"times": str(times)}) if times else ("measured-zero", {})
        yield (f"{key}-attested", facts | {"names": ", ".join(attestors)}) if attestors else (key, facts)
    if figures.beside is not None and (row := parsed_besides(figures.beside.rows).get("aircraft")) is not None:
        key = "aircraft-partial" if "aircraft" in figures.beside.partial else "aircraft"
        yield key, {"figure": _each(record, row.location)}
    if figures.beside is not None and figures.beside.open:
        key = "open-partial" if "open" in figures.beside.partial else "open"
        yield key, {"items": "; ".join(figures.beside.open)}
    if (measured := measured_summary(figures.quality)) is not None:
        yield "measured-share", {name: shown(getattr(measured, name), FEW) for name in MEASURED_SHARES}
    if figures.quality.pact is not None:
        yield _bounded("pact", figures.quality.pact)


def own_power_saves(record: PublishedFacts) -> str | None:
    """Return the figure with power of the grid in place of the plants' own, where it is a tenth more, for people."""
    bought = figure_with(record, "grid-power")
    if bought is None or bought.location * _MORE[1] < parsed_co2e(record.footprint.total_kg_co2e).location * _MORE[0]:
        return None
    return _each(record, bought.location)


def _each(record: PublishedFacts, total: int) -> str:
    """Return a scaled total of the batch per kg of net mass, rounded for people."""
    each = trillionths_text(divide(total * _MILLION, milligrams(record.batch.net_mass_kg)))
    return shown(each, digits_of(record.footprint.quality))


def _methods(record: PublishedFacts) -> Iterator[_Fact]:
    """Tell both methods where the declared one gives much less."""
    figures = record.footprint
    declared, other = figures.total_kg_co2e, trillionths(figures.alternative.total_kg_co2e.location)
    flagged = figures.flags is not None and METHOD in (figures.flags.rules or ())
    if flagged or trillionths(declared.location) * _APART[1] < other * _APART[0]:
        facts = {"figure": _each(record, trillionths(declared.location)), "other": _each(record, other)}
        yield f"methods-{figures.allocation}", facts


def _electricity(record: PublishedFacts) -> Iterator[_Fact]:
    figures = record.footprint
    beside = figures.beside
    market = _each(record, trillionths(figures.total_kg_co2e.market))
    if beside is not None and beside.instruments:
        yield "market", {"figure": market, "instruments": ", ".join(beside.instruments)}
    if beside is not None and (other := figure_with(record, "other-electricity-set")) is not None:
        facts = {"figure": _each(record, other.location), "market": _each(record, other.market)}
        partial = "-partial" if "other-electricity-set" in beside.partial else ""
        yield f"set-{_OTHER_SET[figures.electricity]}{partial}", facts
    if beside is not None and (bought := figure_with(record, "grid-power")) is not None:
        key = "grid-power-partial" if "grid-power" in beside.partial else "grid-power"
        yield key, {"figure": _each(record, bought.location)}


def _hidden(record: PublishedFacts) -> Iterator[_Fact]:
    """Tell what rests on factors that are not public, and the figure with the shipped ones."""
    figures = record.footprint
    bounds = figures.quality.withheld
    if bounds is None or bounds[1] == "0":
        return
    yield _bounded("withheld", bounds)
    shipped = figure_with(record, "shipped-factors")
    if shipped is not None and figures.beside is not None:
        key = "shipped-partial" if "shipped-factors" in figures.beside.partial else "shipped"
        yield key, {"figure": _each(record, shipped.location)}


def _entered_free(record: PublishedFacts) -> Iterator[_Fact]:
    beside = record.footprint.beside
    if beside is None or not any(map(trillionths, beside.free)):
        return
    pre, post, waste = (percent(part) for part in beside.free)
    key = "free-partial" if "entered-free" in beside.partial else "free"
    yield key, {"pre": pre, "post": post, "waste": waste}


def _biomass(record: PublishedFacts) -> Iterator[_Fact]:
    kg = biomass_kg(record)
    if kg:
        total = trillionths(record.footprint.total_kg_co2e.location)
        yield "biomass", {"kg": _each(record, kg), "figure": _each(record, total + kg)}


def _bounded(key: str, bounds: ShareBounds) -> _Fact:
    low, high = bounds
    if low == high:
        return key, {"share": percent(low)}
    return f"{key}-between", {"low": percent(low), "high": percent(high)}


def percent(share: str) -> str:
    """Return a share in percent, rounded for people."""
    return shown(trillionths_text(trillionths(share) * 100), FEW)

"""The items of a statement that the run tells: lines, exclusions, prices, electricity; None where it is not shown.

This module judges nothing and computes no figure (`ledger.sheets.statement` has the other items).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.footprint.digits import FEW, MANY, shown
from ledger.footprint.left_out import open_of
from ledger.footprint.line_worth import line_worths
from ledger.footprint.quality import DIMENSIONS, site_of
from ledger.footprint.uncertainty import gsd2
from schemas.inventory import Electricity
from schemas.problem import MissingError
from schemas.quantity import trillionths, trillionths_text
from schemas.struct import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.factors.tables import FactorTables
    from ledger.footprint.line_worth import LineWorth
    from ledger.seal.sdjwt import OpenCertificate
    from schemas.inventory import ElectricityLine
    from schemas.run import Exclusion

_SET_WORDS: Final = {
    "direct": "direct: generation alone, without upstream emissions and grid losses",
    "life-cycle": "life-cycle: generation, upstream emissions and grid losses",
}
_MILLION: Final = 10**6
UNBOUNDED: Final = "left out, and nobody bounded it"
UPSTREAM: Final = "left out upstream, and nobody bounded it"
MORE: Final = (
    "further things may be left out upstream: certificates of engine version 1 do not tell them, or there are many"
)


def exclusions(opened: OpenCertificate) -> tuple[tuple[str, ...], Any] | None:
    """Return what the figure leaves out, each with its class and bounds as far as the run has them, or None.

    What the runs upstream leave out without a bound follows: it is missing in this figure, too.
    """
    beside, run = opened.record.footprint.beside, opened.run
    unbounded = (beside.open if beside else None) or ()
    if run is None and not unbounded:
        return None
    own = run.value.excluded if run else ()
    words, values = list(map(_excluded, own)), [plain(each) for each in own]
    told = open_of(own)
    for what in unbounded:
        if what not in told:
            words.append(f"{what}: {UPSTREAM if run else UNBOUNDED}")
            values.append({"what": what, "kind": "open", "upstream": True if run else None})
    if beside is None or "open" in beside.partial:
        words.append(MORE)
    if run is None:
        words.append("not shown in this copy: what this run leaves out within a bound")
    return tuple(words) or ("nothing is left out",), values


def _excluded(item: Exclusion) -> str:
    """Return an exclusion in words: what and why, then whatever else the run says of it, such as class and bound."""
    told = plain(item)
    more = [f"{name.replace('_', ' ')} {value}" for name, value in told.items() if name not in {"what", "why"}]
    return f"{item.what}: {item.why} ({', '.join(more) or 'no share is stated'})"


def allocation(opened: OpenCertificate, figure: Callable[[str], str]) -> tuple[tuple[str, ...], Any]:
    """Return how the run's total is shared out, with prices and their source, and the result of the other method."""
    figures = opened.record.footprint
    other = figures.alternative
    first = (
        f"{figures.allocation}; by {other.method} the batch has {figure(other.total_kg_co2e.location)} instead of "
        f"{figure(figures.total_kg_co2e.location)} kg CO2e"
    )
    value: dict[str, Any] = {"method": figures.allocation, "alternative": plain(other)}
    if opened.run is None:
        return (first, "prices: not shown in this copy"), value | {"prices": None}
    run = opened.run.value
    lots = [None if output is None else output.lot for output in opened.run.outputs]
    shares = [
        {"lot": lot, "net_mass_kg": made.net_mass_kg, "price": made.price, "allocated": made.allocated}
        for lot, made in zip(lots, run.made, strict=True)
    ]
    value |= {"mass_key": run.allocation.mass_key, "outputs": shares}
    source = run.allocation.prices
    if source is None:
        return (first, f"mass is weighed by kg {run.allocation.mass_key}; no prices are stated"), value | {
            "prices": None
        }
    told = ", ".join(
        f"{share['lot'] or 'another output'} {share['price'] or 'no price'}" for share in shares if share["allocated"]
    )
    period = source.period
    words = f"prices in {source.currency} per kg: {told}; means of {period.start} to {period.end}, from the price table {source.digest}"
    return (first, words), value | {"prices": plain(source)}


def electricity(opened: OpenCertificate, tables: FactorTables) -> tuple[tuple[str, ...], Any]:
    """Return the set of electricity factors, and for each line its factors with the residual mix."""
    figures = opened.record.footprint
    value: dict[str, Any] = {"set": figures.electricity, "scope_2": plain(figures.scope_2)}
    group = next((each for each in _groups(opened) if isinstance(each, Electricity)), None)
    first = _SET_WORDS[figures.electricity]
    if group is None:
        return (first, "lines: not shown in this copy"), value | {"lines": None}
    if not group.lines:
        return (first, "this run uses no electricity"), value | {"lines": []}
    lines = [_power(line, tables) for line in group.lines]
    return (first, *(words for words, _ in lines)), value | {"lines": [each for _, each in lines]}


def _power(line: ElectricityLine, tables: FactorTables) -> tuple[str, dict[str, Any]]:
    covered = sum(trillionths(item.kwh) for item in line.instruments)
    rest = trillionths_text(trillionths(line.amount_kwh) - covered)
    own = f", own power ({line.own})" if line.own else ""
    covered_words = f"{trillionths_text(covered)} kWh by instruments, " if covered else ""
    words = (
        f"{line.name}: {line.amount_kwh} kWh, grid {line.grid}{own}; by location {line.factor}{_of(line.factor, tables)}; by market "
        f"{covered_words}{rest} kWh by {_uncovered(line)}{_of(line.uncovered, tables)}"
    )
    return words, plain(line) | {"uncovered_kwh": rest}


def _uncovered(line: ElectricityLine) -> str:
    """Return what the kWh count by that no instrument covers; of few grids a residual mix is published."""
    if line.uncovered.partition("/")[2].startswith("residual"):
        return f"the residual mix {line.uncovered}"
    if line.own == "attributes-kept":
        return line.uncovered
    return f"the average {line.uncovered}, since no residual mix that is higher is known here"


def _of(identifier: str, tables: FactorTables) -> str:
    """Return the value and the status of a factor in brackets."""
    factor = tables.by_id.get(identifier)
    if factor is None:
        return ""
    value = ", ".join(f"{shown(trillionths_text(mass), MANY)} kg {gas}" for gas, mass in factor.values)
    return f" ({value} per kWh, {factor.status})"


def line_quality(opened: OpenCertificate, tables: FactorTables) -> tuple[list[str], list[dict[str, Any]]] | None:
    """Return the data quality of each line of the run, largest first, or None if a line is withheld."""
    found = _worths(opened, tables)
    if found is None:
        return None
    ordered = sorted(found, key=lambda line: -line.co2e)
    words = [
        f"{line.name} ({line.group}): {shown(trillionths_text(line.co2e), FEW)} kg CO2e, {line.basis}, "
        f"scores {' '.join(map(str, line.quality.scores))}{_source(line.factor, tables)}"
        for line in ordered
    ]
    head = f"by line, scores of {', '.join(DIMENSIONS)} from 1 (best) to 5:"
    return [head, *words], [_line(line) for line in ordered]


def _source(identifier: str | None, tables: FactorTables) -> str:
    factor = None if identifier is None else tables.by_id.get(identifier)
    if factor is None:
        return "" if identifier is None else f"; {identifier}, not public"
    return f"; {factor.id} ({factor.status})"


def _line(line: LineWorth) -> dict[str, Any]:
    return {
        "group": line.group,
        "name": line.name,
        "basis": line.basis,
        "factor": line.factor,
        "kg_co2e": trillionths_text(line.co2e),
        "scores": dict(zip(DIMENSIONS, line.quality.scores, strict=True)),
        "gsd2": trillionths_text(gsd2(line.quality.variance)),
        "primary": bool(line.quality.primary),
        "primary_by_pact": line.primary_by_pact,
    }


def primary(opened: OpenCertificate) -> tuple[tuple[str, ...], Any]:
    """Return the share of primary data as Oreprint and as PACT count it; of engine 1, PACT's is not above ours."""
    quality = opened.record.footprint.quality
    low, high = quality.pact or ("0", quality.primary_share)
    ends = [_percent(trillionths(low)), _percent(trillionths(high))]
    told = ends[0] if low == high else f"between {ends[0]} and {ends[1]}, because of certificates of engine version 1"
    words = (
        f"{_percent(trillionths(quality.primary_share))} of the kg CO2e rests on the plants' own measurements (Oreprint: the amount is measured)",
        f"PACT (amount and factor are primary, upstream PCFs by their share): {told}",
    )
    return words, {"oreprint": quality.primary_share, "pact": {"low": low, "high": high}}


def _worths(opened: OpenCertificate, tables: FactorTables) -> Sequence[LineWorth] | None:
    """Return the lines with their quality, or None where lines are withheld or a table of their factors is not here."""
    run = opened.run
    if run is None or not run.lines_shown:
        return None
    site = site_of(opened.record.batch.facility, run.value.period, run.value.step, run.value.engine)
    try:
        return tuple(line_worths(run.groups, tables=tables, gwp=run.value.gwp, site=site))
    except MissingError:
        return None


def _groups(opened: OpenCertificate) -> Sequence[Any]:
    return () if opened.run is None else opened.run.groups


def _percent(share: int) -> str:
    return f"{shown(trillionths_text(100 * share), FEW)} %"

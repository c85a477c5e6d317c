"""Explain a figure: every number as formula, operands and source, down to the line or the upstream digest.

Rules: the functions that computed the figure make the trace on demand; it is never stored.  A term's value is the
formula applied to its operands' values, rounded as the engine rounds.  Every value has both columns, location / market.

This module computes nothing anew, and does not judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.figures import Pair, parsed_rows
from ledger.footprint.emissions import formula_text
from ledger.footprint.indicators import indicator_terms
from ledger.footprint.line_worth import worth_of_only
from ledger.footprint.lines import (
    electricity_results,
    factor_uses,
    line_results,
    market_parts,
    own_lines,
    released_mass,
)
from ledger.footprint.material_amounts import told_apart
from ledger.footprint.quality import DIMENSIONS, site_of
from ledger.footprint.uncertainty import gsd2
from schemas.determination import Default
from schemas.document import replace
from schemas.figures import INDICATOR_PLACE
from schemas.inventory import Credits, Direct, Electricity, FuelLine, MaterialLine
from schemas.quantity import kg_text, trillionths, trillionths_text
from schemas.vocabulary import INDICATORS, STAGE_OF_STEP, UNIT_OF_INDICATOR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ledger.drafting.draft import Draft, Upstream
    from ledger.factors.figures import StageGas
    from ledger.factors.tables import FactorTables
    from ledger.footprint.lines import FactorUse
    from ledger.footprint.quality import Site
    from schemas.figures import Quality
    from schemas.inventory import DirectLine, ElectricityLine, Instrument, InventoryGroup
    from schemas.vocabulary import Gas, Indicator


@dataclass(frozen=True, slots=True)
class Term:
    """One figure: its name, its formula in words, its value, its source, and its operands."""

    name: str
    formula: str
    value: str
    source: str
    operands: tuple[Term, ...] = ()


def explain(draft: Draft, upstream: Sequence[Upstream], output: int, *, tables: FactorTables) -> Term:
    """Return the total of one output of a run as a tree of terms."""
    figures = draft.result.outputs[output]
    gwp = tables.gwp.weights[draft.inventory.gwp]
    rows = tuple(
        Term(
            name=f"{stage}, {gas}",
            formula=f"kg {gas} x {trillionths_text(gwp[gas])} (GWP, {draft.inventory.gwp})",
            value=_text(pair),
            source=f"gwp {tables.gwp.digest}",
            operands=(_share(draft, upstream, output, (stage, gas), tables=tables),),
        )
        for (stage, gas), pair in figures.rows.items()
    )
    lot = draft.outputs[output].lot
    return Term(f"{lot}, total", "sum of rows x GWP, rounded once", f"{_text(figures.total)} kg CO2e", "this run", rows)


def _share(draft: Draft, upstream: Sequence[Upstream], output: int, key: StageGas, *, tables: FactorTables) -> Term:
    """Return an output's row as its share of the run's row."""
    weights = draft.result.weights
    whole = Term(
        name="the run's total of this row",
        formula="own lines + upstream",
        value=f"{_text(draft.result.total[key])} kg",
        source="sum, exact",
        operands=(*_own(draft, key, tables), *_upstream(draft, upstream, key)),
    )
    method, mass_key = draft.allocation.method, draft.allocation.mass_key
    formula = f"total x {weights[output]} / {sum(weights)}"
    source = f"{method} allocation" if method == "economic" else f"mass allocation by kg {mass_key}"
    return Term("share of the run", formula, f"{_text(draft.result.outputs[output].rows[key])} kg", source, (whole,))


def _own(draft: Draft, key: StageGas, tables: FactorTables) -> Iterator[Term]:
    """Yield the run's own lines that emit the row's gas."""
    stage, gas = key
    if stage == STAGE_OF_STEP[draft.inventory.step]:
        for group in draft.groups:
            if isinstance(group, Credits):
                continue  # credits are apart from every total
            yield from _lines(group, gas, tables)


def _lines(group: InventoryGroup, gas: Gas, tables: FactorTables) -> Iterator[Term]:
    match group:
        case Electricity():
            for power in group.lines:
                yield from _power(power, gas, tables)
        case Direct():
            for emission in group.lines:
                counted = released_mass(emission)
                if counted is not None and counted[0] == gas:
                    mass = f"{trillionths_text(counted[1])} kg"
                    yield Term(emission.name, formula_text(emission, group), mass, _method_source(emission, tables))
        case _:
            valued = (line for line in group.lines if line.factor is not None)
            for line, sealed in zip(factor_uses(group), valued, strict=True):
                yield from _line(line, sealed.note, gas, tables)


def _power(line: ElectricityLine, gas: Gas, tables: FactorTables) -> Iterator[Term]:
    """Yield a line of electricity: by location one product, by market one for each instrument and one for the rest."""
    for given, pair in electricity_results(line, tables):
        if given != gas:
            continue
        kwh, source = trillionths(line.amount_kwh), _source(line.note, tables, line.factor)
        indicator_terms: tuple[Term, ...] = ()
        if line.instruments or line.uncovered != line.factor:
            names = ["what no instrument covers", *map(_instrument, line.instruments)]
            market = zip(names, market_parts(line), strict=True)
            indicator_terms = (
                _product("by location", kwh, line.factor, gas, tables),
                *(_product(f"by market, {name}", each, factor, gas, tables) for name, (each, factor) in market if each),
            )
        formula = f"{_product('', kwh, line.factor, gas, tables).formula}{' / by market' if indicator_terms else ''}"
        yield Term(line.name, formula, f"{_text(pair)} kg", source, indicator_terms)


def _instrument(item: Instrument) -> str:
    """Return an instrument with its kind: a certificate is unbundled, a contract and a supplier's factor are not."""
    kind = {"contract": "contract", "supplier": "supplier's factor"}.get(item.kind or "", "certificate")
    return f"{kind} {item.scheme} {item.statement}"


def _product(name: str, kwh: int, identifier: str, gas: Gas, tables: FactorTables) -> Term:
    each = dict(tables.factor(identifier).values).get(gas, 0)
    formula = f"{trillionths_text(kwh)} kWh x {trillionths_text(each)} kg {gas} ({identifier})"
    return Term(name, formula, f"{trillionths_text(divide(kwh * each, SCALE))} kg", _source(None, tables, identifier))


def _method_source(line: DirectLine, tables: FactorTables) -> str:
    if isinstance(line.method, Default):
        return _source(line.note, tables, line.method.factor)
    return line.note or line.basis


def _applied(line: FactorUse) -> str:
    """Return the quantity that a line's factor applies to, and for a fuel its derivation."""
    amount = f"{trillionths_text(divide(line.amount * SCALE, line.scale))} {line.per}"
    fuel = line.line
    if isinstance(fuel, MaterialLine):
        return f"{amount}{told_apart(fuel)}"
    if not isinstance(fuel, FuelLine):
        return amount
    heat = f" x {fuel.heating_value_mj} MJ" if fuel.heating_value_mj else ""
    carbon = f" x {fuel.carbon_kg} kg C" if fuel.carbon_kg else ""
    part = f" x {fuel.oxidation} burnt" if fuel.oxidation else ""
    return f"{amount} (= {fuel.amount} {fuel.unit}{heat}{carbon}{part})" if heat or carbon or part else amount


def _line(line: FactorUse, note: str | None, gas: Gas, tables: FactorTables) -> Iterator[Term]:
    amount = _applied(line)
    if line.value is not None:
        for item in line.value:
            if item.gas == gas:
                formula = f"{amount} x a factor that is not public"
                yield Term(line.line.name, formula, f"{item.mass_kg} kg", line.factor)
        return
    factor = tables.factor(line.factor)
    each = dict(factor.values)
    for found, mass in line_results(line, factor):
        if found == gas:
            formula = f"{amount} x {trillionths_text(each[found])} kg {gas} ({line.factor})"
            yield Term(line.line.name, formula, f"{trillionths_text(mass)} kg", _source(note, tables, line.factor))


def _upstream(draft: Draft, upstream: Sequence[Upstream], key: StageGas) -> Iterator[Term]:
    """Yield each input's contribution to the row."""
    for item, source, found in zip(draft.inventory.incoming, upstream, draft.result.inputs, strict=True):
        if key in found.rows:
            row = parsed_rows(source.facts.footprint.rows)[key]
            net = source.facts.batch.net_mass_kg
            formula = f"{_text(row)} kg x {kg_text(item.mass_mg)} kg taken / {net} kg"
            yield Term(item.name, formula, f"{_text(found.rows[key])} kg", f"certificate {item.identity}")


def terms_at(term: Term, path: Sequence[str]) -> Iterator[Term]:
    """Yield the terms on a path: each step is words of a name, at or below the step before; only the highest terms."""
    if not path:
        yield term
        return
    word, *rest = path
    if word.casefold() in term.name.casefold():
        if not rest:
            yield term
            return
        for operand in term.operands:
            yield from terms_at(operand, rest)
        return
    for operand in term.operands:
        yield from terms_at(operand, path)


def terms_of(term: Term, lines: Collection[str]) -> Iterator[Term]:
    """Yield the terms of some lines, by their whole names."""
    if term.name in lines:
        yield term
    else:
        for operand in term.operands:
            yield from terms_of(operand, lines)


# -- more than carbon ---------------------------------------------------------------------------------------------


def explain_indicators(
    draft: Draft, upstream: Sequence[Upstream], output: int, *, tables: FactorTables
) -> tuple[Term, ...]:
    """Return each other indicator of one output as a tree of terms, without those that are 0."""
    weights, found = draft.result.weights, draft.result.outputs[output].indicators
    return tuple(
        Term(
            name=f"{draft.outputs[output].lot}, {name}",
            formula=f"the run's x {weights[output]} / {sum(weights)}",
            value=_amount(found[place], name),
            source="of certified steps" + ("; some step's part is missing" if name in draft.partial else ""),
            operands=(*_own_parts(draft, name, tables), *_brought(draft, upstream, name)),
        )
        for place, name in enumerate(INDICATORS)
        if found[place]
    )


def _own_parts(draft: Draft, name: Indicator, tables: FactorTables) -> Iterator[Term]:
    for group in draft.groups:
        for part in indicator_terms(group, tables=tables):
            if part.indicator == name and part.amount:
                yield Term(part.name, part.formula, _amount(part.amount, name), f"this run, {group.group}")


def _brought(draft: Draft, upstream: Sequence[Upstream], name: Indicator) -> Iterator[Term]:
    place = INDICATOR_PLACE[name]
    for item, source, found in zip(draft.inventory.incoming, upstream, draft.result.inputs, strict=True):
        if found.indicators[place]:
            whole, net = dict(source.facts.indicators.rows)[name], source.facts.batch.net_mass_kg
            formula = f"{whole} {UNIT_OF_INDICATOR[name]} x {kg_text(item.mass_mg)} kg taken / {net} kg"
            yield Term(item.name, formula, _amount(found.indicators[place], name), f"certificate {item.identity}")


def _amount(number: int, name: Indicator) -> str:
    return f"{trillionths_text(number)} {UNIT_OF_INDICATOR[name]}"


def explain_quality(draft: Draft, upstream: Sequence[Upstream], *, tables: FactorTables) -> Term:
    """Return the quality of a run's figures, line by line and input by input."""
    site = site_of(draft.certified[0].batch.facility, draft.inventory.period, draft.inventory.step)
    lines = (
        term for group in draft.groups if not isinstance(group, Credits) for term in _worths(draft, group, tables, site)
    )
    return Term(
        name="data quality",
        formula="weighed by |kg CO2e|, location-based; of GSD2, ln^2 by its square",
        value=quality_text(draft.quality),
        source="this run",
        operands=(*lines, *_inherited(draft, upstream)),
    )


def quality_text(quality: Quality) -> str:
    """Return the three figures as text, each to the last digit; GSD2 follows from the variance."""
    spread = trillionths_text(gsd2(trillionths(quality.variance)))
    return f"primary {quality.primary_share}, rating {quality.rating}, GSD2 {spread}"


def _worths(draft: Draft, group: InventoryGroup, tables: FactorTables, site: Site) -> Iterator[Term]:
    """Yield the quality of each line of a group with emissions, and its kg CO2e."""
    for line in group.lines:
        alone = replace(group, lines=(line,))
        own = own_lines([alone], tables=tables, gwp=draft.inventory.gwp, site=site)
        if own.weighing.total:
            scores = ", ".join(
                f"{name} {score}"
                for name, score in zip(DIMENSIONS, worth_of_only(alone, tables, site).scores, strict=True)
            )
            co2e = trillionths_text(own.weighing.total // 10**12)
            yield Term(
                line.name,
                f"{co2e} kg CO2e; {scores}",
                quality_text(own.weighing.quality()),
                f"{line.basis}, {group.group}",
            )


def _inherited(draft: Draft, upstream: Sequence[Upstream]) -> Iterator[Term]:
    for item, source in zip(draft.inventory.incoming, upstream, strict=True):
        text = quality_text(source.facts.footprint.quality)
        yield Term(item.name, "as its certificate says", text, f"certificate {item.identity}")


# -- text ---------------------------------------------------------------------------------------------------------


def _source(note: str | None, tables: FactorTables, identifier: str) -> str:
    factor = tables.factor(identifier)
    return f"{note or 'no note'}; {factor.status}: {factor.source}"


def _text(pair: Pair) -> str:
    if pair.location == pair.market:
        return trillionths_text(pair.location)
    return f"{trillionths_text(pair.location)} / {trillionths_text(pair.market)}"


def lines_of(term: Term, depth: int = 0) -> Iterator[str]:
    """Yield a tree of terms as indented lines of text."""
    yield f"{'  ' * depth}{term.name}: {term.value} = {term.formula} [{term.source}]"
    for operand in term.operands:
        yield from lines_of(operand, depth + 1)

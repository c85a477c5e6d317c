"""Why a figure is what it is: every number as formula, operands and source, down to the line or the upstream digest.

Rules: made on demand from the same functions that computed the figure, never kept; a term's value is the formula's value
over its operands' values, rounded as the engine rounds.  Both columns stand in every value, location / market.

What this module does not do: computing anything anew, and judging.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.footprint.figures import Pair, parsed_rows
from ledger.footprint.lines import electricity_results, measured, released, results
from schemas.inventory import Credits, Direct, Electricity
from schemas.quantity import kg_text, trillionths_text
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.footprint.draft import Draft, Upstream
    from ledger.footprint.factors import FactorTables
    from ledger.footprint.figures import StageGas
    from ledger.footprint.lines import Measured
    from schemas.inventory import InventoryGroup
    from schemas.vocabulary import Gas


@dataclass(frozen=True, slots=True)
class Term:
    """One figure: what it is, its formula in words, its value, where it comes from, and what it is made of."""

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
    """Yield the run's own lines that give off the row's gas."""
    stage, gas = key
    if stage == STAGE_OF_STEP[draft.inventory.step]:
        for group in draft.groups:
            if isinstance(group, Credits):
                continue  # they stand apart from every total
            yield from _lines(group, gas, tables)


def _lines(group: InventoryGroup, gas: Gas, tables: FactorTables) -> Iterator[Term]:
    match group:
        case Electricity():
            for power in group.lines:
                for given, pair in electricity_results(power, tables):
                    if given == gas:
                        formula = (
                            f"{power.amount_kwh} kWh x {power.factor} / uncovered x {power.uncovered} + instruments"
                        )
                        yield Term(power.name, formula, f"{_text(pair)} kg", _source(power.note, tables, power.factor))
        case Direct():
            for emission in group.lines:
                counted = released(emission)
                if counted is not None and counted[0] == gas:
                    mass = f"{trillionths_text(counted[1])} kg"
                    formula = f"{emission.mass_kg} kg {emission.substance}"
                    yield Term(emission.name, formula, mass, emission.note or emission.basis)
        case _:
            valued = (line for line in group.lines if line.factor is not None)
            for line, sealed in zip(measured(group), valued, strict=True):
                yield from _line(line, sealed.note, gas, tables)


def _line(line: Measured, note: str | None, gas: Gas, tables: FactorTables) -> Iterator[Term]:
    amount = trillionths_text(line.amount * 10**12 // line.scale)
    if line.value is not None:
        for item in line.value:
            if item.gas == gas:
                formula = f"{amount} {line.per} x a factor that is not public"
                yield Term(line.line.name, formula, f"{item.mass_kg} kg", line.factor)
        return
    factor = tables.factor(line.factor)
    each = dict(factor.values)
    for found, mass in results(line, factor):
        if found == gas:
            formula = f"{amount} {line.per} x {trillionths_text(each[found])} kg {gas} ({line.factor})"
            yield Term(line.line.name, formula, f"{trillionths_text(mass)} kg", _source(note, tables, line.factor))


def _upstream(draft: Draft, upstream: Sequence[Upstream], key: StageGas) -> Iterator[Term]:
    """Yield each input's contribution to the row."""
    for item, source, found in zip(draft.inventory.incoming, upstream, draft.result.inputs, strict=True):
        if key in found.rows:
            row = parsed_rows(source.facts.footprint.rows)[key]
            net = source.facts.batch.net_mass_kg
            formula = f"{_text(row)} kg x {kg_text(item.mass_mg)} kg taken / {net} kg"
            yield Term(item.name, formula, f"{_text(found.rows[key])} kg", f"certificate {item.identity}")


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

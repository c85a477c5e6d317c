"""Doubts that people should look at again: a reading that repeats, a number of an example, a factor that has aged.

Rules: a version of a recipe pins the factor tables that it was written with. A newer table, or a factor whose year lies
more than three years before the end of the run, is told and changes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ledger.factors.grid import grid_factors, standing_in
from schemas.problem import Problem
from schemas.recipe import Facts, Pinned
from schemas.written import WrittenElectricity

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from ledger.recipes.checked import CheckedRecipe
    from schemas.record import ProductionRecord

OLD_YEARS: Final = 3
"""A factor of a year this many years before the run's end is still fresh (the producer's desk, `Recipe numbers`)."""
_FACTORS: Final = ("factor", "uncovered")


def repeated_readings(facts: Facts, before: Mapping[str, str]) -> Iterator[Problem]:
    """Yield each reading that equals the one before to the last digit: it was perhaps not read again."""
    for key, text in facts.readings.items():
        if before.get(key) == text:
            yield Problem.at("recipe.same-as-before", f"readings.{key}", value=text)


def untouched_examples(checked: CheckedRecipe) -> Iterator[Problem]:
    """Yield the numbers of a shipped example that nobody has replaced."""
    for place in checked.recipe.examples:
        yield Problem.at("recipe.example", f"recipe.run.{place}", label=checked.label(place))


def pinned_of(record: ProductionRecord, tables: FactorTables) -> Pinned:
    """Return the digest of each table that a run uses, and the year of each factor."""
    used = [factor for _, factor in factors_of(record, tables) if factor in tables.by_id]
    names = sorted({each.partition("/")[0] for each in used})
    years = {each: str(tables.by_id[each].year) for each in sorted({*used}) if tables.by_id[each].year is not None}
    return Pinned(tables={name: tables.sets[name].digest for name in names}, years=years)


def stale_factors(
    pinned: Pinned | None, record: ProductionRecord, tables: FactorTables, *, year: int | None = None
) -> Iterator[Problem]:
    """Yield the tables that are newer than those that a recipe was written with, and factors that are old for a run.

    `year` is that of the run's end, if it is not the record's own: a typical run may be long past.
    """
    for name, digest in (pinned.tables if pinned is not None else {}).items():
        if name in tables.sets and tables.sets[name].digest != digest:
            yield Problem.at("recipe.tables-newer", "", table=name)
    end = year or int(record.period.end[:4])
    for place, identifier in factors_of(record, tables, year=end):
        factor = tables.by_id.get(identifier)
        if factor is not None and factor.year is not None and factor.year < end - OLD_YEARS:
            yield Problem.at("recipe.factor-old", place, factor=identifier, year=factor.year)


def factors_of(record: ProductionRecord, tables: FactorTables, *, year: int | None = None) -> list[tuple[str, str]]:
    """Return each factor that a run uses, with its place; those of a grid as grid and year of its end choose them."""
    end = year or int(record.period.end[:4])
    named = [*_named(record.model_dump(exclude_none=True, exclude={"outputs", "claims"}), "")]
    for number, line in enumerate(record.electricity):
        if line.factor is None and line.own is None:
            named += ((f"electricity[{number}].grid", each) for each in _of_grid(record, line, tables, end))
    return named


def _named(value: object, place: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, each in value.items():
                here = f"{place}.{name}" if place else name
                if name in _FACTORS and isinstance(each, str):
                    yield here, each
                else:
                    yield from _named(each, here)
        case list() | tuple():
            for number, each in enumerate(value):
                yield from _named(each, f"{place}[{number}]")
        case _:
            return


def _of_grid(record: ProductionRecord, line: WrittenElectricity, tables: FactorTables, year: int) -> list[str]:
    chosen = record.electricity_set
    found = grid_factors(tables, line.grid, year, chosen=chosen, gwp=record.gwp)
    found = found or standing_in(tables, line.grid, year, chosen=chosen)
    return [*dict.fromkeys(each.id for each in found)] if found is not None else []

"""All tables of a computation, and the differences between two tables.

This module reads no file (`ledger.tables` does) and parses no table (`ledger.factors.factor` does).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from ledger.factors.completeness import spreads
from ledger.factors.factor import COLUMNS, SUBSTANCE_COLUMNS, FactorSet
from ledger.factors.fit import NO_FITS
from ledger.factors.fuels import FuelTable
from ledger.factors.prices import NAME as PRICES
from schemas.problem import InputError, MissingError, Problem
from schemas.quantity import trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.factors.completeness import OwedRow
    from ledger.factors.cutoffs import CutOff
    from ledger.factors.factor import Factor, Gwp
    from ledger.factors.fit import Fits
    from ledger.factors.prices import PriceTable
    from ledger.factors.products import Product
    from ledger.factors.profiles import Profile
    from ledger.factors.published import PublishedRange
    from schemas.figures import FactorSetRef

_ALIKE: Final = 17
"""The similarity, in twentieths, from which an unknown factor's name counts as a misspelling of a known one."""

_COMPARED: Final = tuple(
    column for column in (*COLUMNS, *SUBSTANCE_COLUMNS) if column not in {"flow", "geography", "year"}
)


class FormerTables(Protocol):
    """Former versions of tables."""

    def get(self, key: tuple[str, str]) -> FactorSet | None:
        """Return the table of this name with this digest, or None."""
        ...

    def gwp(self, digest: str) -> Gwp | None:
        """Return the GWPs with this digest, or None."""
        ...

    def prices(self, digest: str) -> PriceTable | None:
        """Return the reference prices with this digest, or None."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FactorTables:
    """All tables of a computation: factors, GWPs, vocabularies, and the bounds that a run is judged by.

    `former` has former tables by name and digest; `completeness` what each step owes, by step; `fits` what the shipped
    factors stand for; `by_id` the factors of all current tables, `withheld` the names of those that are not public,
    `spreads` the GSD2 of amounts that nobody read.
    Without `prices` no figure under reference prices is computed.
    """

    sets: Mapping[str, FactorSet]
    gwp: Gwp
    products: Mapping[str, Product] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    published: tuple[PublishedRange, ...] = ()
    former: FormerTables | None = field(default=None, repr=False, compare=False)
    completeness: Mapping[str, tuple[OwedRow, ...]] = field(default_factory=dict)
    fits: Fits = field(default=NO_FITS, repr=False)
    fuels: FuelTable = field(default_factory=FuelTable)
    prices: PriceTable | None = None
    cutoffs: Mapping[str, CutOff] = field(default_factory=dict)
    by_id: Mapping[str, Factor] = field(init=False, repr=False, compare=False)
    withheld: frozenset[str] = field(init=False, repr=False, compare=False)
    spreads: Mapping[str, Mapping[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index all factors by id, and name the tables that are not public."""
        index = {factor.id: factor for table in self.sets.values() for factor in table.rows.values()}
        object.__setattr__(self, "by_id", index)
        hidden = frozenset([name for name, table in self.sets.items() if table.visibility != "public"])
        object.__setattr__(self, "withheld", hidden)
        object.__setattr__(self, "spreads", spreads(self.completeness))

    def factor(self, identifier: str, place: str = "") -> Factor:
        """Return the factor named ``table/row``; raise MissingError ``factor.unknown``."""
        try:
            return self.by_id[identifier]
        except KeyError:
            raise MissingError(self.missing(identifier, place)) from None

    def missing(self, identifier: str, place: str = "") -> Problem:
        """Return the problem of an unknown factor, with factors of the same flow or of similar names."""
        flow, _, rest = identifier.partition(".")
        place_of, country = rest.partition(".")[0], rest[:2]
        same = [each for each in self.by_id if each.partition(".")[0] == flow]
        same.sort(key=lambda each: (f".{place_of}." in f"{each}.", f".{country}" in each, each))
        alike = get_close_matches(identifier, self.by_id, n=1)
        near = same[-2:] or [each for each in alike if SequenceMatcher(a=each, b=identifier).ratio() * 20 >= _ALIKE]
        possible = " or ".join(near) or "one that exists"
        return Problem.at("factor.unknown", place, id=identifier, possible=possible)

    def table(self, name: str) -> FactorSet:
        """Return the table of this name; raise MissingError ``factor.no-table``."""
        found = self.sets.get(name)
        if found is None:
            raise MissingError.at("factor.no-table", name=name, known=", ".join(self.sets))
        return found

    def latest(self, table: str, flow: str, geography: str, year: int) -> Factor | None:
        """Return the newest factor of a flow at a place that is not later than `year`, or None."""
        dated = self.sets[table].vintages.get((flow, geography), ())
        return next((factor for vintage, factor in dated if vintage <= year), None)

    def joined(self, added: FactorSet) -> FactorTables:
        """Return these tables and one more; raise InputError ``factor.duplicate`` for a name in use."""
        if added.name in self.sets:
            raise InputError.at("factor.duplicate", id=added.name)
        return self.replaced(added)

    def replaced(self, table: FactorSet) -> FactorTables:
        """Return these tables with one replaced by name, or added."""
        return replace(self, sets=MappingProxyType({**self.sets, table.name: table}))

    def with_value(self, identifier: str, value: int, *, gas: str | None = None) -> FactorTables:
        """Return these tables with another (scaled) value of one factor.

        Raises:
            MissingError: ``factor.unknown``.
            InputError: ``factor.which-gas``.

        """
        factor = self.factor(identifier)
        gases = [name for name, _ in factor.values]
        if gas not in gases and (gas is not None or len(gases) > 1):
            raise InputError.at("factor.which-gas", id=identifier, known=", ".join(gases))
        values = tuple((name, value if gas in {None, name} else mass) for name, mass in factor.values)
        table = self.sets[identifier.partition("/")[0]]
        rows = MappingProxyType({**table.rows, identifier: replace(factor, values=values)})
        return self.replaced(FactorSet(table.name, table.digest, table.visibility, rows))

    def with_former(self, former: FormerTables) -> FactorTables:
        """Return these tables with other former tables."""
        return replace(self, former=former)

    def named(self, refs: Iterable[FactorSetRef]) -> FactorTables | None:
        """Return the tables with exactly the digests that a run names, some of them former ones.

        None if a public table is missing.  A missing table of a producer's own is left out.
        """
        sets, gwp, prices = dict(self.sets), self.gwp, self.prices
        for ref in refs:
            if ref.name == PRICES:
                if prices is None or ref.digest != prices.digest:
                    prices = None if self.former is None else self.former.prices(ref.digest)
                    if prices is None:
                        return None
                continue
            here = sets.get(ref.name)
            if ref.digest == (self.gwp.digest if ref.name == "gwp" else here and here.digest):
                continue
            if ref.name == "gwp":
                former = None if self.former is None else self.former.gwp(ref.digest)
                if former is None:
                    return None
                gwp = former
                continue
            replacement = None if self.former is None else self.former.get((ref.name, ref.digest))
            if replacement is not None:
                sets[ref.name] = replacement
            elif here is not None and here.visibility == "public":
                return None
            else:
                sets.pop(ref.name, None)
        return replace(self, sets=MappingProxyType(sets), gwp=gwp, prices=prices)


def differences(old: FactorSet, new: FactorSet) -> Iterator[tuple[str, str, str, str]]:
    """Yield row, column, old and new content of each difference between two tables, in the order of their rows."""
    one, other = ({factor.id.partition("/")[2]: factor for factor in table.rows.values()} for table in (old, new))
    for row in {**one, **other}:
        if row not in one or row not in other:
            yield row, "row", "present" if row in one else "", "present" if row in other else ""
            continue
        for column in _COMPARED:
            before, after = (_shown(getattr(table[row], column)) for table in (one, other))
            if before != after:
                yield row, column, before, after


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ";".join(f"{gas}={trillionths_text(mass)}" for gas, mass in value)
    return "" if value is None else str(value)

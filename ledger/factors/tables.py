"""All tables that a computation may use, and in what two tables differ.

What this module does not do: it reads no file (`ledger.tables` does) and no table (`ledger.factors.factor`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from ledger.factors.factor import COLUMNS, FactorSet
from schemas.problem import InputError, MissingError, Problem
from schemas.quantity import trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.factors.factor import Factor, Gwp
    from ledger.factors.products import Product
    from ledger.factors.profiles import Profile
    from schemas.figures import FactorSetRef

_ALIKE: Final = 17
"""Twentieths of its characters that a factor's name shares with one that no table has, for it to be a slip of the pen."""

_COMPARED: Final = tuple(column for column in COLUMNS if column not in {"flow", "geography", "year"})


class FormerTables(Protocol):
    """Tables of earlier days."""

    def get(self, key: tuple[str, str]) -> FactorSet | None:
        """Return the table of this name with this digest, or None."""
        ...

    def gwp(self, digest: str) -> Gwp | None:
        """Return the GWPs with this digest, or None."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FactorTables:
    """All tables a computation may use, the GWPs, the products and the method profiles.

    `former` are tables of earlier days by name and digest; `by_id` are the factors of all tables that are in use.
    """

    sets: Mapping[str, FactorSet]
    gwp: Gwp
    products: Mapping[str, Product] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    former: FormerTables | None = field(default=None, repr=False, compare=False)
    by_id: Mapping[str, Factor] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put all factors into one index: every rule asks for those of every line."""
        index = {factor.id: factor for table in self.sets.values() for factor in table.rows.values()}
        object.__setattr__(self, "by_id", index)

    def factor(self, identifier: str, place: str = "") -> Factor:
        """Return the factor named ``table/row``; error ``factor.unknown``."""
        try:
            return self.by_id[identifier]
        except KeyError:
            raise MissingError(self.missing(identifier, place)) from None

    def missing(self, identifier: str, place: str = "") -> Problem:
        """Return that no table has a factor, with those of the same flow (another year or place), or of names like it."""
        flow, _, rest = identifier.partition(".")
        place_of, country = rest.partition(".")[0], rest[:2]
        same = [each for each in self.by_id if each.partition(".")[0] == flow]
        same.sort(key=lambda each: (f".{place_of}." in f"{each}.", f".{country}" in each, each))
        alike = get_close_matches(identifier, self.by_id, n=1)
        near = same[-2:] or [each for each in alike if SequenceMatcher(a=each, b=identifier).ratio() * 20 >= _ALIKE]
        possible = " or ".join(near) or "one that exists"
        return Problem.at("factor.unknown", place, id=identifier, possible=possible)

    def table(self, name: str) -> FactorSet:
        """Return the table of this name; error ``factor.no-table``."""
        found = self.sets.get(name)
        if found is None:
            raise MissingError.at("factor.no-table", name=name, known=", ".join(self.sets))
        return found

    def latest(self, table: str, flow: str, geography: str, year: int) -> Factor | None:
        """Return the newest factor of a flow at a place that is not younger than `year`, or none."""
        dated = self.sets[table].vintages.get((flow, geography), ())
        return next((factor for vintage, factor in dated if vintage <= year), None)

    def joined(self, added: FactorSet) -> FactorTables:
        """Return these tables and one more; a name already taken is refused (``factor.duplicate``)."""
        if added.name in self.sets:
            raise InputError.at("factor.duplicate", id=added.name)
        return self.replaced(added)

    def replaced(self, table: FactorSet) -> FactorTables:
        """Return these tables with another one in place of that of its name, or beside them."""
        return replace(self, sets=MappingProxyType({**self.sets, table.name: table}))

    def with_value(self, identifier: str, value: int, *, gas: str | None = None) -> FactorTables:
        """Return these tables with another (scaled) value of one factor; errors ``factor.unknown``, ``factor.which-gas``."""
        factor = self.factor(identifier)
        gases = [name for name, _ in factor.values]
        if gas not in gases and (gas is not None or len(gases) > 1):
            raise InputError.at("factor.which-gas", id=identifier, known=", ".join(gases))
        values = tuple((name, value if gas in {None, name} else mass) for name, mass in factor.values)
        table = self.sets[identifier.partition("/")[0]]
        rows = MappingProxyType({**table.rows, identifier: replace(factor, values=values)})
        return self.replaced(FactorSet(table.name, table.digest, table.visibility, rows))

    def with_former(self, former: FormerTables) -> FactorTables:
        """Return these tables with others of earlier days."""
        return replace(self, former=former)

    def named(self, refs: Iterable[FactorSetRef]) -> FactorTables | None:
        """Return the tables with just the digests that a run names, some of earlier days maybe.

        None where a public one is not at hand.  One of a producer's own need not be, and is then left out.
        """
        sets, gwp = dict(self.sets), self.gwp
        for ref in refs:
            here = sets.get(ref.name)
            if ref.digest == (self.gwp.digest if ref.name == "gwp" else here and here.digest):
                continue
            if ref.name == "gwp":
                former = None if self.former is None else self.former.gwp(ref.digest)
                if former is None:
                    return None
                gwp = former
                continue
            found = None if self.former is None else self.former.get((ref.name, ref.digest))
            if found is not None:
                sets[ref.name] = found
            elif here is not None and here.visibility == "public":
                return None
            else:
                sets.pop(ref.name, None)
        return replace(self, sets=MappingProxyType(sets), gwp=gwp)


def differences(old: FactorSet, new: FactorSet) -> Iterator[tuple[str, str, str, str]]:
    """Yield row, column, old and new content of everything in which two tables differ, in the order of their rows."""
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

"""Rules of prices: a figure by price rests on prices that such goods sell for.

Rules: only ratios count, because only they share out a run.  `ledger.footprint.reference` has the reference of each
output; E is the figure by declared prices, E_ref that by reference prices.  Both shares are of this run alone; a flag
tells where the whole chain drifts.  Three kinds of price are flagged and never refused: one within the range of its own
row, one with a dated quotation, and one of metal goods, which sell by shape and size too, or of the scrap beside them.

The bounds 0.8, 0.6, 0.45 and 0.9 are set here.  A fifth is about what contracts, grades and averages move a share of
oxides in the examples; 0.6 holds where most of the moving price has no source, 0.45 where goods are a mixture, of which
0.3 to 1.0 is paid.

This module does not know whether a buyer is a sister firm, nor what other runs declare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from ledger.footprint.digits import MANY, shown
from ledger.footprint.reference import METALLIC, Level, main_output
from ledger.footprint.versions import GUARDED
from ledger.plausibility.accounting import PRICE_YEARS
from ledger.plausibility.amounts import once
from schemas.frozen import Frozen
from schemas.instant import date_of
from schemas.problem import Problem
from schemas.quantity import milligrams, trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.footprint.inventory import Inventory, Outgoing
    from ledger.footprint.reference import Reference

_REFUSED: Final = 80
"""Per cent of E_ref below which E is refused."""
_WITHOUT_SOURCE: Final = 60
"""The same where the output that moves the result is priced by rows without source."""
_MIXTURE: Final = 45
"""The same for goods that are a mixture."""
_FLAGGED: Final = 90
_OTHER_METHOD: Final = 80
"""Per cent of the other method's share below which the choice of the method is flagged."""
_RATIO: Final = (50, 150)
_RATIO_OF_MIXTURE: Final = (46, 157)
"""Per cent of the reference ratio within which a price ratio to the main output is usual."""
_STOCK_DAYS: Final = 366
_PARKED: Final = 100
"""A hundredth of the run."""


class _Priced(Frozen):
    """The outputs of a run that share by price: weights declared, by reference, and declared within their ranges."""

    outputs: Sequence[Outgoing]
    references: Sequence[Reference]
    main: int
    level: Level
    declared: list[int]
    reference: list[int]
    attested: list[int]
    within: list[int]

    @property
    def gains(self) -> list[int]:
        """By how much the declared prices raise the share of each output, in a common unit; 0 for a loss."""
        whole, other = sum(self.declared), sum(self.reference)
        pairs = zip(self.declared, self.reference, strict=True)
        return [max(0, one * other - two * whole) for one, two in pairs]

    @property
    def bound(self) -> int:
        """Per cent of E_ref: lower where outputs without a source of their reference gain most of the share."""
        gains = self.gains
        unsure = sum(gain for gain, reference in zip(gains, self.references, strict=True) if reference.memory)
        return _WITHOUT_SOURCE if 2 * unsure > sum(gains) else _REFUSED

    def by_shape(self, output: Outgoing) -> bool:
        """Return whether an output, or the main one beside its scrap, sells by shape and not for its metals alone."""
        return output.kind in METALLIC or (output.kind == "scrap" and self.outputs[self.main].kind in METALLIC)

    def below(self, place: int, percent: int) -> bool:
        """Return whether E of an output is below a part of E_ref."""
        return _below(self.declared, self.reference, place, percent)

    def ratio(self, place: int) -> int:
        """Return E / E_ref of an output, scaled."""
        return divide(
            self.declared[place] * sum(self.reference) * SCALE, self.reference[place] * sum(self.declared) or 1
        )


def _told(figure: int) -> str:
    """Return a price or a part as text for a sentence, with three digits."""
    return shown(trillionths_text(figure), MANY)


def _below(one: Sequence[int], other: Sequence[int], place: int, percent: int) -> bool:
    """Return whether an output's share by some weights is below a part of its share by others."""
    return 100 * one[place] * sum(other) < percent * other[place] * sum(one)


@once
def _priced(run: Inventory) -> _Priced | None:
    """Return the outputs that share, or None where no reference price is known."""
    if run.references is None:
        return None
    sharing = [
        (output, reference)
        for output, reference in zip(run.outgoing, run.references, strict=True)
        if output.allocated and output.price
    ]
    if len(sharing) < 2:
        return None
    outputs, references = zip(*sharing, strict=True)
    main = main_output(outputs, references)
    level = Level(outputs[main].price, references[main].central)
    pairs = list(zip(outputs, references, strict=True))
    found = _Priced(
        outputs,
        references,
        main,
        level,
        [output.net_mass_mg * output.price for output in outputs],
        [output.net_mass_mg * reference.counted for output, reference in pairs],
        [output.net_mass_mg * reference.attested for output, reference in pairs],
        [output.net_mass_mg * _within(output, reference, level) for output, reference in pairs],
    )
    return found if any(found.reference) and any(found.within) else None


def _within(output: Outgoing, reference: Reference, level: Level) -> int:
    """Return a declared price in the money of the reference, no further than its range unless it is quoted."""
    price = level.of(output.price or 0)
    return price if output.quote else max(reference.low, min(price, reference.high))


def too_low(run: Inventory) -> Iterator[Problem]:
    """A-PRICE: a certified output has at least 0.8 of its figure under reference prices."""
    priced = _priced(run) if run.allocation.method == "economic" else None
    if priced is None:
        return
    bound = priced.bound
    for place, (output, reference) in enumerate(zip(priced.outputs, priced.references, strict=True)):
        least = min(bound, _MIXTURE) if reference.mixture else bound
        if not output.certified or priced.by_shape(output) or not priced.below(place, least):
            continue
        if _below(priced.declared, priced.within, place, least):
            yield _price_problem("rule.a-price", priced, place, least)


def low(run: Inventory) -> Iterator[Problem]:
    """A-PRICE, flag: a certified output has less than 0.9 of its figure under reference prices."""
    priced = _priced(run) if run.allocation.method == "economic" else None
    if priced is None:
        return
    for place, output in enumerate(priced.outputs):
        if output.certified and priced.below(place, _FLAGGED):
            attestable = not _below(priced.declared, priced.attested, place, _FLAGGED)
            yield _price_problem("rule.a-price-low", priced, place, _FLAGGED, **_if_sold(attestable=attestable))


def _if_sold(*, attestable: bool) -> dict[str, str]:
    """Return the fact that marks a flag which a sale explains, once somebody attests it."""
    return {"attestable": "sale"} if attestable else {}


def _price_problem(code: str, priced: _Priced, place: int, percent: int, **facts: str) -> Problem:
    gains, output = priced.gains, priced.outputs[place]
    other = gains.index(max(gains))
    return Problem.at(
        code,
        output.place,
        found=output.lot,
        part=_told(priced.ratio(place)),
        possible=f"0.{percent}".rstrip("0"),
        lot=priced.outputs[other].lot,
        price=_told(priced.level.of(priced.outputs[other].price or 0)),
        reference=_told(priced.references[other].counted),
        **facts,
    )


def low_chain(run: Inventory) -> Iterator[Problem]:
    """A-PRICE, flag: the figure of the whole chain is below 0.9 of that under reference prices."""
    if run.shared is None or run.allocation.method != "economic" or run.engine not in GUARDED:
        return
    priced = _priced(run)
    own = {} if priced is None else {each.place: priced.below(at, _FLAGGED) for at, each in enumerate(priced.outputs)}
    for output, figures in zip(run.outgoing, run.shared.outputs, strict=True):
        reference = figures.reference
        if reference is None or not output.certified or own.get(output.place):
            continue
        if 100 * figures.total.location < _FLAGGED * reference.location:
            part = _told(divide(figures.total.location * SCALE, reference.location))
            yield Problem.at("rule.a-price-chain", output.place, found=output.lot, part=part)


def unknown(run: Inventory) -> Iterator[Problem]:
    """A-PRICE: a certified output has a reference price, an evidenced sale, or a dated quotation."""
    if run.references is None or run.allocation.method != "economic":
        return
    for output, reference in zip(run.outgoing, run.references, strict=True):
        if output.allocated and output.certified and not reference.counted and output.quote is None:
            yield Problem.at("rule.a-price-unknown", output.place, found=output.lot)


def evidence(run: Inventory) -> Iterator[Problem]:
    """A-PRICE: sold is no more than was made, and sales and quotations are dated within prices and production."""
    prices = run.allocation.prices
    for output in run.outgoing:
        if output.sold is not None and milligrams(output.sold.mass_kg) > output.net_mass_mg:
            place, possible = f"{output.place}.sold.mass", trillionths_text(output.net_mass_mg * 10**6)
            yield Problem.at("rule.a-price-sold", place, found=output.sold.mass_kg, possible=possible)
        days = {
            "sold.period": None if output.sold is None else output.sold.period.end,
            "quote.day": None if output.quote is None else output.quote.day,
        }
        for member, day in days.items():
            if prices is not None and day is not None and day < prices.period.start:
                place = f"{output.place}.{member}"
                yield Problem.at("rule.a-price-day", place, found=day, possible=prices.period.start)


def as_told(run: Inventory) -> Iterator[Problem]:
    """A-PRICE: the sealed reference price of each output is that of the table."""
    if run.table_names is not None and run.engine in GUARDED:
        for place, output in enumerate(run.outgoing):
            due = None if run.references is None else run.references[place].counted
            if output.reference_price != due:
                found, possible = (
                    "none" if price is None else trillionths_text(price) for price in (output.reference_price, due)
                )
                yield Problem.at("rule.a-price-told", output.place, found=found, possible=possible)


def ratios(run: Inventory) -> Iterator[Problem]:
    """A-PRICE-REF, flag: prices stand to that of the main output about as their references do."""
    priced = _priced(run)
    if priced is None:
        return
    for place, (output, reference) in enumerate(zip(priced.outputs, priced.references, strict=True)):
        if place == priced.main or not reference.counted:
            continue
        price = priced.level.of(output.price or 0)
        least, most = _RATIO_OF_MIXTURE if reference.mixture else _RATIO
        if not least * reference.counted <= 100 * price <= most * reference.counted:
            found, possible = _told(price), _told(reference.counted)
            attestable = least * reference.attested <= 100 * price <= most * reference.attested
            facts = {"lot": output.lot, "found": found, "possible": possible} | _if_sold(attestable=attestable)
            yield Problem.at("rule.a-price-ref", output.place, **facts)


def sales(run: Inventory) -> Iterator[Problem]:
    """A-PRICE-REF, flag: an evidenced sale is within the range of the reference; it counts to the end of it only."""
    priced = _priced(run)
    for output, reference in () if priced is None else zip(priced.outputs, priced.references, strict=True):
        if output.sold is None or priced is None or not reference.central:
            continue
        price = priced.level.of(trillionths(output.sold.price))
        if not reference.low <= price <= reference.high:
            found, possible = _told(price), f"{_told(reference.low)} to {_told(reference.high)}"
            yield Problem.at(
                "rule.a-price-sale", f"{output.place}.sold", lot=output.lot, found=found, possible=possible
            )


def window(run: Inventory) -> Iterator[Problem]:
    """A-PRICE-OLD, flag: prices are means of the newest five full years, with a reference for each."""
    prices, table = run.allocation.prices, run.tables.prices
    if run.references is None or prices is None or table is None:
        return
    lots = [item.lot for item, reference in zip(run.outgoing, run.references, strict=True) if reference.old]
    if lots:
        yield Problem.at("rule.a-price-old", "allocation.prices", found=", ".join(lots))
    newest = max((year for year in table.full_years if year < run.year), default=0)
    first, last = int(prices.period.start[:4]), int(prices.period.end[:4])
    if last < newest or last - first + 1 < PRICE_YEARS[1]:
        possible = f"{newest - PRICE_YEARS[1] + 1} to {newest}"
        yield Problem.at("rule.a-price-window", "allocation.prices", found=f"{first} to {last}", possible=possible)


def method(run: Inventory) -> Iterator[Problem]:
    """A-METHOD, flag: under the other method a certified output would have much more."""
    priced = _priced(run)
    if priced is None:
        return
    by_key = reo_mass if run.allocation.mass_key == "REO" else re_mass
    by_mass = [by_key(output.elements) for output in priced.outputs]
    if not any(by_mass):
        return
    economic = run.allocation.method == "economic"
    one, others = (priced.declared, [by_mass]) if economic else (by_mass, [priced.declared, priced.reference])
    for place, output in enumerate(priced.outputs):
        if output.certified and any(_below(one, other, place, _OTHER_METHOD) for other in others):
            method_ = "mass" if economic else "price"
            yield Problem.at("rule.a-method", output.place, found=output.lot, method=method_)


def stock(run: Inventory) -> Iterator[Problem]:
    """X-STOCK, flag: material in process can be drawn later, and is drawn within a year."""
    for item in run.incoming:
        if item.kind == "in-process":
            days = (date_of(run.period.start) - date_of(item.produced.end)).days
            if days > _STOCK_DAYS:
                yield Problem.at("rule.x-stock-old", item.place, found=item.name, days=str(days))
    if run.shared is None:
        return
    whole = sum(figures.total.location for figures in run.shared.outputs)
    for output, figures in zip(run.outgoing, run.shared.outputs, strict=True):
        parked = output.kind == "in-process" and not output.certified
        if parked and figures.total.location * _PARKED > whole:
            yield Problem.at("rule.x-stock", output.place, found=output.lot)

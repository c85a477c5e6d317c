"""Records of the example as a cheat would write them: one for each way to a low figure, for the demo to refuse.

Rules: each changes one thing in an honest record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.written import WrittenExclusion

if TYPE_CHECKING:
    from schemas.record import ProductionRecord


class Cheat(NamedTuple):
    """A cheat: what it is, the file of the honest record, and the record with it."""

    words: str
    file: str
    change: Callable[[ProductionRecord], ProductionRecord]


def _with(record: ProductionRecord, **members: object) -> ProductionRecord:
    return record.model_copy(update=members)


def _lines(lines: Iterable[Any], changes: Callable[[Any], bool], **members: object) -> tuple[Any, ...]:
    """Return lines with other members in those that `changes` picks."""
    return tuple(each.model_copy(update=members) if changes(each) else each for each in lines)


def _no_nitrous_oxide(record: ProductionRecord) -> ProductionRecord:
    return _with(record, direct=tuple(each for each in record.direct if each.gas != "N2O"))


def _neodymium_as_iron(record: ProductionRecord) -> ProductionRecord:
    (iron,) = (each for each in record.materials if each.factor == "placeholders/iron.glo")
    neodymium = iron.model_copy(update={"name": "neodymium metal", "mass": "10", "composition": {"Nd": "1"}})
    return _with(record, materials=(*record.materials, neodymium))


def _dear_cerium(record: ProductionRecord) -> ProductionRecord:
    (dear,) = (each.price for each in record.outputs if each.lot == "OX-17")
    return _with(record, outputs=_lines(record.outputs, lambda each: each.lot != "OX-17", price=dear))


def _never_burnt(record: ProductionRecord) -> ProductionRecord:
    return _with(record, fuels=tuple(each for each in record.fuels if "supply" in each.name))


def _a_third_left_out(record: ProductionRecord) -> ProductionRecord:
    small = WrittenExclusion(what="small things", why="small", share="0.3", kind="bounded")
    return _with(record, excluded=(*record.excluded, small))


def _national_average(record: ProductionRecord) -> ProductionRecord:
    average = {"factor": "grid/location.cn.2023", "uncovered": "grid/location.cn.2023"}
    return _with(record, electricity=_lines(record.electricity, lambda _: True, **average))


CHEATS = (
    Cheat("The nitrous oxide of the leaching is not told", "07-ICL-2026-01.yaml", _no_nitrous_oxide),
    Cheat("Neodymium is bought by the factor of iron", "12-SC-2026-05.yaml", _neodymium_as_iron),
    Cheat("The by-product is priced like the product", "04-SEP-2026-03.yaml", _dear_cerium),
    Cheat("Gas is bought but never burnt", "04-SEP-2026-03.yaml", _never_burnt),
    Cheat("30 % is left out as small", "13-MAG-2026-06.yaml", _a_third_left_out),
    Cheat("The average of the country replaces the province's coal power", "04-SEP-2026-03.yaml", _national_average),
)
"""One cheat of each family: completeness, factors, prices, combustion, cut-off, electricity."""

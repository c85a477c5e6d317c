"""What a production record may say, what it is refused for, and what its certificates say don't depend on who signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.issue import issue
from ledger.ship import Dispatch, accept, ship
from tests.blending import blend, read, written
from tests.served import ANN, BEN, plant, tables
from tests.ways import Way, both_ways

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[tuple[Way, Way]]:
    with both_ways(tmp_path) as ways:
        yield ways


def own(lot: str, mass: str, *inputs: tuple[str, str], **change: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a record of Ann's; inputs are lots or digests, with the mass taken."""
    record = written(lot, mass, producer=ANN, plant=plant(ANN), inputs=dict(inputs))
    record["inputs"] = [
        {"certificate" if name.startswith("zQm") else "lot": name, "mass": taken} for name, taken in inputs
    ]
    return record | change


def pieces(way: Way, *masses: int) -> None:
    """Have Ben make lot B-1, and ship it to Ann in pieces of these masses in kg."""
    issue(way.served.book, [blend("B-1", "100 kg", producer=BEN, plant=plant(BEN))], tables=tables())
    for mass in masses:
        ship(way.served.book, Dispatch("B-1", BEN, ANN, mass * 10**6))
        accept(way.served.book, consignee=ANN)


def alike(ways: tuple[Way, Way], record: dict[str, Any]) -> list[object]:
    """Issue a record both ways; return what was said of it, which must be the same."""
    first, second = (way.try_(read(record)) for way in ways)
    assert first == second
    return first


def test_an_input_in_several_pieces_is_one_and_a_lot_is_named_once(ways: tuple[Way, Way]) -> None:
    for way in ways:
        pieces(way, 10, 10, 30)
    (said,) = alike(ways, own("A-1", "45 kg", ("B-1", "45 kg")))
    assert said
    alike(ways, own("A-2", "40 kg"))
    for taken in (("10 kg", "10 kg"), ("10 kg", "20 kg")):
        twice = own("A-3", f"{sum(int(each[:2]) for each in taken)} kg", *(("A-2", mass) for mass in taken))
        assert alike(ways, twice) == ["rule.x-double"]

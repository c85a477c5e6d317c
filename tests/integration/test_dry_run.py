"""A rehearsal says of records, one after another, exactly what issuing them then does, and leaves nothing behind."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from ledger.changes.undo import undo
from ledger.issuing.dry_run import rehearsal
from ledger.issuing.issue import IssuedRun, issue, used_by
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.whole import count
from schemas.problem import OreprintError
from tests.support.http.server import ANN, BEN, Served, plant, serve, status, tables
from tests.support.registries.example import admit_everybody
from tests.support.registries.registry import open_registry
from tests.support.worlds.blends import read, written
from tests.support.worlds.electricity import entering, powered, told
from tests.support.worlds.metal_blends import blended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.factors.tables import FactorTables
    from ledger.registry.registry import OpenRegistry
    from schemas.record import ProductionRecord

ROUNDS: Final = 25


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def made(lot: str, mass: str, *, producer: str = ANN, inputs: dict[str, str] | None = None, **output: object) -> Any:  # noqa: ANN401
    record = written(lot, mass, producer=producer, plant=plant(producer), inputs=inputs)
    record["outputs"][0].update(output)
    return record


def rehearsed(registry: OpenRegistry, records: Sequence[ProductionRecord], shipped: FactorTables) -> list[str]:
    """Return what a rehearsal says of each record."""
    said = []
    before = rows(registry)
    with rehearsal(registry, tables=shipped, used=set[object]().union(*map(used_by, records))) as made_of:
        for record in records:
            try:
                said.append("unchanged" if made_of(record) is None else "issued")
            except OreprintError as refusal:
                said.append(str(refusal))
    assert rows(registry) == before
    return said


def done(registry: OpenRegistry, records: Sequence[ProductionRecord], shipped: FactorTables) -> list[str]:
    """Issue records; return what became of each."""
    return [
        ("unchanged" if each.unchanged else "issued") if isinstance(each, IssuedRun) else str(each)
        for each in issue(registry, records, tables=shipped)
    ]


def rows(registry: OpenRegistry) -> dict[str, int]:
    with reading(registry.engine) as connection:
        return {table.name: count(connection, table) for table in schema.METADATA.sorted_tables}


def codes(said: Sequence[str], *known: str) -> list[str]:
    """Return of each outcome the first of these words that it has."""
    return [next((word for word in known if word in each), each) for each in said]


def test_a_chain_draws_on_what_it_makes_itself(served: Served) -> None:
    records = [
        read(each)
        for each in (
            made("A", "100 kg"),
            made("B", "60 kg", inputs={"A": "60 kg"}),
            made("C", "41 kg", inputs={"a": "41 kg"}),
            made("D", "100 kg", inputs={"A": "40 kg", "B": "60 kg"}),
            made("E", "1 kg", inputs={"B": "1 kg"}),
            made("A", "100 kg"),
            made("A", "99 kg"),
            made("F", "10 kg", producer=BEN, inputs={"D": "10 kg"}),
        )
    ]
    said = rehearsed(served.registry, records, tables())
    assert codes(said, "34.3 kg of Nd left", "0.0 kg of Nd left", "does not hold", "exists") == [
        "issued", "issued", "34.3 kg of Nd left", "issued", "0.0 kg of Nd left", "unchanged", said[6], "does not hold",
    ]  # fmt: skip
    assert "A" in said[6]
    assert done(served.registry, records, tables()) == said
    assert rehearsed(served.registry, records[:2], tables()) == ["unchanged", "unchanged"]


def test_of_a_record_that_nobody_names_no_run_is_kept(served: Served) -> None:
    """Issue 34, 26: bulk issue held memory by the record. What others name is kept, and how to take back nothing."""
    records = [read(made(f"L-{number}", "1 kg")) for number in range(5)]
    records += [read(made("OUT", "1 kg", inputs={"L-3": "1 kg"}))]
    with rehearsal(served.registry, tables=tables(), used=set[object]().union(*map(used_by, records))) as made_of:
        for each in records:
            made_of(each)
        session = made_of.__self__.session  # type: ignore[attr-defined]
        known = [whole.run.run for whole, _ in session.registrar.memory.named._put.values()]
    assert (known, session._undo) == ([records[3].run], [])


def test_whose_a_lot_is_and_which_of_two_counts(served: Served) -> None:
    """A toll plant's lot is its owner's from the first; a lot of one name at two plants is told apart by who holds
    it; one may have no certificate.
    """
    scrap = made("MIX", "50 kg", price="100 USD/kg")
    scrap["allocation"]["prices"] = {
        "period": {"start": "2022-01-01", "end": "2025-12-31"},
        "currency": "USD",
        "source": "invented",
    }
    scrap["outputs"].append({**scrap["outputs"][0], "lot": "REST", "certify": False})
    scrap["materials"][0]["mass"] = "100 kg"
    records = [
        read(each)
        for each in (
            made("TOLL", "10 kg", producer=BEN, owner=ANN),
            made("T-1", "4 kg", producer=BEN, inputs={"TOLL": "4 kg"}),
            made("T-2", "4 kg", inputs={"TOLL": "4 kg"}),
            made("SAME", "10 kg"),
            made("SAME", "10 kg", producer=BEN),
            made("S-1", "3 kg", producer=BEN, inputs={"SAME": "3 kg"}),
            made("BOTH", "10 kg"),
            made("BOTH", "10 kg", producer=BEN, owner=ANN),
            made("B-1", "3 kg", inputs={"BOTH": "3 kg"}),
            scrap,
            made("R-1", "3 kg", inputs={"REST": "3 kg"}),
            made("rest", "3 kg"),
        )
    ]
    said = rehearsed(served.registry, records, tables())
    assert done(served.registry, records, tables()) == said
    assert [n for n, each in enumerate(said) if each != "issued"] == [1, 8, 10, 11], said[9:]


def test_statements_are_entered_once_and_drawn_until_nothing_is_left(served: Served) -> None:
    records = [
        entering(ANN, plant(ANN), "S-1", "150 kWh"),
        powered("A-1", ANN, plant(ANN), told("S-1", "90 kWh")),
        powered("A-2", ANN, plant(ANN), told("S-1", "70 kWh")),
        powered("A-3", ANN, plant(ANN), told("S-2", "60 kWh", whole="100 kWh")),
        powered("A-4", ANN, plant(ANN), told("S-2", "50 kWh")),
        powered("A-5", ANN, plant(ANN), told("S-2", "40 kWh")),
        entering(BEN, plant(BEN), "s-2", "100 kWh"),
        powered("B-1", BEN, plant(BEN), told("S-1", "10 kWh")),
        powered("B-2", BEN, plant(BEN), told("S-3", "10 kWh")),
        entering(BEN, plant(BEN), "S-3", "100 kWh"),
    ]
    said = rehearsed(served.registry, records, tables())
    assert done(served.registry, records, tables()) == said
    assert [n for n, each in enumerate(said) if each == "issued"] == [0, 1, 3, 5, 8]
    undo(served.registry, "A-3", producer=ANN, status=status(served))
    again = [powered("A-6", ANN, plant(ANN), told("S-2", "60 kWh", whole="100 kWh")), records[3]]
    said = rehearsed(served.registry, again, tables())
    assert done(served.registry, again, tables()) == said
    assert [each == "issued" for each in said] == [True, False]


def test_gains_along_a_chain_that_is_not_there_yet_are_counted(tmp_path: Path) -> None:
    registry = open_registry(tmp_path / "home")
    admit_everybody(registry)
    records = [
        blended("A", "100.3 kg"),
        blended("B", "100.6 kg", "A-1", kg="100.3 kg"),
        blended("C", "100.45 kg", "A-1", kg="100.3 kg"),
    ]
    said = rehearsed(registry.opened, records, tables())
    assert "0.5964 % of the Nd has no source along the chain" in said[1]
    assert done(registry.opened, records, tables()) == said == ["issued", said[1], "issued"]


def test_of_random_records_it_says_what_becomes_of_them(served: Served) -> None:
    random = Random(20261127)  # noqa: S311 - a test repeats
    told_of: dict[str, int] = {}
    for number in range(ROUNDS):
        records = [one(random, number) for _ in range(random.randint(2, 9))]
        said = rehearsed(served.registry, records, tables())
        assert done(served.registry, records, tables()) == said, number
        for each in said:
            told_of[each.split()[0]] = told_of.get(each.split()[0], 0) + 1
    assert told_of["issued"] > ROUNDS
    assert sum(told_of.values()) - told_of["issued"] > ROUNDS


def one(random: Random, number: int) -> ProductionRecord:
    """Return a record of few lots, made by one of two of lots of this round and the one before, which may be there
    or not.
    """
    producer = random.choice((ANN, BEN))
    lot = f"L{number}-{random.randrange(5)}"
    more: dict[str, Any] = {"owner": ANN} if random.random() < 0.2 else {}
    if random.random() < 0.2:
        said = told(f"S{number}-{random.randrange(2)}", f"{random.randint(1, 60)} kWh")
        return powered(lot, producer, plant(producer), said)
    if random.random() < 0.5:
        return read(made(lot, f"{random.randint(1, 3) * 50} kg", producer=producer, **more))
    names = {
        f"L{random.randint(max(0, number - 1), number)}-{random.randrange(5)}" for _ in range(random.randint(1, 2))
    }
    inputs = {name: random.randint(1, 60) for name in names}
    return read(
        made(
            lot,
            f"{sum(inputs.values())} kg",
            producer=producer,
            inputs={n: f"{kg} kg" for n, kg in inputs.items()},
            **more,
        )
    )

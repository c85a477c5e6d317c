"""What a run declares of another run is looked up where it is logged, whoever signs it, and is used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.init import status_signer
from ledger.audit.everything import audit
from ledger.changes.undo import undo
from ledger.changes.withdraw import withdraw
from ledger.issuing.correct import correct
from ledger.issuing.dry_run import rehearsal
from ledger.issuing.issue import IssuedRun, issue, used_by
from ledger.store import schema
from ledger.store.engine import reading, writing
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.problem import OreprintError
from tests.support.http.server import ANN, BEN, PASSPHRASE, Served, plant, serve, tables
from tests.support.registries.both_ways import Way, both_ways
from tests.support.worlds.blends import read
from tests.support.worlds.kilns import calcined, elsewhere, floated, kiln

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from schemas.record import ProductionRecord

APRIL = {"start": "2026-04-01", "end": "2026-04-02"}


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def ann(lot: str, mj: int = 0, *absent: dict[str, str], **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return a run of Ann's; its kiln burns so much, or what it declares stands elsewhere."""
    return kiln(lot, mj, **{"producer": ANN, "plant": plant(ANN), "absent": absent, **more})


def leaner(lot: str, run: str = "RUN-A", **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return a run of Ann's of 1000 kg, of which at least 3000 MJ stand in another one."""
    return ann(lot, 0, elsewhere(run), **more)


def code(outcome: IssuedRun | OreprintError) -> str:
    return "issued" if isinstance(outcome, IssuedRun) else outcome.code


def issued(served: Served, *records: ProductionRecord) -> list[str]:
    """Issue records; return what became of each."""
    return [code(each) for each in issue(served.registry, records, tables=tables())]


def notes(served: Served, record: ProductionRecord) -> list[str]:
    """Issue a record that must be issued; return the codes of the registry's findings."""
    (outcome,) = issue(served.registry, [record], tables=tables())
    assert isinstance(outcome, IssuedRun), outcome
    return [each.problem.code for each in outcome.findings if each.problem.code.startswith("registry.")]


def corrected(served: Served, record: ProductionRecord) -> str:
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    try:
        return code(correct(served.registry, record, tables=tables(), status=status))
    except OreprintError as refused:
        return refused.code


def faults(served: Served) -> list[str]:
    found = audit(served.home, tables=tables(), progress=lambda *_: None)
    assert found.whole
    return [each.code for each in found.faults]


def test_heat_that_stands_in_another_run_is_used_once(served: Served) -> None:
    assert issued(served, ann("A", 8000)) == ["issued"]
    assert issued(served, leaner("B")) == ["issued"]
    (refused,) = issue(served.registry, [leaner("C")], tables=tables())
    assert isinstance(refused, OreprintError)
    assert refused.code == "issue.run-short"
    assert dict(refused.problems[0].facts) == {
        "item": "process-heat", "run": "RUN-A", "found": "8000 MJ", "own": "3000 MJ", "taken": "3000 MJ",
        "possible": "3000 MJ",
    }  # fmt: skip
    assert issued(served, leaner("D", mass="600 kg")) == ["issued"], "200 MJ are left"
    assert faults(served) == []


def test_records_of_one_call_share_what_a_run_can_spare(served: Served) -> None:
    outcomes = issued(served, ann("A", 8000), leaner("B"), leaner("C"), ann("D", 8000))
    assert outcomes == ["issued", "issued", "issue.run-short", "issued"]
    assert faults(served) == []


def test_two_processes_cannot_both_use_what_is_there_once(served: Served) -> None:
    assert issued(served, ann("A", 8000)) == ["issued"]
    start = Barrier(4)

    def race(each: tuple[Served, str]) -> list[str]:
        start.wait()
        return issued(each[0], leaner(each[1]))

    processes = [served, served.beside(), served.beside(), served.beside()]
    with ThreadPoolExecutor(4) as pool:
        outcomes = [each for found in pool.map(race, zip(processes, "BCDE", strict=True)) for each in found]
    assert sorted(outcomes) == ["issue.run-short"] * 3 + ["issued"]


@pytest.mark.parametrize(
    ("case", "due"),
    [
        ("no run of that name", "issue.run-unknown"),
        ("a run of another month", "issue.run-unknown"),
        ("a run of another plant", "issue.run-unknown"),
        ("a run without a kiln", "issue.run-empty"),
        ("a run that was withdrawn", "issue.run-ended"),
        ("a run that was undone", "issue.run-ended"),
        ("its own name", "issue.run-unknown"),
    ],
)
def test_a_lie_about_another_run_is_refused(served: Served, case: str, due: str) -> None:
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    not_here = {"item": "process-heat", "reason": "not-in-process", "variant": "dried in the sun"}
    records = {
        "a run of another month": [ann("A", 8000, period=APRIL)],
        "a run of another plant": [ann("A", 8000, producer=BEN, plant=plant(BEN))],
        "a run without a kiln": [ann("A", 0, not_here)],
    }
    if case not in {"no run of that name", "its own name"}:
        assert issued(served, *records.get(case, [ann("A", 8000)])) == ["issued"]
    if case == "a run that was withdrawn":
        withdraw(served.registry, "A", issuer=ANN, reason="a test", status=status)
    if case == "a run that was undone":
        undo(served.registry, "A", producer=ANN, status=status)
    assert issued(served, leaner("B", "RUN-B" if case == "its own name" else "RUN-A")) == [due]


def test_heat_that_is_recovered_is_of_a_run_and_there_once(served: Served) -> None:
    assert issued(served, ann("A", 8000)) == ["issued"]
    recovering = [ann(lot, 0, elsewhere("RUN-A", heat="5000 MJ")) for lot in "BC"]
    # 200 kWh of the run are 720 MJ more that were put into it
    assert issued(served, *recovering) == ["issued", "issue.heat-short"]
    assert issued(served, ann("D", 0, elsewhere("ACID-1", heat="5000 MJ"))) == ["issue.run-unknown"]
    assert faults(served) == []


def test_a_run_upstream_may_be_of_another_month(served: Served) -> None:
    assert issued(served, ann("A", 8000)) == ["issued"]
    assert issued(served, leaner("B", inputs={"A": "500 kg"}, mass="500 kg", period=APRIL)) == ["issued"]
    assert issued(served, leaner("C", "RUN-A", inputs={"B": "500 kg"}, mass="500 kg", period=APRIL)) == ["issued"]
    assert faults(served) == []


def test_of_another_producers_run_no_amount_is_told_and_its_naming_is_a_finding(served: Served) -> None:
    assert issued(served, ann("A", 3100, producer=BEN, plant=plant(BEN))) == ["issued"]
    ship(served.registry, Dispatch("A", BEN, ANN, 500 * 10**6))
    accept(served.registry, consignee=ANN)
    assert notes(served, leaner("B", inputs={"A": "500 kg"}, mass="500 kg")) == ["registry.run-other"]
    assert faults(served) == []


def test_a_correction_leaves_what_others_take_and_frees_what_it_takes_itself(served: Served) -> None:
    assert issued(served, ann("A", 8000), leaner("B")) == ["issued"] * 2
    assert corrected(served, ann("A", 5000)) == "issue.run-leaned-on"
    assert corrected(served, ann("A", 7000)) == "issued"
    assert issued(served, leaner("C")) == ["issue.run-short"]
    assert corrected(served, ann("B", 4000)) == "issued", "it has a kiln of its own after all"
    assert issued(served, leaner("C")) == ["issued"]
    assert corrected(served, leaner("B")) == "issue.run-short"
    assert corrected(served, ann("A", 6000)) == "issued"
    assert faults(served) == []


def test_an_undone_run_takes_nothing_any_more(served: Served) -> None:
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    assert issued(served, ann("A", 8000), leaner("B")) == ["issued"] * 2
    undo(served.registry, "B", producer=ANN, status=status)
    assert issued(served, leaner("C")) == ["issued"]
    assert faults(served) == []


def test_a_dry_run_says_what_issuing_would(served: Served) -> None:
    def foreseen(records: Sequence[ProductionRecord]) -> Iterator[str]:
        with rehearsal(served.registry, tables=tables(), used=set[object]().union(*map(used_by, records))) as made_of:
            for each in records:
                try:
                    made_of(each)
                except OreprintError as refused:
                    yield refused.code
                else:
                    yield "issued"

    upstream = leaner("D", inputs={"A": "500 kg"}, mass="500 kg", period=APRIL)
    records = [leaner("X"), ann("A", 8000), leaner("B"), leaner("C"), upstream]
    due = ["issue.run-unknown", "issued", "issued", "issue.run-short", "issued"]
    assert list(foreseen(records)) == due
    assert issued(served, *records) == due


def test_less_than_is_usual_for_both_is_told(served: Served) -> None:
    ours = {"producer": ANN, "plant": plant(ANN)}
    absence = {"item": "electricity", "reason": "other-run"}
    for lot, kwh, due in (("A", 600, []), ("B", 120, ["registry.run-usual"])):
        assert issued(served, floated(lot, kwh=kwh, **ours)) == ["issued"]
        assert notes(served, floated(f"{lot}-2", kwh=0, absent=[absence | {"run": f"RUN-{lot}"}], **ours)) == due
    third = floated("B-3", kwh=0, absent=[absence | {"run": "RUN-B"}], **ours)
    assert issued(served, third) == ["issue.run-short"]


def test_an_audit_adds_up_what_runs_take_of_each_other(served: Served) -> None:
    assert issued(served, ann("A", 8000), leaner("B")) == ["issued"] * 2
    with writing(served.registry.engine) as connection:
        connection.execute(schema.LEANS.update().values(need=6 * 10**9))
        connection.commit()
    assert sorted(faults(served)) == ["audit.leans", "audit.value"]
    with writing(served.registry.engine) as connection:
        connection.execute(schema.LEANS.delete())
        connection.execute(schema.RUNS.update().where(schema.RUNS.c.run == "run-a").values(feed="ore"))
        connection.commit()
    assert sorted(faults(served)) == ["audit.missing", "audit.value"]
    with reading(served.registry.engine) as connection:
        assert connection.execute(schema.LEANS.select()).all() == []


# -- whoever signs --------------------------------------------------------------------------------------------------


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[tuple[Way, Way]]:
    with both_ways(tmp_path) as ways:
        yield ways


def alike(ways: tuple[Way, Way], record: ProductionRecord, *, correcting: bool = False) -> list[str]:
    """Issue or correct by a record both ways, with the key kept and with the producer's own; return the codes."""
    act = [partial(way.correct if correcting else way.try_, record) for way in ways]
    first, second = (["issued"] if isinstance(found[0], list) else found for found in (each() for each in act))
    assert first == second
    return [str(each) for each in first]


def test_a_run_that_its_producer_signed_is_held_to_the_same(ways: tuple[Way, Way]) -> None:
    assert alike(ways, ann("A", 8000)) == ["issued"]
    assert alike(ways, leaner("B", "RUN-X")) == ["issue.run-unknown"]
    assert alike(ways, leaner("B")) == ["issued"]
    assert alike(ways, leaner("C")) == ["issue.run-short"]
    assert alike(ways, ann("A", 5000), correcting=True) == ["issue.run-leaned-on"]
    assert alike(ways, ann("A", 9100), correcting=True) == ["issued"]
    assert alike(ways, leaner("C")) == ["issued"]


def test_the_door_refuses_it_with_a_sentence(served: Served) -> None:
    record = calcined("B", mj=0, producer=ANN, plant=plant(ANN), absent=[elsewhere("RUN-A")])
    with served.client() as client:
        headers = served.token(ANN)
        answer = client.post("/v1/certificates", json=record, headers=headers)
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "issue.run-unknown"), answer.text
        assert "Issue that run first" in answer.text
        assert issued(served, read(calcined("A", mj=8000, producer=ANN, plant=plant(ANN)))) == ["issued"]
        assert client.post("/v1/certificates", json=record, headers=headers).status_code == 201

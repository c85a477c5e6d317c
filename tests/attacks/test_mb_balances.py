"""Attacks on balances at the registry that issues (MB-01, MB-02, MB-05, MB-07, MB-11, MB-13, MB-15, MB-20)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.issuing.correct import correct
from ledger.issuing.issue import IssuedRun, issue
from ledger.lots.balance import balances_of
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.signer import SoftwareSigner
from ledger.store import schema
from ledger.store.engine import reading, writing
from ledger.store.parties import StoredRegistry, register_registry
from ledger.tables import shipped_tables
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.door import parse_document
from schemas.instant import instant_text, whole_second
from schemas.problem import InputError
from schemas.record import ProductionRecord
from tests.faults.victim import FORKS
from tests.support.registries.registry import REGISTRY, Registry, open_registry
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    import multiprocessing
    from pathlib import Path

TABLES = shipped_tables()
BOBS_PLANT = "https://plant.example/2"


@pytest.fixture
def opened(tmp_path: Path) -> Registry:
    return open_registry(tmp_path / "home")


@pytest.fixture
def ann(opened: Registry) -> str:
    return opened.producer("Ann")


def answer(opened: Registry, record: ProductionRecord) -> str:
    """Issue a record; return "issued" or the refusal's code."""
    (outcome,) = issue(opened.opened, [record], tables=TABLES)
    return "issued" if isinstance(outcome, IssuedRun) else outcome.code


def left(opened: Registry, owner: str, lot: str) -> int:
    with reading(opened.opened.engine) as connection:
        (found,) = balances_of(connection, REGISTRY, owner=owner, now_ms=opened.clock.now, lot=lot)
    return found.left_mg


def test_mb_01_a_lot_is_used_up_exactly_and_no_further(opened: Registry, ann: str) -> None:
    assert answer(opened, blend("A", "100 kg", producer=ann)) == "issued"
    takes = {"B": "60 kg", "C": "40 kg", "D": "0.000001 kg"}
    answers = [answer(opened, blend(lot, mass, producer=ann, inputs={"A": mass})) for lot, mass in takes.items()]
    assert answers == ["issued", "issued", "holding.too-little"]
    assert left(opened, ann, "A") == 0


def _draw(folder: Path, worker: int, rounds: int, results: multiprocessing.Queue[tuple[int, str]]) -> None:
    opened = open_registry(folder, seed=worker + 2)
    ann = opened.producer("Ann")
    for number in range(rounds):
        lot = f"A-{number}"
        record = blend(f"B-{number}-{worker}", "60 kg", producer=ann, inputs={lot: "60 kg"})
        results.put((number, answer(opened, record)))


def test_mb_02_of_processes_that_draw_60_percent_at_once_one_wins(opened: Registry, ann: str) -> None:
    rounds, workers = 5, 4
    roots = [blend(f"A-{number}", "100 kg", producer=ann) for number in range(rounds)]
    assert [isinstance(each, IssuedRun) for each in issue(opened.opened, roots, tables=TABLES)] == [True] * rounds
    results = FORKS.Queue()
    running = [FORKS.Process(target=_draw, args=(opened.home.path, n, rounds, results)) for n in range(workers)]
    for each in running:
        each.start()
    answers = [results.get(timeout=120) for _ in range(rounds * workers)]
    for each in running:
        each.join()
    for number in range(rounds):
        assert sorted(code for at, code in answers if at == number) == ["holding.too-little"] * (workers - 1) + [
            "issued"
        ]
        assert left(opened, ann, f"A-{number}") == 40_000_000


@pytest.mark.parametrize("mass", ["0 kg", "-5 kg", "", "0.0000001 kg", "-0 kg"])
def test_mb_05_nothing_and_less_is_no_input(opened: Registry, ann: str, mass: str) -> None:
    answer(opened, blend("A", "100 kg", producer=ann))
    with pytest.raises(InputError):
        blend("B", "1 kg", producer=ann, inputs={"A": mass})
    assert left(opened, ann, "A") == 100_000_000


@pytest.mark.slow
@pytest.mark.parametrize("slices", [2_000, pytest.param(10_000, marks=pytest.mark.soak)])  # the case names 1,000,000
def test_mb_07_thousands_of_slices_are_the_whole(opened: Registry, ann: str, slices: int) -> None:
    print(f"N = {slices}")  # noqa: T201 - a size that isn't the case's is told
    whole = f"{slices} mg"
    assert answer(opened, blend("A", whole, producer=ann)) == "issued"
    first = blend("S-0", "1 mg", producer=ann, inputs={"A": "1 mg"})
    lots = [first.outputs[0].model_copy(update={"lot": f"S-{n}"}) for n in range(slices)]
    outcomes = issue(opened.opened, [first.model_copy(update={"outputs": (lot,)}) for lot in lots], tables=TABLES)
    assert sum(isinstance(each, IssuedRun) for each in outcomes) == slices
    assert left(opened, ann, "A") == 0
    assert answer(opened, blend("T", "1 mg", producer=ann, inputs={"A": "1 mg"})) == "holding.too-little"
    with reading(opened.opened.engine) as connection:
        column = schema.HOLDINGS.c
        drawn = select(func.count(), func.sum(column.mass_mg)).where(column.steps > 0, column.used.is_not(None))
        assert tuple(connection.execute(drawn.where(column.mass_mg == 1)).one()) == (slices, slices)
        assert (connection.scalar(select(func.max(column.steps))) or 0) <= 64


def test_mb_07_thirds_and_the_rest(opened: Registry, ann: str) -> None:
    answer(opened, blend("A", "1 kg", producer=ann))
    masses = ["0.333333 kg", "0.333333 kg", "0.333333 kg", "0.000001 kg"]
    records = [blend(f"B-{n}", mass, producer=ann, inputs={"A": mass}) for n, mass in enumerate(masses)]
    assert [answer(opened, record) for record in records] == ["issued"] * 4
    assert left(opened, ann, "A") == 0


@pytest.mark.parametrize("change", ["bit", "unlogged", "upper case", "cut", "sha-1"])
def test_mb_11_an_input_is_a_logged_certificate_or_nothing(opened: Registry, ann: str, change: str) -> None:
    (outcome,) = issue(opened.opened, [blend("A", "100 kg", producer=ann)], tables=TABLES)
    assert isinstance(outcome, IssuedRun)
    digest = outcome.certificates[0].digest
    raw = certificate_digest_bytes(digest)
    wrong = {
        "bit": certificate_digest_text(bytes([raw[0] ^ 1]) + raw[1:]),
        "unlogged": certificate_digest_text(bytes(32)),
        "upper case": digest.upper(),
        "cut": digest[:-1],
        "sha-1": "zQm" + digest[3:30],
    }[change]
    record = written("B", "1 kg", producer=ann, inputs={"A": "1 kg"})
    record["inputs"] = [{"certificate": digest, "mass": "1 kg"}]
    assert answer(opened, read(record)) == "issued"
    record["outputs"][0]["lot"], record["inputs"] = "C", [{"certificate": wrong, "mass": "1 kg"}]
    if change in {"bit", "unlogged"}:
        assert answer(opened, read(record)) == "holding.unknown"
    else:
        with pytest.raises(InputError):
            read(record)
    assert left(opened, ann, "A") == 99_000_000


def test_mb_13_another_ones_lot_can_not_be_used_before_it_is_accepted(opened: Registry, ann: str) -> None:
    bob = opened.producer("Bob", BOBS_PLANT)
    answer(opened, blend("A", "100 kg", producer=ann))

    def take(mass: str) -> str:
        return answer(opened, blend("B", mass, producer=bob, plant=BOBS_PLANT, inputs={"A": mass}))

    assert take("1 kg") == "holding.not-yours"
    ship(opened.opened, Dispatch("A", ann, bob, 5_000_000))
    assert take("1 kg") == "holding.not-yours"
    cancel(opened.opened, sender=ann)
    assert take("1 kg") == "holding.not-yours"
    ship(opened.opened, Dispatch("A", ann, bob, 5_000_000))
    accept(opened.opened, consignee=bob)
    assert take("5.000001 kg") == "holding.too-little"
    assert take("5 kg") == "issued"
    assert left(opened, ann, "A") == 95_000_000


@pytest.mark.parametrize(
    ("ended", "refused"),
    [("withdraw", "holding.withdrawn"), ("suspend", "holding.suspended"), ("expire", "holding.expired")],
)
def test_mb_15_what_has_ended_can_not_be_used_before_it_stands_again(
    opened: Registry, ann: str, ended: str, refused: str
) -> None:
    last = instant_text(whole_second(opened.clock.now) + 3_600_000)
    assert answer(opened, read({**written("A", "100 kg", producer=ann), "valid_until": last})) == "issued"
    assert answer(opened, blend("B", "1 kg", producer=ann, inputs={"A": "1 kg"})) == "issued"
    status = SoftwareSigner.from_raw(f"did:web:{REGISTRY}#status", bytes(range(32)))
    with writing(opened.opened.engine) as connection:
        register_registry(connection, StoredRegistry(REGISTRY, "", status.kid, status.public, 0))
        connection.commit()
    why: dict[str, Any] = {"issuer": ann, "reason": "found wrong", "status": status}
    match ended:
        case "withdraw":
            withdraw(opened.opened, "A", **why)
        case "suspend":
            suspend(opened.opened, "A", **why)
        case _:
            opened.clock.now += 3_600_000
    use = blend("C", "1 kg", producer=ann, inputs={"A": "1 kg"})
    assert answer(opened, use) == refused
    assert left(opened, ann, "A") == 99_000_000
    if ended == "suspend":
        lift(opened.opened, "A", **why)
        assert answer(opened, use) == "issued"
    if ended == "expire":
        later = {**written("A", "100 kg", producer=ann), "valid_until": "2099-01-01T00:00:00Z"}
        correct(opened.opened, read(later), tables=TABLES, status=status)
        assert answer(opened, use) == "issued"


def test_mb_20_a_record_can_not_say_its_own_total(opened: Registry, ann: str) -> None:
    record = written("A", "1 kg", producer=ann)
    for place, member in (
        (record, "total_kg_co2e"),
        (record["outputs"][0], "footprint"),
        (record["outputs"][0], "rows"),
    ):
        place[member] = "0.1"
        with pytest.raises(InputError) as refused:
            parse_document(ProductionRecord, json.dumps(record).encode(), media="json")
        assert member in str(refused.value)
        del place[member]
    assert answer(opened, read(record)) == "issued"


@pytest.mark.parametrize("mass", ["-1 kg", "1 kg CO2e", "1 t CO2e", "1"])
def test_mb_20_lines_have_no_sign_and_a_unit_of_their_own(ann: str, mass: str) -> None:
    record: dict[str, Any] = written("A", "1 kg", producer=ann)
    record["materials"][0]["mass"] = mass
    with pytest.raises(InputError) as refused:
        read(record)
    assert "materials" in str(refused.value)


def test_mb_20_an_output_of_nothing_is_refused(opened: Registry, ann: str) -> None:
    record = written("A", "1 kg", producer=ann)
    record["materials"] = []
    assert answer(opened, read(record)) == "rule.m-elem"


def test_an_input_named_twice_is_refused(opened: Registry, ann: str) -> None:
    answer(opened, blend("A", "100 kg", producer=ann))
    record = written("B", "2 kg", producer=ann)
    record["inputs"], record["materials"] = [{"lot": "A", "mass": "1 kg"}, {"lot": "a", "mass": "1 kg"}], []
    assert answer(opened, read(record)) == "rule.x-double"
    assert left(opened, ann, "A") == 100_000_000

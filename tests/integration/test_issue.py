from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from ledger.holdings.mark import certificate_value, issuance_digest, mark
from ledger.issuing.dry_run import rehearsal
from ledger.issuing.issue import IssuedRun, issue
from ledger.log.entry import Entry, blinded
from ledger.log.head import open_head
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.lots.balance import balances_of
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, digest_bytes, from_base64url
from ledger.seal.keys import did_key_public
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store import schema
from ledger.store.engine import reading, writing
from ledger.store.places import FILLED
from ledger.store.reading import certificate, granted, path_of, record
from ledger.tables import shipped_tables
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.problem import OreprintError, RefusedError, StateError
from tests.support.registries.example import admit_everybody, chain, issue_all, ship_before
from tests.support.registries.example import record as example
from tests.support.registries.registry import REGISTRY, Registry, open_registry
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.record import ProductionRecord

TABLES = shipped_tables()
FIFTH = "Lot OX-17 has 38.0 kg of Nd left. This batch needs 41.2 kg. Take less of it, or add another lot."


@pytest.fixture
def opened(tmp_path: Path) -> Registry:
    return open_registry(tmp_path / "home")


@pytest.fixture
def ann(opened: Registry) -> str:
    return opened.producer("Ann")


def issued(opened: Registry, *records: ProductionRecord) -> list[IssuedRun]:
    outcomes = issue(opened.opened, records, tables=TABLES)
    assert [str(each) for each in outcomes if not isinstance(each, IssuedRun)] == []
    return [each for each in outcomes if isinstance(each, IssuedRun)]


def refused(opened: Registry, each: ProductionRecord) -> OreprintError:
    (outcome,) = issue(opened.opened, [each], tables=TABLES)
    assert isinstance(outcome, OreprintError)
    return outcome


def left(opened: Registry, owner: str) -> dict[str, int]:
    with reading(opened.opened.engine) as connection:
        found = balances_of(connection, REGISTRY, owner=owner, now_ms=opened.clock.now)
    return {each.lot.lot: each.left_mg for each in found}


def rows(opened: Registry) -> dict[str, int]:
    with reading(opened.opened.engine) as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in schema.METADATA.sorted_tables
        }


def opened_certificate(outcome: IssuedRun, at: int = 0) -> OpenCertificate:
    return open_certificate(outcome.certificates[at].text)


def test_an_issued_certificate_is_signed_logged_and_durable(opened: Registry, ann: str) -> None:
    (outcome,) = issued(opened, blend("A", "100 kg", producer=ann))
    found = opened_certificate(outcome)
    found.verify(did_key_public(ann))
    assert found.digest == outcome.certificates[0].digest
    assert found.run is not None
    place = found.record.status
    value = certificate_value(found.digest_bytes, status_list=place.list, status_index=place.index)
    assert issuance_digest(digest_bytes(found.run.digest), [value]) == outcome.issuance
    head, proof = open_head(outcome.head.note, opened.opened.log), outcome.proof()
    raw = from_base64url(proof.entry)
    path = [from_base64url(step) for step in proof.path]
    verify_inclusion(path, size=head.size, root=head.root, index=proof.index, leaf=leaf_hash(raw))
    assert Entry.parse(raw).digest == blinded(outcome.issuance)
    again = open_registry(opened.home.path)
    with reading(again.opened.engine) as connection:
        assert certificate(connection, found.digest_bytes).text == outcome.certificates[0].text


def test_the_same_record_again_gets_the_first_answer(opened: Registry, ann: str) -> None:
    first, second = blend("A", "100 kg", producer=ann), blend("A", "0.1 t", producer=ann)
    (before,) = issued(opened, first)
    counts = rows(opened)
    (after,) = issued(opened, second)
    assert (before.unchanged, after.unchanged) == (False, True)
    assert after.certificates == before.certificates
    assert after.proof().index == before.proof().index
    assert rows(opened) == counts


def test_another_record_for_a_lot_is_refused_and_says_how_to_correct_it(opened: Registry, ann: str) -> None:
    issued(opened, blend("A-1", "100 kg", producer=ann))
    counts = rows(opened)
    for lot in ("A-1", "a-001", "A \u2010 1"):
        refusal = refused(opened, blend(lot, "101 kg", producer=ann))
        assert refusal.code == "issue.lot-taken"
        assert "oreprint correct" in str(refusal)
    assert rows(opened) == counts


def test_inputs_are_used_exactly_and_their_marks_are_in_the_entry(opened: Registry, ann: str) -> None:
    issued(opened, blend("A", "100 kg", producer=ann), blend("B", "50 kg", producer=ann))
    (outcome,) = issued(opened, blend("C", "80 kg", producer=ann, inputs={"A": "38.5 kg", "B": "41.5 kg"}))
    found = opened_certificate(outcome)
    assert found.run is not None
    entry = Entry.parse(from_base64url(outcome.proof().entry))
    marks = []
    for each, mass in zip(found.run.inputs, (38_500_000, 41_500_000), strict=True):
        assert each is not None
        assert each.source is not None
        creator = digest_bytes(each.source.creator)
        assert digest_bytes(each.value.mark) == mark(creator, each.source.holding)
        marks.append(digest_bytes(each.value.mark))
        with reading(opened.opened.engine) as connection:
            held = connection.execute(
                select(schema.HOLDINGS.c.commitment, schema.HOLDINGS.c.mass_mg).where(
                    schema.HOLDINGS.c.text == each.source.holding
                )
            ).one()
            path = path_of(connection, held.commitment)
            upstream = certificate(connection, certificate_digest_bytes(each.source.certificate))
        assert held.mass_mg == mass
        assert path.issuance == upstream.issuance.digest
    assert entry.marks == tuple(sorted(marks))
    assert left(opened, ann) == {"A": 61_500_000, "B": 8_500_000, "C": 80_000_000}


def test_where_no_holding_is_enough_the_run_takes_several(opened: Registry, ann: str) -> None:
    issued(opened, blend("A", "100 kg", producer=ann), blend("B", "60 kg", producer=ann, inputs={"A": "60 kg"}))
    bob = opened.producer("Bob", "https://plant.example/2")
    for mass in (30, 20):
        ship(opened.opened, Dispatch("B", ann, bob, mass * 1_000_000))
    accept(opened.opened, consignee=bob)
    plant = "https://plant.example/2"
    (outcome,) = issued(opened, blend("C", "45 kg", producer=bob, plant=plant, inputs={"B": "45 kg"}))
    run = opened_certificate(outcome).run
    assert run is not None
    assert [each and each.value.mass_kg for each in run.inputs] == ["30", "15"]
    assert left(opened, bob)["B"] == 5_000_000


def test_records_of_one_call_may_build_on_each_other(opened: Registry, ann: str) -> None:
    outcomes = issued(
        opened,
        blend("A", "100 kg", producer=ann),
        blend("B", "60 kg", producer=ann, inputs={"A": "60 kg"}),
        blend("C", "20 kg", producer=ann, inputs={"A": "10 kg", "B": "10 kg"}),
        blend("A", "100 kg", producer=ann),
    )
    indexes = [each.proof().index for each in outcomes]
    assert indexes[0] < indexes[1] < indexes[2]
    assert (outcomes[3].unchanged, indexes[3]) == (True, indexes[0])


def test_a_refused_record_keeps_no_other_back_and_draws_nothing(opened: Registry, ann: str) -> None:
    issued(opened, blend("A", "100 kg", producer=ann))
    many = [
        blend("B", "60 kg", producer=ann, inputs={"A": "60 kg"}),
        blend("C", "60 kg", producer=ann, inputs={"A": "60 kg"}),
        blend("D", "41 kg", producer=ann, inputs={"A": "40 kg"}),
        blend("E", "40 kg", producer=ann, inputs={"A": "40 kg"}),
    ]
    outcomes = issue(opened.opened, many, tables=TABLES)
    assert [isinstance(each, IssuedRun) or each.code for each in outcomes] == [
        True,
        "holding.too-little",
        "rule.m-elem",
        True,
    ]
    assert left(opened, ann) == {"A": 0, "B": 60_000_000, "E": 40_000_000}


def test_strangers_and_other_peoples_plants_are_refused(opened: Registry, ann: str) -> None:
    bob = opened.producer("Bob", "https://plant.example/2")
    for producer, plant, code in (
        ("did:web:eve.example", "https://plant.example/1", "issue.unknown-producer"),
        (bob, "https://plant.example/1", "issue.not-your-plant"),
        (ann, "https://plant.example/9", "issue.not-your-plant"),
    ):
        assert refused(opened, blend("A", "1 kg", producer=producer, plant=plant)).code == code
    opened.opened = replace(opened.opened, signers={})
    assert refused(opened, blend("A", "1 kg", producer=ann)).code == "issue.no-key"


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"period": {"start": "2027-01-05", "end": "2027-01-31"}}, "issue.not-over", "period.end"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "issue.expired", "valid_until"),
        ({"certify": False}, "issue.nothing-certified", "outputs"),
    ],
)
def test_what_nobody_could_verify_is_not_issued(
    opened: Registry, ann: str, change: dict[str, Any], code: str, place: str
) -> None:
    record = written("A", "100 kg", producer=ann)
    (record["outputs"][0] if "certify" in change else record).update(change)
    counts = rows(opened)
    again = refused(opened, read(record))
    assert [(each.code, each.place) for each in again.problems] == [(code, place)]
    with (
        rehearsal(opened.opened, tables=TABLES, used=()) as made_of,
        pytest.raises(RefusedError, match=again.problems[0].words()[:20]),
    ):
        made_of(read(record))
    assert rows(opened) == counts


def test_a_day_that_has_begun_anywhere_is_no_day_to_come(opened: Registry, ann: str) -> None:
    record = written("A", "100 kg", producer=ann)
    today = instant_text(whole_second(opened.clock.now + 24 * 60 * 60 * 1000))[:10]
    tomorrow = (date.fromisoformat(today) + timedelta(days=1)).isoformat()
    opened.clock.now = epoch_ms(f"{today}T11:00:00Z")
    record["period"] = {"start": today, "end": tomorrow}
    assert issued(opened, read(record))


def test_two_outputs_can_not_be_one_lot(opened: Registry, ann: str) -> None:
    one = blend("A", "100 kg", producer=ann)
    twice = one.model_copy(
        update={
            "outputs": (
                one.outputs[0].model_copy(update={"mass": "50"}),
                one.outputs[0].model_copy(update={"lot": "a", "mass": "50"}),
            )
        }
    )
    assert refused(opened, twice).code == "issue.lot-twice"


def test_status_places_are_random_and_never_shared(opened: Registry, ann: str) -> None:
    outcomes = issued(opened, *[blend(f"A-{n}", "1 kg", producer=ann) for n in range(150)])
    places = [opened_certificate(each).record.status for each in outcomes]
    assert len({(place.list, place.index) for place in places}) == 150
    assert {place.list for place in places} == {0}
    assert [place.index for place in places] != sorted(place.index for place in places)


def test_a_list_that_is_half_full_is_left(opened: Registry, ann: str) -> None:
    issued(opened, blend("A", "1 kg", producer=ann))
    with writing(opened.opened.engine) as connection:
        connection.execute(schema.STATUS_LISTS.update().values(taken=FILLED - 1))
        connection.commit()
    outcomes = issued(opened, *[blend(f"B-{n}", "1 kg", producer=ann) for n in range(3)])
    assert [opened_certificate(each).record.status.list for each in outcomes] == [0, 1, 1]


def test_a_certificate_given_later_than_its_time_is_not_made(opened: Registry, ann: str) -> None:
    (outcome,) = issued(opened, blend("A", "1 kg", producer=ann))
    found = opened_certificate(outcome).record
    assert found.issued < found.not_logged_after
    assert found.not_logged_after[:10] > found.issued[:10]


def test_a_restored_database_issues_nothing(opened: Registry, ann: str) -> None:
    issued(opened, blend("A", "1 kg", producer=ann))
    head = opened.home.head.read_text()
    other = open_registry(opened.home.path.with_name("other"))
    ben = other.producer("Ann")
    other.home.head.write_text(head)
    with pytest.raises(StateError) as found:
        issue(other.opened, [blend("B", "1 kg", producer=ben)], tables=TABLES)
    assert found.value.code == "home.behind-head"


def test_accepting_brings_the_right_to_see_the_certificate(opened: Registry, ann: str) -> None:
    (outcome,) = issued(opened, blend("A", "100 kg", producer=ann))
    bob = opened.producer("Bob", "https://plant.example/2")
    digest = certificate_digest_bytes(outcome.certificates[0].digest)
    ship(opened.opened, Dispatch("A", ann, bob, 1, "customer"))
    with reading(opened.opened.engine) as connection:
        assert granted(connection, digest, party=bob) is None
    accept(opened.opened, consignee=bob, lot=certificate_digest_text(digest))
    with reading(opened.opened.engine) as connection:
        assert granted(connection, digest, party=bob) == "customer"


# -- the example -----------------------------------------------------------------------------------------------------


def test_the_example_is_issued_and_its_fifth_metal_lot_is_refused(opened: Registry) -> None:
    admit_everybody(opened)
    outcomes = issue_all(opened.opened, chain())
    assert sum(len(each.certificates) for each in outcomes) == 15
    metal = [example(f"magnet-metal/{path}") for path in _metal()]
    outcome = issue(opened.opened, metal, tables=TABLES)
    assert [isinstance(each, IssuedRun) for each in outcome] == [True] * 4 + [False]
    assert str(outcome[4]) == f"inputs[0]: {FIFTH}"


def _metal() -> list[str]:
    from tests.support.registries.example import EXAMPLE

    return sorted(path.stem for path in (EXAMPLE / "magnet-metal").glob("*.yaml"))


def test_an_instrument_counts_once(opened: Registry) -> None:
    admit_everybody(opened)
    records = chain()
    issue_all(opened.opened, records)
    with_one = next(each for each in records if any(line.instruments for line in each.electricity))
    again = with_one.model_copy(
        update={
            "inputs": (),
            "outputs": tuple(o.model_copy(update={"lot": f"{o.lot}-B"}) for o in with_one.outputs),
        }
    )
    ship_before(opened.opened, "none")
    assert refused(opened, again).code == "holding.less-power"


def test_every_issuance_can_be_read_back_as_it_was_hashed(opened: Registry) -> None:
    admit_everybody(opened)
    for outcome in issue_all(opened.opened, chain()):
        with reading(opened.opened.engine) as connection:
            stored = record(connection, outcome.issuance)
            first = certificate(connection, certificate_digest_bytes(outcome.certificates[0].digest))
        assert issuance_digest(stored.content[:32], first.values) == outcome.issuance

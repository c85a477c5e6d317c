"""MB-23 and MB-24: more than a plant can make, and what is registered late; both are told to whoever verifies, and
stop nobody.
"""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.pinned import trusted
from ledger.seal.digest import to_base64url
from ledger.verify.capacity import YEAR_DAYS, DatedMass, over
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.instant import Period, instant_text, whole_second
from schemas.trust import Plant
from tests.support.http.server import ANN, serve
from tests.support.http.server import plant as plant_of
from tests.support.worlds.blends import read, written
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.parties import FACILITY, START_MS, cast_of, key
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schemas.report import Check, Report
    from tests.support.http.server import Served
    from tests.support.worlds.drafts import Issuance

KG = 1_000_000
DAY_MS = 24 * 60 * 60 * 1000
LARGE = {ANN: {"capacity_per_year": "1000 t"}}
LIMIT = Plant(facility=FACILITY, capacity_kg_per_year="1000000")


def a_world(*plants: Plant) -> World:
    """Return a world whose trust list tells something of plants."""
    world = World()
    if plants:
        world.people = world.people.changed(lambda listed: replace(listed, plants=plants))
    return world


def make(world: World, day: date, mass_kg: int, producer: str = "ann") -> Issuance:
    """Certify what was made on a day, some days after it."""
    world.period = Period(start=day.isoformat(), end=day.isoformat())
    world.now_ms = START_MS + (day - date(2026, 5, 27)).days * DAY_MS
    return world.issue(producer, makes=[Make(mass_kg * KG)])


def judged(world: World, made: Sequence[Issuance]) -> Report:
    """Return the report on the last of these batches, with all of them in its bundle."""
    lines = world.bundle(made[-1].certificate, also=[each.digest for each in made])
    policy = Policy(world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def told(found: Report, code: str) -> list[Check]:
    return [each for each in found.checks if each.code == code and each.result == "warning"]


@pytest.mark.parametrize(
    ("first", "every"), [(date(2026, 7, 1), 1), (date(2026, 10, 1), 20), (date(2026, 6, 1), 40)], ids=str
)
def test_mb_23_the_batch_that_crosses_the_capacity_of_its_plant_is_flagged(first: date, every: int) -> None:
    """Ten batches of 100.1 t within a year, also over the turn of the year, by two parties that share the plant."""
    world = a_world(LIMIT)
    made: list[Issuance] = []
    for number in range(10):
        made.append(make(world, first + number * timedelta(every), 100_100, ("ann", "ben")[number % 2]))
        found = judged(world, made)
        assert found.verdict == "genuine", found.headline
        assert len(told(found, "mass.capacity")) == (number == 9)
    (flag,) = told(judged(world, made), "mass.capacity")
    assert flag.place == made[-1].certificate.record.batch.lot
    assert (flag.facts["made"], flag.facts["capacity"]) == ("1001000", "1000000")
    assert flag.sentence.startswith("Over capacity")


def test_mb_23_as_much_as_the_capacity_is_not_too_much() -> None:
    world = a_world(LIMIT)
    made = [make(world, date(2026, 7, 1) + number * timedelta(30), 100_000) for number in range(10)]
    assert not told(judged(world, made), "mass.capacity")
    assert [each.result for each in judged(world, made).checks if each.code == "mass.capacity"] == ["passed"]


def test_mb_23_what_is_made_in_more_than_a_year_may_be_more() -> None:
    world = a_world(LIMIT)
    made = [make(world, date(2026, 7, 1) + number * timedelta(41), 100_100) for number in range(10)]
    assert not told(judged(world, made), "mass.capacity")


def test_mb_23_two_registries_have_one_plant_together() -> None:
    world = a_world(LIMIT)
    first = make(world, date(2026, 7, 1), 600_000)
    world.now_ms += DAY_MS
    second = world.issue("ben", makes=[Make(600_000 * KG)], registry="two.example")
    assert len(told(judged(world, [first, second]), "mass.capacity")) == 1


def test_mb_23_a_correction_is_no_second_batch_and_a_withdrawn_one_is_none() -> None:
    world = a_world(LIMIT)
    first = make(world, date(2026, 7, 1), 600_000)
    later = world.issue("ann", makes=[Make(600_000 * KG)], follows=first)
    assert not told(judged(world, [first, later]), "mass.capacity")
    world.change("withdraw", later.certificate)
    other = make(world, date(2026, 7, 9), 600_000)
    lines = world.bundle(other.certificate, also=[first.digest, later.digest])
    chain = verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 60_000))
    assert not told(report(chain), "mass.capacity")


def test_mb_23_a_batch_of_several_years_is_held_to_its_own_length() -> None:
    capacity_mg = YEAR_DAYS * 10
    two_years = DatedMass(2 * YEAR_DAYS, 1, 2 * capacity_mg, "a")
    assert over([two_years], capacity_mg=capacity_mg) == {}
    assert over([two_years._replace(mass_mg=2 * capacity_mg + 1)], capacity_mg=capacity_mg) == {
        "a": 2 * capacity_mg + 1
    }


def test_mb_23_the_registry_says_so_of_one_certificate_and_to_whoever_issues(tmp_path: Path) -> None:
    """A buyer has one certificate; the plant's others are in the registry that serves its page."""
    served = serve(tmp_path, plants=LARGE)
    made = [_issued(served, f"MB-23-{number}", f"2026-{number + 1:02}-01", "100.1 t") for number in range(10)]
    assert [[each.rule.id for each in one.findings if each.rule.id == "X-CAPACITY"] for one in made] == [
        *[[]] * 9,
        ["X-CAPACITY"],
    ]
    found = []
    with served.client() as client:
        for at, one in enumerate(made):
            digest = one.certificates[0].digest
            answer = client.get(f"/v1/certificates/{digest}/verification").json()
            found += [(at, each) for each in answer["checks"] if each["code"] == "mass.capacity-known"]
            assert ("Over capacity" in client.get(f"/c/{digest}").text) == (at == 9)
    ((at, flag),) = found
    assert (at, flag["result"]) == (9, "warning")
    assert "1001" not in json.dumps(flag), "how much a plant makes is its own business"


def test_mb_23_a_capacity_is_in_the_trust_list_and_changes_with_the_parties_file(tmp_path: Path) -> None:
    def listed(plants: dict[str, dict[str, str]] | None = None) -> tuple[int, tuple[Plant, ...] | None]:
        found = trusted(serve(tmp_path, plants=plants).registry).listed
        return found.number, found.plants

    assert listed() == (1, None)
    assert listed(LARGE) == (2, (Plant(facility=plant_of(ANN), capacity_kg_per_year="1000000"),))
    assert listed(LARGE)[0] == 2, "nothing new is no new list"
    assert listed({ANN: {"since": "2026-01-01"}}) == (3, (Plant(facility=plant_of(ANN), since="2026-01-01"),))


def _issued(served: Served, lot: str, day: str, mass: str) -> IssuedRun:
    record: dict[str, Any] = written(lot, mass, producer=ANN, plant=plant_of(ANN))
    record["period"] = {"start": day, "end": day}
    (outcome,) = issue(served.registry, [read(record)], tables=tables())
    assert isinstance(outcome, IssuedRun), outcome
    return outcome


@pytest.mark.parametrize(
    ("day", "plants", "late"),
    [
        (date(2026, 5, 26), (), False),
        (date(2026, 5, 26), (Plant(facility=FACILITY, since="2026-05-26"),), False),
        (date(2026, 5, 26), (Plant(facility=FACILITY, since="2026-05-27"),), True),
        (date(2026, 5, 28) - timedelta(365), (), False),
        (date(2026, 5, 28) - timedelta(366), (), True),
        (date(2026, 5, 28) - timedelta(400), (), True),
        (date(2024, 7, 1), (Plant(facility=FACILITY, since="2010-01-01"),), True),
    ],
    ids=[
        "in time",
        "on the first day of its plant",
        "before its plant",
        "a year ago",
        "more than a year ago",
        "400 days ago",
        "years ago by a plant that was there",
    ],
)
def test_mb_24_what_is_registered_late_is_flagged_with_both_times(
    day: date, plants: tuple[Plant, ...], late: bool
) -> None:
    world = a_world(*plants)
    world.period = Period(start=day.isoformat(), end=day.isoformat())
    found = judged(world, [world.issue("ann", makes=[Make(KG)])])
    assert found.verdict == "genuine", found.headline
    flags = told(found, "issuer.late")
    assert bool(flags) is late
    for flag in flags:
        assert (flag.facts["made"], flag.facts["logged"]) == (day.isoformat(), instant_text(whole_second(world.now_ms)))
        assert flag.sentence.startswith("Late registration")
        assert flag.facts["made"] in flag.sentence
        assert flag.facts["logged"] in flag.sentence


def test_mb_24_a_new_key_of_a_known_issuer_is_no_new_registration() -> None:
    """A batch of before the change of keys, logged after it, was made by somebody who was registered."""
    world = World()
    listed = world.people.listed
    ann, *others = listed.parties
    (known,) = ann.keys
    former = to_base64url(key("ann's older key").public)
    older = replace(known, kid=f"{ann.did}#older", public=former, until="2026-05-27T00:00:00Z")
    newer = replace(known, since="2026-05-27T00:00:00Z")
    for keys, flagged in (((newer,), 1), ((older, newer), 0)):
        parties = (replace(ann, keys=keys), *others)
        world.people = cast_of(replace(listed, parties=parties))
        assert len(told(judged(world, [world.issue("ann", makes=[Make(KG)])]), "issuer.late")) == flagged


def test_mb_24_a_certificate_dated_a_year_before_its_entry_is_refused() -> None:
    world = World()
    long_ago = instant_text(whole_second(START_MS) - 365 * DAY_MS)
    dated = Cheat(facts=lambda facts: replace(facts, issued=long_ago))
    found = judged(world, [world.issue("ann", makes=[Make(KG)], cheat=dated)])
    assert found.verdict == "do-not-rely"
    (failed,) = [each for each in found.checks if each.code == "log.issued"]
    assert failed.result == "failed"
    assert (failed.facts["issued"], failed.facts["logged"]) == (long_ago, instant_text(whole_second(world.now_ms)))


def test_mb_24_the_page_shows_both_times(tmp_path: Path) -> None:
    served = serve(tmp_path)
    digest = _issued(served, "MB-24", "2025-01-01", "1 kg").certificates[0].digest
    with served.client() as client:
        page = client.get(f"/c/{digest}").text
    assert "Late registration" in page
    assert "made by <bdi>1 Jan 2025</bdi>" in page
    assert f"logged at <bdi>{time.strftime('%-d %b %Y', time.gmtime())}, " in page

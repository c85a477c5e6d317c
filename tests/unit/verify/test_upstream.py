"""The word of the subject's registry about hidden lots that ended: when it counts, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.seal.signer import SoftwareSigner
from schemas.document import replace
from schemas.instant import instant_text
from schemas.status import MOST_AGE_MS
from schemas.upstream import EndedBatch
from tests.support.worlds.broken_histories import DAY_MS, drawn, mined
from tests.support.worlds.handmade_bundles import failed, judged, seen_as
from tests.support.worlds.parties import REGISTRIES, did
from tests.support.worlds.recipe import Make
from tests.support.worlds.upstream import WITHDRAWN, with_word
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from schemas.report import Report
    from tests.support.worlds.drafts import Issuance

SUSPENDED = replace(WITHDRAWN, state="suspended")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def made(world: World) -> Issuance:
    return world.issue("ben", [drawn(world)], [Make(300_000)])


def told(world: World, batch: Issuance, *ended: EndedBatch, show: str = "public", **change: Any) -> Report:  # noqa: ANN401 - members of a word
    assert batch.certificate is not None
    return seen_as(world, batch, show, change=with_word(world, batch.certificate, *ended, **change))


def test_a_recall_behind_a_hidden_chain_is_in_the_bundle(world: World, made: Issuance) -> None:
    found = told(world, made, WITHDRAWN)
    assert (found.verdict, found.state) == ("withdrawn", "affected")
    (affected,) = found.affected
    assert (affected.lot, affected.mass_percent, affected.elements) == (None, "4.5", {"Nd": "12.3"})
    assert (affected.reason, affected.since) == ("wrong assay", "2026-05-28")
    assert found.reason is not None
    assert found.reason.code == "inputs.upstream-withdrawn"


def test_a_registry_that_knows_of_nothing_says_as_of_when(world: World, made: Issuance) -> None:
    found = told(world, made)
    assert (found.verdict, found.upstream_as_of) == ("genuine", instant_text(world.now_ms))
    assert seen_as(world, made, "public").upstream_as_of is None


def test_an_old_word_counts_no_more_but_for_withdrawals_which_are_final(world: World, made: Issuance) -> None:
    old = instant_text(world.now_ms - MOST_AGE_MS - 60_000)
    assert told(world, made, made=old).upstream_as_of is None
    assert told(world, made, SUSPENDED, made=old).verdict == "genuine"
    assert told(world, made, WITHDRAWN, made=old).verdict == "withdrawn"
    codes = {check.code: check.result for check in told(world, made, made=old).checks}
    assert codes["status.upstream"] == "warning"


def test_a_word_of_days_to_come_does_not_count(world: World, made: Issuance) -> None:
    assert told(world, made, made=instant_text(world.now_ms + DAY_MS)).upstream_as_of is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"signer": SoftwareSigner.from_raw(f"{did(REGISTRIES[0])}#k", bytes(32))},
        {"signer": SoftwareSigner.from_raw(f"{did(REGISTRIES[0])}#other", bytes(32))},
        {"certificate": "zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"},
        {"made": "2019-12-31T00:00:00Z"},
    ],
    ids=["other key", "unknown key", "other certificate", "before its key"],
)
def test_a_word_that_is_not_the_registrys_own_about_this_lot_fails(
    world: World, made: Issuance, wrong: dict[str, Any]
) -> None:
    found = told(world, made, **wrong)
    assert found.verdict == "do-not-rely"
    assert "status.upstream" in failed(found)


def test_the_word_of_another_registry_says_nothing(world: World, made: Issuance) -> None:
    found = told(world, made, WITHDRAWN, registry=REGISTRIES[1])
    assert (found.verdict, found.upstream_as_of, found.affected) == ("genuine", None, ())


def test_there_is_one_word_in_a_bundle(world: World, made: Issuance) -> None:
    assert made.certificate is not None
    once = with_word(world, made.certificate)
    found = judged(world, world.bundle(made.certificate, "public", change=lambda lines: once(once(lines))))
    assert "bundle.twice" in failed(found)


def test_what_the_reader_sees_by_itself_is_not_told_twice(world: World) -> None:
    upstream = mined(world)
    part, _ = world.split(upstream.lumps[0], 400_000)
    made = world.issue("ben", [world.move(part, "ben")], [Make(300_000)])
    assert upstream.certificate is not None
    world.change("withdraw", upstream.certificate)
    by_itself = seen_as(world, made, "auditor")
    named = replace(WITHDRAWN, lot=upstream.certificate.record.batch.lot, certificate=upstream.certificate.digest)
    assert told(world, made, named, show="auditor").affected == by_itself.affected

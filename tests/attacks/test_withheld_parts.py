"""Lies that hide behind what is withheld: nobody can see them, so nothing more may be believed than what can be
seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from ledger.seal.certificate import SealedRun
from ledger.seal.digest import to_base64url
from ledger.seal.disclosure import seal_value
from schemas.certificate import Follows
from schemas.document import replace
from schemas.run import Run, RunFollows
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat, Draft, Issuance
from tests.support.worlds.handmade_bundles import failed, judged, seen_as
from tests.support.worlds.parties import did
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from schemas.report import Report
    from schemas.vocabulary import Audience


def hiding(batch: Issuance) -> Callable[[str], Audience]:
    """Return what withholds the run of a batch, and shows all others."""
    return lambda digest: "public" if digest == batch.certificate.digest else "auditor"


def open_checks(found: Report) -> set[str]:
    return {check.code for check in found.checks if check.result == "not-checked" and check.step < 10}


# -- what was taken -------------------------------------------------------------------------------------------------


def test_no_more_is_taken_of_a_batch_than_there_was_of_it_though_its_run_is_hidden() -> None:
    world = World()
    ann = mined(world, 1)
    text, holder = world.holding("ben", "one.example")  # ann never gave anything
    forged = replace(ann.lumps[0], text=text, holder=holder, mass_mg=5_000_000)
    batch = world.issue("ben", [forged], [Make(4_900_000)])
    assert "inputs.batch" in failed(seen_as(world, batch, hiding(ann)))


def test_an_input_of_which_the_way_is_hidden_counts_as_withheld() -> None:
    world = World()
    ann = mined(world, 1000)
    text, holder = world.holding("ben", "one.example")
    batch = world.issue("ben", [replace(ann.lumps[0], text=text, holder=holder, mass_mg=500_000)], [Make(500_000)])
    found = seen_as(world, batch, hiding(ann))
    assert (found.verdict, found.chain.state, found.chain.withheld) == ("genuine", "partial", 1)


def test_an_undo_of_a_hidden_issuance_is_worth_no_more_than_the_batch_it_is_said_to_be_of() -> None:
    world = World()
    ann, decoy = mined(world, 1), world.issue("ben", [], [Make(100)])
    (back,) = world.undo(replace(decoy, takes=(replace(decoy.lumps[0], mass_mg=50_000_000),)))
    batch = world.issue("ben", [replace(back, issuance=ann, output=0)], [Make(50_000_000)])
    assert "inputs.batch" in failed(seen_as(world, batch, hiding(decoy)))


def test_what_an_undo_gave_back_may_be_taken_again() -> None:
    world = World()
    first = world.issue("ben", [drawn(world, 900)], [Make(900_000)])
    (back,) = world.undo(first)
    batch = world.issue("ben", [back], [Make(900_000)])
    assert seen_as(world, batch).verdict == "genuine"


def test_a_correction_takes_nothing_again() -> None:
    world = World()
    lump = drawn(world, 900)
    first = world.issue("ben", [lump], [Make(900_000)])
    second = world.issue("ben", [lump], [Make(900_000)], follows=first)
    assert seen_as(world, second).verdict == "genuine"


def test_a_holding_on_a_hidden_way_is_nobody_s_yet() -> None:
    world = World()
    batch = mined(world)
    text, holder = world.holding("cat", "one.example")  # cat invents it
    own = replace(batch.lumps[0], text=text, holder=holder)
    lines = world.bundle(batch.certificate, "public", own=own)
    found = judged(world, lines, received_mg=5_000_000, received_as=did("cat"))
    assert (found.verdict, found.received) == ("incomplete", None)
    assert "inputs.holding" in open_checks(found)


# -- corrections ----------------------------------------------------------------------------------------------------


def _follow_with(batch: Issuance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run that follows a batch be one of its own, with other inputs, and not a repetition."""
    certify = Draft.certificate

    def made_anew(self: Draft, old: Issuance) -> object:
        self.follows, kept = None, self.follows
        run, result, texts = self.sealed_run()
        self.follows = kept
        named = RunFollows(record=to_base64url(old.digest), first_run=to_base64url(old.first), ends=tuple(old.ended()))
        value = Run(**asdict(replace(run.run, follows=named)))
        sealed = seal_value(value, salt=self.world.salt())
        return SealedRun(value, sealed.digest, (sealed.text, *run.texts[1:]), run.lines), result, texts

    def certificate(self: Draft, number: int, run: SealedRun, result: object, until: str | None) -> object:
        kept, self.follows = self.follows, None
        named = Follows(record=to_base64url(batch.digest), certificate=batch.certificate.digest)
        self.cheat = Cheat(facts=lambda facts: replace(facts, follows=named))
        try:
            return certify(self, number, run, result, until)  # type: ignore[arg-type]
        finally:
            self.follows = kept

    monkeypatch.setattr(Draft, "repeated_run", made_anew)
    monkeypatch.setattr(Draft, "certificate", certificate)


def test_a_correction_of_a_hidden_run_uses_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mark is left for it but that of the successor, so no monitor sees that its input was used before."""
    world = World()
    lump = drawn(world, 400)
    world.issue("ben", [lump], [Make(300_000)])
    decoy = world.issue("ben", [], [Make(300_000)])
    with monkeypatch.context() as patch:
        _follow_with(decoy, patch)
        batch = world.issue("ben", [lump], [Make(300_000)], follows=decoy)
    found = seen_as(world, batch, hiding(decoy))
    assert "inputs.entry-marks" in failed(found)
    assert "inputs.first-run" in open_checks(found)


def test_a_correction_of_a_hidden_run_is_incomplete() -> None:
    world = World()
    lump = drawn(world)
    first = world.issue("ben", [lump], [Make(300_000)])
    second = world.issue("ben", [lump], [Make(300_000)], follows=first)
    assert seen_as(world, second, hiding(first)).verdict == "incomplete"


# -- whole or in part -----------------------------------------------------------------------------------------------


def test_a_chain_with_hidden_materials_is_shown_in_part() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world, 400)], [Make(100_000_000)], feed_mg=99_700_000)
    found = seen_as(world, batch, lambda digest: "partner" if digest == batch.certificate.digest else "auditor")
    assert (found.verdict, found.chain.state) == ("genuine", "partial")


def test_material_that_says_where_it_was_mined_is_unknown_to_a_step_that_mines_nothing() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world, 1)], [Make(1_000_000_000)], feed_mg=999_999_000)
    assert seen_as(world, batch).chain.state == "partial"

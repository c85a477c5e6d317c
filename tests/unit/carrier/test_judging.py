from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.carrier.judging import seal_report, with_seal
from ledger.carrier.seal import make_seal
from ledger.tables import shipped_tables
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.report import STEPS, Report
from tests.support.browser.labels import seal
from tests.support.worlds.parties import cast, key
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from tests.support.worlds.drafts import Issuance

TRUST = cast().trust


@pytest.fixture(scope="module")
def world() -> tuple[World, Issuance, Issuance]:
    world = World(full=True)
    return world, world.issue("ann", makes=(Make(1_000_000),)), world.issue("ben", makes=(Make(2_000_000),))


def judged(world: World, made: Issuance) -> Report:
    policy = Policy(at_ms=world.now_ms + 60_000)
    return report(verify_bundle(world.bundle(made.certificate), trust=TRUST, tables=shipped_tables(), policy=policy))


def sealed(made: Issuance, by: str) -> str:
    return make_seal(made.certificate.record, made.certificate.digest, signer=key(by))


def test_a_seal_that_holds_changes_no_verdict(world: tuple[World, Issuance, Issuance]) -> None:
    before = judged(*world[:2])
    made = world[1].certificate
    after = with_seal(before, sealed(world[1], "ann"), record=made.record, digest=made.digest, trust=TRUST)
    assert after.verdict == before.verdict == "genuine"
    assert [(check.code, check.step) for check in after.checks if check not in before.checks] == [("record.seal", 5)]
    assert Report.from_text(after.to_text()) == after


def test_a_seal_of_another_certificate_an_unknown_key_or_no_form_is_not_relied_on(
    world: tuple[World, Issuance, Issuance],
) -> None:
    made = world[1].certificate
    for other in (sealed(world[2], "ben"), seal(), "AAAA"):
        after = with_seal(judged(*world[:2]), other, record=made.record, digest=made.digest, trust=TRUST)
        assert (after.verdict, after.state, after.action.code) == ("do-not-rely", "do-not-rely", "refuse-label")
        assert "seal" in after.headline
        assert [check.step for check in after.checks if check.result == "failed"] == [5]


def test_a_seal_alone_lists_everything_that_was_not_checked(world: tuple[World, Issuance, Issuance]) -> None:
    found = seal_report(sealed(world[1], "ann"), trust=TRUST, at_ms=world[0].now_ms)
    assert (found.verdict, found.action.code) == ("incomplete", "check-again")
    assert [check.step for check in found.checks] == list(range(1, len(STEPS) + 1))
    assert [check.code for check in found.checks if check.result == "passed"] == ["signature.valid"]
    assert found.certificate is not None
    assert found.certificate.issuer_name == "Ann"
    assert world[1].certificate.record.batch.lot in found.headline


def test_a_seal_alone_that_nobody_known_signed_shows_none_of_its_claims(
    world: tuple[World, Issuance, Issuance],
) -> None:
    found = seal_report(seal(), trust=TRUST, at_ms=world[0].now_ms)
    assert (found.verdict, found.certificate) == ("do-not-rely", None)
    assert [check.result for check in found.checks] == ["failed"]

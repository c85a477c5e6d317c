"""Step 11: who vouches for what counts only as far as the trust list says, and is never more than somebody's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.seal.signer import SoftwareSigner
from ledger.verify.chain import Policy
from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.instant import instant_text
from schemas.report import ClosedBranches
from schemas.sentences import NOT_COUNTED
from tests.support.worlds.attestations import DOT, Vouched, attesting, with_dot
from tests.support.worlds.broken_histories import DAY_MS, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.parties import did, key
from tests.support.worlds.recipe import Make, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.report import Report
    from schemas.trust import TrustList
    from tests.support.worlds.drafts import Issuance


def judged(world: Vouched, made: Issuance, *, findings: Findings | None = None, **how: Any) -> Report:  # noqa: ANN401
    lines = world.bundle(made.certificate, **how)
    policy = Policy(world.now_ms + 60_000)
    chain = verify_bundle(
        lines, trust=world.people.trust, tables=tables(), policy=policy, findings=findings or Findings()
    )
    return report(chain)


def two_tiers(world: Vouched) -> Issuance:
    """Let ben make a batch from two lots of ann's."""
    lumps = [world.move(mined(world).lumps[0], "ben") for _ in range(2)]
    return world.issue("ben", lumps, [Make(1_900_000)])


def branch(*inputs: int, **more: object) -> dict[str, object]:
    branches = [{"input": number, "certificates": 1} for number in inputs]
    return {"scopes": ["closed-branch"], "level": "reasonable", "branches": branches, **more}


def test_an_attestation_that_counts_is_told_whole_and_leaves_the_verdict_as_it_is() -> None:
    world = Vouched()
    batch = two_tiers(world)
    alone = judged(world, batch)
    said = world.attest(batch.certificate)
    found = judged(world, batch)
    assert (alone.verdict, found.verdict) == ("genuine", "genuine")
    assert (alone.attestations, found.headline) == ((), alone.headline)
    (told,) = found.attestations
    assert (told.attestor, told.attestor_name, told.attestor_key) == (did(DOT), "Dot", "own")
    assert (told.scopes, told.level, told.criteria) == (("figure",), "limited", ("ISO 14064-3:2019",))
    assert (told.opinion, told.valid_until, told.lots) == (
        "unmodified",
        said.valid_until,
        (batch.certificate.record.batch.lot,),
    )
    assert (told.counted, told.reason) == (True, None)
    assert {check.result for check in found.checks if check.step == 11} == {"passed"}
    assert [check.code for check in alone.checks if check.step == 11] == ["attestations.none"]


def test_one_about_an_upstream_batch_is_told_of_that_batch() -> None:
    world = Vouched()
    first = mined(world)
    second = world.issue("ben", [world.move(first.lumps[0], "ben")], [Make(900_000)])
    world.attest(first.certificate)
    (told,) = judged(world, second).attestations
    assert (told.lots, told.counted) == ((first.certificate.record.batch.lot,), True)


def with_a_key_that_a_registry_keeps(world: Vouched, batch: Issuance) -> None:
    """Hard use 22: the registry can sign in the name of an attestor whose key it keeps, so that is no third party."""

    def kept(listed: TrustList) -> TrustList:
        parties = [replace(each, custodial=each.did == did(DOT)) for each in listed.parties]
        return replace(listed, parties=tuple(parties))

    world.people = world.people.changed(kept)
    world.attest(batch.certificate, change=branch(0, 1))


def uncounted() -> dict[str, Callable[[Vouched, Issuance], Any]]:
    def at_another_time(world: Vouched, batch: Issuance) -> None:
        world.people = with_dot(until=instant_text(world.now_ms))
        world.attest(batch.certificate)

    def not_for_this(world: Vouched, batch: Issuance) -> None:
        world.people = with_dot("on-site", "composition")
        world.attest(batch.certificate)

    def elsewhere(world: Vouched, _batch: Issuance) -> None:
        world.attest(mined(world).certificate)

    def by_its_maker(world: Vouched, batch: Issuance) -> None:
        world.people = world.people.changed(attesting("ben"))
        world.attest(batch.certificate, "ben")

    def by_a_maker_further_up(world: Vouched, batch: Issuance) -> None:
        world.people = world.people.changed(attesting("ann"))
        world.attest(batch.certificate, "ann")

    def expired(world: Vouched, batch: Issuance) -> None:
        world.attest(batch.certificate, change={"valid_until": instant_text(world.now_ms + 1000)})

    def ended(kind: str) -> Callable[[Vouched, Issuance], bytes]:
        def act(world: Vouched, batch: Issuance) -> bytes:
            world.attest(batch.certificate)
            return world.end(kind)

        return act

    def said(**change: object) -> Callable[[Vouched, Issuance], Any]:
        return lambda world, batch: world.attest(batch.certificate, change=change)

    return {
        "no-key": lambda world, batch: world.attest(batch.certificate, "eve"),
        "not-then": at_another_time,
        "not-for-this": not_for_this,
        "other-name": said(attestor={"did": did(DOT), "names": [{"lang": "en", "text": "Famous Verifier"}]}),
        "elsewhere": elsewhere,
        "elsewhere, by another run": said(run="A" * 43),
        "other-producer": said(producer=did("cat")),
        "no-input": lambda world, batch: world.attest(batch.certificate, change=branch(2)),
        "party": by_its_maker,
        "party further up": by_a_maker_further_up,
        "kept": with_a_key_that_a_registry_keeps,
        "withdrawn": ended("withdraw"),
        "suspended": ended("suspend"),
        "expired": expired,
    }


@pytest.mark.parametrize("reason", uncounted())
def test_one_that_does_not_count_is_told_with_the_reason_and_changes_nothing(reason: str) -> None:
    world = Vouched()
    batch = two_tiers(world)
    before = judged(world, batch)
    ends = uncounted()[reason](world, batch)
    found = judged(world, batch, also=[ends] if isinstance(ends, bytes) else ())
    assert (found.verdict, found.headline) == ("genuine", before.headline)
    (told,) = found.attestations
    due = reason.partition(" ")[0].removesuffix(",")
    assert (told.counted, told.reason) == (False, due)
    (warning,) = [check for check in found.checks if check.step == 11 and check.result != "passed"]
    assert warning.result == "warning"
    assert NOT_COUNTED[due] in warning.sentence


def test_a_certificate_named_with_another_run_than_its_own_does_not_count() -> None:
    world = Vouched()
    first, second = mined(world), mined(world)
    batch = world.issue("ben", [world.move(made.lumps[0], "ben") for made in (first, second)], [Make(1_900_000)])
    world.attest(first.certificate, change={"run": second.certificate.record.run[0].digest})
    (told,) = judged(world, batch).attestations
    assert (told.counted, told.reason) == (False, "other-run")


def test_a_suspension_that_was_lifted_counts_again() -> None:
    world = Vouched()
    batch = mined(world)
    world.attest(batch.certificate)
    ends = [world.end("suspend"), world.end("lift")]
    (told,) = judged(world, batch, also=ends).attestations
    assert told.counted


def test_without_a_fresh_list_nobody_knows_whether_it_stands() -> None:
    world = Vouched()
    first = mined(world)
    world.attest(first.certificate, change={"status": {"list": 7, "index": 1}})
    found = judged(world, first)
    assert (found.verdict, found.attestations[0].reason) == ("genuine", "unknown")


def test_only_its_attestor_withdraws_it() -> None:
    world = Vouched()
    batch = mined(world)
    world.attest(batch.certificate)
    found = judged(world, batch, also=[world.end("withdraw", by="ann")])
    assert found.verdict == "do-not-rely"
    assert "status.ended-by" in {check.code for check in found.checks if check.result == "failed"}


def test_a_forged_one_is_told_and_counts_for_nothing() -> None:
    world = Vouched()
    batch = mined(world)
    world.attest(batch.certificate, cheat=Cheat(signer=SoftwareSigner(key(DOT).kid, key("eve").key)))
    found = judged(world, batch)
    assert (found.verdict, found.attestations) == ("do-not-rely", ())
    assert "forged" in found.headline


def test_one_that_is_in_no_log_is_a_forgery_too() -> None:
    world = Vouched()
    batch = mined(world)
    world.attest(batch.certificate, cheat=Cheat(unlogged=True))
    found = judged(world, batch)
    assert (found.verdict, found.attestations) == ("do-not-rely", ())


@pytest.mark.parametrize("days", [-8, 1])
def test_one_that_is_dated_another_time_than_it_was_logged_is_a_forgery_too(days: int) -> None:
    """Hard use 10: like a certificate, an attestation is dated when it was logged or up to a week before."""
    world = Vouched()
    batch = mined(world)
    dated = instant_text(world.now_ms + days * DAY_MS)
    world.attest(batch.certificate, change={"examined": dated, "issued": dated})
    found = judged(world, batch)
    assert (found.verdict, found.attestations) == ("do-not-rely", ())
    assert "another date" in found.headline


def test_it_mends_nothing_that_failed() -> None:
    world = Vouched()
    batch = mined(world, cheat=Cheat(signer=SoftwareSigner(key("ann").kid, key("ben").key)))
    assert judged(world, batch).verdict == "do-not-rely"
    world.attest(batch.certificate, change=branchless("figure", "mass-balance", "on-site"))
    assert judged(world, batch).verdict == "do-not-rely"


def branchless(*scopes: str) -> dict[str, object]:
    return {"scopes": list(scopes)}


@pytest.mark.parametrize(("opinion", "note"), [("modified", "but for the waste water"), ("adverse", None)])
def test_an_opinion_that_is_not_clean_is_a_warning(opinion: str, note: str | None) -> None:
    world = Vouched()
    batch = mined(world)
    world.attest(batch.certificate, change={"opinion": opinion, **({"note": note} if note else {})})
    found = judged(world, batch)
    (told,) = [check for check in found.checks if check.code == "attestations.opinion"]
    assert (found.verdict, told.result) == ("genuine", "warning")
    assert opinion in told.sentence
    assert (note or "") in told.sentence
    assert found.attestations[0].counted


def test_a_closed_branch_is_somebodys_word_in_the_headline_and_shows_nothing() -> None:
    world = Vouched()
    batch = two_tiers(world)
    hidden = judged(world, batch, show="customer")
    assert (hidden.verdict, hidden.chain.withheld, hidden.closed_branches) == ("genuine", 2, None)
    world.attest(batch.certificate, change=branch(0))
    partly = judged(world, batch, show="customer")
    assert (partly.verdict, partly.chain) == ("genuine", hidden.chain)
    assert partly.closed_branches == ClosedBranches(inputs=1, attestors=("Dot",), whole=False)
    assert partly.headline.endswith(
        "Dot examined 1 of them. For these, you rely on Dot. For the rest, you rely on the producer alone."
    )
    world.attest(batch.certificate, change=branch(0, 1))
    wholly = judged(world, batch, show="customer")
    assert wholly.closed_branches == ClosedBranches(inputs=2, attestors=("Dot",), whole=True)
    assert wholly.headline.endswith("Dot examined 2 of them. For these, you rely on Dot.")
    assert "the producer alone" not in wholly.headline
    assert wholly.chain == hidden.chain
    assert [each.behind for each in wholly.attestations] == [1, 2]


def test_where_the_run_itself_is_withheld_the_rest_stays_the_producers_word() -> None:
    world = Vouched()
    batch = two_tiers(world)
    world.attest(batch.certificate, change=branch(0, 1))
    found = judged(world, batch, show="public")
    assert found.closed_branches == ClosedBranches(inputs=2, attestors=("Dot",), whole=False)
    assert found.headline.endswith("you rely on Dot. For the rest, you rely on the producer alone.")


@pytest.mark.parametrize("change", [{"opinion": "adverse"}, {"opinion": "modified", "note": "but for input 1"}])
def test_only_a_clean_opinion_covers_a_closed_branch(change: dict[str, object]) -> None:
    world = Vouched()
    batch = two_tiers(world)
    world.attest(batch.certificate, change=branch(0, 1, **change))
    assert judged(world, batch, show="customer").closed_branches is None


def test_a_branch_that_is_shown_is_not_counted_as_vouched_for() -> None:
    world = Vouched()
    batch = two_tiers(world)
    world.attest(batch.certificate, change=branch(0, 1))
    found = judged(world, batch)
    assert (found.chain.state, found.chain.withheld, found.closed_branches) == ("complete", 0, None)


def test_a_whole_chain_that_is_asked_for_is_not_somebodys_word() -> None:
    world = Vouched()
    batch = two_tiers(world)
    world.attest(batch.certificate, change=branch(0, 1))
    lines = world.bundle(batch.certificate, "customer")
    policy = Policy(world.now_ms + 60_000, require_chain=True)
    found = report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))
    assert found.verdict == "incomplete"


def test_the_same_attestation_twice_and_a_line_out_of_order_are_refused() -> None:
    world = Vouched()
    batch = mined(world)
    world.attest(batch.certificate)
    lines = world.bundle(batch.certificate)
    (place,) = [number for number, line in enumerate(lines) if line.startswith(b'{"t":"attestation"')]
    end = b'{"t":"end","lines":%d}\n'
    twice = [*lines[: place + 1], lines[place], end % (len(lines) + 1)]
    first = [*lines[: place - 1], lines[place], lines[place - 1], lines[-1]]
    for wrong, code in ((twice, "bundle.twice"), (first, "bundle.order")):
        chain = verify_bundle(wrong, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 60_000))
        assert code in {each.code for each in chain.findings.all if each.outcome is Outcome.FAILED}


@pytest.mark.parametrize(
    ("rule", "reason"),
    [(Rule.ATTESTOR, "not-for-this"), (Rule.INDEPENDENT, "party"), (Rule.ATTESTATION_STANDS, "expired")],
)
def test_with_its_check_left_out_it_would_count(rule: Rule, reason: str) -> None:
    world = Vouched()
    batch = two_tiers(world)
    uncounted()[reason](world, batch)
    (told,) = judged(world, batch, findings=Findings(off=frozenset({rule}))).attestations
    assert told.counted

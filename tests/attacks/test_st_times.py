"""CR-14, ST-10, ST-14: what times a certificate and a key may have, each judged by the time in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.log.vkey import KeyType, VerifierKey
from ledger.seal.digest import to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.trust.pinned import list_digest, open_trust, sign_trust, succeed
from ledger.verify.chain import Policy
from ledger.verify.verdict import exit_code, report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.instant import instant_text, whole_second
from schemas.problem import CheckError
from schemas.trust import PartyKey
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.logged_lists import logged
from tests.support.worlds.parties import START_MS, cast_of, did, key, vkey
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from ledger.seal.certificate import SealedCertificate
    from schemas.report import Report
    from schemas.trust import TrustList

MINUTE_MS, DAY_MS = 60_000, 24 * 60 * 60 * 1000


def at(ms: int) -> str:
    return instant_text(whole_second(START_MS + ms))


def judged(world: World, made: SealedCertificate | None, *, later_ms: int = 0) -> Report:
    policy = Policy(world.now_ms + later_ms)
    assert made is not None
    return report(verify_bundle(world.bundle(made), trust=world.people.trust, tables=tables(), policy=policy))


@pytest.mark.parametrize(
    ("member", "ms", "check"),
    [
        ("issued", 10 * MINUTE_MS, "log.issued"),
        ("issued", -8 * DAY_MS, "log.issued"),
        ("not_logged_after", -10 * MINUTE_MS, "log.on-time"),
        ("not_logged_after", 15 * DAY_MS, "log.issued"),
    ],
    ids=["dated ahead", "dated long ago", "void before it was logged", "may be logged for too long"],
)
def test_cr_14_a_time_that_can_not_be_is_named(member: str, ms: int, check: str) -> None:
    world = World()
    cheat = Cheat(facts=lambda facts: replace(facts, **{member: at(ms)}))
    found = judged(world, mined(world, cheat=cheat).certificate)
    assert found.verdict == "do-not-rely"
    assert check in {each.code for each in found.checks if each.result == "failed"}


def test_cr_14_what_ends_before_it_begins_is_never_valid() -> None:
    world = World()
    found = judged(world, mined(world, valid_until=at(-MINUTE_MS)).certificate)
    assert (found.verdict, exit_code(found)) == ("expired", 1)


def with_keys(listed: TrustList, *keys: PartyKey) -> TrustList:
    ann, *others = listed.parties
    return replace(listed, parties=(replace(ann, keys=keys), *others))


OLD = SoftwareSigner.from_raw(f"{did('ann')}#old", bytes(range(32)))
NEW = key("ann")


@pytest.mark.parametrize(
    ("signer", "logged_ms", "verdict"),
    [
        (OLD, 0, "genuine"),
        (OLD, 5 * DAY_MS, "genuine"),
        (NEW, 5 * DAY_MS, "genuine"),
        (NEW, 20 * DAY_MS, "genuine"),
        (OLD, 20 * DAY_MS, "do-not-rely"),
        (NEW, 0, "do-not-rely"),
    ],
    ids=["old", "old, both good", "new, both good", "new", "old after its end", "new before its start"],
)
def test_st_10_a_key_that_is_changed_is_good_from_its_start_to_its_end(
    signer: SoftwareSigner, logged_ms: int, verdict: str
) -> None:
    world = World()
    world.now_ms += logged_ms
    world.people = cast_of(
        with_keys(
            world.people.listed,
            PartyKey(kid=OLD.kid, public=to_base64url(OLD.public), since="2020-01-01T00:00:00Z", until=at(10 * DAY_MS)),
            PartyKey(kid=NEW.kid, public=to_base64url(NEW.public), since=at(3 * DAY_MS)),
        )
    )
    made = mined(world, cheat=Cheat(signer=signer)).certificate
    assert judged(world, made).verdict == verdict
    found = judged(world, made, later_ms=DAY_MS // 2)
    assert found.verdict == verdict, "whatever the time is now"
    if verdict == "do-not-rely":
        assert "issuer.key" in {each.code for each in found.checks if each.result == "failed"}


@pytest.mark.parametrize("stranger", [True, False])
def test_st_10_only_who_signs_the_list_changes_a_key(stranger: bool) -> None:
    pinned = World().people
    listed = with_keys(pinned.listed, PartyKey(kid=OLD.kid, public=to_base64url(OLD.public), since=at(0)))
    name = "stranger.example" if stranger else "trust.example"
    due = {"number": listed.number + 1, "previous": list_digest(pinned.listed)}
    after = replace(listed, keys=(vkey(name).to_text(),), **due)
    note = sign_trust(after, [(VerifierKey(name, key(name).public, KeyType.ED25519), key(name).sign)])
    open_trust(note)
    if not stranger:
        assert succeed(pinned.trust, note, logged(note).logged).keys.keys() >= {OLD.kid}
        return
    with pytest.raises(CheckError) as refused:
        succeed(pinned.trust, note)
    assert refused.value.code == "trust.threshold"


def test_st_14_what_has_expired_says_so_and_still_shows_its_history() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], valid_until=at(DAY_MS))
    before = judged(world, batch.certificate)
    world.now_ms += DAY_MS
    mined(world)  # the log goes on, and so do its lists
    found = judged(world, batch.certificate, later_ms=MINUTE_MS)
    assert (before.verdict, found.verdict) == ("genuine", "expired")
    assert (exit_code(found), exit_code(found, allow_superseded=True)) == (1, 0)
    assert found.chain == before.chain
    assert (found.chain.certificates, found.footprint) == (2, before.footprint)

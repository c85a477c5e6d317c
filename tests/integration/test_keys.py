"""Keys of parties end and are followed by others: what counts before and after, what a crash leaves, on both
databases.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

import ledger.registry.append
from ledger.admin.init import init, init_told, open_book, status_signer
from ledger.admin.keys import add_key, end_key, list_keys
from ledger.admin.rollover import logs_of
from ledger.changes.withdraw import withdraw
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificate_jws
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from ledger.trust.pinned import open_trust
from schemas.door import parse_document, validated
from schemas.instant import epoch_ms, instant_text
from schemas.parties import Parties
from schemas.trust import TrustFile
from tests.support.registries.example import EXAMPLE, chain, issue_all
from tests.support.registries.lived_in import PASSPHRASE, TABLES, Life, code_of
from tests.support.registries.registry import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.store.parties import StoredKey
    from schemas.record import ProductionRecord
    from schemas.trust import PartyKey

RUNS = chain()
NORTH, BUYER = "did:web:north-concentrate.example", "did:web:separation-a.example"
FIRST, SECOND = f"{NORTH}#key-1", f"{NORTH}#key-2"


class CrashError(Exception):
    """The process is gone."""


@pytest.fixture
def life(tmp_path: Path, database: str | None) -> Life:
    """A registry with nothing but its trust list; its book stays open, as a server's does."""
    home, clock = Home(tmp_path / "home", database), Clock()
    registry = init(home, parties(), Runtime(clock, Random(11).randbytes), passphrase=PASSPHRASE, demo=True)  # noqa: S311
    return Life(home, registry, clock, status_signer(home, registry.did, passphrase=PASSPHRASE))


def parties() -> Parties:
    return parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")


def issue_more(life: Life, records: list[ProductionRecord]) -> None:
    for each in issue_all(life.registry, records, TABLES):
        life.keep(each)


def end(life: Life, kid: str = FIRST, compromised: str | None = None) -> StoredKey:
    return end_key(life.home, life.registry, kid, compromised=compromised, passphrase=PASSPHRASE)


def add(life: Life, kid: str = SECOND, public: str | None = None) -> StoredKey:
    return add_key(life.home, life.registry, kid, public=public, passphrase=PASSPHRASE)


def trusted(life: Life) -> dict[str, PartyKey]:
    """Return North's keys as the home's trust list names them."""
    note = TrustFile.from_text(life.home.trust.read_bytes().rstrip(b"\n")).note
    return {key.kid: key for key in open_trust(note).parties[NORTH].keys}


def signed_by(life: Life, lot: str) -> str:
    with reading(life.registry.engine) as connection:
        return open_certificate(f"{certificate_jws(connection, certificate_digest_bytes(life.digests[lot]))}~").jws.kid


def state(life: Life) -> tuple[object, ...]:
    """Return all that a refusal must leave as it was."""
    return list_keys(life.registry), [each.head for each in logs_of(life.registry)], life.home.trust.read_bytes()


def test_an_ended_key_signs_nothing_more_and_what_it_signed_goes_on(life: Life) -> None:
    issue_more(life, RUNS[:1])
    before = life.home.trust.read_bytes()
    ended = end(life)
    assert life.home.trust.read_bytes() != before
    assert trusted(life)[FIRST].until == instant_text(ended.until_ms or 0)
    assert trusted(life)[FIRST].compromised is None
    assert life.verify("CON-07").verdict == "genuine"
    assert code_of(lambda: issue_more(life, RUNS[1:2])) == "issue.key-ended"
    assert code_of(lambda: ship(life.registry, Dispatch("CON-07", NORTH, BUYER))) == "issue.key-ended"
    words = {"issuer": NORTH, "reason": "a test", "status": life.status}
    assert code_of(lambda: withdraw(life.registry, "CON-07", **words)) == "issue.key-ended"  # type: ignore[arg-type]
    assert life.faults() == []


def test_the_next_key_signs_at_once_also_for_who_had_the_registry_open(life: Life) -> None:
    issue_more(life, RUNS[:1])
    end(life)
    added = add(life)
    assert (trusted(life)[SECOND].since, trusted(life)[SECOND].until) == (instant_text(added.since_ms), None)
    issue_more(life, RUNS[1:2])
    assert [signed_by(life, lot) for lot in ("CON-07", "RC-11")] == [FIRST, SECOND]
    assert [life.verify(lot).verdict for lot in ("CON-07", "RC-11")] == ["genuine", "genuine"]
    life.registry.engine.dispose()
    life.registry = open_book(life.home, life.registry.runtime, passphrase=PASSPHRASE)
    assert life.registry.signers[NORTH].kid == SECOND
    assert life.faults() == []


def test_of_several_keys_in_force_the_newest_signs(life: Life) -> None:
    for number in range(2, 12):
        add(life, f"{NORTH}#key-{number}")
    issue_more(life, RUNS[:1])
    assert signed_by(life, "CON-07") == f"{NORTH}#key-11"
    end(life, f"{NORTH}#key-11")
    issue_more(life, RUNS[1:2])
    assert signed_by(life, "RC-11") == f"{NORTH}#key-10"
    assert life.verify("RC-11").verdict == "genuine"
    assert life.faults() == []


def test_what_was_logged_in_the_very_second_of_the_end_was_logged_before_it(life: Life) -> None:
    life.registry.runtime.now_ms()
    life.clock.now += 300
    issue_more(life, RUNS[:1])
    life.clock.now -= 999  # the next look is a millisecond later, in the same second
    ended = end(life)
    assert (ended.until_ms or 0) // 1000 == life.clock.now // 1000 + 1
    assert life.verify("CON-07").verdict == "genuine"


def test_since_a_key_leaked_nothing_counts_and_before_it_all_does(life: Life) -> None:
    issue_more(life, RUNS[:1])
    leaked = instant_text(life.clock.now // 1000 * 1000 + 1000)
    life.clock.now += 5000
    issue_more(life, RUNS[1:2])
    assert life.verify("RC-11").verdict == "genuine"
    ended = end(life, compromised=leaked)
    assert (ended.compromised_ms, trusted(life)[FIRST].compromised) == (epoch_ms(leaked), leaked)
    assert life.verify("CON-07").verdict == "genuine"
    found = life.verify("RC-11")
    assert found.verdict == "do-not-rely"
    assert f"The key {FIRST} was not valid when the record was logged." in found.headline
    assert "RC-11" in life.faults()[0], "an audit names what was signed with it since"


def test_a_key_that_has_ended_may_still_turn_out_to_have_leaked_and_an_end_only_moves_back(life: Life) -> None:
    issue_more(life, RUNS[:2])
    first = end(life)
    times = [instant_text((first.until_ms or 0) + offset) for offset in (0, -3000, -2000, -4000)]
    life.clock.now += 60_000
    before = state(life)
    assert [code_of(lambda: end(life)), code_of(lambda: end(life, compromised=times[0]))] == ["key.ended"] * 2
    assert state(life) == before
    again = end(life, compromised=times[1])
    assert (again.until_ms, again.compromised_ms) == (first.until_ms, epoch_ms(times[1]))
    assert code_of(lambda: end(life, compromised=times[2])) == "key.ended"
    assert end(life, compromised=times[3]).compromised_ms == epoch_ms(times[3])
    assert trusted(life)[FIRST].compromised == times[3]


def test_an_offer_signed_before_the_end_is_not_accepted_after_it(life: Life) -> None:
    issue_more(life, RUNS[:1])
    ship(life.registry, Dispatch("CON-07", NORTH, BUYER))
    end(life)
    life.clock.now += 1000
    for lot in ("CON-07", None):
        assert code_of(lambda lot=lot: accept(life.registry, consignee=BUYER, lot=lot)) == "holding.offer-key"  # type: ignore[misc]
    assert code_of(lambda: cancel(life.registry, sender=NORTH)) == "issue.key-ended"
    add(life)
    cancel(life.registry, sender=NORTH)
    ship(life.registry, Dispatch("CON-07", NORTH, BUYER))
    accept(life.registry, consignee=BUYER)
    assert life.judge(life.lines("CON-07", holder=BUYER)).verdict == "genuine"
    assert life.faults() == []


def test_only_offers_that_still_count_are_accepted_of_all_that_wait(life: Life) -> None:
    issue_more(life, RUNS[:2])
    ship(life.registry, Dispatch("CON-07", NORTH, BUYER))
    add(life)
    ship(life.registry, Dispatch("RC-11", NORTH, BUYER))
    end(life)
    life.clock.now += 1000
    assert [each.lot.lot for each in accept(life.registry, consignee=BUYER)] == ["RC-11"]
    assert life.judge(life.lines("RC-11", holder=BUYER)).verdict == "genuine"
    assert life.faults() == []


def test_init_again_neither_brings_an_ended_key_back_nor_takes_another_one(life: Life) -> None:
    end(life)
    before = state(life)
    life.registry = init(life.home, parties(), life.registry.runtime, passphrase=PASSPHRASE, demo=True)
    assert state(life) == before
    wanted = parties()
    other = "pQVMRIGJTmMHAXn9mnLS9W2tL3jF4w5Wd6yVQ8R7vLE"
    changed = tuple(each.model_copy(update={"public": other}) if each.did == NORTH else each for each in wanted.parties)
    wanted = wanted.model_copy(update={"parties": changed})
    assert code_of(lambda: init(life.home, wanted, life.registry.runtime, passphrase=PASSPHRASE)) == "parties.other-key"
    assert state(life) == before


@pytest.mark.parametrize("act", [end, add])
@pytest.mark.parametrize("step", ["write", "keep_head"])
def test_a_crash_leaves_key_and_trust_list_both_as_before_or_both_changed(
    life: Life, act: Callable[[Life], StoredKey], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_more(life, RUNS[:1])
    before = state(life)

    def crash(*_: object, **__: object) -> None:
        raise CrashError

    with monkeypatch.context() as patched:
        patched.setattr(ledger.registry.append, step, crash)
        with pytest.raises(CrashError):
            act(life)
    committed = step == "keep_head"
    assert (list_keys(life.registry) != before[0], life.home.trust.read_bytes()) == (committed, before[2])
    life.registry.engine.dispose()
    life.registry = open_book(life.home, life.registry.runtime, passphrase=PASSPHRASE)
    assert (life.home.trust.read_bytes() != before[2]) == committed
    assert life.faults() == []
    if act is end:
        assert code_of(lambda: end(life)) == ("key.ended" if committed else "it was done")
    else:
        assert add(life).kid == SECOND
    assert life.verify("CON-07").verdict == "genuine"
    assert life.faults() == []


def test_a_postal_address_is_listed_and_kept_until_another_one_is_given(life: Life) -> None:
    """Keys that change, and files that say nothing of it, leave the address as it was."""

    def listed() -> dict[str, str | None]:
        return {
            each.did: each.address
            for each in open_trust(TrustFile.from_text(life.home.trust.read_bytes().rstrip(b"\n")).note).listed.parties
        }

    def again(address: str | None) -> None:
        written = parties().model_dump(mode="json", exclude_none=True)
        (north,) = [each for each in written["parties"] if each["did"] == NORTH]
        north.update({"address": address} if address else {})
        asked = validated(Parties, written)
        told = init_told(life.home, asked, life.registry.runtime, passphrase=PASSPHRASE).changes
        assert [(each.kind, each.what, each.now) for each in told] == (
            [] if address is None else [("added", "address of", address)]
        )

    assert listed()[NORTH] is None
    assert listed()["did:web:magnet-a.example"] == "1 Example Road, Hangzhou, Zhejiang, China (invented)"
    again("2 Example Road, Baotou, China")
    again(None)
    end_key(life.home, life.registry, FIRST, passphrase=PASSPHRASE)
    add_key(life.home, life.registry, SECOND, passphrase=PASSPHRASE)
    assert listed()[NORTH] == "2 Example Road, Baotou, China"

"""Customers without a DID: guests that hold, send back and are claimed; every chain is judged by the trust list of
that moment, on both databases.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.admin.guests import Settled, settle
from ledger.admin.init import init, open_book
from ledger.admin.keys import add_key, end_key
from ledger.changes.withdraw import lift, suspend
from ledger.client.answers import answer
from ledger.desk.contacts import (
    add_contact,
    claim_code,
    decide_claim,
    end_contact,
    goods_back,
    list_contacts,
    list_guest_requests,
    open_claim,
)
from ledger.lots.balance import balances_of
from ledger.store.contacts import add_guest_request, guest, guest_requests
from ledger.store.engine import reading, writing
from ledger.transfers.ship import Dispatch, accept, send, ship
from ledger.trust.guests import GUEST_NAMES, is_guest
from schemas.contact import ContactRequest, ReturnRequest
from schemas.door import parse_document, validated
from schemas.instant import epoch_ms
from schemas.parties import Parties
from schemas.requests import MoveRequest
from tests.support.registries.example import EXAMPLE, chain, issue_all
from tests.support.registries.lived_in import PASSPHRASE, TABLES, Life, a_life, code_of, trust_of

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.answers.contacts import Contact, GuestRequest
    from schemas.trust import Party

KG = 10**6
DAY_MS = 24 * 60 * 60 * 1000
NORTH, SEPARATION, SMELTER = (f"did:web:{name}.example" for name in ("north-concentrate", "separation-a", "metal-a"))
RUNS = chain()


@pytest.fixture
def life(tmp_path: Path, database: str | None) -> Life:
    """A registry in which North has mined, and its customer Separation A is no contact yet."""
    return a_life(tmp_path / "home", database, runs=2)


def issue_more(life: Life, first: int, last: int) -> None:
    for each in issue_all(life.registry, RUNS[first:last], TABLES):
        life.keep(each)


def added(life: Life, name: str = "Motor Works", did: str | None = None, party: str = NORTH) -> Contact:
    return add_contact(life.registry, ContactRequest(name=name, did=did), party=party)


def left(life: Life, owner: str, lot: str = "RC-11") -> int:
    with reading(life.registry.engine) as connection:
        found = balances_of(connection, life.registry.did, owner=owner, now_ms=life.clock.now)
    return sum(each.left_mg for each in found if each.lot.lot == lot)


def back(life: Life, mass: str | None, lot: str = "RC-11", name: str = "Motor Works") -> GuestRequest:
    wanted = validated(ReturnRequest, {"lot": lot, "mass": mass})
    return goods_back(life.registry, name, wanted, party=NORTH)


def settled(life: Life) -> list[Settled]:
    return settle(life.home, life.registry, passphrase=PASSPHRASE)


def listed(life: Life) -> list[Party]:
    return [party for party in trust_of(life.home).listed.parties if is_guest(party)]


def claimed(life: Life, claimant: str = SEPARATION, name: str = "Motor Works") -> None:
    code = claim_code(life.registry, name, party=NORTH).code
    open_claim(life.registry, code, claimant=claimant)
    decide_claim(life.registry, name, claimant, confirm=True, party=NORTH)


def test_what_is_shipped_to_a_guest_is_its_at_once_and_stays_so_for_eight_days(life: Life) -> None:
    motor = added(life)
    whole = left(life, NORTH)
    request = validated(MoveRequest, {"statement": "move", "lot": "RC-11", "to": motor.did, "mass": "100 kg"})
    done = answer(life.registry, request, party=NORTH, status=life.status)
    assert (done.state, done.warnings) == ("delivered", ())  # type: ignore[union-attr]
    assert (left(life, NORTH), left(life, motor.did)) == (whole - 100 * KG, 100 * KG)
    life.clock.now += 8 * DAY_MS
    assert (left(life, NORTH), left(life, motor.did)) == (whole - 100 * KG, 100 * KG)
    assert listed(life) == []  # it only holds: nobody needs its key
    assert life.faults() == []


def test_hold_return_claim_then_ship_on_and_use(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    whole = left(life, motor.did)
    assert left(life, NORTH) == 0

    back(life, "100 kg")
    (returned,) = settled(life)
    assert (returned.moved, returned.refusal) == ((("RC-11", 100 * KG, "kg"),), None)
    assert (left(life, NORTH), left(life, motor.did)) == (100 * KG, whole - 100 * KG)
    (party,) = listed(life)
    assert (party.did, party.names, party.facilities, party.kinds) == (motor.did, GUEST_NAMES, (), ())
    assert (party.statements, party.custodial, party.keys[0].until) == (("move",), True, None)
    assert life.verify("RC-11").verdict == "genuine"
    assert life.faults() == []

    ship(life.registry, Dispatch("RC-11", NORTH, motor.did, 40 * KG))  # the same guest goes on
    ship(life.registry, Dispatch("RC-11", NORTH, SEPARATION, 60 * KG))
    accept(life.registry, consignee=SEPARATION)
    claimed(life)
    (claim,) = settled(life)
    assert claim.moved == (("RC-11", whole - 60 * KG, "kg"),)
    assert (left(life, motor.did), left(life, SEPARATION)) == (0, whole)
    (party,) = listed(life)
    assert party.keys[0].until is not None
    assert epoch_ms(party.keys[0].until) <= life.clock.now + 1000
    (contact,) = list_contacts(life.registry, NORTH).contacts
    assert (contact.kind, contact.did) == ("here", SEPARATION)

    ship(life.registry, Dispatch("RC-11", SEPARATION, SMELTER, 50 * KG))
    accept(life.registry, consignee=SMELTER)
    ship(life.registry, Dispatch("RC-11", SMELTER, SEPARATION))
    accept(life.registry, consignee=SEPARATION)
    for each in issue_all(life.registry, RUNS[2:], TABLES, without={"RC-11"}):
        life.keep(each)
    for lot in ("RC-11", RUNS[2].outputs[0].lot, "MG-88"):
        found = life.verify(lot)
        assert (lot, found.verdict, found.chain.state) == (lot, "genuine", "complete")
    assert life.faults() == []


def test_a_guest_that_sent_everything_back_ends_and_the_next_shipment_has_a_new_key(life: Life) -> None:
    motor = added(life)
    whole = left(life, NORTH)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    back(life, None)
    settled(life)
    assert left(life, NORTH) == whole
    assert [party.keys[0].until is None for party in listed(life)] == [False]
    (contact,) = list_contacts(life.registry, NORTH).contacts
    assert (contact.kind, contact.did != motor.did) == ("guest", True)
    assert code_of(lambda: ship(life.registry, Dispatch("RC-11", NORTH, motor.did, KG))) == "holding.guest"
    ship(life.registry, Dispatch("RC-11", NORTH, contact.did, 10 * KG))
    back(life, "10 kg")
    settled(life)
    assert left(life, NORTH) == whole
    assert life.verify("RC-11").verdict == "genuine"
    assert life.faults() == []


def test_guests_stay_listed_when_the_list_changes_for_another_reason(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    back(life, "100 kg")
    settled(life)
    kept = listed(life)
    end_key(life.home, life.registry, f"{SMELTER}#key-1", passphrase=PASSPHRASE)
    add_key(life.home, life.registry, f"{SMELTER}#key-2", passphrase=PASSPHRASE)
    assert listed(life) == kept
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    more = validated(Parties, parties.model_dump(mode="json", exclude_none=True) | {"operator": "The Bayan Obo Trust"})
    init(life.home, more, life.registry.runtime, passphrase=PASSPHRASE)
    assert listed(life) == kept
    assert life.verify("RC-11").verdict == "genuine"
    assert life.faults() == []


def test_of_two_claims_the_first_waits_and_the_second_is_told(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    code = claim_code(life.registry, "motor works", party=NORTH).code
    assert code_of(lambda: open_claim(life.registry, code, claimant=NORTH)) == "contact.own-guest"
    assert code_of(lambda: open_claim(life.registry, code, claimant="did:web:nobody.example")) == "contact.claimant"
    assert open_claim(life.registry, code, claimant=SMELTER).state == "waiting"
    assert code_of(lambda: open_claim(life.registry, code, claimant=SEPARATION)) == "contact.claimed"
    assert code_of(lambda: claim_code(life.registry, "Motor Works", party=NORTH)) == "contact.claimed"
    assert settled(life) == []  # the producer has not confirmed it
    assert left(life, motor.did) > 0

    decide = partial(decide_claim, life.registry, "Motor Works", party=NORTH)
    assert code_of(lambda: decide(SEPARATION, confirm=True)) == "contact.no-claim"
    assert decide(SMELTER, confirm=False).state == "declined"
    assert code_of(lambda: open_claim(life.registry, code, claimant=SEPARATION)) == "contact.claim-unknown"

    claimed(life)
    settled(life)
    assert left(life, motor.did) == 0
    told = {
        each.claimant: (each.contact, each.claimant_name) for each in list_guest_requests(life.registry, NORTH).requests
    }
    assert told[SEPARATION] == ("Motor Works", "Example Separation A")
    (own,) = list_guest_requests(life.registry, SMELTER).requests
    assert (own.contact, own.state) == ("", "declined")  # what others call it stays theirs
    assert life.faults() == []


def test_two_customers_of_one_name_are_never_merged(life: Life) -> None:
    first = added(life)
    assert code_of(lambda: added(life)) == "contact.name-taken"
    assert code_of(lambda: added(life, "МOTOR  works")) == "contact.name-taken"
    other = added(life, party=SEPARATION)  # another tenant's customer of that name is another guest
    assert first.did != other.did
    ended = end_contact(life.registry, "Motor Works", party=NORTH)
    assert ended.id == first.id
    again = added(life)
    assert len({first.did, other.did, again.did}) == 3
    assert code_of(lambda: added(life, "Guest", first.did)) == "contact.guest-did"
    assert code_of(lambda: added(life, "Me", NORTH)) == "contact.yourself"


def test_nobody_else_moves_anything_to_a_guest_and_it_signs_nothing_itself(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, SEPARATION, 100 * KG))
    accept(life.registry, consignee=SEPARATION)
    assert code_of(lambda: ship(life.registry, Dispatch("RC-11", SEPARATION, motor.did))) == "holding.guest"
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    assert code_of(lambda: ship(life.registry, Dispatch("RC-11", motor.did, SEPARATION))) == "issue.no-key"
    ship(life.registry, Dispatch("RC-11", SEPARATION, NORTH))
    accept(life.registry, consignee=NORTH)
    away = Dispatch("RC-11", NORTH, motor.did, registry="two.example")
    assert code_of(lambda: send(life.registry, away)) == "abroad.guest"
    assert life.faults() == []


def test_a_suspended_lot_waits_and_the_claim_with_it(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    words = {"issuer": NORTH, "status": life.status}
    claimed(life)
    suspend(life.registry, "RC-11", reason="a doubt", **words)  # type: ignore[arg-type]
    (waits,) = settled(life)
    assert (waits.moved, left(life, motor.did) > 0) == ((), True)
    lift(life.registry, "RC-11", reason="cleared", **words)  # type: ignore[arg-type]
    (done,) = settled(life)
    assert done.moved
    assert settled(life) == []
    assert life.verify("RC-11").verdict == "genuine"
    assert life.faults() == []


def test_more_than_the_guest_holds_does_not_come_back(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did, 100 * KG))
    assert code_of(lambda: back(life, "100.001 kg")) == "holding.too-little"
    assert code_of(lambda: back(life, "0 kg")) in {"quantity.zero", "document.invalid"}
    made = back(life, "60 kg")
    assert code_of(lambda: back(life, "60 kg")) == "holding.too-little", "40 kg are not asked for yet"
    with writing(life.registry.engine) as connection:  # as two servers write who judge at once
        (row,) = guest_requests(connection, guest=motor.did)
        add_guest_request(connection, row._replace(id=f"{int(made.id, 16) ^ 1:012x}", at_ms=row.at_ms + 1))
        connection.commit()
    first, second = settled(life)
    assert (first.refusal, first.moved) == (None, (("RC-11", 60 * KG, "kg"),))
    assert second.refusal is not None
    assert second.refusal.code == "holding.too-little"
    states = [each.state for each in list_guest_requests(life.registry, NORTH).requests]
    assert sorted(states) == ["done", "holding.too-little"]
    assert left(life, motor.did) == 40 * KG
    assert life.faults() == []


def test_the_same_form_again_asks_for_no_more_and_all_of_it_only_once(life: Life) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did, 100 * KG))
    wanted = validated(ReturnRequest, {"lot": "RC-11", "mass": "10 kg"})
    asked = [goods_back(life.registry, "Motor Works", wanted, party=NORTH, once="0123456789ab") for _ in range(2)]
    assert asked[0] == asked[1]
    back(life, None)
    assert code_of(lambda: back(life, None)) == "contact.back-asked"
    assert code_of(lambda: back(life, "1 kg")) == "contact.back-asked"
    assert [each.mass_kg for each in list_guest_requests(life.registry, NORTH).requests] == ["10", None]
    assert [each.refusal for each in settled(life)] == [None, None]
    assert left(life, motor.did) == 0


def test_a_crash_between_listing_and_moving_is_mended_by_the_same_again(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    motor = added(life)
    ship(life.registry, Dispatch("RC-11", NORTH, motor.did))
    back(life, "100 kg")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ledger.admin.guests._settle_one", crash)
        with pytest.raises(KeyboardInterrupt):
            settled(life)
    assert left(life, NORTH) == 0
    life.registry.engine.dispose()
    life.registry = open_book(life.home, life.registry.runtime, passphrase=PASSPHRASE)
    settled(life)
    settled(life)
    assert left(life, NORTH) == 100 * KG
    assert len(listed(life)) == 1
    assert life.verify("RC-11").verdict == "genuine"
    assert life.faults() == []


def test_a_key_is_made_only_where_the_registry_can_sign(life: Life) -> None:
    book = open_book(life.home, life.registry.runtime, passphrase=None)
    wanted = ContactRequest(name="Motor Works")
    assert code_of(lambda: add_contact(book, wanted, party=NORTH)) == "home.locked"
    with reading(life.registry.engine) as connection:
        assert guest(connection, "did:key:z6Mk") is None

"""Withdraw, suspend and lift on a real home: who may, what is frozen, what a buyer sees, and that it is for ever."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import refresh_status
from ledger.changes.withdraw import lift, post_change, suspend, withdraw
from ledger.issuing.issue import issue
from ledger.lots.balance import balances_of
from ledger.seal.digest import certificate_digest, certificate_digest_bytes
from ledger.seal.statement import open_statement, seal_statement
from ledger.store.engine import reading, writing
from ledger.store.parties import end_key
from ledger.store.reading import certificate
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.document import replace
from schemas.instant import instant_text, whole_second
from schemas.problem import OreprintError
from schemas.statement import Ended, StatusChange
from tests.support.registries.example import record
from tests.support.registries.lived_in import (
    BUYER,
    HYDROGEN,
    MAGNET_MAKER,
    SEPARATION,
    SMELTER,
    TABLES,
    Life,
    a_life,
    code_of,
    copied,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.changes.withdraw import StatusChangeKind

KG = 10**6
METAL = "09-ELY-2026-04-A"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def say(life: Life, kind: StatusChangeKind, lot: str, *, issuer: str = SEPARATION) -> str:
    verb = {"withdraw": withdraw, "suspend": suspend, "lift": lift}[kind]
    return code_of(lambda: verb(life.registry, lot, issuer=issuer, reason="a test", status=life.status))


def test_a_withdrawn_lot_shows_downstream_with_share_and_way(life: Life) -> None:
    made = withdraw(life.registry, "ox-16", issuer=SEPARATION, reason="wrong assay", status=life.status)
    assert made.certificates == (life.digests["OX-16"],)
    own, magnet = life.verify("OX-16"), life.verify("MG-88")
    assert (own.verdict, own.affected) == ("withdrawn", ())
    assert magnet.verdict == "withdrawn"
    assert magnet.headline.endswith("12.3 % of its Nd is affected.")
    (found,) = magnet.affected
    assert (found.lot, found.state, found.digest) == ("OX-16", "withdrawn", life.digests["OX-16"])
    assert found.path == ("OX-16", "ME-31", "AL-40", "MG-88")
    assert found.elements["Nd"] == "12.3183021731"
    assert life.verify("HS-02").verdict == "genuine"
    assert life.faults() == []


def test_st_02_what_is_revoked_is_revoked_at_once(life: Life) -> None:
    """The lists are published before the verb answers: a bundle made of what is there, without any refresh, says so."""
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="wrong assay", status=life.status)
    assert refresh_status(life.home, life.registry, passphrase=b"a passphrase") == 0
    assert life.verify("OX-16").verdict == "withdrawn"


def test_st_01_a_withdrawal_shows_and_is_for_ever(life: Life) -> None:
    assert say(life, "withdraw", "OX-16") == "it was done"
    assert [say(life, kind, "OX-16") for kind in ("withdraw", "suspend", "lift")] == ["life.withdrawn"] * 3
    assert life.verify("OX-16").verdict == "withdrawn"


def test_st_06_nothing_un_revokes_but_a_suspension_is_lifted_and_logged(life: Life) -> None:
    assert say(life, "lift", "OX-16") == "life.not-suspended"
    assert say(life, "suspend", "OX-16") == "it was done"
    assert say(life, "suspend", "OX-16") == "life.suspended"
    found = life.verify("MG-88")
    assert (found.verdict, [each.state for each in found.affected]) == ("withdrawn", ["suspended"])
    assert say(life, "lift", "OX-16") == "it was done"
    assert life.verify("MG-88").verdict == "genuine"
    assert say(life, "withdraw", "OX-16") == "it was done"
    assert say(life, "lift", "OX-16") == "life.withdrawn"
    assert life.verify("MG-88").verdict == "withdrawn"
    assert life.faults() == []


def test_what_has_ended_is_frozen_and_what_was_used_stays_used(life: Life) -> None:
    again = record(METAL).model_copy(update={"run": "ELY-2026-04-B"})
    again = again.model_copy(
        update={"outputs": tuple(one.model_copy(update={"lot": f"{one.lot}-B"}) for one in again.outputs)}
    )
    offer = Dispatch("OX-17", SMELTER, BUYER, KG)
    ship(life.registry, offer)
    assert say(life, "suspend", "OX-17") == "it was done"
    assert code_of(lambda: ship(life.registry, offer)) == "holding.suspended"
    assert code_of(lambda: accept(life.registry, consignee=BUYER, lot="OX-17")) == "holding.suspended"
    (outcome,) = issue(life.registry, [again], tables=TABLES)
    assert isinstance(outcome, OreprintError)
    assert outcome.code == "holding.suspended"
    with reading(life.registry.engine) as connection:
        (left,) = balances_of(connection, life.registry.did, owner=SMELTER, now_ms=life.clock.now, lot="OX-17")
    assert left.state == "suspended"
    assert say(life, "lift", "OX-17") == "it was done"
    assert len(accept(life.registry, consignee=BUYER, lot="OX-17")) == 1
    ship(life.registry, offer)
    assert say(life, "withdraw", "OX-17") == "it was done"
    assert code_of(lambda: accept(life.registry, consignee=BUYER)) == "holding.withdrawn"
    assert len(cancel(life.registry, sender=SMELTER)) == 1
    assert life.verify("ME-31").verdict == "withdrawn"
    assert life.faults() == []


def test_only_what_still_stands_is_accepted_of_all_that_waits(life: Life) -> None:
    ship(life.registry, Dispatch("OX-17", SMELTER, BUYER, KG))
    ship(life.registry, Dispatch("HS-02", HYDROGEN, BUYER, KG))
    say(life, "withdraw", "OX-17")
    assert [each.lot.lot for each in accept(life.registry, consignee=BUYER)] == ["HS-02"]


@pytest.mark.parametrize(
    ("lot", "issuer", "code"),
    [
        ("OX-16", SMELTER, "life.lot-unknown"),
        ("no such lot", SEPARATION, "life.lot-unknown"),
        ("OX-16 digest", SMELTER, "life.not-issuer"),
        ("OX-16", "did:web:nobody.example", "life.lot-unknown"),
        (certificate_digest("nothing"), SEPARATION, "life.lot-unknown"),
        ("zQm" + "1" * 44, SEPARATION, "seal.certificate-digest"),
        ("salt SEP-2026-02", SEPARATION, "life.lot-unknown"),
    ],
)
def test_only_the_issuer_of_a_certified_lot_may_say_it(life: Life, lot: str, issuer: str, code: str) -> None:
    name = life.digests["OX-16"] if lot.endswith("digest") else lot
    assert say(life, "withdraw", name, issuer=issuer) == code
    assert life.verify("OX-16").verdict == "genuine"


def test_without_the_key_nothing_is_said(life: Life) -> None:
    life.lose_key(SEPARATION)
    assert say(life, "withdraw", "OX-16") == "issue.no-key"


def test_a_reason_is_one_line_of_words(life: Life) -> None:
    for reason in ("two\nlines", ""):
        words = partial(withdraw, life.registry, "OX-16", issuer=SEPARATION, reason=reason, status=life.status)
        assert code_of(words).startswith("document.")


# -- signed by the issuer's own key -----------------------------------------------------------------------------------


def signed(life: Life, kind: StatusChangeKind, *, by: str = SEPARATION, hours: int = 1, **other: object) -> str:
    """Return a statement about OX-16 as somebody signs it."""
    said = StatusChange.validated(
        oreprint=f"{kind}/1",
        registry=life.registry.did,
        ends=replace(ended(life), **other),
        reason="a test",
        not_logged_after=instant_text(whole_second(life.clock.now + hours * 3_600_000)),
    )
    return seal_statement(said, signer=life.registry.signers[by])


def ended(life: Life) -> Ended:
    with reading(life.registry.engine) as connection:
        row = certificate(connection, certificate_digest_bytes(life.digests["OX-16"])).row
    return Ended(certificate=life.digests["OX-16"], list=row.status_list, index=row.status_index)


def post(life: Life, text: str, kind: StatusChangeKind = "withdraw") -> str:
    did = open_statement(text, kind=kind).jws.did
    return code_of(lambda: post_change(life.registry, text, kind=kind, issuer=did, status=life.status))


def test_a_statement_signed_elsewhere_is_logged_once_and_answered_again(life: Life) -> None:
    text = signed(life, "withdraw")
    assert post(life, text) == "it was done"
    assert post(life, text) == "it was done"
    assert life.verify("OX-16").verdict == "withdrawn"
    assert post(life, signed(life, "withdraw", hours=2)) == "life.withdrawn"
    assert life.faults() == []


def test_a_statement_of_another_or_of_another_place_is_refused(life: Life) -> None:
    assert post(life, signed(life, "withdraw", by=SMELTER)) == "life.not-issuer"
    assert post(life, signed(life, "withdraw", index=ended(life).index ^ 1)) == "life.lot-unknown"
    assert post(life, signed(life, "withdraw", hours=-1)) == "life.late"
    head, payload, _ = signed(life, "withdraw").split(".")
    other = signed(life, "withdraw", hours=3).split(".")[2]
    assert post(life, f"{head}.{payload}.{other}") == "seal.signature"
    assert life.verify("OX-16").verdict == "genuine"


def test_a_key_that_has_ended_says_nothing_any_more(life: Life) -> None:
    text = signed(life, "withdraw")
    with writing(life.registry.engine) as connection:
        end_key(connection, life.registry.signers[SEPARATION].kid, until_ms=life.clock.now)
        connection.commit()
    assert post(life, text) == "life.not-signed"


def test_a_buyers_own_holding_is_still_shown_of_a_withdrawn_lot(life: Life) -> None:
    ship(life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER))
    accept(life.registry, consignee=BUYER)
    assert say(life, "withdraw", "MG-88", issuer=MAGNET_MAKER) == "it was done"
    assert life.judge(life.lines("MG-88", holder=BUYER)).verdict == "withdrawn"

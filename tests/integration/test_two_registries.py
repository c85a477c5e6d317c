"""Two registries with logs of their own: moves between them, and chains that lead through both."""

from __future__ import annotations

import os
import shutil
import sqlite3
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.app_state import Parts as ServerParts
from api.reports import Reports
from ledger.admin.init import first_kid, key_name
from ledger.admin.rollover import close_log
from ledger.admin.tokens import create_token
from ledger.audit.everything import audit
from ledger.bundles.gather import BundleView
from ledger.bundles.verification import LocalVerifier
from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.client.issue import IssuingClient, issue_at
from ledger.holdings.mark import open_holding
from ledger.issuing.correct import correct
from ledger.issuing.signing import Sealing
from ledger.log.vkey import KeyType, VerifierKey
from ledger.registry.folder import Home
from ledger.registry.pinned import check_pinned, trusted
from ledger.registry.watch import RegistryWatch
from ledger.remote.client import RemoteServer
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.seal.signer import SoftwareSigner
from ledger.store.abroad import keep_trust
from ledger.store.engine import writing
from ledger.transfers.export import audience_of, holdings_of, leave, left_out
from ledger.transfers.receive import pin, unpin
from ledger.transfers.ship import Dispatch, accept, send, ship
from ledger.trust.pinned import list_digest, open_trust, sign_trust
from schemas.bundle import HeadLine, HoldingLine, StatementLine, read_line
from schemas.document import replace
from schemas.problem import RefusedError
from schemas.record import statement_lot
from schemas.trust import Quorum
from tests.support.http.server import listening
from tests.support.registries.lived_in import code_of
from tests.support.registries.two_homes import (
    ANN,
    BEN,
    CAT,
    DAN,
    KG,
    ONE,
    PASSPHRASE,
    TABLES,
    TWO,
    Shop,
    a_shop,
    plant,
    two_shops,
)
from tests.support.worlds.blends import blend, read, written
from tests.support.worlds.electricity import SCHEME, entering, powered, told
from tests.support.worlds.parties import cast, key, vkey

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shops(tmp_path: Path) -> tuple[Shop, Shop]:
    return two_shops(tmp_path)


def test_a_mass_that_moved_is_used_and_verified_where_it_went(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, BEN, two, 40 * KG)
    assert one.left(ANN) == {"OX-1": 60 * KG}
    taken = two.take(lines, BEN)
    assert (taken.registry, taken.mass_mg, taken.lot.lot) == (ONE, 40 * KG, "OX-1")
    assert two.left(BEN) == {"OX-1": 40 * KG}
    digest = two.blend("AL-1", "30 kg", by=BEN, inputs={"OX-1": "30 kg"})
    assert two.left(BEN) == {"AL-1": 30 * KG, "OX-1": 10 * KG}
    bundle = two.bundle(digest)
    for reader in (two, one):
        found = reader.judge(bundle)
        assert (found.verdict, found.chain.certificates) == ("genuine", 2)
    heads = [line.registry for raw in bundle if isinstance(line := read_line(raw, ""), HeadLine)]
    assert sorted(heads) == [ONE, TWO]
    assert (one.faults(), two.faults()) == ([], [])


def test_who_signs_itself_uses_a_mass_that_moved_too(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("A-1", "100 kg", by=ANN)
    digest = two.take(one.send("A-1", ANN, BEN, two, 50 * KG), BEN, log=one).lot.certificate
    app = create_app(ServerParts(two.registry, TABLES, two.status, "https://two.example"))
    kid = first_kid(BEN)
    signer = two.home.read_key(key_name(kid), kid=kid, passphrase=PASSPHRASE)
    _, secret = create_token(two.registry, tenant=BEN, scopes=("read", "issue"), label="a test")
    kept: dict[str, bytes] = {}
    with listening(app) as address:
        desk = IssuingClient(
            RemoteServer.at(address, secret),
            signer,
            TABLES,
            lambda registry: Sealing(registry, two.clock.now, os.urandom),
            kept.__setitem__,
            kept.get,
        )
        record = blend("B-1", "40 kg", producer=BEN, plant=plant(BEN), inputs={"A-1": "40 kg"})
        ((_, text),) = issue_at(desk, record)
        stranger = replace(desk.remote, token=None)
        with pytest.raises(RefusedError, match="no such record here"):
            stranger.get(f"/v1/certificates/{certificate_digest_text(digest or b'')}")
    assert two.judge(two.bundle(open_certificate(text).digest)).verdict == "genuine"
    assert two.left(BEN) == {"A-1": 10 * KG, "B-1": 40 * KG}


def test_kilowatt_hours_that_moved_are_drawn_and_verified_where_they_went(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.make(entering(ANN, plant(ANN), "S-1", "100 kWh"))
    lot = statement_lot(SCHEME, "S-1")
    two.take(one.send(lot, ANN, BEN, two, 70 * KG), BEN)
    assert (one.left(ANN), two.left(BEN)) == ({lot: 30 * KG}, {lot: 70 * KG})
    digest = two.make(powered("AL-1", BEN, plant(BEN), told("S-1", "60 kWh")))
    assert two.left(BEN) == {"AL-1": 100 * KG, lot: 10 * KG}
    bundle = two.bundle(digest)
    for reader in (two, one):
        found = reader.judge(bundle)
        results = {check.code: check.result for check in found.checks}
        assert (found.verdict, results["footprint.instrument-drawn"]) == ("genuine", "passed")
    with pytest.raises(RefusedError):
        two.make(powered("AL-2", BEN, plant(BEN), told("S-1", "11 kWh")))
    assert (one.faults(), two.faults()) == ([], [])


def test_who_took_a_mass_in_can_pass_it_on_and_undo_what_it_made_of_it(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two), BEN)
    ship(two.registry, Dispatch("OX-1", BEN, ANN, 5 * KG))
    (on,) = accept(two.registry, consignee=ANN)
    assert (on.mass_mg, two.left(ANN)) == (5 * KG, {"OX-1": 5 * KG})
    two.blend("AL-1", "30 kg", by=BEN, inputs={"OX-1": "30 kg"})
    undo(two.registry, "AL-1", producer=BEN, status=two.status)
    assert two.left(BEN)["OX-1"] == 95 * KG
    digest = two.blend("AL-2", "90 kg", by=BEN, inputs={"OX-1": "90 kg"})
    assert two.judge(two.bundle(digest)).verdict == "genuine"
    assert two.faults() == []


def test_a_transfer_is_taken_in_once_by_the_one_that_it_names(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, BEN, two, 40 * KG)
    assert code_of(lambda: two.take(lines, ANN)) == "abroad.not-here"
    assert code_of(lambda: one.take(lines, BEN)) == "abroad.not-here"
    for _ in range(2):
        two.take(lines, BEN)
        assert two.left(BEN) == {"OX-1": 40 * KG}
    two.blend("AL-1", "40 kg", by=BEN, inputs={"OX-1": "40 kg"})
    two.take(lines, BEN)
    assert two.left(BEN)["OX-1"] == 0
    assert two.faults() == []


@pytest.mark.parametrize("taken", [0, 1])
def test_of_a_transfer_with_moves_that_are_here_already_the_others_are_taken_in(
    shops: tuple[Shop, Shop], taken: int
) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    sent = [send(one.registry, Dispatch("OX-1", ANN, BEN, mass * KG, "auditor", TWO)).texts for mass in (10, 20, 30)]
    two.take(one.transfer(sent[taken]), BEN)
    both = one.transfer([*sent[0], *sent[1]])
    for _ in range(2):
        two.take(both, BEN, log=one)
        assert two.left(BEN) == {"OX-1": 30 * KG}
    two.take(one.transfer([text for texts in sent for text in texts]), BEN, log=one)
    digest = two.blend("AL-1", "60 kg", by=BEN, inputs={"OX-1": "60 kg"})
    assert two.left(BEN)["OX-1"] == 0
    assert two.judge(two.bundle(digest)).verdict == "genuine"
    assert two.faults() == []


def test_only_a_party_of_this_registry_gets_what_is_moved_here(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, CAT, two)
    assert code_of(lambda: two.take(lines, CAT)) == "issue.unknown-owner"
    assert two.left(CAT) == {}


def test_a_transfer_without_a_pinned_trust_list_or_with_a_line_missing_is_refused(tmp_path: Path) -> None:
    one, two = two_shops(tmp_path / "pinned")
    _, stranger = two_shops(tmp_path / "other", seed=7)
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, BEN, two)
    for number, raw in enumerate(lines):
        if isinstance(read_line(raw, ""), HeadLine | StatementLine):
            assert code_of(partial(two.take, lines[:number] + lines[number + 1 :], BEN)) in {
                "abroad.unsound",
                "abroad.not-here",
            }
    assert code_of(lambda: stranger.take(lines, BEN)) == "abroad.unsound"  # its keys are others
    assert two.left(BEN) == {}


def test_what_was_moved_away_has_left_its_mark_and_can_not_be_used_at_home(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, BEN, two)
    (own,) = [line for raw in lines if isinstance(line := read_line(raw, ""), HoldingLine)]
    assert open_holding(own.holding).registry == TWO
    assert code_of(lambda: one.blend("OX-2", "1 kg", by=ANN, inputs={"OX-1": "1 kg"})) == "holding.too-little"
    assert code_of(lambda: ship(one.registry, Dispatch("OX-1", BEN, ANN))) == "holding.offered"


def test_a_second_transfer_needs_the_published_log_and_all_is_proven_to_its_newest_head(
    shops: tuple[Shop, Shop],
) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 10 * KG), BEN)
    one.blend("OX-2", "100 kg", by=CAT)
    second = one.send("OX-2", CAT, BEN, two, 10 * KG)
    assert code_of(lambda: two.take(second, BEN)) == "abroad.other-head"
    two.take(second, BEN, log=one)
    digest = two.blend("AL-1", "20 kg", by=BEN, inputs={"OX-1": "10 kg", "OX-2": "10 kg"})
    found = one.judge(two.bundle(digest))
    assert (found.verdict, found.chain.certificates) == ("genuine", 3)
    assert two.faults() == []


def test_a_log_that_was_rebuilt_is_refused(tmp_path: Path) -> None:
    one, two = two_shops(tmp_path / "a")
    again, _ = two_shops(tmp_path / "b")  # the same keys, another history
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 10 * KG), BEN)
    again.blend("OX-9", "100 kg", by=ANN)
    again.blend("OX-1", "100 kg", by=ANN)
    again.publish()
    assert code_of(lambda: two.refresh(again)) == "abroad.rebuilt"
    forged = again.send("OX-1", ANN, BEN, two, 100 * KG)
    assert code_of(lambda: two.take(forged, BEN, log=again)) == "abroad.rebuilt"
    assert two.left(BEN) == {"OX-1": 10 * KG}


def test_what_is_withdrawn_where_it_was_made_is_frozen_where_it_went(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two), BEN)
    digest = two.blend("AL-1", "30 kg", by=BEN, inputs={"OX-1": "30 kg"})
    withdraw(one.registry, "OX-1", issuer=ANN, reason="wrong-data", status=one.status)
    two.blend("AL-2", "1 kg", by=BEN, inputs={"OX-1": "1 kg"})  # nobody has told registry two yet
    two.refresh(one)
    assert code_of(lambda: two.blend("AL-3", "1 kg", by=BEN, inputs={"OX-1": "1 kg"})) == "holding.withdrawn"
    assert two.judge(two.bundle(digest)).verdict == "withdrawn"


def test_what_came_back_is_used_at_home_and_its_way_leads_through_both(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 40 * KG), BEN)
    returned = two.send("OX-1", BEN, ANN, one, 15 * KG)
    one.take(returned, ANN)
    assert (one.left(ANN), two.left(BEN)) == ({"OX-1": 75 * KG}, {"OX-1": 25 * KG})
    digest = one.blend("AL-1", "75 kg", by=ANN, inputs={"OX-1": "75 kg"})
    for reader in (one, two):
        found = reader.judge(one.bundle(digest))
        assert (found.verdict, found.chain.certificates) == ("genuine", 2)
    assert (one.faults(), two.faults()) == ([], [])


def test_what_came_may_be_moved_on_to_a_third_registry_and_verifies_there(tmp_path: Path) -> None:
    one, two = two_shops(tmp_path)
    three = a_shop(tmp_path, "three.example", [DAN], one.clock, seed=3)
    for other in (one, two):
        pin(three.registry, other.note())
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 40 * KG), BEN)
    three.take(two.send("OX-1", BEN, DAN, three, 15 * KG), DAN)
    digest = three.blend("AL-1", "15 kg", by=DAN, inputs={"OX-1": "15 kg"})
    assert three.judge(three.bundle(digest)).verdict == "genuine"
    assert three.faults() == []


@pytest.mark.parametrize("frozen", ["suspended", "corrected"])
def test_a_suspension_or_correction_elsewhere_is_known_after_renewal(shops: tuple[Shop, Shop], frozen: str) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, BEN, two)
    two.take(lines, BEN)
    (own,) = [line for raw in lines if isinstance(line := read_line(raw, ""), HoldingLine)]
    if frozen == "suspended":
        suspend(one.registry, "OX-1", issuer=ANN, reason="assay in doubt", status=one.status)
    else:
        better = written("OX-1", "100 kg", producer=ANN, plant=plant(ANN))
        better["outputs"][0]["description"] = "neodymium oxide, calcined"
        correct(one.registry, read(better), tables=TABLES, status=one.status)
    two.refresh(one)
    code = {"suspended": "holding.suspended", "corrected": "abroad.corrected"}[frozen]
    assert code_of(lambda: two.blend("AL-1", "1 kg", by=BEN, inputs={"OX-1": "1 kg"})) == code
    if frozen == "suspended":
        lift(one.registry, "OX-1", issuer=ANN, reason="assay confirmed", status=one.status)
        two.refresh(one)
    else:
        two.take(one.transfer([own.holding]), BEN, log=one)
    digest = two.blend("AL-1", "1 kg", by=BEN, inputs={"OX-1": "1 kg"})
    assert one.judge(two.bundle(digest)).verdict == "genuine"


def test_a_head_without_the_cosignatures_that_are_asked_for_is_refused(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    listed = open_trust(one.note()).listed
    (registry,) = listed.registries
    key = SoftwareSigner.from_raw("did:key:witness#witness", sha256(b"witness").digest())
    asked = Quorum(least=1, keys=(VerifierKey("witness.example", key.public, KeyType.COSIGNATURE).to_text(),))
    stricter = replace(
        listed,
        number=listed.number + 1,
        previous=list_digest(listed),
        registries=(replace(registry, witnesses=asked),),
    )
    signer = one.home.read_key("trust", kid=f"did:web:{ONE}#trust", passphrase=PASSPHRASE)
    pin(two.registry, sign_trust(stricter, [(VerifierKey(f"{ONE}/trust", signer.public), signer.sign)]))
    one.blend("OX-1", "100 kg", by=ANN)
    lines = one.send("OX-1", ANN, BEN, two)
    assert code_of(lambda: two.take(lines, BEN)) == "abroad.unsound"
    assert code_of(lambda: pin(two.registry, one.note())) == "trust.rollback"


def test_what_a_producer_that_leaves_takes_along_verifies_alone_and_is_taken_in_elsewhere(tmp_path: Path) -> None:
    one, _ = two_shops(tmp_path)
    leaving = open_trust(one.note()).keys[f"{ANN}#key-1"]
    refuge = a_shop(tmp_path, "three.example", [ANN], one.clock, seed=3, public=to_base64url(leaving.public))
    pin(refuge.registry, one.note())
    one.blend("OX-1", "100 kg", by=ANN)
    one.blend("OX-2", "10 kg", by=ANN, inputs={"OX-1": "10 kg"})
    ship(one.registry, Dispatch("OX-1", ANN, CAT, 5 * KG))
    kept = holdings_of(one.registry, ANN)
    assert {lot.lot: len(texts) for lot, texts in kept.items()} == {"OX-1": 16, "OX-2": 1}
    offered = holdings_of(one.registry, ANN, offered=True)
    assert {lot.lot: len(texts) for lot, texts in offered.items()} == {"OX-1": 17, "OX-2": 1}
    assert left_out(one.registry, ANN, kept) == {}
    for texts in offered.values():
        lines = one.transfer(texts)
        assert one.judge(lines).verdict == "genuine"
        own = [line for raw in lines if isinstance(line := read_line(raw, ""), HoldingLine)]
        assert {open_holding(line.holding).owner for line in own} == {ANN}
    gone = leave(one.registry, ANN, registry="three.example")
    assert one.left(ANN) == {"OX-1": 0, "OX-2": 0}
    one.publish()
    for texts in gone.values():
        refuge.take(one.transfer(texts), ANN, log=one)
    assert refuge.left(ANN) == {"OX-1": 85 * KG, "OX-2": 10 * KG}
    assert (one.faults(), refuge.faults()) == ([], [])


def test_what_was_moved_is_shown_again_to_whom_it_was_sent_as_they_may_see_it(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    send(one.registry, Dispatch("OX-1", ANN, BEN, 40 * KG, "partner", TWO))
    send(one.registry, Dispatch("OX-1", ANN, ANN, 10 * KG, "partner", TWO))
    ((lot, texts),) = holdings_of(one.registry, BEN, registry=TWO, lot="OX-1").items()
    assert [audience_of(one.registry, lot, each) for each in (BEN, ANN, CAT)] == ["partner", "auditor", "customer"]
    two.take(one.transfer(texts, "partner"), BEN)
    assert two.left(BEN) == {"OX-1": 40 * KG}
    assert (holdings_of(one.registry, BEN), holdings_of(one.registry, CAT, registry=TWO)) == ({}, {})
    send(two.registry, Dispatch("OX-1", BEN, ANN, registry=ONE))  # a lot of another registry, moved on
    ((lot, texts),) = holdings_of(two.registry, ANN, registry=ONE).items()
    one.take(two.transfer(texts, audience_of(two.registry, lot, ANN)), ANN)
    assert one.left(ANN) == {"OX-1": 90 * KG}
    assert (one.faults(), two.faults()) == ([], [])


EDITS = (
    "UPDATE arrivals SET net_mass_mg = net_mass_mg + 1",
    "UPDATE arrivals SET lot = 'OX-9'",
    "UPDATE arrivals SET certificate = zeroblob(32)",
    "UPDATE arrivals SET status_index = status_index + 1",
    "UPDATE holdings SET mass_mg = mass_mg + 1 WHERE parent IS NULL",
    "UPDATE holdings SET steps = steps + 1 WHERE parent IS NOT NULL",
    "DELETE FROM arrived_lines WHERE number = 0",
    "DELETE FROM arrived_lines WHERE number = 1",
    "UPDATE arrived_lines SET line = replace(line, '0', '1') WHERE number = 1",
    "UPDATE abroad_heads SET note = replace(note, 'A', 'B')",
    "DELETE FROM abroad_trust",
    "DELETE FROM arrivals",
)


def test_an_audit_finds_what_was_changed_of_what_came(tmp_path: Path) -> None:
    one, two = two_shops(tmp_path)
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 40 * KG), BEN)
    two.blend("AL-1", "30 kg", by=BEN, inputs={"OX-1": "30 kg"})
    two.publish()
    two.registry.engine.dispose()
    for number, edit in enumerate(EDITS):
        home = Home(tmp_path / f"edited-{number}")
        shutil.copytree(two.home.path, home.path)
        with sqlite3.connect(home.database) as database:
            assert database.execute(edit).rowcount > 0, edit
        database.close()
        found = audit(home, tables=TABLES, progress=lambda _done, _all: None)
        assert found.faults != (), edit


def test_a_part_that_came_back_within_one_registry_is_used_with_the_rest(shops: tuple[Shop, Shop]) -> None:
    one, _ = shops
    one.blend("OX-1", "100 kg", by=ANN)
    for sender, to, mass in ((ANN, CAT, 40 * KG), (CAT, ANN, 15 * KG)):
        ship(one.registry, Dispatch("OX-1", sender, to, mass))
        accept(one.registry, consignee=to)
    assert (one.left(ANN), one.left(CAT)) == ({"OX-1": 75 * KG}, {"OX-1": 25 * KG})
    digest = one.blend("AL-1", "75 kg", by=ANN, inputs={"OX-1": "75 kg"})
    assert one.judge(one.bundle(digest)).verdict == "genuine"
    assert one.faults() == []


def test_a_registry_reports_on_what_it_made_of_another_ones_lot(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two), BEN)
    digest = two.blend("AL-1", "30 kg", by=BEN, inputs={"OX-1": "30 kg"})
    two.publish()
    found = (
        Reports(LocalVerifier(two.registry, TABLES), RegistryWatch(two.registry))
        .tell(digest, BundleView("auditor"))
        .report
    )
    assert (found.verdict, found.chain.certificates) == ("genuine", 2)


def test_a_list_of_others_says_nothing_of_this_registry(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    listed, own = open_trust(one.note()).listed, open_trust(two.note()).listed.registries[0]
    witness = SoftwareSigner.from_raw("did:key:witness#witness", sha256(b"witness").digest())
    asked = VerifierKey("witness.example", witness.public, KeyType.COSIGNATURE)
    named = replace(own, witnesses=Quorum(least=1, keys=(asked.to_text(),)))
    due = {"number": listed.number + 1, "previous": list_digest(listed)}
    signer = one.home.read_key("trust", kid=f"did:web:{ONE}#trust", passphrase=PASSPHRASE)
    more = replace(listed, registries=(*listed.registries, named), **due)
    note = sign_trust(more, [(VerifierKey(f"{ONE}/trust", signer.public), signer.sign)])
    assert code_of(lambda: pin(two.registry, note)) == "trust.harmful", "a registry is new in it"
    assert pin(two.registry, note, accept=True) == (ONE,)
    assert trusted(two.registry).registry(TWO).listed == own
    check_pinned(two.registry)


def test_lists_that_contradict_each_other_are_told_and_forgotten(shops: tuple[Shop, Shop]) -> None:
    _, two = shops
    other = cast().listed
    (first,) = open_trust(two.note()).listed.parties[:1]
    stranger = replace(other.parties[0].keys[0], kid=first.keys[0].kid)
    wrong = replace(other, parties=(replace(other.parties[0], did=first.did, keys=(stranger,)), *other.parties[1:]))
    note = sign_trust(wrong, [(vkey("trust.example"), key("trust.example").sign)])
    with writing(two.registry.engine) as connection:  # as one that was pinned before the own list named this key
        keep_trust(connection, "one.example", note)
        connection.commit()
    assert code_of(lambda: check_pinned(two.registry)) == "abroad.disagree"
    unpin(two.registry, "one.example")
    check_pinned(two.registry)


def test_a_registry_that_closed_its_log_is_known_by_one_log_elsewhere(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 10 * KG), BEN)
    digest = two.blend("AL-1", "10 kg", by=BEN, inputs={"OX-1": "10 kg"})
    close_log(one.home, one.registry, 1, passphrase=PASSPHRASE)
    assert code_of(lambda: pin(two.registry, one.note())) == "trust.skipped", "two lists later"
    pin(two.registry, one.note(), accept=True)
    withdraw(one.registry, "OX-1", issuer=ANN, reason="wrong-data", status=one.status)
    for _ in range(4):  # so that a list of the next log stands at an index that the closed one has too
        one.clock.now += 13 * 60 * 60 * 1000
        one.publish()
    two.refresh(one)
    found = two.judge(two.bundle(digest))
    assert found.verdict == "incomplete", (
        "its newer lists stand in the other log, and nothing is taken for what it is not"
    )
    one.blend("OX-2", "10 kg", by=CAT)
    assert code_of(lambda: two.take(one.send("OX-2", CAT, BEN, two, KG), BEN, log=one)) == "abroad.two-logs"
    assert (one.faults(), two.faults()) == ([], [])


def test_a_lot_of_a_closed_log_is_not_taken_in_elsewhere(tmp_path: Path) -> None:
    one, two = two_shops(tmp_path)
    one.blend("OX-1", "100 kg", by=ANN)
    close_log(one.home, one.registry, 1, passphrase=PASSPHRASE)
    assert code_of(lambda: pin(two.registry, one.note())) == "trust.skipped", "two lists later"
    pin(two.registry, one.note(), accept=True)
    assert code_of(lambda: two.take(one.send("OX-1", ANN, BEN, two, KG), BEN, log=one)) == "abroad.two-logs"
    one.blend("OX-2", "100 kg", by=CAT)
    assert two.take(one.send("OX-2", CAT, BEN, two, KG), BEN).mass_mg == KG
    assert two.take(one.send("OX-2", CAT, BEN, two, KG), BEN, log=one).mass_mg == KG
    two.refresh(one)
    digest = two.blend("AL-1", "2 kg", by=BEN, inputs={"OX-2": "2 kg"})
    assert two.judge(two.bundle(digest)).verdict == "genuine"
    assert two.faults() == []

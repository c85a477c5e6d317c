"""Goods of another registry: an auditor that is not shown their steps relies on that registry's auditors, today."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.auditing.accusing import accusations
from ledger.auditing.auditor import Auditor
from ledger.bundles.build import bundle_lines, step_lines
from ledger.changes import audited
from ledger.changes.audited import insides, post_audit
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.registry.pinned import trusted
from ledger.seal.digest import certificate_digest_text
from ledger.store.audited import audits_of
from ledger.store.engine import reading, writing
from ledger.tables import release_digest
from ledger.transfers.mirror import public_file
from ledger.transfers.receive import pin
from ledger.transfers.refresh import PublishedLog
from ledger.verify.audit_evidence import Judging
from schemas.audit import AuditLeaf, AuditState
from schemas.problem import InputError, MissingError
from schemas.sent_audit import SentAudit
from tests.support.registries.auditing import EVA, FAY, GUS, leaves_of, record_by_hand, signer_of, written
from tests.support.registries.example import record
from tests.support.registries.lived_in import code_of
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, BEN, CAT, ONE, TABLES, TWO, Shop, a_shop, party, plant
from tests.support.worlds import blends

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.trust.registries import TrustedRegistry
    from schemas.bundle import Proof

pytestmark = pytest.mark.no_cover
HOUR_MS = 60 * 60 * 1000
HAL = "did:web:hal-audits.example"


class Street:
    """Two registries: Eva and Fay audit the one, Gus the other, whose goods come from there."""

    def __init__(self, folder: Path, *, least: int = 1) -> None:
        self.folder, self.clock = folder, Clock()
        self.one = self.shop(ONE, ANN, CAT, **written(EVA, FAY, least=least))
        self.two = self.shop(TWO, BEN, **written(GUS, least=1))
        pin(self.one.registry, self.two.note())
        pin(self.two.registry, self.one.note())

    def shop(self, name: str, *who: str, **auditors: object) -> Shop:
        parties = [party(did) | {"kinds": ["concentrate"]} for did in who]
        return a_shop(self.folder, name, who, self.clock, seed=len(who), audited={"parties": parties, **auditors})

    def auditor(self, did: str, of: Shop) -> Auditor:
        trust = trusted(of.registry)
        shops = {ONE: self.one, TWO: self.two}

        def read(registry: TrustedRegistry) -> Callable[[str], bytes]:
            return partial(public, shops[registry.listed.id])

        return Auditor(
            self.folder / did[8:11],
            signer_of(did),
            trust,
            TABLES,
            trust.registry(of.name),
            read,
            lambda after, most: b"".join(step_lines(of.registry, after, most=most, most_bytes=10**7)),
            lambda body: post_audit(of.registry, SentAudit.parse(body), auditor=did),
            lambda: self.clock.now,
            os.urandom,
            lambda registry, digest, holding: insides(shops[registry.listed.id].registry, digest, holding),
        )

    def audit(self, did: str) -> Auditor:
        """Let an auditor of the registry of its own make a round."""
        of = self.two if did == GUS else self.one
        self.one.publish()
        self.two.publish()
        auditor = self.auditor(did, of)
        auditor.round()
        of.publish()
        return auditor

    def dig(self, lot: str, who: str) -> str:
        """Let somebody of the first registry win a concentrate from the ground; return its certificate."""
        dug = record("01-BEN-2026-01")
        output = dug.outputs[0].model_copy(update={"lot": lot})
        named = {"run": f"RUN-{lot}", "producer": who, "facility": plant(who), "outputs": (output,)}
        return self.one.make(dug.model_copy(update=named))

    def blend(self, lot: str, mass: str, of: str) -> str:
        """Let Ben blend as much of a lot under another name; return the certificate."""
        concentrate = record("01-BEN-2026-01").outputs[0].model_dump(mode="json", exclude_none=True)
        found = blends.written(lot, mass, producer=BEN, plant=plant(BEN), inputs={of: mass})
        output = {**concentrate, "lot": lot, "mass": mass, "product": None}
        allocation = {"method": "economic", "mass_key": "REO"}
        return self.two.make(blends.read({**found, "allocation": allocation, "outputs": [output]}))

    def trade(self) -> tuple[str, str]:
        """Let Ann's ore go to Ben, who makes something of it there; return both certificates."""
        ore = self.dig("CON-1", ANN)
        self.one.publish()
        self.two.take(self.one.send("CON-1", ANN, BEN, self.two), BEN)
        return ore, self.blend("BL-1", "30 kg", "CON-1")


def public(shop: Shop, path: str) -> bytes:
    """Return what a server shows to everybody at a path."""
    if path.startswith("v1/certificates/"):
        return b"".join(bundle_lines(shop.registry, path.split("/")[2], audience="public"))
    return public_file(shop.registry, path)


def said(shop: Shop, did: str) -> dict[str, AuditState]:
    """Return what the newest record of an auditor says, by certificate."""
    with reading(shop.registry.engine) as connection:
        newest = audits_of(connection, did)[0]
        rows = connection.exec_driver_sql("SELECT record, leaf FROM audit_leaves").all()
    leaves = [AuditLeaf.parse(bytes(leaf)) for record, leaf in rows if bytes(record) == newest.record]
    return {certificate_digest_text(each.certificate): each.state for each in leaves}


def waiting(auditor: Auditor) -> list[str]:
    with auditor.memory.reading() as memory:
        return [each.reason for each in memory.waiting(auditor.registry.listed.id)]


def test_a_batch_of_another_registry_is_closed_by_its_auditors_and_state_2_is_inherited(tmp_path: Path) -> None:
    street = Street(tmp_path)
    _, alloy = street.trade()
    later = street.blend("BL-2", "20 kg", "BL-1")
    auditor = street.audit(GUS)
    assert waiting(auditor) == ["auditor.relied", "auditor.upstream"], "nobody has said anything yet"
    street.audit(EVA)
    auditor = street.audit(GUS)
    assert waiting(auditor) == []
    assert said(street.two, GUS) == {alloy: AuditState.RELIED, later: AuditState.RELIED}
    public_view = street.two.bundle(later, "public")
    word = street.two.judge(public_view).audited
    assert word is not None
    assert (word.state, word.words) == ("relied", "relied-one")


def test_what_an_auditor_judged_itself_needs_nobody_else(tmp_path: Path) -> None:
    street = Street(tmp_path)
    ore, alloy = street.trade()
    street.one.publish()
    street.two.publish()
    of_one = street.auditor(EVA, street.one)
    of_one.round()
    both = replace(street.auditor(EVA, street.two), signer=signer_of(GUS), send=street.auditor(GUS, street.two).send)
    both.round()
    assert said(street.one, EVA) == {ore: AuditState.RIGHT}
    assert said(street.two, GUS) == {alloy: AuditState.RIGHT}


@pytest.mark.parametrize("end", [withdraw, suspend])
def test_relied_batches_are_asked_about_again_before_each_record(tmp_path: Path, end: Callable[..., object]) -> None:
    street = Street(tmp_path)
    _, alloy = street.trade()
    street.audit(EVA)
    street.audit(GUS)
    assert said(street.two, GUS) == {alloy: AuditState.RELIED}
    end(street.one.registry, "CON-1", issuer=ANN, reason="a test", status=street.one.status)
    street.audit(GUS)
    assert said(street.two, GUS) == {}, "its own log says that it ended, before any auditor does"
    if end is suspend:
        lift(street.one.registry, "CON-1", issuer=ANN, reason="a test", status=street.one.status)
        street.audit(EVA)
        street.audit(GUS)
        assert said(street.two, GUS) == {alloy: AuditState.RELIED}


def test_a_word_that_is_a_day_old_closes_nothing(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.trade()
    street.audit(EVA)
    street.audit(GUS)
    street.clock.now += 25 * HOUR_MS
    street.two.refresh(street.one)
    street.audit(GUS)
    assert said(street.two, GUS) == {}
    street.audit(EVA)
    street.audit(GUS)
    assert set(said(street.two, GUS).values()) == {AuditState.RELIED}


def test_one_refusal_or_too_few_close_nothing(tmp_path: Path) -> None:
    street = Street(tmp_path, least=2)
    ore, alloy = street.trade()
    street.audit(EVA)
    assert waiting(street.audit(GUS)) == ["auditor.relied"], "two of that registry's auditors are needed"
    street.audit(FAY)
    street.audit(GUS)
    assert said(street.two, GUS) == {alloy: AuditState.RELIED}
    with reading(street.one.registry.engine) as connection:
        (leaf,) = connection.exec_driver_sql("SELECT DISTINCT leaf FROM audit_leaves").scalars()
    refused = replace_state(bytes(leaf), AuditState.REFUSED)
    post_audit(street.one.registry, record_by_hand(street.one.registry, FAY, [refused], 2 * 10**9))
    street.audit(GUS)
    assert said(street.two, GUS) == {}
    assert ore not in said(street.two, GUS)


def replace_state(leaf: bytes, state: AuditState) -> bytes:
    read = AuditLeaf.parse(leaf)
    return AuditLeaf(read.issuance, read.output, read.certificate, state, read.inside, read.answers).to_bytes()


def test_auditors_that_say_different_things_close_nothing(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.trade()
    street.audit(EVA)
    with reading(street.one.registry.engine) as connection:
        (leaf,) = connection.exec_driver_sql("SELECT leaf FROM audit_leaves").scalars()
    read = AuditLeaf.parse(bytes(leaf))
    other = AuditLeaf(read.issuance, read.output, read.certificate, read.state, bytes(32), read.answers).to_bytes()
    post_audit(street.one.registry, record_by_hand(street.one.registry, FAY, [other], 2 * 10**9))
    assert waiting(street.audit(GUS)) == ["auditor.relied"]


# -- what an other registry answers, whatever it answers ---------------------------------------------------------------


def answering(street: Street, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> list[str]:
    """Return what Gus waits for where the other registry answers otherwise than it should."""
    street.one.publish()
    street.two.publish()
    auditor = street.auditor(GUS, street.two)
    asked = auditor.insides
    auditor = replace(auditor, insides=lambda *question: change(tuple(asked(*question))))
    auditor.round()
    assert said(street.two, GUS) == {}
    return waiting(auditor)


def refusing(texts: tuple[str, ...]) -> tuple[str, ...]:
    raise MissingError.at("audit.no-inside")


@pytest.mark.parametrize(
    "change",
    [
        lambda _: (),
        lambda texts: tuple(f"{text[:-4]}AAAA" for text in texts),
        lambda texts: ("", "é" * 100, "A" * 10**6, *(text[::-1] for text in texts)),
        refusing,
    ],
    ids=["nothing", "tampered", "random and oversized", "refused"],
)
def test_a_wrong_text_of_what_lies_inside_closes_nothing(
    tmp_path: Path, change: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> None:
    street = Street(tmp_path)
    street.trade()
    street.audit(EVA)
    assert answering(street, change) == ["auditor.relied"]


def test_wrong_bundles_of_another_registry_close_nothing(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.trade()
    foreign = street.dig("CON-2", CAT)
    street.audit(EVA)
    street.two.publish()
    right = street.auditor(GUS, street.two)

    def reading_of(change: Callable[[bytes], bytes]) -> Auditor:
        def read(registry: TrustedRegistry) -> Callable[[str], bytes]:
            own = right.read(registry)
            return lambda path: change(own(path)) if path.startswith("v1/") else own(path)

        return replace(right, read=read)

    changes: dict[str, Callable[[bytes], bytes]] = {
        "nothing": lambda _: b"",
        "random": lambda _: os.urandom(500),
        "not a bundle": lambda _: b'{"t":"end","lines":1}\n',
        "cut": lambda raw: raw[: len(raw) // 2],
        "of another certificate": lambda _: public(street.one, f"v1/certificates/{foreign}/bundle"),
        "without records": lambda raw: b"".join(
            line for line in raw.splitlines(keepends=True) if b'"t":"audit"' not in line
        ),
        "altered": lambda raw: raw.replace(b'"path":["', b'"path":["A', 1),
    }
    for name, change in changes.items():
        auditor = reading_of(change)
        auditor.round()
        assert (waiting(auditor), said(street.two, GUS)) == (["auditor.relied"], {}), name
    right.round()
    assert waiting(right) == []


def test_only_who_knows_a_holding_of_the_batch_is_told_what_lies_inside(tmp_path: Path) -> None:
    street = Street(tmp_path)
    ore, alloy = street.trade()
    other = street.dig("CON-2", CAT)
    street.audit(EVA)
    with reading(street.one.registry.engine) as connection:
        rows = connection.exec_driver_sql("SELECT text, owner FROM holdings").all()
    hers = [text for text, owner in rows if owner in {ANN, BEN}]
    cats = [text for text, owner in rows if owner == CAT]
    assert {insides(street.one.registry, ore, text) for text in hers} == {insides(street.one.registry, ore, hers[0])}
    for digest, holding in ((ore, cats[0]), (other, hers[0]), (alloy, hers[0]), (ore, "A" * 90), (alloy, "B" * 90)):
        assert code_of(partial(insides, street.one.registry, digest, holding)) == "audit.no-inside"


def test_a_record_brings_only_texts_of_its_own_leaves_and_each_once(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.trade()
    sent: list[SentAudit] = []
    street.one.publish()
    auditor = street.auditor(EVA, street.one)

    def send(body: bytes) -> None:
        sent.append(SentAudit.parse(body))
        auditor.send(body)

    for _ in range(2):
        replace(auditor, send=send).round()
        street.clock.now += HOUR_MS
        street.one.publish()
    assert [len(each.insides) for each in sent] == [1, 0]
    assert SentAudit.parse(sent[0].to_bytes()) == sent[0]
    by_hand = record_by_hand(street.one.registry, FAY, [])
    wrong = by_hand._replace(insides=sent[0].insides)
    assert code_of(lambda: post_audit(street.one.registry, wrong)) == "audit.inside"
    leaf = replace_inside(sent[0].leaves[0], "not a disclosure")
    unreadable = record_by_hand(street.one.registry, FAY, [leaf], 2)._replace(insides=("not a disclosure",))
    with pytest.raises(InputError):
        post_audit(street.one.registry, unreadable)


def replace_inside(leaf: bytes, text: str) -> bytes:
    from hashlib import sha256

    read, digest = AuditLeaf.parse(leaf), sha256(text.encode()).digest()
    return AuditLeaf(read.issuance, read.output, read.certificate, read.state, digest, read.answers).to_bytes()


# -- evidence from bundles of two times --------------------------------------------------------------------------------


def test_two_records_of_one_number_in_bundles_of_two_times_are_proven_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = Street(tmp_path)
    ore = street.dig("CON-1", ANN)
    registry, trust = street.one.registry, trusted(street.one.registry)
    monkeypatch.setattr(audited, "_check_after", lambda *_: None)  # a registry that colludes logs both
    bundles = []
    for state in (AuditState.RIGHT, AuditState.REFUSED):
        with writing(registry.engine) as connection:
            connection.exec_driver_sql("DELETE FROM audits")
            connection.commit()
        post_audit(registry, record_by_hand(registry, EVA, leaves_of(registry, state), 5))
        street.one.publish()
        bundles.append(street.one.bundle(ore, "public"))

    def anew(head: str, index: int) -> tuple[str, Proof]:
        log = PublishedLog.at(street.one.place, head, trust=trust, registry=ONE, now_ms=street.clock.now)
        return log.note, log.proof(index)

    judging = Judging(TABLES, release_digest())
    assert accusations(bundles, trust, judging) == [], "their proofs lead to two heads"
    (found,) = accusations(bundles, trust, judging, anew)
    assert (found.conviction.auditor, found.conviction.problem.code) == (EVA, "evidence.audit-twice")

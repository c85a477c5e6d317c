"""Issuing at a registry with the producer's own key: ask, sign here, keep the bytes, send, send again.

Rules:

1. (a) holdings of exactly each input's mass; then the run is computed, here, and what is refused asks for nothing more; a statement that
   nobody has entered is entered only then, by a run of its own; (b) a status place for each certificate; then signing, here; (c) the
   signed bytes to disk; (d) sent; (e) in any doubt the same bytes again.  Where a run's bytes are kept, they are what is sent, also after
   a refusal.  It is signed anew only where the registry says that they ran out before they were logged (`issue.late`): then they never
   can be.  Whatever else it says, such as that a lot was corrected since, is its word alone, and whoever signed twice would have two runs
   for one lot in its hands.
2. What is asked for is keyed by the record, so asking again after a crash gets the same: places on the same day, since a day is how long
   a place is kept to be signed at.  For a run that is signed anew it is keyed by the bytes that ran out.
3. What the registry answers is held against what was signed here.  Signed bytes are sent without a key: they are known by themselves, and
   what was undone since is to be told, not the answer that was kept.

What this module does not do: it verifies no upstream certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

import orjson
from pydantic import Field

from ledger.claims.draft import earlier_of
from ledger.instruments import entering, wanted_of
from ledger.ready import check_number, check_signable
from ledger.remote.client import said
from ledger.seal.digest import certificate_digest
from ledger.seal.sdjwt import open_certificate
from ledger.sign import Allotted, Producer, draft_run, foresee_run, sign_run
from schemas.certificate import Facility, Issuer
from schemas.document import Written
from schemas.door import parse_document, parse_json, validated
from schemas.holding import Use
from schemas.identifier import CertificateDigest, Digest, HoldingText, Index, RegistryId
from schemas.instant import instant_text, whole_second
from schemas.lot import Lot
from schemas.problem import CheckError, MissingError, Problem, RefusedError
from schemas.quantity import Amount6, kg_text, milligrams
from schemas.requests import SignedIssuance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.footprint.factors import FactorTables
    from ledger.instruments import Wanted
    from ledger.remote.client import Remote
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.seal.signer import Signer
    from ledger.sealing import Sealing
    from ledger.sign import SignedRun
    from schemas.certificate import CertificateRecord
    from schemas.door import JsonValue
    from schemas.record import ProductionRecord

MOST_SIGNED_BYTES: Final = 4 * 1024 * 1024
"""A run of 250 inputs and 64 outputs, signed."""


class _Holding(Written):
    creator: Digest
    holding: HoldingText
    mass_kg: Amount6


class _Split(Written):
    lot: Lot
    certificate: CertificateDigest
    holdings: Annotated[tuple[_Holding, ...], Field(min_length=1)]


class Place(Written):
    """A place in the status lists of a registry."""

    list: Index
    index: Index


class Places(Written):
    """Places that a registry keeps for who asked."""

    entries: tuple[Place, ...]


class Statement(Written):
    """Where a scheme's statement stands for who asked: its lot and that lot's certificate, or the undo that freed it, or nothing."""

    lot: Lot | None = None
    certificate: CertificateDigest | None = None
    after: Digest | None = None


class Membership(Written):
    """What a registry knows of a party: itself, how the party names itself, its plants."""

    registry: RegistryId
    issuer: Issuer
    facilities: tuple[Facility, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """What a producer signs with, beside its key: `keep(name, bytes)` is durable on return, `kept(name)` finds it again.

    `note(rule, sentence)` is told the flags that don't stand in the way, once what raised them is logged: those of the run itself as long as
    it is at hand, and what only the registry knows.
    """

    remote: Remote
    signer: Signer
    tables: FactorTables
    sealing: Callable[[str], Sealing]
    keep: Callable[[str, bytes], None]
    kept: Callable[[str], bytes | None]
    note: Callable[[str, str], None] = lambda _rule, _sentence: None


def issue_at(office: Office, record: ProductionRecord) -> tuple[tuple[str, str], ...]:
    """Issue a record at its registry; return lot and text of each certificate, with every disclosure.

    Raises:
        RefusedError: `remote.refused`, and what `ledger.ready.check_signable` and the draft refuse; StateError: `remote.unreachable`: send again, same bytes;
        CheckError: `remote.otherwise`, when the answer isn't about what was signed.

    """
    asked = sha256(record.model_dump_json(exclude_none=True).encode()).hexdigest()
    name = f"{asked[:16]}.signed.json"
    before = office.kept(name)
    if before is not None:
        try:
            return _sent(office, before, name)
        except RefusedError as refusal:
            if not _ran_out(refusal):
                raise
            asked = sha256(before).hexdigest()
    # A crash from here on: the next try asks for the same and signs it; what ran out is refused to it, too.
    made = _signed(office, record, asked)
    body = made.signed.model_dump_json().encode()
    office.keep(name, body)
    # A crash from here on: the bytes are kept, and the next try sends them again.
    issued = _sent(office, body, name)
    for each in made.findings:
        office.note(each.rule.id, each.problem.sentence())
    return issued


def _ran_out(refusal: RefusedError) -> bool:
    """Tell whether a registry says that what was sent can't be logged any more, and was not."""
    return any(each.facts.get("theirs") == "issue.late" for each in refusal.problems)


def _sent(office: Office, body: bytes, name: str) -> tuple[tuple[str, str], ...]:
    """Send what was signed and is kept as `name`; return lot and text of each certificate."""
    signed = validated(SignedIssuance, parse_json(body, max_bytes=MOST_SIGNED_BYTES, max_string=MOST_SIGNED_BYTES))
    # each certificate is answered with all that the run says
    remote = replace(office.remote, most=office.remote.most + len(signed.certificates) * len(body))
    try:
        answer = remote.post("/v1/certificates", body)
    except RefusedError as refusal:
        last = open_certificate(f"{signed.certificates[0]}~").record.not_logged_after
        raise RefusedError(*refusal.problems, Problem.at("issue.kept", file=name, last=last)) from refusal
    mine = {certificate_digest(jws): jws for jws in signed.certificates}
    if [each.get("digest") for each in _listed(answer, "certificates")] != list(mine):
        raise CheckError.at("remote.otherwise", host=office.remote.host)
    for each in _listed(answer, "notes"):
        office.note(said(each.get("rule")), said(each.get("sentence")))
    texts = ["~".join((jws, signed.run, *signed.disclosures, "")) for jws in mine.values()]
    return tuple((open_certificate(text).record.batch.lot, text) for text in texts)


def _listed(answer: JsonValue, name: str) -> list[dict[str, JsonValue]]:
    """Return the objects that an answer lists under a name."""
    listed = answer.get(name) if isinstance(answer, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _signed(office: Office, record: ProductionRecord, asked: str) -> SignedRun:
    """Ask for what is needed, and sign."""
    member = parse_document(Membership, office.remote.get("/v1/party"))
    plants = {each.id: each for each in member.facilities}
    if record.facility not in plants:
        raise MissingError.at("issue.not-your-plant", "facility", producer=record.producer, facility=record.facility)
    sealing = office.sealing(member.registry)
    check_signable(record, now_ms=sealing.now_ms)
    producer = Producer(member.issuer, plants[record.facility], office.signer)
    earlier = earlier_of(record, partial(_certificate, office.remote))
    allotted = _allotted(office, record, asked, producer)
    made = draft_run(record, allotted, producer=producer, tables=office.tables, earlier=earlier)
    return sign_run(
        record,
        made,
        allotted,
        producer=producer,
        places=_places(office.remote, len(made.certified), asked, now_ms=sealing.now_ms),
        sealing=sealing,
    )


def _places(remote: Remote, count: int, asked: str, *, now_ms: int) -> list[tuple[int, int]]:
    """Return places in the status lists (rule 2)."""
    key = f"places-{instant_text(whole_second(now_ms))[:10]}-{asked}"
    kept = validated(Places, remote.post("/v1/status-entries", orjson.dumps({"count": count}), key=key))
    return [(each.list, each.index) for each in kept.entries]


def _allotted(office: Office, record: ProductionRecord, asked: str, producer: Producer) -> list[Allotted]:
    """Return the holdings of each input and of the kWh that each statement gives, with the certificates of their lots.

    A statement that stands entered by nobody is entered for this run, once that is computed: what is refused enters none.
    """
    goods: list[Allotted] = []
    for number, item in enumerate(record.inputs):
        lot = item.certificate or item.lot or ""
        goods += _split(office.remote, lot, f"{item.mass} kg", f"inputs[{number}]", key=f"split-{number}-{asked}")
    statements = wanted_of(record)
    check_number(len(goods) + len(statements))
    found = [_stands(office.remote, wanted) for wanted in statements]
    keys = [f"power-{number}-{asked}" for number in range(len(statements))]
    power = [
        [] if stands.lot is None else _power(office.remote, stands.lot, wanted, key=key)
        for wanted, stands, key in zip(statements, found, keys, strict=True)
    ]
    new = {
        number: entering(record, statements[number], stands.after)
        for number, stands in enumerate(found)
        if stands.lot is None
    }
    if new:
        pairs = [(statements[number], entry) for number, entry in new.items()]
        foresee_run(record, [*goods, *chain(*power)], pairs, producer=producer, tables=office.tables)
    for number, entry in new.items():
        issue_at(office, entry)
        power[number] = _power(office.remote, entry.outputs[0].lot, statements[number], key=keys[number])
    allotted = [*goods, *chain(*power)]
    check_number(len(allotted))
    return allotted


def _stands(remote: Remote, wanted: Wanted) -> Statement:
    """Return where a statement stands that lines draw from."""
    scheme, statement = quote(wanted.item.scheme, safe=""), quote(wanted.item.statement, safe="")
    return parse_document(Statement, remote.get(f"/v1/instruments?scheme={scheme}&statement={statement}"))


def _power(remote: Remote, lot: str, wanted: Wanted, *, key: str) -> list[Allotted]:
    """Return what is wanted of a statement, out of its lot; it must have been entered in the words of the lines."""
    held = list(_split(remote, lot, f"{kg_text(wanted.mwh)} kWh", "electricity", key=key))
    for each in held:
        entry = each.upstream.record.instrument
        if entry is not None:
            wanted.check_said(entry, milligrams(each.upstream.record.batch.net_mass_kg))
    return held


def _split(remote: Remote, lot: str, amount: str, place: str, *, key: str) -> Iterator[Allotted]:
    """Yield holdings of a lot that have just this amount together."""
    split = validated(_Split, remote.post("/v1/splits", orjson.dumps({"lot": lot, "mass": amount}), key=key))
    upstream = _opened(remote, split.certificate, place)
    for piece, held in enumerate(split.holdings):
        yield Allotted(upstream, Use(creator=held.creator, holding=held.holding), milligrams(held.mass_kg), piece)


def _certificate(remote: Remote, digest: str) -> CertificateRecord:
    """Return what a certificate says; raise MissingError `store.record-missing` where the registry doesn't have it."""
    try:
        return _opened(remote, digest).record
    except RefusedError as refusal:
        if refusal.problems[0].facts["theirs"] == "api.not-found":
            raise MissingError.at("store.record-missing") from refusal
        raise


def _opened(remote: Remote, digest: str, place: str = "") -> OpenCertificate:
    """Return a certificate as the public sees it."""
    text = remote.get(f"/v1/certificates/{quote(digest)}").decode("ascii")
    opened = open_certificate(f"{text.partition('~')[0]}~")
    if opened.digest != digest:
        raise CheckError.at("remote.otherwise", place, host=remote.host)
    return opened

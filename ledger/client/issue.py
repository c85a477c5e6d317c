"""Issue at a registry with the producer's own key: ask, sign here, keep the bytes, send, send again.

Rules:

1. The order of the steps:

   a. Ask for holdings of exactly each input's mass, and compute the run here. A run that is refused asks for nothing
      more. Only now enter each statement that nobody has entered, by a run of its own.
   b. Ask for a status place for each certificate, and sign here.
   c. Write the signed bytes to disk.
   d. Send them.
   e. In any doubt send the same bytes again.

   Where bytes of a run are on disk, these are sent, also after a refusal. A run is signed anew only where the registry
   says that the bytes ran out before they were logged (`issue.late`), because then they never can be logged. Every
   other reason, such as a correction of the lot, is the registry's word alone: a producer who signed twice would put
   two runs for one lot into its hands.
2. The record is the idempotency key of all that is asked for, so a client that asks again after a crash gets the same
   answer. Places are the same for a day, since a place is kept for a signature for a day. For a run that is signed anew
   the key is made of the bytes that ran out.
3. The registry's answer is compared with what was signed here. Signed bytes are sent without an idempotency key: the
   registry knows them by their digest, and it shall answer whether the run was undone since, instead of repeating its
   first answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import Final, NamedTuple
from urllib.parse import quote

import orjson

from ledger.claims.draft import earlier_certificates
from ledger.client.registry import certificate_at, member_at, places_at, record_at, theirs
from ledger.factors.tables import FactorTables
from ledger.issuing.prepare import check_number, check_signable
from ledger.issuing.signing import InputHolding, Producer, Sealing, SignedRun, draft_run, foresee_run, sign_run
from ledger.lots.energy_instruments import StatementDraw, entering, wanted_of
from ledger.remote.client import RemoteServer, foreign_text
from ledger.seal.digest import certificate_digest
from ledger.seal.sdjwt import open_certificate
from ledger.seal.signer import Signer
from schemas.answers.certificates import IssueAnswer
from schemas.answers.life import EnteredStatement, SplitAnswer
from schemas.door import parse_document, parse_json, validated
from schemas.holding import Use
from schemas.instant import time_text
from schemas.problem import CheckError, MissingError, Problem, RefusedError
from schemas.quantity import kg_text, milligrams
from schemas.record import ProductionRecord
from schemas.requests import SignedIssuance

MOST_SIGNED_BYTES: Final = 4 * 1024 * 1024
"""A run of 250 inputs and 64 outputs, signed."""


@dataclass(frozen=True, slots=True)
class IssuingClient:
    """A producer's tools for issuing. `keep(name, bytes)` is durable on return, `kept(name)` returns the bytes.

    `note(rule, sentence)` is told the flags that do not prevent issuance, once what raised them is logged: those of the
    run itself as long as it is at hand, and what only the registry knows.
    """

    remote: RemoteServer
    signer: Signer
    tables: FactorTables
    sealing: Callable[[str], Sealing]
    keep: Callable[[str, bytes], None]
    kept: Callable[[str], bytes | None]
    note: Callable[[str, str], None] = lambda _rule, _sentence: None


def issue_at(office: IssuingClient, record: ProductionRecord) -> tuple[tuple[str, str], ...]:
    """Issue a record at its registry; return lot and text of each certificate, with every disclosure.

    Raises:
        RefusedError: `remote.refused`, and what `ledger.issuing.prepare.check_signable` and the draft refuse;
            StateError: `remote.unreachable`: send again, same bytes;
        CheckError: `remote.otherwise`, when the answer isn't about what was signed.
    """
    asked = sha256(record.model_dump_json(exclude_none=True).encode()).hexdigest()
    name = f"{asked[:16]}.signed.json"
    before = office.kept(name)
    if before is not None:
        try:
            return send_kept(office, before, name).certificates
        except RefusedError as refusal:
            if "issue.late" not in theirs(refusal):
                raise
            asked = sha256(before).hexdigest()
    # A crash from here on: the next try asks for the same and signs it; what ran out is refused to it, too.
    made = _signed(office, record, asked)
    body = made.signed.model_dump_json().encode()
    office.keep(name, body)
    # A crash from here on: the bytes are kept, and the next try sends them again.
    issued = send_kept(office, body, name).certificates
    for each in made.findings:
        office.note(each.rule.id, each.problem.sentence())
    return issued


class Sent(NamedTuple):
    """Lot and text, with every disclosure, of each certificate of a signed run; `unchanged` if logged before."""

    certificates: tuple[tuple[str, str], ...]
    unchanged: bool


def send_kept(office: IssuingClient, body: bytes, name: str, path: str = "/v1/certificates") -> Sent:
    """Send the signed issuance that is stored as `name`.

    Raises:
        RefusedError: `remote.refused`; StateError: `remote.unreachable`: send again, same bytes;
        CheckError: `remote.otherwise`, when the answer isn't about what was signed.
    """
    signed = validated(SignedIssuance, parse_json(body, max_bytes=MOST_SIGNED_BYTES, max_string=MOST_SIGNED_BYTES))
    # each certificate is answered with all that the run says
    remote = replace(office.remote, most=office.remote.most + len(signed.certificates) * len(body))
    try:
        answer = validated(IssueAnswer, remote.post(path, body))
    except RefusedError as refusal:
        last = open_certificate(f"{signed.certificates[0]}~").record.not_logged_after
        raise RefusedError(*refusal.problems, Problem.at("issue.kept", file=name, last=last)) from refusal
    mine = {certificate_digest(jws): jws for jws in signed.certificates}
    if [each.digest for each in answer.certificates] != list(mine):
        raise CheckError.at("remote.otherwise", host=office.remote.host)
    for each in answer.notes:
        office.note(foreign_text(each.rule), foreign_text(each.sentence))
    texts = ["~".join((jws, signed.run, *signed.disclosures, "")) for jws in mine.values()]
    made = tuple((open_certificate(text).record.batch.lot, text) for text in texts)
    return Sent(made, answer.unchanged)


def _signed(office: IssuingClient, record: ProductionRecord, asked: str) -> SignedRun:
    """Ask the registry for the data that signing needs, and sign."""
    producer, sealing = producer_of(office, record)
    earlier = earlier_certificates(record, partial(record_at, office.remote))
    allotted = _allotted(office, record, asked, producer)
    made = draft_run(record, allotted, facility=producer.facility, tables=office.tables, earlier=earlier)
    return sign_run(
        record,
        made,
        allotted,
        producer=producer,
        places=places_for(office.remote, len(made.certified), asked, now_ms=sealing.now_ms),
        sealing=sealing,
    )


def producer_of(office: IssuingClient, record: ProductionRecord) -> tuple[Producer, Sealing]:
    """Return the producer of a record, as its registry knows it, and what seals for it now.

    Raises:
        MissingError: `issue.not-your-plant`, and what `check_signable` refuses; RefusedError: `remote.refused`.
    """
    member = member_at(office.remote)
    plants = {plant.id: plant for plant in member.facilities}
    if record.facility not in plants:
        raise MissingError.at("issue.not-your-plant", "facility", producer=record.producer, facility=record.facility)
    sealing = office.sealing(member.registry)
    check_signable(record, now_ms=sealing.now_ms)
    return Producer(member.issuer, plants[record.facility], office.signer), sealing


def places_for(remote: RemoteServer, count: int, asked: str, *, now_ms: int) -> list[tuple[int, int]]:
    """Return places in the status lists for the request (rule 2)."""
    return places_at(remote, count, key=f"places-{time_text(now_ms)[:10]}-{asked}")


def _allotted(office: IssuingClient, record: ProductionRecord, asked: str, producer: Producer) -> list[InputHolding]:
    """Return the holdings of each input and of the kWh that each statement gives, with the certificates of their lots.

    A statement that stands entered by nobody is entered for this run, once that is computed: what is refused enters
    none.
    """
    goods: list[InputHolding] = []
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
        foresee_run(record, [*goods, *chain(*power)], pairs, facility=producer.facility, tables=office.tables)
    for number, entry in new.items():
        issue_at(office, entry)
        power[number] = _power(office.remote, entry.outputs[0].lot, statements[number], key=keys[number])
    allotted = [*goods, *chain(*power)]
    check_number(len(allotted))
    return allotted


def _stands(remote: RemoteServer, wanted: StatementDraw) -> EnteredStatement:
    """Return the state of a statement that lines draw from."""
    scheme, statement = quote(wanted.item.scheme, safe=""), quote(wanted.item.statement, safe="")
    return parse_document(EnteredStatement, remote.get(f"/v1/instruments?scheme={scheme}&statement={statement}"))


def _power(remote: RemoteServer, lot: str, wanted: StatementDraw, *, key: str) -> list[InputHolding]:
    """Return what is wanted of a statement, out of its lot; it must have been entered in the words of the lines."""
    held = list(_split(remote, lot, f"{kg_text(wanted.mwh)} kWh", "electricity", key=key))
    for each in held:
        entry = each.upstream.record.instrument
        if entry is not None:
            wanted.check_said(entry, milligrams(each.upstream.record.batch.net_mass_kg))
    return held


def _split(remote: RemoteServer, lot: str, amount: str, place: str, *, key: str) -> Iterator[InputHolding]:
    """Yield holdings of a lot that have just this amount together."""
    split = validated(SplitAnswer, remote.post("/v1/splits", orjson.dumps({"lot": lot, "mass": amount}), key=key))
    upstream = certificate_at(remote, split.certificate, place)
    for piece, held in enumerate(split.holdings):
        yield InputHolding(upstream, Use(creator=held.creator, holding=held.holding), milligrams(held.mass_kg), piece)

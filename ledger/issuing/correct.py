"""Correcting: an issuance that follows another, with better words or better inventory lines, for the same batches.

Rules:

1. What may change and what repeats is the same whoever signs (`ledger.issuing.correction`).
2. An issuance is followed once, by one that may be followed once: its entry has the successor's mark and no other, and creates
   no holding.  It ends every certificate it follows with its refresh bit in the same entry.
3. What was made of the lot before keeps the certificate that it cites; verifiers warn.  What is drawn from now on cites the
   latest one.
4. The record that the latest certificate answers gets the same answer again.
5. A correction is signed first, with the key that is kept here or by its producer, and then goes the one way into the log
   (`ledger.issuing.submission`).

What this module does not do: correcting what is withdrawn, suspended or undone.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.issuing.correction import Before, Known, Taken, draft_correction, sign_correction
from ledger.issuing.issue import Issued, issued_before, prepared
from ledger.issuing.own_key import Producer
from ledger.issuing.prepare import Bench, Ready, opened, request_digest
from ledger.issuing.submission import open_brought
from ledger.lots.lineage import first_certificate, jws_of, lineage
from ledger.registry.append import append
from ledger.registry.lists import publish_status
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.lots import issued_requests, lots_at, lots_of_issuance
from ledger.store.parties import facilities
from ledger.store.reading import certificates_of
from schemas.answers.life import Followed
from schemas.lot import normal_lot
from schemas.problem import AccessError, MissingError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.factors.tables import FactorTables
    from ledger.registry.registry import OpenRegistry
    from ledger.seal.sdjwt import OpenRun
    from ledger.seal.signer import SoftwareSigner
    from schemas.record import ProductionRecord


def correct(
    registry: OpenRegistry, record: ProductionRecord, *, tables: FactorTables, status: SoftwareSigner
) -> Issued:
    """Correct the certificates of a run by a record of the same lots; `status` is the registry's status key.

    Raises:
        RefusedError: `life.correct-*`, `life.withdrawn`, `life.suspended`, `life.undone`, `life.uncertified`, `issue.*`,
            and what `ledger.drafting.draft` refuses.

    """
    with append(registry) as transaction:
        connection = transaction.connection
        before = before_of(connection, record.facility, [output.lot for output in record.outputs])
        bench = Bench.begin(registry, connection, tables, [record], now_ms=transaction.now_ms)
        bench.check_producer(record)
        request = _request(connection, record, before)
        if request is None:
            issued = issued_before(registry, connection, digest_bytes(before.latest))
        else:
            ready = prepared(_follow(bench, record, before, request))
            issued = ready.made(transaction.log(*ready.postings))
    # A crash here: it is corrected, and the lists don't show it yet; the next `publish_status` finds them changed.
    publish_status(registry, signer=status, public=status.public)
    return issued


def followed_of(registry: OpenRegistry, facility: str, lots: Sequence[str], *, producer: str) -> Followed:
    """Return what a correction of a plant's lots repeats, for a producer that signs it with its own key.

    Raises:
        AccessError: `api.tenant`, for another party's plant; RefusedError: as `correct`.

    """
    with reading(registry.engine) as connection:
        owner, _ = facilities(connection).get(facility, ("", None))
        if owner != producer:
            raise AccessError.at("api.tenant")
        before = before_of(connection, facility, lots)
    return Followed(
        issuances=before.issuances,
        certificates=tuple(each.jws.text for each in before.certificates),
        disclosures=before.texts,
    )


def before_of(connection: Connection, facility: str, named: Sequence[str]) -> Before:
    """Return what a correction of a plant's lots follows: the run that made them, all of them in their order, as it is known now.

    Raises:
        RefusedError: `life.correct-lots`, `life.uncertified`, `life.withdrawn`, `life.suspended`, `life.undone`.

    """
    wanted = [(facility, normal_lot(lot)) for lot in named]
    known = lots_at(connection, wanted)
    for index, (place, lot) in enumerate(zip(wanted, named, strict=True)):
        if place not in known:
            raise RefusedError.at(
                "life.correct-lots", f"outputs[{index}].lot", reason=f"{lot} was never issued from this plant"
            )
    lots = lots_of_issuance(connection, known[wanted[0]].issuance)
    if [(lot.facility, lot.lot_normal) for lot in lots] != wanted:
        names = ", ".join(lot.lot for lot in lots)
        raise RefusedError.at("life.correct-lots", "outputs", reason=f"the run made {names}")
    lives = [lineage(connection, lot) for lot in lots if lot.certificate is not None]
    if not lives:
        raise RefusedError.at("life.uncertified")
    for life in lives:
        life.check_changeable()
    issuances = lives[0].issuances
    stored = certificates_of(connection, issuances[-1])
    run = open_certificate(stored[0].text).run
    if run is None:
        raise MissingError.at("store.record-missing")
    return Before(
        tuple(map(to_base64url, issuances)),
        tuple(opened(each.row.jws) for each in stored),
        run,
        tuple(stored[0].disclosures),
        tuple(_taken(connection, run)),
    )


def _taken(connection: Connection, run: OpenRun) -> Iterator[Taken]:
    for shown in run.inputs:
        if shown is not None and shown.source is not None:
            jws = jws_of(connection, certificate_digest_bytes(shown.source.certificate))
            yield Taken(shown.value, shown.source, opened(jws).record)


def _request(connection: Connection, record: ProductionRecord, before: Before) -> bytes | None:
    """Return under which digest the record is kept, or None if the latest issuance answers it already (rule 4).

    One that an earlier issuance answered, and that is gone back to, is kept under another digest.
    """
    plain = request_digest(record)
    again = [sha256(b"again" + digest_bytes(issuance) + plain).digest() for issuance in before.issuances]
    known = issued_requests(connection, [plain, *again])
    if digest_bytes(before.latest) in known.values():
        return None
    return plain if plain not in known else again[-1]


def _follow(bench: Bench, record: ProductionRecord, before: Before, request: bytes) -> Ready:
    """Compute and sign the issuance that follows, and put together what is to be logged (rule 5)."""
    connection, did = bench.connection, record.producer

    def same(one: str, other: str) -> bool:
        first, second = (first_certificate(connection, certificate_digest_bytes(each)) for each in (one, other))
        return first == second

    producer = Producer(bench.issuers[did], bench.facilities[record.facility][1], bench.signers[did])
    known = Known(producer, bench.tables, bench.earlier(record), same, bench.gains.check)
    drafted = draft_correction(record, before, known)
    places = [bench.places.take() for _ in drafted.certified]
    made = sign_correction(record, before, drafted, producer=producer, places=places, sealing=bench.sealing)
    brought = open_brought(made.signed)
    posting = brought.posting(before.alone_in(brought.run)).also([(schema.REQUESTS, (request, brought.issuance))])
    return Ready((posting,), brought.issuance, brought.issued, made.findings)

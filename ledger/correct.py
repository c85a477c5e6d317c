"""Correcting: an issuance that follows another, with better words or better inventory lines, for the same batches.

Rules:

1. Words (description, HS code, issuer's names, notes) and inventory lines with the figures that follow from them may change.
   Producer, registry, run, plant, step, period, methods, inputs, outputs, masses, compositions, prices and holdings repeat,
   inputs and outputs text for text; any other difference is refused, each with what it was and what it is now.
2. An issuance is followed once, by one that may be followed once: its entry has the successor's mark and no other, and creates
   no holding.  It ends every certificate it follows with its refresh bit in the same entry.
3. What was made of the lot before keeps the certificate that it cites; verifiers warn.  What is drawn from now on cites the
   latest one.
4. The record that the latest certificate answers gets the same answer again.

What this module does not do: correcting what is withdrawn, suspended or undone.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from ledger.append import Posting, append
from ledger.claims.draft import draft_with_claims
from ledger.footprint.draft import Upstream, piece_of
from ledger.footprint.inventory import is_goods
from ledger.holdings.mark import successor
from ledger.instruments import named_alone, wanted_of
from ledger.issuance import certified, content_of, issuance_rows, values_of
from ledger.issue import Issued, issued_before
from ledger.lineage import first_certificate, jws_of, lineage
from ledger.log.entry import Purpose, StatusBit
from ledger.publish import publish_status
from ledger.ready import Bench, Ready, issued_certificates, opened, request_digest
from ledger.seal.certificate import seal_following_run
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.lots import issued_requests, lots_at, lots_of_issuance
from ledger.store.reading import certificates_of
from ledger.withdraw import ended
from schemas.certificate import Follows
from schemas.document import altered
from schemas.lot import normal_lot
from schemas.problem import MissingError, Problem, RefusedError
from schemas.quantity import kg_text, milligrams, trillionths, trillionths_text
from schemas.run import RunFollows
from schemas.written import WrittenInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.append import Request, Slot
    from ledger.book import Book
    from ledger.footprint.draft import CertifiedDraft, Draft
    from ledger.footprint.factors import FactorTables
    from ledger.instruments import Key
    from ledger.seal.sdjwt import OpenRun
    from ledger.seal.signer import SoftwareSigner
    from ledger.store.reading import StoredCertificate
    from schemas.certificate import Batch, CertificateRecord
    from schemas.inventory import Cancelled
    from schemas.record import ProductionRecord
    from schemas.run import InputFacts, Source


class _Taken(NamedTuple):
    """An input as it was: what was taken, of what, and that batch's certificate."""

    facts: InputFacts
    source: Source
    upstream: CertificateRecord


class _Before(NamedTuple):
    """What is corrected: its issuances, the first one first, the latest certificates, the run they share, all shown, and what it took."""

    issuances: tuple[bytes, ...]
    certificates: tuple[StoredCertificate, ...]
    run: OpenRun
    taken: tuple[_Taken, ...]

    @property
    def latest(self) -> bytes:
        """The record digest of the issuance that is followed."""
        return self.issuances[-1]

    @property
    def drawn(self) -> list[tuple[Cancelled, int]]:
        """What its lines drew, of which statement, in mWh."""
        pairs = ((each.upstream.instrument, milligrams(each.facts.mass_kg)) for each in self.taken)
        return [(said, mwh) for said, mwh in pairs if said is not None]

    def alone(self, record: ProductionRecord) -> list[Key]:
        """Return the statements that the record names and that it and this run draw from no lot, as old runs do; or that it enters."""
        named = named_alone(self.run, [said for said, _ in self.drawn])
        own = [] if record.instrument is None else [record.instrument.key]
        return own + [each.key for each in wanted_of(record) if each.key in named]


_Pair = tuple[str, str, object, object]
"""Something that must repeat: its place, what it is, how it was, how it is now."""


def correct(book: Book, record: ProductionRecord, *, tables: FactorTables, status: SoftwareSigner) -> Issued:
    """Correct the certificates of a run by a record of the same lots; `status` is the registry's status key.

    Raises:
        RefusedError: `life.correct-*`, `life.withdrawn`, `life.suspended`, `life.undone`, `life.uncertified`, `issue.*`,
            and what `ledger.footprint.draft` refuses.

    """
    found: list[Issued] = []
    made: list[Ready] = []

    def prepare(connection: Connection, slot: Slot) -> list[Request]:
        before = _before(connection, record)
        bench = Bench.begin(book, connection, tables, [record], now_ms=slot.now_ms)
        bench.check_producer(record)
        request = _request(connection, record, before)
        if request is None:
            found.append(issued_before(book, connection, before.latest))
            return []
        drafted = _drafted(bench, record, before)
        made.append(_follow(bench, record, before, drafted, request))
        return [made[0].request]

    logged = append(book, prepare)
    logged.raise_refusal()
    # A crash here: it is corrected, and the lists don't show it yet; the next `publish_status` finds them changed.
    publish_status(book, signer=status, public=status.public)
    if found:
        return found[0]
    ready = made[0]
    return Issued(
        ready.issuance,
        ready.certificates,
        logged.head,
        lambda: logged.proof(ready.issuance),
        findings=ready.findings,
    )


# -- what is corrected ---------------------------------------------------------------------------------------------


def _before(connection: Connection, record: ProductionRecord) -> _Before:
    """Return what a record corrects: the run that made its outputs, as it is known now."""
    wanted = [(record.facility, normal_lot(output.lot)) for output in record.outputs]
    known = lots_at(connection, wanted)
    for index, (place, output) in enumerate(zip(wanted, record.outputs, strict=True)):
        if place not in known:
            raise RefusedError.at(
                "life.correct-lots", f"outputs[{index}].lot", reason=f"{output.lot} was never issued from this plant"
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
    certificates = tuple(certificates_of(connection, issuances[-1]))
    run = open_certificate(certificates[0].text).run
    if run is None:
        raise MissingError.at("store.record-missing")
    return _Before(issuances, certificates, run, tuple(_taken(connection, run)))


def _request(connection: Connection, record: ProductionRecord, before: _Before) -> bytes | None:
    """Return under which digest the record is kept, or None if the latest issuance answers it already (rule 4).

    One that an earlier issuance answered, and that is gone back to, is kept under another digest.
    """
    plain = request_digest(record)
    again = [sha256(b"again" + issuance + plain).digest() for issuance in before.issuances]
    known = issued_requests(connection, [plain, *again])
    if before.latest in known.values():
        return None
    return plain if plain not in known else again[-1]


# -- what is the same ----------------------------------------------------------------------------------------------


def _drafted(bench: Bench, record: ProductionRecord, before: _Before) -> Draft:
    """Compute the corrected run on the inputs as they were, and hold that nothing else differs (rule 1)."""
    _check_repeated(_written_differences(record, before))
    goods, power = ([one for one in before.taken if is_goods(one.upstream) is kind] for kind in (True, False))
    pieces, upstream = _as_taken(bench.connection, record.inputs, goods)
    _check_instruments(record, before)
    pieces += tuple(WrittenInput.model_construct(mass=one.facts.mass_kg) for one in power)
    upstream += [Upstream(one.upstream, f"{one.source.certificate}#{piece}") for piece, one in enumerate(power)]
    record = record.model_copy(update={"inputs": pieces})
    plant, earlier = bench.facilities[record.facility][1], bench.earlier(record)
    drafted = draft_with_claims(record, upstream, facility=plant, tables=bench.tables, earlier=earlier)
    bench.gains.check(drafted.inventory, (each.identity.partition("#")[0] for each in upstream if is_goods(each.facts)))
    _check_repeated(_differences(drafted, before))
    return drafted._replace(certified=tuple(map(_as_before, drafted.certified, before.certificates)))


def _as_before(made: CertifiedDraft, stored: StoredCertificate) -> CertifiedDraft:
    """Return the draft of a certificate with its statement as it was entered, and the undo that had freed it."""
    return replace(made, instrument=opened(stored.row.jws).record.instrument)


def _check_instruments(record: ProductionRecord, before: _Before) -> None:
    """Hold that the lines draw from the statements that the run has drawn from, just as much; what old lines have alone they keep."""
    drawn: dict[Key, int] = {}
    for said, mwh in before.drawn:
        drawn[said.key] = drawn.get(said.key, 0) + mwh
    alone = before.alone(record)
    wanted = {each.key: each for each in wanted_of(record) if each.key not in alone}
    if {key: each.mwh for key, each in wanted.items()} != drawn:
        told = ", ".join(f"{kg_text(mwh)} kWh of {said.statement}" for said, mwh in before.drawn)
        raise RefusedError.at("life.correct-inputs", "electricity", reason=told or "it draws from no statement")
    for one in before.taken:
        if one.upstream.instrument is not None:
            wanted[one.upstream.instrument.key].check_said(
                one.upstream.instrument, milligrams(one.upstream.batch.net_mass_kg)
            )


def _check_repeated(pairs: Iterable[_Pair]) -> None:
    """Refuse everything that differs and may not, all of it at once."""
    problems = [
        Problem.at("life.correct-fixed", place, what=what, was=was, found=now)
        for place, what, was, now in pairs
        if was != now
    ]
    if problems:
        raise RefusedError(*problems)


def _taken(connection: Connection, run: OpenRun) -> Iterator[_Taken]:
    for shown in run.inputs:
        if shown is not None and shown.source is not None:
            jws = jws_of(connection, certificate_digest_bytes(shown.source.certificate))
            yield _Taken(shown.value, shown.source, opened(jws).record)


def _as_taken(
    connection: Connection, written: Sequence[WrittenInput], taken: Sequence[_Taken]
) -> tuple[tuple[WrittenInput, ...], list[Upstream]]:
    """Return the inputs as they were drawn, one a holding, if those written are the same."""
    pieces: list[WrittenInput] = []
    upstream: list[Upstream] = []
    left = list(taken)
    for index, item in enumerate(written):
        wanted, piece = milligrams(item.mass), 0
        while wanted > 0 and left and _is_named(connection, item, left[0]):
            one = left.pop(0)
            mass = milligrams(one.facts.mass_kg)
            wanted -= mass
            digest = one.source.certificate
            pieces.append(item.model_copy(update={"mass": kg_text(mass)}))
            upstream.append(Upstream(one.upstream, piece_of(digest, piece)))
            piece += 1
        if wanted:
            raise RefusedError.at("life.correct-inputs", f"inputs[{index}]", reason=_were(taken))
    if left:
        raise RefusedError.at("life.correct-inputs", "inputs", reason=_were(taken))
    return tuple(pieces), upstream


def _is_named(connection: Connection, item: WrittenInput, taken: _Taken) -> bool:
    """Tell whether a written input names the batch that was taken, by its lot or by one of its certificates."""
    if item.certificate is None:
        return normal_lot(item.lot or "") == normal_lot(taken.upstream.batch.lot)
    one, other = (certificate_digest_bytes(digest) for digest in (item.certificate, taken.source.certificate))
    return one == other or first_certificate(connection, one) == first_certificate(connection, other)


def _were(taken: Sequence[_Taken]) -> str:
    return ", ".join(f"{one.facts.mass_kg} kg of {one.upstream.batch.lot}" for one in taken) or "the run has none"


def _written_differences(record: ProductionRecord, before: _Before) -> Iterator[_Pair]:
    """Yield what must repeat and is written in the record, so that it is told before anything is computed."""
    run = before.run.value
    yield "run", "the run", run.run, record.run
    yield "producer", "the producer", run.producer, record.producer
    yield "step", "the step", run.step, record.step
    yield "period", "the period", run.period, record.period
    yield "gwp", "the GWP set", run.gwp, record.gwp
    yield "electricity_set", "the electricity set", run.electricity, record.electricity_set
    yield "allocation.method", "the allocation", run.allocation.method, record.allocation.method
    for index, (was, shown, output) in enumerate(zip(run.made, before.run.outputs, record.outputs, strict=True)):
        place = f"outputs[{index}]"
        yield f"{place}.mass", "the net mass", was.net_mass_kg, output.mass
        yield f"{place}.certify", "whether an output is certified", was.certified, output.certify
        yield f"{place}.allocate", "whether an output takes a share", was.allocated, output.allocate
        if shown is not None:
            yield f"{place}.lot", "the lot as printed", shown.lot, output.lot
            yield f"{place}.kind", "the kind", shown.kind, output.kind
            shares = {share.element: trillionths(share.fraction) for share in shown.composition}
            now = {element: trillionths(share) for element, share in output.composition.items()}
            for element in sorted(shares.keys() | now.keys()):
                was_share, share = (trillionths_text(known.get(element, 0)) for known in (shares, now))
                yield f"{place}.composition", f"the fraction of {element}", was_share, share


def _differences(drafted: Draft, before: _Before) -> Iterator[_Pair]:
    """Yield everything that must repeat once the run is computed again."""
    run = before.run.value
    yield "allocation", "the allocation", run.allocation, drafted.allocation
    for index, (was, made) in enumerate(zip(run.made, drafted.made, strict=True)):
        now, place = made(holding=was.holding), f"outputs[{index}]"
        for name, what in (
            ("elements", "the element masses"),
            ("price", "the price"),
        ):
            yield place, what, getattr(was, name), getattr(now, name)
    for index, (shown, output) in enumerate(zip(before.run.outputs, drafted.outputs, strict=True)):
        for name in ("composition", "origin"):
            yield f"outputs[{index}]", f"the {name}", getattr(shown, name, None), getattr(output, name)
    for stored, new in zip(before.certificates, drafted.certified, strict=True):
        old = opened(stored.row.jws).record
        place = f"outputs[{new.index}]"
        was_said = altered(old.instrument, after=None) if old.instrument else None
        yield place, "what the statement says", was_said, new.instrument
        yield place, "the chain of custody", old.custody, new.custody
        for name in ("moisture", "loss_on_ignition", "coating"):
            yield place, f"the {name.replace('_', ' ')}", _of(old.batch, name), _of(new.batch, name)


def _of(batch: Batch, name: str) -> object:
    return getattr(batch, name)


# -- what follows --------------------------------------------------------------------------------------------------


def _follow(bench: Bench, record: ProductionRecord, before: _Before, drafted: Draft, request: bytes) -> Ready:
    """Seal the issuance that follows, and put together what is to be logged (rule 2)."""
    run = before.run.value
    by_output = {each.row.output: each.row for each in before.certificates}
    ends = {output: ended(row) for output, row in by_output.items()}
    follows = RunFollows(
        record=to_base64url(before.latest),
        first_run=to_base64url(before.issuances[0]),
        ends=tuple(ends.get(output) for output in range(len(run.made))),
    )
    facts = bench.sealing.run_facts(record, drafted, [made.holding for made in run.made], follows)
    sealed_run = seal_following_run(
        facts,
        before=run,
        texts=before.certificates[0].disclosures,
        inventory=drafted.groups,
        new_salt=bench.sealing.salt,
    )
    sealed = {
        each.index: bench.certificate(
            record, each, sealed_run, Follows(record=follows.record, certificate=ends[each.index].certificate)
        )
        for each in drafted.certified
    }
    certificates = certified(sealed)
    content, issuance = content_of(digest_bytes(sealed_run.digest), values_of(len(run.made), certificates))
    posting = Posting(
        "issuance",
        issuance,
        content,
        marks=(successor(before.latest),),
        bits=tuple(StatusBit(end.list, end.index, Purpose.REFRESH, 1) for end in ends.values()),
        rows=(
            (schema.REQUESTS, (request, issuance)),
            *issuance_rows(issuance, sealed_run.texts, before.alone(record), certificates),
        ),
    )
    return Ready((posting,), issuance, issued_certificates(sealed), drafted.findings)

"""Taking in a run that its producer sealed and signed itself, with its own key.

Rules:

1. Nothing is believed: form, signatures, key, plant and kind, what every input uses, masses, figures and allocation are judged by the
   very checks of verification (`ledger.verify`), with the entry as it would stand in the log.
2. Everything is shown to the registry: a run with something withheld is refused.  Upstream certificates are this registry's own.
3. Each holding used is the producer's, unused, not offered to anybody, and of exactly the mass and lot that the run says; each status
   place is one kept for the producer; each lot is new in its plant; each holding created has a text of the producer's own.
   Seals come for every certificate or for none, and each says what its certificate says.
4. The same signed bytes again get the first answer; a second signature over the same holdings can never be logged.

What this module does not do: it computes and signs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.append import Posting, append
from ledger.bundle import lines_behind
from ledger.carrier.seal import check_seal, open_seal, verify_seal_against
from ledger.holdings.mark import commitment, open_holding, run_mark
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.instruments import Statements, check_home, named_alone, statement_of
from ledger.issuance import Certified, IssuedCertificate, batch_rows, content_of, issuance_rows, values_of
from ledger.issue import Issued, issued_before
from ledger.log.entry import Entry, Kind, blinded
from ledger.log.head import Head
from ledger.log.merkle import Frontier, leaf_hash, prove_inclusion
from ledger.seal.digest import digest_bytes, text_digest, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.stock import Stock, check_in_force
from ledger.store.abroad import pinned_notes
from ledger.store.desk import keep_seals, release, reserved_for
from ledger.store.engine import reading
from ledger.store.lots import lots_at
from ledger.store.parties import facilities, issuers
from ledger.store.places import count_in
from ledger.store.reading import known_records, latest_head, tile_hashes
from ledger.trust.pinned import open_trust
from ledger.trust.several import together
from ledger.verify.chain import Chain, Policy
from ledger.verify.heads import RegistryHead
from ledger.verify.instruments import marks_of
from ledger.verify.judge import Outcome
from ledger.verify.rule import Rule
from ledger.verify.verdict import sentence
from schemas.bundle import CertificateLine, HeadLine, Proof, SplitLine, StatementLine
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.problem import AccessError, CheckError, InputError, OreprintError, RefusedError
from schemas.quantity import kg_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from ledger.append import Request, Slot
    from ledger.book import Book
    from ledger.footprint.factors import FactorTables
    from ledger.seal.sdjwt import OpenCertificate, OpenRun
    from ledger.trust.pinned import Trust
    from schemas.inventory import Cancelled
    from schemas.requests import SignedIssuance
    from schemas.run import Input, Output, Source

_NOT_AT_HAND: Final = (Outcome.ABSENT, Rule.FACTORS.value)
CLOCK_MS: Final = 5 * 60 * 1000
"""How far a producer's clock may be ahead of the registry's (threat model: five minutes)."""


@dataclass(frozen=True, slots=True)
class _Brought:
    """A signed issuance whose form is right: its certificates by output, the run in full, and what follows from them."""

    texts: tuple[str, ...]
    certificates: dict[int, OpenCertificate]
    run: OpenRun
    holdings: tuple[str, ...]
    values: tuple[bytes, ...]
    content: bytes
    issuance: bytes
    seals: tuple[str, ...]

    @property
    def marks(self) -> tuple[bytes, ...]:
        """The marks that its entry leaves."""
        used = tuple(digest_bytes(each.mark) for each, _ in self.sources)
        further = (left for each in self.certificates.values() for left in marks_of(each.record))
        return (*(used or (run_mark(digest_bytes(self.run.digest)),)), *further)

    @property
    def outputs(self) -> list[Output]:
        """What each output is, certified or not."""
        return [each for each in self.run.outputs if each is not None]

    @property
    def statement(self) -> list[tuple[str, str]]:
        """The scheme's statement that it enters, if it does."""
        return statement_of(tuple(self.certificates.values()))

    @property
    def sources(self) -> list[tuple[Input, Source]]:
        """Every input with its source; `_open` made sure that all are shown."""
        return [(each.value, each.source) for each in self.run.inputs if each is not None and each.source is not None]


def submit(book: Book, signed: SignedIssuance, *, tenant: str, trust: Trust, tables: FactorTables) -> Issued:
    """Judge a signed issuance and log it; what is answered is durable.

    Raises:
        InputError: when it can't be read; AccessError: for another party's run, key or plant; CheckError: `issue.unsound`;
        RefusedError: `issue.*`, `holding.*`; MissingError: `holding.unknown`.

    """
    brought = _open(signed)
    run = brought.run.value
    if run.producer != tenant:
        raise AccessError.at("api.tenant")
    if run.registry != book.registry:
        raise RefusedError.at("issue.other-registry", "run.registry", found=run.registry, registry=book.registry)
    with reading(book.engine) as connection:
        if known_records(connection, [brought.issuance]):
            return issued_before(book, connection, brought.issuance)
        _judge(book, connection, brought, trust, tables)
        _check_seals(brought, trust)

    before: list[Issued] = []

    def prepare(connection: Connection, slot: Slot) -> list[Request]:
        if known_records(connection, [brought.issuance]):  # the same bytes were logged while these were judged
            before.append(issued_before(book, connection, brought.issuance))
            return []
        _check_free(book, connection, brought, trust, now_ms=slot.now_ms)
        for opened in brought.certificates.values():
            place = opened.record.status
            release(connection, place.list, place.index)
            count_in(connection, place.list)
        digests = [each.digest_bytes for each in brought.certificates.values()]
        keep_seals(connection, list(zip(digests, brought.seals, strict=False)))
        return [(_posting(brought),)]

    logged = append(book, prepare)
    if before:
        return before[0]
    logged.raise_refusal()
    made = tuple(
        IssuedCertificate(each.record.batch.lot, each.digest, each.record.id, _text(each.jws.text, brought.texts))
        for each in brought.certificates.values()
    )
    return Issued(brought.issuance, made, logged.head, lambda: logged.proof(brought.issuance))


def _text(jws: str, texts: tuple[str, ...]) -> str:
    return "~".join((jws, *texts, ""))


def _open(signed: SignedIssuance) -> _Brought:
    """Read everything strictly; all of it must be there (rule 2)."""
    texts = (signed.run, *signed.disclosures)
    opened = [open_certificate(_text(jws, texts)) for jws in signed.certificates]
    run = opened[0].run
    if run is None or text_digest(signed.run) != run.digest:
        raise InputError.at("issue.withheld", "run")
    whole = run.lines_shown and None not in run.outputs and all(each and each.source for each in run.inputs)
    if not whole or any(each.run is None or each.run.digest != run.digest for each in opened):
        raise InputError.at("issue.withheld", "disclosures")
    by_output = {each.record.output: each for each in opened}
    certified = [number for number, made in enumerate(run.value.made) if made.certified]
    if list(by_output) != certified or len(opened) != len(certified) or any(each.details for each in opened):
        raise InputError.at("issue.outputs", "certificates")
    if any(each.record.follows for each in opened) or run.value.follows is not None:
        raise InputError.at("issue.follows", "run")
    values = values_of(len(run.value.made), _certified(by_output))
    content, digest = content_of(digest_bytes(run.digest), values)
    if signed.seals and len(signed.seals) != len(opened):
        raise InputError.at("issue.seals", "seals", count=len(signed.seals), needed=len(opened))
    return _Brought(texts, by_output, run, signed.holdings, values, content, digest, signed.seals)


def _certified(by_output: dict[int, OpenCertificate]) -> dict[int, Certified]:
    return {number: Certified(each.record, each.digest_bytes, each.jws.text) for number, each in by_output.items()}


# -- judged as any verifier would (rule 1) -----------------------------------------------------------------------------


def _judge(book: Book, connection: Connection, brought: _Brought, trust: Trust, tables: FactorTables) -> None:
    """Hold every check of verification on the issuance as it would stand in the log."""
    now = book.around.now_ms()
    others = map(open_trust, dict.fromkeys(pinned_notes(connection).values()))
    chain = Chain(together(trust, others), tables, Policy(at_ms=now))
    for line in lines_behind(book, connection, [source for _, source in brought.sources]):
        match line:
            case HeadLine():
                chain.heads.add(line)
            case CertificateLine():
                chain.certificate(line.certificate, values=line.values, proof=line.proof)
            case SplitLine():
                chain.paths.split(line)
            case StatementLine():
                chain.paths.statement(line)
            case _:
                pass  # trust list and status lists: the first is our own, and `_check_inputs` asks for the standing
    proof = _foreseen(book, connection, brought, chain, now)
    values = tuple(map(to_base64url, brought.values))
    for opened in brought.certificates.values():
        chain.opened(opened, values=values, proof=proof)
    for finding in chain.judge.findings:
        # a table that is not at hand leaves a verifier without an answer, and a registry logs nothing that it did not judge
        if finding.outcome is Outcome.FAILED or (finding.outcome, finding.code) == _NOT_AT_HAND:
            refused = AccessError if finding.code.startswith("issuer.") else CheckError
            raise refused.at("issue.unsound", finding.place, check=finding.code, reason=sentence(finding))
    for key in named_alone(brought.run, _drawn(brought, chain)):
        raise RefusedError.at("holding.instrument-alone", "electricity", scheme=key[0], statement=key[1])


def _drawn(brought: _Brought, chain: Chain) -> list[Cancelled]:
    """Return the statements whose lots a run draws from."""
    cited = (chain.seen[source.certificate].record.instrument for _, source in brought.sources)
    return [said for said in cited if said is not None]


def _check_seals(brought: _Brought, trust: Trust) -> None:
    """Hold that each seal is its certificate's: read strictly, signed by the issuer's key, saying the same."""
    for number, (opened, text) in enumerate(zip(brought.certificates.values(), brought.seals, strict=False)):
        try:
            seal = open_seal(text)
            check_seal(seal, trust=trust)
            verify_seal_against(opened.record, opened.digest, seal)
        except OreprintError as error:
            reason = error.problems[0].sentence()
            raise CheckError.at("issue.unsound", f"seals[{number}]", check="record.seal", reason=reason) from error


def _foreseen(book: Book, connection: Connection, brought: _Brought, chain: Chain, now: int) -> Proof:
    """Let the chain be judged by the head that the new entry would bring; return the entry's proof to it.

    That head is never signed and is seen by nobody but this judge.
    """
    size = latest_head(connection).size
    raw = Entry(Kind.RECORD, now, blinded(brought.issuance), tuple(sorted(brought.marks)), ()).to_bytes()
    growth = Frontier.read(tile_hashes(connection, size), size).append([leaf_hash(raw)])
    known = chain.heads.by_registry[book.registry]
    head = Head(known.head.origin, growth.frontier.size, growth.frontier.root())
    chain.heads.by_registry[book.registry] = RegistryHead(head, known.log, known.assurance)
    path = prove_inclusion(growth, index=size, size=head.size)
    return Proof(entry=to_base64url(raw), index=size, path=tuple(map(to_base64url, path)))


# -- free to be used, here and now (rule 3) ----------------------------------------------------------------------------


def _check_free(book: Book, connection: Connection, brought: _Brought, trust: Trust, *, now_ms: int) -> None:
    """Hold in the writing transaction what only the registry knows."""
    run = brought.run.value
    stock = Stock(connection, book.registry, now_ms)
    for number, (taken, source) in enumerate(brought.sources):
        _check_input(stock, f"inputs[{number}]", taken, source, owner=run.producer)
    owner, plant = facilities(connection).get(run.facility, ("", None))
    if owner != run.producer:
        raise RefusedError.at("issue.not-your-plant", "facility", producer=run.producer, facility=run.facility)
    _check_statement(book, connection, brought, trust, now_ms=now_ms)
    lots = [(run.facility, normal_lot(output.lot)) for output in brought.outputs]
    if len(set(lots)) < len(lots):
        raise RefusedError.at("issue.lot-twice", "outputs")
    for taken_lot in lots_at(connection, lots).values():
        raise RefusedError.at("issue.lot-taken", "outputs", lot=taken_lot.lot)
    registered = issuers(connection)
    _check_holdings(brought, registered)
    _check_places(brought)
    due = registered.get(run.producer), plant
    for opened in brought.certificates.values():
        if (opened.record.issuer, opened.record.batch.facility) != due:
            raise RefusedError.at("issue.not-registered", opened.record.batch.lot)
        _check_certificate(connection, opened, tenant=run.producer, now=now_ms)


def _check_statement(book: Book, connection: Connection, brought: _Brought, trust: Trust, *, now_ms: int) -> None:
    """Hold that a statement is entered once, where the trust list has it entered."""
    for opened in brought.certificates.values():
        said = opened.record.instrument
        if said is None:
            continue
        Statements(connection, [said.key]).check_free(said)
        producer = brought.run.value.producer
        check_home(trust, said, producer=producer, registry=book.registry, now_ms=now_ms)


def _check_input(stock: Stock, place: str, taken: Input, source: Source, *, owner: str) -> None:
    """Hold that an input's holding is the owner's, of the lot and mass it says, and may be used."""
    found = stock.usable(owner, source.certificate)
    if found.lot.certificate is not None:
        latest = open_certificate(f"{stock.jws(found.lot.certificate)}~", glance=True)
        check_in_force(latest.record, now_ms=stock.now_ms, place=place)
    held = next((each for each in found.shelf.held if each.commitment == commitment(source.holding)), None)
    if held is None:
        raise RefusedError.at("holding.not-free", place, lot=found.lot.lot)
    says = (source.creator, taken.mass_kg)
    if says != (to_base64url(held.creator), kg_text(held.mass_mg)):
        raise RefusedError.at("holding.otherwise", place, lot=found.lot.lot, mass=kg_text(held.mass_mg))


def _check_holdings(brought: _Brought, parties: Collection[str]) -> None:
    """Hold that each output's holding is of a party of this registry, and is the one that the run commits to."""
    run = brought.run.value
    if len(brought.holdings) != len(run.made) or len(set(brought.holdings)) != len(brought.holdings):
        raise InputError.at("issue.holdings", "holdings")
    for number, (text, made) in enumerate(zip(brought.holdings, run.made, strict=True)):
        holder = open_holding(text)
        known = holder.registry == run.registry and holder.owner in parties
        if not known or to_base64url(commitment(text)) != made.holding:
            raise InputError.at("issue.holdings", f"holdings[{number}]")


def _check_places(brought: _Brought) -> None:
    """Hold that no two certificates stand at one place of the status lists."""
    taken: set[tuple[int, int]] = set()
    for opened in brought.certificates.values():
        place = opened.record.status
        if (place.list, place.index) in taken:
            raise RefusedError.at("issue.place", opened.record.batch.lot, list=place.list, index=place.index)
        taken.add((place.list, place.index))


def _check_certificate(connection: Connection, opened: OpenCertificate, *, tenant: str, now: int) -> None:
    """Hold that a certificate's place in the lists was kept for its issuer, and that it was signed just now."""
    place = opened.record.status
    if reserved_for(connection, place.list, place.index) != tenant:
        raise RefusedError.at("issue.place", opened.record.batch.lot, list=place.list, index=place.index)
    issued, last = epoch_ms(opened.record.issued), epoch_ms(opened.record.not_logged_after)
    if not now <= last <= issued + TIME_TO_LOG_MS or issued > now + CLOCK_MS:
        raise RefusedError.at("issue.not-now", opened.record.batch.lot)


# -- written down ------------------------------------------------------------------------------------------------------


def _posting(brought: _Brought) -> Posting:
    """Return the one entry that the issuance is, with all its rows."""
    return Posting(
        "issuance",
        brought.issuance,
        brought.content,
        marks=brought.marks,
        uses=tuple(commitment(source.holding) for _, source in brought.sources),
        rows=(
            *batch_rows(brought.issuance, brought.run.value, brought.outputs, brought.holdings),
            *issuance_rows(brought.issuance, brought.texts, brought.statement, _certified(brought.certificates)),
        ),
    )

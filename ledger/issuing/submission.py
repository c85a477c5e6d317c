"""A run that its producer sealed and signed, as it was brought: read strictly, and judged as any verifier would.

Rules:

1. Nothing is believed: form, signatures, key, plant and kind, what every input uses, masses, figures and allocation are judged by the
   very checks of verification (`ledger.verify`), with the entry as it would stand in the log; and what assays gained along the chain by
   the check of issuing (`ledger.lots.assay_gains`), since what is upstream is shown to nobody here.
2. Everything is shown to the registry: a run with something withheld is refused.  Upstream certificates are this registry's own.
3. A correction is judged beside the run that it corrects, which is shown in full, with all that this one corrected in turn.
4. Seals come for every certificate or for none, and each says what its certificate says.

What this module does not do: it doesn't ask whether what is used is free, and logs nothing (`ledger.issuing.submit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.bundles.build import lines_behind
from ledger.carrier.seal import check_seal, open_seal, verify_seal_against
from ledger.holdings.mark import commitment, run_mark, successor
from ledger.log.entry import Entry, EntryKind, PurposeCode, StatusBit, blinded
from ledger.log.head import Head
from ledger.log.merkle import Frontier, leaf_hash, prove_inclusion
from ledger.lots.assay_gains import Gains
from ledger.lots.energy_instruments import named_alone, statement_of
from ledger.lots.issuance import Certified, IssuedText, batch_rows, content_of, issuance_rows, values_of
from ledger.lots.lineage import jws_of
from ledger.registry.append import Posting
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, text_digest, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.reading import latest_head, tile_hashes
from ledger.verify.chain import Chain, Policy
from ledger.verify.findings import Outcome
from ledger.verify.heads import RegistryHead
from ledger.verify.instruments import marks_of
from ledger.verify.rule import Rule
from ledger.verify.verdict import sentence
from ledger.verify.verify import add_certificate, add_record
from schemas.bundle import CertificateLine, HeadLine, Proof, SplitLine, StatementLine
from schemas.lot import normal_lot
from schemas.problem import AccessError, CheckError, InputError, MissingError, OreprintError, RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from ledger.factors.tables import FactorTables
    from ledger.lots.energy_instruments import Key
    from ledger.registry.registry import OpenRegistry
    from ledger.seal.sdjwt import OpenCertificate, OpenRun
    from ledger.trust.pinned import Trust
    from schemas.certificate import CertificateRecord
    from schemas.requests import SignedIssuance
    from schemas.run import Input, Output, RunFollows, Source

_NOT_AT_HAND: Final = (Outcome.ABSENT, Rule.FACTORS.value)


@dataclass(frozen=True, slots=True)
class Brought:
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
    def follows(self) -> RunFollows | None:
        """What it corrects, if it is a correction."""
        return self.run.value.follows

    @property
    def marks(self) -> tuple[bytes, ...]:
        """The marks that its entry leaves."""
        if self.follows is not None:
            return (successor(digest_bytes(self.follows.record)),)
        used = tuple(digest_bytes(each.mark) for each, _ in self.sources)
        further = (left for each in self.certificates.values() for left in marks_of(each.record))
        return (*(used or (run_mark(digest_bytes(self.run.digest)),)), *further)

    @property
    def places(self) -> list[tuple[int, int]]:
        """Where its certificates stand in the status lists."""
        return [(each.record.status.list, each.record.status.index) for each in self.certificates.values()]

    @property
    def sealed(self) -> list[tuple[bytes, str]]:
        """The seal of each certificate by its digest, if they came with seals."""
        return list(zip((each.digest_bytes for each in self.certificates.values()), self.seals, strict=False))

    @property
    def lots(self) -> list[tuple[str, str]]:
        """Plant and name of each lot that it makes."""
        run = self.run.value
        return [(run.facility, normal_lot(output.lot)) for output in self.outputs]

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
        """Every input with its source; `open_brought` made sure that all are shown."""
        return [(each.value, each.source) for each in self.run.inputs if each is not None and each.source is not None]

    @property
    def bits(self) -> tuple[StatusBit, ...]:
        """The status bits that its entry sets: a correction supersedes every certificate that it follows."""
        ends = self.follows.ends if self.follows else ()
        return tuple(StatusBit(end.list, end.index, PurposeCode.REFRESH, 1) for end in ends if end is not None)

    def posting(self, alone: Iterable[Key] = ()) -> Posting:
        """Return the one entry that it is, with all its rows; `alone` are statements that lines name and that are drawn from no lot."""
        statements = list(dict.fromkeys((*self.statement, *alone)))
        rows = issuance_rows(self.issuance, self.texts, statements, _certified(self.certificates))
        if self.follows is not None:  # it makes nothing and uses nothing anew
            return Posting("issuance", self.issuance, self.content, marks=self.marks, bits=self.bits, rows=tuple(rows))
        made = batch_rows(self.issuance, self.run.value, self.outputs, self.holdings)
        uses = tuple(commitment(source.holding) for _, source in self.sources)
        return Posting("issuance", self.issuance, self.content, marks=self.marks, uses=uses, rows=(*made, *rows))

    @property
    def issued(self) -> tuple[IssuedText, ...]:
        """Its certificates as they are answered."""
        return tuple(
            IssuedText(each.record.batch.lot, each.digest, each.record.id, _text(each.jws.text, self.texts))
            for each in self.certificates.values()
        )


def _text(jws: str, texts: tuple[str, ...]) -> str:
    return "~".join((jws, *texts, ""))


def open_brought(signed: SignedIssuance) -> Brought:
    """Read everything strictly; all of it must be there (rule 2).

    Raises:
        InputError: `issue.withheld`, `issue.outputs`, `issue.seals`, and what opening a certificate refuses.

    """
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
    values = values_of(len(run.value.made), _certified(by_output))
    content, digest = content_of(digest_bytes(run.digest), values)
    if signed.seals and len(signed.seals) != len(opened):
        raise InputError.at("issue.seals", "seals", count=len(signed.seals), needed=len(opened))
    return Brought(texts, by_output, run, signed.holdings, values, content, digest, signed.seals)


def _certified(by_output: dict[int, OpenCertificate]) -> dict[int, Certified]:
    return {number: Certified(each.record, each.digest_bytes, each.jws.text) for number, each in by_output.items()}


def judge(
    registry: OpenRegistry,
    connection: Connection,
    brought: Brought,
    trust: Trust,
    tables: FactorTables,
    *,
    alone: Collection[Key] = (),
) -> None:
    """Hold every check of verification on the issuance as it would stand in the log, by all trust lists that are pinned (rule 1).

    `alone` are statements that the run may name without drawing from a lot: those of an old run that it corrects.

    Raises:
        CheckError, AccessError: `issue.unsound`; RefusedError: `rule.m-elem-chain`, `holding.instrument-alone`, `claim.baseline`;
        MissingError: `store.record-missing`.

    """
    now = registry.runtime.now_ms()
    chain = Chain(trust, tables, Policy(at_ms=now))
    own = [opened.record for opened in brought.certificates.values()]
    for line in lines_behind(registry, connection, [source for _, source in brought.sources], own):
        match line:
            case HeadLine():
                chain.heads.add(line)
            case CertificateLine():
                add_certificate(chain, open_certificate(line.certificate), values=line.values, proof=line.proof)
            case SplitLine() | StatementLine():
                add_record(chain, line)
            case _:
                pass  # trust list and status lists: the first is our own, and `ledger.issuing.submit` asks for the standing
    _learn_earlier(connection, chain, own)
    proof = _foreseen(registry, connection, brought, chain, now)
    values = tuple(map(to_base64url, brought.values))
    for opened in brought.certificates.values():
        add_certificate(chain, opened, values=values, proof=proof)
    for finding in chain.findings.all:
        # a table that is not at hand leaves a verifier without an answer, and a registry logs nothing that it did not judge
        if finding.outcome is Outcome.FAILED or (finding.outcome, finding.code) == _NOT_AT_HAND:
            refused = AccessError if finding.code.startswith("issuer.") else CheckError
            raise refused.at("issue.unsound", finding.place, check=finding.code, reason=Sentence(sentence(finding)))
    cited = {source.certificate: chain.seen[source.certificate].record for _, source in brought.sources}
    Gains(connection).check_signed(brought.run, cited)
    drawn = [record.instrument for record in cited.values() if record.instrument is not None]
    for key in (each for each in named_alone(brought.run, drawn) if each not in alone):
        raise RefusedError.at("holding.instrument-alone", "electricity", scheme=key[0], statement=key[1])
    _check_seals(brought, trust)


def _learn_earlier(connection: Connection, chain: Chain, own: Sequence[CertificateRecord]) -> None:
    """Have the certificates of earlier periods that claims are measured from, so that what rests on them is judged, too.

    Raises:
        RefusedError: `claim.baseline`.

    """
    for index, row in ((index, row) for record in own for index, row in enumerate(record.claims)):
        digest = row.baseline.certificate if row.baseline else None
        if digest is not None and digest not in chain.seen:
            place = f"claims[{index}].baseline"
            try:
                jws = jws_of(connection, certificate_digest_bytes(digest, place=place))
            except MissingError as error:
                raise RefusedError.at("claim.baseline", place, certificate=digest) from error
            add_certificate(chain, open_certificate(f"{jws}~"))


def _check_seals(brought: Brought, trust: Trust) -> None:
    """Hold that each seal is its certificate's: read strictly, signed by the issuer's key, saying the same."""
    for number, (opened, text) in enumerate(zip(brought.certificates.values(), brought.seals, strict=False)):
        try:
            seal = open_seal(text)
            check_seal(seal, trust=trust)
            verify_seal_against(opened.record, opened.digest, seal)
        except OreprintError as error:
            reason = Sentence(error.problems[0].sentence())
            raise CheckError.at("issue.unsound", f"seals[{number}]", check="record.seal", reason=reason) from error


def _foreseen(registry: OpenRegistry, connection: Connection, brought: Brought, chain: Chain, now: int) -> Proof:
    """Let the chain be judged by the head that the new entry would bring; return the entry's proof to it.

    That head is never signed and is seen by nobody but this judge.
    """
    latest = latest_head(connection)
    size = latest.size
    marks, bits = tuple(sorted(brought.marks)), tuple(sorted(brought.bits))
    raw = Entry(EntryKind.RECORD, now, blinded(brought.issuance), marks, bits).to_bytes()
    growth = Frontier.read(tile_hashes(connection, size, first=latest.first), size).append([leaf_hash(raw)])
    known = chain.heads.by_registry[registry.did]
    head = Head(latest.origin, growth.frontier.size, growth.frontier.root())
    chain.heads.by_registry[registry.did] = RegistryHead(head, known.log, known.assurance)
    path = prove_inclusion(growth, index=size, size=head.size)
    return Proof(entry=to_base64url(raw), index=size, path=tuple(map(to_base64url, path)))

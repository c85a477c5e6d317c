"""Judge a run that its producer sealed and signed, as any verifier would.

Rules:

1. Nothing is believed.  The checks of verification (`ledger.verify`) judge form, signatures, key, plant, kind, inputs,
   masses, figures and allocation, with the entry as the log would hold it.  The check of issuing
   (`ledger.lots.assay_gains`) judges what assays gained along the chain, because the producer shows nothing upstream.
2. Upstream certificates are this registry's own.
3. A correction is judged beside the run that it corrects.  The producer shows that run in full, and all earlier ones
   that it corrected.
4. Each seal says what its certificate says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection

from ledger.bundles.build import lines_behind
from ledger.carrier.seal import check_seal, open_seal, verify_seal_against
from ledger.factors.tables import FactorTables
from ledger.footprint.versions import ENGINE
from ledger.issuing.submission import Submission
from ledger.log.head import Head
from ledger.log.merkle import Frontier, leaf_hash, prove_inclusion
from ledger.lots.assay_gains import Gains
from ledger.lots.energy_instruments import Key, named_alone
from ledger.lots.lineage import jws_of
from ledger.registry.append import entry_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.logs import latest_head, tile_hashes
from ledger.trust.pinned import Trust
from ledger.verify.chain import Chain, Policy
from ledger.verify.checks import sentence
from ledger.verify.findings import Outcome
from ledger.verify.heads import RegistryHead
from ledger.verify.rule import Rule
from ledger.verify.verify import add_certificate, add_record
from schemas.bundle import CertificateLine, HeadLine, Proof, SplitLine, StatementLine
from schemas.certificate import CertificateRecord
from schemas.problem import AccessError, CheckError, MissingError, OreprintError, RefusedError, Sentence

_NOT_AT_HAND: Final = (Outcome.ABSENT, Rule.FACTORS.value)


def judge(
    registry: OpenRegistry,
    connection: Connection,
    submission: Submission,
    trust: Trust,
    tables: FactorTables,
    *,
    alone: Collection[Key] = (),
) -> None:
    """Verify an issuance as if it were logged, by all pinned trust lists (rule 1).

    `alone` are statements that the run may name without drawing from a lot: those of an old run that it corrects.

    Raises:
        CheckError, AccessError: `issue.unsound`; RefusedError: `issue.engine`, `rule.m-elem-chain`,
        `holding.instrument-alone`, `claim.baseline`;
        MissingError: `store.record-missing`.
    """
    if submission.run.engine != ENGINE:
        raise RefusedError.at("issue.engine", "engine", found=submission.run.engine, possible=ENGINE)
    now = registry.runtime.now_ms()
    chain = Chain(trust, tables, Policy(at_ms=now))
    own = [each.record for each in submission.opened]
    for line in lines_behind(registry, connection, [source for _, source in submission.inputs], own):
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
    proof = _foreseen(registry, connection, submission, chain, now)
    values = tuple(map(to_base64url, submission.values))
    for opened in submission.opened:
        add_certificate(chain, opened, values=values, proof=proof)
    for finding in chain.findings.all:
        # a table that is not at hand leaves a verifier without an answer, and a registry logs nothing that it
        # did not judge
        if finding.outcome is Outcome.FAILED or (finding.outcome, finding.code) == _NOT_AT_HAND:
            refused = AccessError if finding.code.startswith("issuer.") else CheckError
            raise refused.at("issue.unsound", finding.place, check=finding.code, reason=Sentence(sentence(finding)))
    cited = {source.certificate: chain.seen[source.certificate].record for _, source in submission.inputs}
    Gains(connection).check_signed(submission.run, submission.inputs, submission.inventory, cited)
    drawn = [record.instrument for record in cited.values() if record.instrument is not None]
    for key in (each for each in named_alone(submission.inventory, drawn) if each not in alone):
        raise RefusedError.at("holding.instrument-alone", "electricity", scheme=key[0], statement=key[1])
    _check_seals(submission, trust)


def _learn_earlier(connection: Connection, chain: Chain, own: Sequence[CertificateRecord]) -> None:
    """Add the certificates of earlier periods that claims are measured from.

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


def _check_seals(submission: Submission, trust: Trust) -> None:
    """Check that each seal is its certificate's: read strictly, signed by the issuer's key, saying the same."""
    for number, (opened, text) in enumerate(zip(submission.opened, submission.seals, strict=False)):
        try:
            seal = open_seal(text)
            check_seal(seal, trust=trust)
            verify_seal_against(opened.record, opened.digest, seal)
        except OreprintError as error:
            reason = Sentence(error.problems[0].sentence())
            raise CheckError.at("issue.unsound", f"seals[{number}]", check="record.seal", reason=reason) from error


def _foreseen(registry: OpenRegistry, connection: Connection, submission: Submission, chain: Chain, now: int) -> Proof:
    """Let the chain be judged by the head that the new entry would bring; return the entry's proof to it.

    That head is never signed and is seen by nobody but this judge.
    """
    latest = latest_head(connection)
    size = latest.size
    raw = entry_of(submission.entry, now).to_bytes()
    growth = Frontier.read(tile_hashes(connection, size, first=latest.first), size).append([leaf_hash(raw)])
    known = chain.heads.by_registry[registry.did]
    head = Head(latest.origin, growth.frontier.size, growth.frontier.root())
    chain.heads.by_registry[registry.did] = RegistryHead(head, known.log, known.assurance)
    path = prove_inclusion(growth, index=size, size=head.size)
    return Proof(entry=to_base64url(raw), index=size, path=tuple(map(to_base64url, path)))

"""Evidence against an auditor: that it called a chain right which is not, or signed two records with one number.

Rules: the record is in the log, and signed by the auditor's key, good then.  A bundle convicts only by what bytes bind:
it shows the whole chain, all of it was logged before the head up to which the auditor had read, and the very release
judges it by whose rules the auditor did.  What whoever wrote the file could have caused by leaving a line out, by
adding one, or by a trust list of today, convicts nobody.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.factors.tables import FactorTables
from ledger.holdings.mark import audit_digest
from ledger.log.audit_tree import verify_path
from ledger.log.entry import Entry, EntryKind, blinded
from ledger.log.head import Head
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.seal.audit import open_audit
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, digests_bytes, from_base64url
from ledger.trust.pinned import Trust
from ledger.verify.chain import Chain, Policy
from ledger.verify.checks import sentence
from ledger.verify.findings import Finding, Outcome
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditLeaf, AuditRecord, AuditState
from schemas.evidence import AuditTwice, FalseAudit, LoggedAudit, OfAuditor
from schemas.instant import epoch_ms
from schemas.problem import CheckError, InputError, Problem

BOUND: Final = frozenset({4, 7, 8, 9, 10})
"""Steps in which a failure says that a chain is wrong."""
LOOSE: Final = frozenset(
    rule.value
    for rule in (
        Rule.SOURCE_SHOWN,
        Rule.PATH,
        Rule.FIRST_RUN,
        Rule.UNDO_ALL,
        Rule.OWN_HOLDING,
        Rule.TERMS,
        Rule.FACTORS,
    )
)
"""What may fail because a line was left out or added, or a table is not at hand."""
_UNREAD: Final = frozenset({Outcome.FAILED, Outcome.ABSENT})


class Judging(NamedTuple):
    """By what chains are judged: the factor tables, and the digest of this release's rules (`release_digest`)."""

    tables: FactorTables
    release: str


class _Signed(NamedTuple):
    """A record that its auditor signed and that the log has."""

    record: AuditRecord
    digest: bytes
    at: int


def auditors_fault(evidence: OfAuditor, trust: Trust, head: Head, judging: Judging | None) -> tuple[str, Problem]:
    """Return the auditor, by its DID, and what it did.

    Raises:
        CheckError: `evidence.shows-nothing`, `evidence.audit-release`, `log.*`, `trust.key*`, `seal.signature`.
        InputError: `seal.*`, `document.*`, `audit.leaf`.
    """
    if isinstance(evidence, AuditTwice):
        return _twice(evidence, trust, head)
    return _false(evidence, trust, head, judging)


def _shown(*, holds: bool) -> None:
    if not holds:
        raise CheckError.at("evidence.shows-nothing")


def _signed(logged: LoggedAudit, registry: str, trust: Trust, head: Head) -> _Signed:
    """Return a record that holds; its key may have left the list of auditors since, but not the trust list."""
    raw, proof, digest = from_base64url(logged.proof.entry), logged.proof, audit_digest(logged.audit)
    path = digests_bytes(proof.path)
    verify_inclusion(path, size=head.size, root=head.root, index=proof.index, leaf=leaf_hash(raw))
    entry, opened = Entry.parse(raw), open_audit(logged.audit)
    _shown(holds=entry.kind is EntryKind.RECORD and entry.digest == blinded(digest))
    key = trust.key(opened.jws.kid, logged=entry.time_ms)
    opened.jws.verify(key.public)
    _shown(holds=opened.record.registry == registry)
    return _Signed(opened.record, digest, proof.index)


def _twice(evidence: AuditTwice, trust: Trust, head: Head) -> tuple[str, Problem]:
    one, other = (_signed(each, evidence.registry, trust, head) for each in (evidence.first, evidence.second))
    same = (one.record.auditor, one.record.number) == (other.record.auditor, other.record.number)
    _shown(holds=same and one.digest != other.digest)
    first, second = sorted((one.at, other.at))
    auditor, number = one.record.auditor, one.record.number
    return auditor, Problem.at("evidence.audit-twice", auditor=auditor, number=number, first=first, second=second)


def _false(evidence: FalseAudit, trust: Trust, head: Head, judging: Judging | None) -> tuple[str, Problem]:
    record = _signed(evidence.audit, evidence.registry, trust, head).record
    raw = from_base64url(evidence.leaf.leaf)
    leaf, path = AuditLeaf.parse(raw), digests_bytes(evidence.leaf.path)
    verify_path(path, depth=record.depth, root=digest_bytes(record.root), index=evidence.leaf.index, leaf=raw)
    _shown(holds=leaf.state is AuditState.RIGHT and judging is not None)
    if judging is None or judging.release not in record.rules:
        raise CheckError.at("evidence.audit-release")
    lines = (line.encode() + b"\n" for line in evidence.bundle)
    policy = Policy(at_ms=epoch_ms(record.made))
    try:
        chain = verify_bundle(lines, trust=trust, tables=judging.tables, policy=policy)
    except InputError as error:
        raise CheckError.at("evidence.shows-nothing") from error
    fault = _bound_fault(chain, record, leaf)
    reason = f"{fault.place}: {sentence(fault)}" if fault.place else sentence(fault)
    told = Problem.at(
        "evidence.audit", auditor=record.auditor, certificate=chain.subject, number=record.number, reason=reason
    )
    return record.auditor, told


def _bound_fault(chain: Chain, record: AuditRecord, leaf: AuditLeaf) -> Finding:
    """Return the first failure of a chain that bytes bind, and that the auditor could have found."""
    seen = chain.seen.get(chain.subject or "")
    own = seen and (seen.issuance, seen.record.output, certificate_digest_bytes(seen.digest))
    _shown(holds=own == (leaf.issuance, leaf.output, leaf.certificate))
    _shown(holds=report(chain).chain.state == "complete" and _read_all(chain, record))
    findings = [found for found in chain.findings.all if found.step != 11]
    loose = [found for found in findings if found.code in LOOSE and found.outcome in _UNREAD]
    failed = [found for found in findings if found.outcome is Outcome.FAILED]
    _shown(holds=bool(failed) and not loose and BOUND.issuperset(found.step for found in failed))
    return failed[0]


def _read_all(chain: Chain, record: AuditRecord) -> bool:
    """Return whether everything in a bundle was logged before the head up to which the auditor had read."""
    made = epoch_ms(record.made)
    entries = chain.layout.entries if chain.layout else set()
    for registry, index, text in entries:
        time_ms = Entry.parse(from_base64url(text)).time_ms
        if time_ms > made or (registry == record.registry and index >= record.head.size):
            return False
    for seen in chain.seen.values():
        logged = seen.logged
        if logged is None or logged.entry.time_ms > made:
            return False
        if logged.origin == record.head.origin and logged.index >= record.head.size:
            return False
    return True

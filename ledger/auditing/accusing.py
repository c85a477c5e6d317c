"""Write evidence against auditors from bundles: of a record that calls a false chain right, or of one number twice.

Rules: a bundle with the whole chain, and one with the auditors' records about the same certificate, may be two files or
one.  Each file of evidence is made only if it convicts (`ledger.verify.evidence`), so nobody is accused of less.  All
proofs of a file lead to one checkpoint: where bundles have different ones, the published log proves both records anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from ledger.seal.audit import open_audit
from ledger.seal.digest import certificate_digest_bytes, from_base64url
from ledger.trust.pinned import Trust
from ledger.verify.audit_evidence import Judging
from ledger.verify.evidence import Conviction, convict
from schemas.audit import AuditLeaf
from schemas.bundle import (
    AttestationLine,
    AuditLine,
    BundleLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    Proof,
    read_line,
)
from schemas.evidence import AuditTwice, FalseAudit, LoggedAudit, OfAuditor
from schemas.problem import OreprintError

Anew = Callable[[str, int], tuple[str, Proof]]
"""A function that proves an entry, of the log of an earlier checkpoint, to the newest one; it returns that, too."""


class Accusation(NamedTuple):
    """Evidence that convicts, and of what."""

    evidence: OfAuditor
    conviction: Conviction


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A bundle that was read: its subject, and the checkpoints of its registries' logs, by origin."""

    lines: tuple[BundleLine, ...]
    subject: str
    heads: dict[str, str]

    @classmethod
    def read(cls, lines: Sequence[bytes]) -> _Bundle:
        """Read a bundle; raise InputError `bundle.*`, `document.*`."""
        read = tuple(read_line(line, f"line {number}") for number, line in enumerate(lines, start=1))
        subject = next((each.subject for each in read if isinstance(each, Header)), "")
        return cls(read, subject, {each.registry: each.checkpoint for each in read if isinstance(each, HeadLine)})

    def audits(self) -> list[AuditLine]:
        """Return the auditors' records in it that are proven to one of its heads."""
        return [each for each in self.lines if isinstance(each, AuditLine) and each.registry in self.heads]

    def chain(self) -> tuple[str, ...]:
        """Return its lines as evidence has them: nothing but the records."""
        beside = AuditLine | AttestationLine | HoldingLine | EndLine
        kept = [each for each in self.lines if not isinstance(each, beside)]
        return tuple(each.to_text() for each in (*kept, EndLine(t="end", lines=len(kept) + 1)))


def accusations(
    bundles: Sequence[Sequence[bytes]], trust: Trust, judging: Judging, anew: Anew | None = None
) -> list[Accusation]:
    """Return all that these bundles prove against auditors, each fault once.

    Raises:
        InputError: `bundle.*`, `document.*`; and what `anew` raises.
    """
    read = [_Bundle.read(lines) for lines in bundles]
    found: dict[tuple[object, ...], Accusation] = {}
    candidates: list[OfAuditor] = [*_false(read), *_twice(read, anew)]
    for evidence in candidates:
        with suppress(OreprintError):
            accusation = Accusation(evidence, convict(evidence, trust, judging))
            fault = accusation.conviction
            found.setdefault((fault.auditor, fault.problem.code, *map(str, fault.problem.facts.values())), accusation)
    return list(found.values())


def _false(bundles: Sequence[_Bundle]) -> Iterator[FalseAudit]:
    """Yield evidence that a record calls a certificate right that a bundle shows to be wrong."""
    for said in bundles:
        for line in said.audits():
            for whole in bundles:
                for leaf in line.leaves:
                    with suppress(OreprintError):
                        about = AuditLeaf.parse(from_base64url(leaf.leaf)).certificate
                        if about == certificate_digest_bytes(whole.subject):
                            yield FalseAudit(
                                oreprint="evidence/1",
                                registry=line.registry,
                                checkpoint=said.heads[line.registry],
                                shows="audit",
                                audit=LoggedAudit(audit=line.audit, proof=line.proof),
                                leaf=leaf,
                                bundle=whole.chain(),
                            )


def _twice(bundles: Sequence[_Bundle], anew: Anew | None) -> Iterator[AuditTwice]:
    """Yield evidence that two records have one number."""
    known: dict[tuple[str, str, int], tuple[AuditLine, str]] = {}
    for bundle in bundles:
        for line in bundle.audits():
            record = None
            with suppress(OreprintError):
                record = open_audit(line.audit).record
            if record is not None:
                own = line, bundle.heads[line.registry]
                first = known.setdefault((line.registry, record.auditor, record.number), own)
                if first[0].audit != line.audit:
                    yield _both(line.registry, first, own, anew)


def _both(registry: str, first: tuple[AuditLine, str], second: tuple[AuditLine, str], anew: Anew | None) -> AuditTwice:
    checkpoint, proofs = second[1], [first[0].proof, second[0].proof]
    if first[1] != second[1] and anew is not None:
        for number, (line, head) in enumerate((first, second)):
            checkpoint, proofs[number] = anew(head, line.proof.index)
    one, other = (
        LoggedAudit(audit=line.audit, proof=proof) for (line, _), proof in zip((first, second), proofs, strict=True)
    )
    return AuditTwice(
        oreprint="evidence/1", registry=registry, checkpoint=checkpoint, shows="audit-twice", first=one, second=other
    )

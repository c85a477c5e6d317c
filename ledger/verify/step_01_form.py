"""Step 1, form: every line is one of a bundle, in its place, once.

And each certificate is linked to what came before it.

Rules: a line that is refused does not hide those after it, and nothing stands after the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.seal.sdjwt import OpenRun
from ledger.trust.pinned import open_trust
from ledger.verify.certificate import ShownCertificate, ShownLine, ShownRecord
from ledger.verify.chain import Chain, Layout
from ledger.verify.reading import RECORDS, LineGroup, document
from schemas.bundle import (
    MOST_RECORDS,
    AttestationLine,
    AuditLine,
    BundleLine,
    CertificateLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    SplitLine,
    StatementLine,
    StatusLine,
    TrustLine,
    UpstreamLine,
)
from schemas.problem import InputError
from schemas.vocabulary import unit_of

_ORDER: Final[dict[type[BundleLine], int]] = {
    Header: 0,
    TrustLine: 1,
    HeadLine: 2,
    StatusLine: 3,
    CertificateLine: 4,
    SplitLine: 4,
    StatementLine: 4,
    AttestationLine: 5,
    AuditLine: 6,
    UpstreamLine: 7,
    HoldingLine: 8,
    EndLine: 9,
}
"""The order of the lines: records of all kinds stand mixed, upstream-first.

What is attested of them stands after all of them.
"""


def begin(chain: Chain, lines: Iterable[bytes | BundleLine]) -> Iterator[bytes | BundleLine]:
    """Read the header; return the lines after it.

    Raises:
        InputError: `bundle.header`, `document.*`.
    """
    rest = iter(lines)
    header = document(next(rest, b""), "line 1")
    if not isinstance(header, Header):
        raise InputError.at("bundle.header")
    chain.subject, chain.layout = header.subject, Layout(header, header)
    return rest


def check(chain: Chain, group: LineGroup) -> None:
    """Check the form of each line, and link each certificate."""
    chain.each(group.lines, _check)


def conclude(chain: Chain) -> None:
    """Check that the bundle is as long as it says, has the heads that it says, and has its subject."""
    findings, layout = chain.findings, chain.layout
    findings.sort()
    if layout is not None:
        findings.line = layout.lines
        header = layout.header
        whole = isinstance(layout.last, EndLine) and layout.last.lines == layout.lines
        stated = (header.records, sorted(header.registries))
        if not whole or stated != (layout.records, sorted(chain.heads.unknown.union(chain.heads.by_registry))):
            error = InputError.at("bundle.end", lines=layout.lines, records=layout.records)
            findings.refuse(1, f"line {layout.lines}", error)
        findings.line += 1
    if chain.subject not in chain.seen:
        findings.refuse(1, "", InputError.at("bundle.subject", digest=chain.subject))


def _check(chain: Chain, line: ShownLine) -> None:
    if chain.layout is not None:
        _check_layout(chain, chain.layout, line)
    if line.error is not None:
        raise line.error
    if isinstance(line, ShownCertificate):
        _link(chain, line)


def _check_layout(chain: Chain, layout: Layout, line: ShownLine) -> None:
    """Check that a line stands where lines of its kind stand, and once."""
    place, read = f"line {line.number}", line.document
    layout.lines = line.number
    if type(layout.last) is EndLine:
        raise InputError.at("bundle.after-end", place)
    if read is None:
        return
    if _ORDER[type(read)] < _ORDER[type(layout.last)]:
        chain.findings.refuse(1, place, InputError.at("bundle.order"))
    layout.last = read
    layout.records += type(read) in RECORDS
    if layout.records > MOST_RECORDS:
        raise InputError.at("bundle.records", place, limit=MOST_RECORDS)
    if type(read) is Header:
        raise InputError.at("bundle.header")
    if type(read) is TrustLine:
        open_trust(read.note)
        chain.shown_list = read.note
    if type(line) is ShownRecord:
        proof = line.document.proof
        entry = (line.document.registry, proof.index, proof.entry)
        if entry in layout.entries:
            raise InputError.at("bundle.twice", f"entry {proof.index}")
        layout.entries.add(entry)


def _link(chain: Chain, certificate: ShownCertificate) -> None:
    """Link a certificate to the earlier records that it builds on.

    Raises:
        InputError: `bundle.twice`.
    """
    if certificate.digest in chain.seen:
        raise InputError.at("bundle.twice", certificate.digest)
    view = certificate.view = chain.views.of(certificate)
    if certificate.digest == chain.subject:
        chain.view = view
    certificate.grown = view.add(certificate.opened.run if certificate.opened else None)
    certificate.beside = tuple(view.certificates) if certificate.grown else (certificate,)
    names = _names(view.run, certificate.beside)
    certificate.named = {name: found for name in names if (found := chain.seen.get(name)) is not None}
    if certificate.follows is not None:
        certificate.predecessor = chain.seen.get(certificate.follows)
    chain.seen[certificate.digest] = certificate
    shown = view.run.inputs if view.run else ()
    chain.stands_on[certificate.digest] = tuple(
        [each.source.certificate for each in shown if each and each.source and unit_of(each.value.kind) == "kg"]
    )


def _names(run: OpenRun | None, certificates: Iterable[ShownCertificate]) -> list[str]:
    """Return the certificates that a run, or claims of its certificates, name."""
    names = [source.certificate for source in run.sources] if run else []
    for certificate in certificates:
        claims = certificate.record.claims
        names += [row.baseline.certificate for row in claims if row.baseline and row.baseline.certificate]
    return names

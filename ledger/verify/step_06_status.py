"""Step 6, status: read the status lists of each registry.

In the end, report whether the subject or its chain was withdrawn, suspended or superseded.

And of what is not shown of the chain, take in what the subject's registry says (`ledger.verify.upstream`).

Rules: a certificate ends the subject only where the subject stands on it.  Each certificate has a status place of its
own.
"""

from __future__ import annotations

from ledger.verify import upstream
from ledger.verify.ancestry import ancestors
from ledger.verify.certificate import ShownCertificate, ShownLine
from ledger.verify.chain import Chain
from ledger.verify.reading import LineGroup
from ledger.verify.rule import Rule
from ledger.verify.status_lists import Part
from schemas.bundle import StatusLine, UpstreamLine


def check(chain: Chain, group: LineGroup) -> None:
    """Take in status lists; note which certificates have ended, and what the runs shown owe to these."""
    chain.each(group.of(StatusLine), _list)
    chain.each(group.of(UpstreamLine), _upstream)
    chain.each(group.certificates, _check)


def conclude(chain: Chain) -> None:
    """Check the status of every certificate, by its part in the subject's chain."""
    standing = chain.standing
    chain.above, chain.cited = ancestors(chain, chain.subject)
    places: dict[tuple[str, int, int], str] = {}
    for digest, certificate in chain.seen.items():
        undone = certificate.issuance in chain.paths.undone
        part: Part = "subject" if digest == chain.subject else "cited" if digest in chain.cited else "corrected"
        standing.check(certificate, part if digest in chain.above else "beside", undone=undone)
    standing.check_endings(chain.endings, chain.seen)
    chain.recall.said = standing.said()
    for digest, certificate in chain.seen.items():
        own = places.setdefault(certificate.status_place, digest) == digest
        chain.findings.require(Rule.STATUS_PLACE, certificate.place, holds=own)
    upstream.conclude(chain)


def _list(chain: Chain, line: ShownLine) -> None:
    if isinstance(line.document, StatusLine):
        chain.standing.add(line.document)


def _upstream(chain: Chain, line: ShownLine) -> None:
    if isinstance(line.document, UpstreamLine):
        upstream.take(chain, line.document)


def _check(chain: Chain, certificate: ShownCertificate) -> None:
    """Record the correction that a certificate makes, and whether it or the corrected one has ended."""
    state, follows = chain.standing.state(certificate), certificate.follows
    if follows is not None:
        chain.standing.followers[follows] = certificate
        state = state or chain.recall.ended.get(follows)
    if state is not None:
        chain.recall.ended[certificate.digest] = state
    if certificate.grown and certificate.run is not None:
        chain.recall.take(certificate.run, certificate, certificate.named)

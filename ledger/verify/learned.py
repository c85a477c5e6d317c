"""What an auditor learns from a step that it verified: what to remember of its certificates, and the leaves about them.

Rules: it is asked of a finished verification whose subject's run is shown whole.  Whoever was shown the same finds the
same, to the last bit of a leaf.

This module decides nothing: whether a certificate is right is the auditor's to say.
"""

from __future__ import annotations

from hashlib import sha256

from ledger.claims.answer import ClaimFinding
from ledger.claims.evidence import Obstacles
from ledger.seal.audit import inside_digest
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.disclosure import open_value
from ledger.verify.audits import counted_leaves
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.memory import KnownCertificate
from ledger.verify.walk_state import ShownIssuance
from schemas.audit import AuditLeaf, AuditState, Behind, Inside
from schemas.claim import WEAKEST_FIRST
from schemas.quantity import trillionths_text


def learned(chain: Chain) -> dict[str, KnownCertificate]:
    """Return what to remember of each certificate of the subject's issuance that is shown, by its digest.

    It is empty where the subject's run is not shown.
    """
    subject = chain.seen.get(chain.subject or "")
    beside = [each for each, seen in chain.seen.items() if subject and seen.issuance == subject.issuance]
    return {digest: known for digest in beside if (known := known_of(chain, digest)) is not None}


def known_of(chain: Chain, digest: str) -> KnownCertificate | None:
    """Return what a verification found of one certificate, or None where its run is not shown."""
    seen = chain.seen[digest]
    issued = chain.paths.issued.get(seen.issuance)
    return None if issued is None else _of(chain, seen, issued)


def leaf_of(chain: Chain, digest: str, known: KnownCertificate, state: AuditState) -> AuditLeaf:
    """Return the leaf of a certificate of the subject's issuance, as `learned` knows it, with the auditor's finding."""
    seen = chain.seen[digest]
    return AuditLeaf(
        issuance=seen.issuance,
        output=seen.record.output,
        certificate=certificate_digest_bytes(digest),
        state=state,
        inside=inside_digest(known.inside, run=chain.paths.issued[seen.issuance].text),
        answers=known.answers,
    )


def relied(chain: Chain, digest: str, text: str, *, least: int) -> KnownCertificate | None:
    """Return what other auditors found of a cited certificate whose step is not shown to this one; None if too few did.

    `text` is the disclosure of what lies inside their leaves, `least` how many the auditor's own registry requires.  As
    many must count as the stricter of both registries requires, all with this very inside, and none may refuse.
    """
    seen = chain.seen[digest]
    required, leaves = counted_leaves(chain, seen)
    states = {leaf.state for leaf in leaves.values()}
    same = {leaf.inside for leaf in leaves.values()} == {sha256(text.encode()).digest()}
    if AuditState.REFUSED in states or not same or len(leaves) < max(required, least, 1):
        return None
    rows = zip(*(leaf.answers for leaf in leaves.values()), strict=True)
    weakest = tuple(min(row, key=WEAKEST_FIRST.index) for row in rows)
    return KnownCertificate(open_value(text, Inside), weakest)


def _of(chain: Chain, seen: ShownCertificate, issued: ShownIssuance) -> KnownCertificate:
    answers, behind = chain.claims.found(seen, chain.cited)
    holding, _ = issued.holdings[seen.record.output]
    gains = sorted((element, gain) for element, gain in chain.mass.gains.get(seen.run_digest, {}).items() if gain)
    inside = Inside(
        first=to_base64url(issued.first),
        holding=to_base64url(holding),
        gains=tuple((element, trillionths_text(gain)) for element, gain in gains),
        behind=_behind(behind),
    )
    return KnownCertificate(inside, answers)


def _behind(found: Obstacles) -> Behind:
    scrap = tuple(sorted((element, each.reason) for element, each in found.scrap.items()))
    return Behind(unseen=_reason(found.unseen), placeholder=_reason(found.placeholder), scrap=scrap)


def _reason(found: ClaimFinding | None) -> str | None:
    return found.reason if found else None

"""Step 6, hidden parts of the chain: what the registry of the subject says of ended lots behind it.

Rules:

1. A word counts if the registry that logged the subject signed it with the key of its status lists.  A word that this
   key did not sign, or that is about another certificate, fails: somebody changed the bundle.
2. A word counts for a day, as a status list does.  A lot that it calls withdrawn counts for ever, since a withdrawal is
   final.
3. The newest knowledge replaces older knowledge: a registry that judges tells what it knows now
   (`ledger.bundles.recall`).
"""

from __future__ import annotations

from typing import Final

from ledger.seal.upstream import OpenUpstream, open_upstream
from ledger.trust.registries import TrustedRegistry
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.findings import Outcome
from ledger.verify.heads import MOST_AHEAD_MS
from ledger.verify.recall import part_of
from ledger.verify.rule import Rule
from schemas.bundle import UpstreamLine
from schemas.instant import epoch_ms
from schemas.problem import InputError, OreprintError
from schemas.report import Affected
from schemas.sentences import CAUSES, filled
from schemas.status import MOST_AGE_MS
from schemas.upstream import EndedBatch, EndedElement

_CODES: Final = frozenset({"inputs.upstream-withdrawn", "inputs.upstream-suspended"})
_HIDDEN: Final = ""
"""The place of a lot that is not shown."""


def take(chain: Chain, line: UpstreamLine) -> None:
    """Take in the word of a registry.

    Raises:
        InputError: `seal.*`, `document.*` when it is no such word; `bundle.twice` for a second one.
    """
    if chain.upstream is not None:
        raise InputError.at("bundle.twice", line.registry)
    chain.upstream = open_upstream(line.upstream)
    if chain.upstream.record.registry != line.registry:
        raise InputError.at("seal.issuer", kid=chain.upstream.jws.kid, issuer=f"did:web:{line.registry}")


def conclude(chain: Chain) -> None:
    """Judge how much the word that was taken in is worth at the time of the verification."""
    word, subject = chain.upstream, chain.seen.get(chain.subject or "")
    if word is None or subject is None or word.record.registry != subject.record.registry:
        return
    registry, record = chain.trust.registries.get(subject.record.registry), word.record
    fault = None if registry is None else _fault(word, subject, registry)
    if registry is None or (
        fault and not chain.findings.require(Rule.UPSTREAM, subject.place, holds=False, reason=fault)
    ):
        return
    made = epoch_ms(record.made)
    fresh = -MOST_AHEAD_MS <= chain.policy.at_ms - made <= MOST_AGE_MS
    if fresh:
        chain.findings.passed(Rule.UPSTREAM)
    else:
        reason = filled(CAUSES["dated"], {"made": record.made})
        chain.findings.add(Rule.UPSTREAM, Outcome.WARNING, subject.place, reason=reason)
    lasting = [each for each in record.ended if fresh or each.state == "withdrawn"]
    know(chain, tuple(_affected(subject, each) for each in lasting), at_ms=made if fresh else None)


def _fault(word: OpenUpstream, subject: ShownCertificate, registry: TrustedRegistry) -> str | None:
    """Return why a word is not the registry's own about the subject, or None if it is (rule 1)."""
    if word.record.certificate != subject.digest:
        return CAUSES["other-certificate"]
    try:
        word.jws.verify(registry.status_public(word.jws.kid, logged=epoch_ms(word.record.made)))
    except OreprintError as error:
        return error.problems[0].sentence()
    return None


def know(chain: Chain, affected: tuple[Affected, ...], *, at_ms: int | None) -> None:
    """Add what the registry of the subject knows of ended lots behind it, as of `at_ms`; None if that is too old.

    It replaces what an earlier word said (rule 3).
    """
    chain.findings.forget([each for each in chain.findings.all if each.code in _CODES and each.place == _HIDDEN])
    chain.recall.known, chain.upstream_ms = affected, at_ms
    unseen = {each.state for each in affected if each.digest is None or each.digest not in chain.recall.ended}
    for state in sorted(unseen):
        chain.findings.add_as(Rule.SOURCE_STANDS, f"inputs.upstream-{state}", Outcome.WITHDRAWN, _HIDDEN, {})


def _affected(subject: ShownCertificate, ended: EndedBatch) -> Affected:
    """Return what an ended lot means for the subject, as the report tells it."""
    part = ended.mass_percent
    return Affected(
        lot=ended.lot,
        digest=ended.certificate,
        state=ended.state,
        mass_percent=part,
        elements={each.element: each.percent for each in ended.elements},
        path=ended.path,
        mass_kg=None if part is None else part_of(subject.record.batch.net_mass_kg, part),
        reason=ended.reason,
        since=ended.since,
    )


def ended_upstream(affected: Affected) -> EndedBatch:
    """Return an ended lot as a registry signs it: the inverse of what a verifier reads from it."""
    return EndedBatch(
        state=affected.state,
        lot=affected.lot,
        certificate=affected.digest,
        mass_percent=affected.mass_percent,
        elements=tuple(EndedElement(element=name, percent=part) for name, part in affected.elements.items()),
        path=affected.path,
        reason=affected.reason,
        since=affected.since,
    )

"""The verdict and the report: what a verification found, in the words of one catalogue.

Rules: precedence is do-not-rely > withdrawn > incomplete > superseded > expired > genuine; it is about the record
(steps 1 to 6) plus any failure found in 7 to 11.  Withheld by a signed marker is *not checked* and never hidden;
promised but absent is incomplete.  Each check that was made is listed as passed, failed, or not checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.indicators import per_kg_text
from ledger.footprint.uncertainty import span
from ledger.plausibility.answers import UNANSWERED, answered
from ledger.trust.pinned import Trust
from ledger.verify.ancestry import tiers
from ledger.verify.audits import FOUND_RIGHT, audited, not_proven
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.checks import check_of, checks_of
from ledger.verify.findings import Outcome
from ledger.verify.mass import RunBalance
from ledger.verify.rule import Rule
from ledger.verify.status_lists import change_percent
from ledger.verify.worth import plausibility
from schemas.identifier import Mark, mark_of
from schemas.instant import instant_text, whole_second
from schemas.problem import InputError
from schemas.quantity import kg_text, trillionths, trillionths_text
from schemas.report import (
    Affected,
    AffectedShare,
    Assurance,
    Audited,
    Balance,
    BatchMass,
    CertificateSummary,
    ChainState,
    ChainSummary,
    Check,
    ClaimAnswer,
    ClosedBranches,
    Corrected,
    EndedLot,
    FootprintSummary,
    Received,
    Report,
    Verdict,
)
from schemas.sentences import AUDITED, HEADLINES, NOT_PROVEN
from schemas.vocabulary import unit_of

_PRECEDENCE: Final[tuple[tuple[Outcome, Verdict], ...]] = (
    (Outcome.FAILED, "do-not-rely"),
    (Outcome.WITHDRAWN, "withdrawn"),
    (Outcome.ABSENT, "incomplete"),
    (Outcome.SUPERSEDED, "superseded"),
    (Outcome.EXPIRED, "expired"),
)

_CHAIN_STEPS: Final = frozenset({7, 8})
"""A chain of which anything is withheld in these steps, inputs and mass, is not shown whole."""
_ASSURANCE_ORDER: Final[tuple[Assurance, ...]] = ("registry-only", "witnessed", "monitored")


def report(chain: Chain) -> Report:
    """Return the report of a finished verification."""
    seen = chain.seen.get(chain.subject) if chain.subject else None
    summary, closed = _chain_summary(chain, seen), _closed_branches(chain)
    assurance = _assurance(chain)
    verdict, reason = _verdict(chain)
    word = audited(chain, seen, genuine=verdict == "genuine", monitored=assurance == "monitored") if seen else None
    missing = _required(chain, summary, word) if verdict == "genuine" else ""
    if missing:
        verdict = "incomplete"
    head = chain.heads.by_registry.get(seen.record.registry) if seen else None
    affected = chain.recall.affected(seen) if seen else ()
    share = _affected_share(seen, affected) if seen else None
    latest = chain.standing.latest(seen.digest) if seen else None
    found = Report(
        **UNANSWERED,
        mark=_mark(chain, seen) if seen else None,
        verdict=verdict,
        headline=HEADLINES[verdict].format(
            chain=_chain_words(summary, closed, word),
            reason=_cause(reason, missing),
            affected=_affected_words(affected, share),
        ),
        reason=reason,
        assurance=assurance,
        certificate=_certificate(seen, chain.trust) if seen else None,
        checks=tuple(sorted(checks_of(chain), key=lambda check: check.step)),
        footprint=_footprint(chain, seen) if seen else None,
        plausibility=plausibility(chain, seen) if seen else None,
        chain=summary,
        mass=tuple(map(_balance, chain.mass.balances.values())),
        claims=_claims(chain, seen) if seen else (),
        attestations=chain.attestations.told(),
        audited=word,
        closed_branches=closed,
        received=_received(chain),
        affected=affected,
        affected_share=share,
        ended=_ended(chain, seen) if seen else None,
        superseded_by=latest.digest if latest else None,
        corrected=_corrected(seen, latest) if seen and latest else None,
        upstream_as_of=None if chain.upstream_ms is None else instant_text(whole_second(chain.upstream_ms)),
        registry_word=chain.registry_word,
        not_proven=(*_not_proven(assurance, chain), *not_proven(word)),
        checked_at=instant_text(whole_second(chain.policy.at_ms)),
        log_size=head.head.size if head else None,
        status_age_s=None if chain.standing.oldest is None else chain.standing.oldest // 1000,
    )
    return answered(found)


def _verdict(chain: Chain) -> tuple[Verdict, Check | None]:
    """Return the verdict by precedence, and the check of the first finding that decides it."""
    first = {finding.outcome: finding for finding in reversed(chain.findings.all)}
    for outcome, verdict in _PRECEDENCE:
        if outcome in first:
            return verdict, check_of(chain, first[outcome])
    return "genuine", None


def _required(chain: Chain, summary: ChainSummary, word: Audited | None) -> str:
    """Return what the reader requires and a genuine record lacks, in words; nothing where it has all of it."""
    if chain.policy.require_chain and summary.state != "complete":
        return "the chain is not shown whole, but you require a whole chain."
    if chain.policy.require_audit and (word is None or word.state not in FOUND_RIGHT):
        return "too few auditors found its chain right, but you require an audit."
    return ""


def _cause(reason: Check | None, missing: str) -> str:
    """Return a headline's words for the check that decided; without one, for what the reader requires beyond that."""
    if reason is None:
        return missing
    return f"{reason.place}: {reason.sentence}" if reason.place else reason.sentence


def _certificate(seen: ShownCertificate, trust: Trust) -> CertificateSummary:
    """Return what a certificate is.

    The name is the one by which the trust list knew the issuer then, never the issuer's own word.
    """
    record = seen.record
    party = trust.parties.get(record.issuer.did)
    then = party.names_with(record.issuer.names)[0].text if party else record.issuer.did
    now = party.names[0].text if party else then
    return CertificateSummary(
        digest=seen.digest,
        id=record.id,
        issuer=record.issuer.did,
        issuer_name=then,
        issuer_now=now if now != then else None,
        issuer_key="unknown" if party is None else "custodial" if party.custodial else "own",
        lot=record.batch.lot,
        kind=record.batch.kind,
        net_mass_kg=record.batch.net_mass_kg,
    )


def _claims(chain: Chain, seen: ShownCertificate) -> tuple[ClaimAnswer, ...]:
    """Return the answers to a certificate's claims."""
    return chain.claims.answers_of(seen, chain.cited, chain.attestations.accredited)


def _mark(chain: Chain, seen: ShownCertificate) -> Mark | None:
    """Return the mark of a record that is no real one."""
    party = chain.trust.parties.get(seen.record.issuer.did)
    return mark_of(seen.record.registry, demo=party is not None and party.demo)


def _footprint(chain: Chain, seen: ShownCertificate) -> FootprintSummary:
    """Return the certificate's figure, and beside it the verifier's own where nothing was withheld for it."""
    figures = seen.record.footprint
    redone = chain.view.redone
    low, high = span(figures.per_kg.location, figures.quality)
    recomputed = difference = None
    if redone is not None and redone.complete:
        own = redone.shared.outputs[seen.record.output]
        recomputed = _told(own.per_kg.location)
        difference = _told(own.total.location - chain.figures.claimed(seen))
    return FootprintSummary(
        kg_co2e_per_kg=figures.per_kg.location,
        kg_co2e_per_kg_market=figures.per_kg.market,
        recomputed=recomputed,
        difference=difference,
        kg_co2e_per_kg_low=low,
        kg_co2e_per_kg_high=high,
        kg_co2e_per_kg_other_allocation=per_kg_text(
            figures.alternative.total_kg_co2e.location, seen.record.batch.net_mass_kg
        ),
    )


def _corrected(seen: ShownCertificate, latest: ShownCertificate) -> Corrected:
    """Return the figure of the latest certificate of a batch beside that of an earlier one."""
    was, now = (each.record.footprint.per_kg.location for each in (seen, latest))
    return Corrected(
        certificate=latest.digest,
        issued=latest.record.issued,
        was=was,
        now=now,
        change_percent=change_percent(was, now),
    )


def _told(number: int) -> str | None:
    """Return a figure as text, or None if it is out of range.

    A check has failed then; the report must never fail.
    """
    try:
        return trillionths_text(number)
    except InputError:
        return None


def _chain_summary(chain: Chain, seen: ShownCertificate | None) -> ChainSummary:
    """Return how much of the chain was shown."""
    withheld = sum(map(len, chain.inputs.withheld(chain.issuances).values()))
    hidden = any(found.outcome is Outcome.WITHHELD and found.step in _CHAIN_STEPS for found in chain.findings.all)
    state: ChainState = "complete"
    if seen is None or (seen.record.counts.inputs and not chain.cited):
        state = "none"
    elif hidden or withheld or _cut(chain):
        state = "partial"
    goods = {digest for digest in chain.cited if unit_of(chain.seen[digest].record.batch.kind) == "kg"}
    return ChainSummary(
        state=state,
        certificates=len(goods | {chain.subject}),
        tiers=tiers(chain),
        withheld=withheld,
    )


def _cut(chain: Chain) -> bool:
    """Return whether anything but withheld inputs is missing in the chain: a source, an uncertified part or a run."""
    absent = any(
        found.code == Rule.SOURCE_SHOWN.value and found.outcome is Outcome.ABSENT for found in chain.findings.all
    )
    return bool(absent or chain.open_branches or chain.hidden_runs)


def _closed_branches(chain: Chain) -> ClosedBranches | None:
    """Return the number of withheld inputs that attestors examined, or None."""
    withheld = chain.inputs.withheld(chain.issuances)
    inputs, names = chain.attestations.vouched(withheld)
    if not inputs:
        return None
    whole = inputs == sum(map(len, withheld.values())) and not _cut(chain)
    return ClosedBranches(inputs=inputs, attestors=names, whole=whole)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _chain_words(summary: ChainSummary, closed: ClosedBranches | None, word: Audited | None) -> str:
    """Return the part of a headline that says how much of the chain was shown."""
    match summary.state:
        case "complete":
            counted = f"{_counted(summary.certificates, 'certificate')} in {_counted(summary.tiers, 'tier')}"
            return f"Chain: complete, {counted}."
        case "partial":
            return f"Chain: {_counted(summary.certificates, 'certificate')} shown, {_counted(summary.withheld, 'input')} withheld. {_whose(closed, word)}"
        case "none" if closed is None:
            return word.sentence if word else AUDITED["none"]
        case "none":
            return f"Chain: not shown, {_counted(summary.withheld, 'input')} withheld. {_whose(closed, word)}"


def _whose(closed: ClosedBranches | None, word: Audited | None) -> str:
    """Return on whom a reader relies for the part of a chain that is not shown."""
    rest = "For the rest, you rely on the producer alone."
    if word is not None and word.state in FOUND_RIGHT:
        rest = f"For the rest, you rely on the auditors ({word.facts['names']})."
    if closed is None:
        return rest
    attestors = ", ".join(closed.attestors)
    examined = f"{attestors} examined {closed.inputs} of them. For these, you rely on {attestors}."
    return examined if closed.whole else f"{examined} {rest}"


def _affected_words(affected: Sequence[Affected], share: AffectedShare | None) -> str:
    """Return the part of a headline that says how much of the lot stems from lots that have ended."""
    if not affected:
        return ""
    if share is None:
        return " How much of it is affected is not shown."
    return f" {share.percent} % of its {share.element} is affected."


def _ended(chain: Chain, seen: ShownCertificate) -> EndedLot | None:
    """Return how the lot itself has ended, with its issuer's statement if that is shown."""
    state = chain.standing.state_at(*seen.status_place)
    if state is None or state == "unknown":
        return None
    said = chain.recall.said.get(seen.digest)
    return EndedLot(
        state=state,
        undone=state == "withdrawn" and seen.issuance in chain.paths.undone,
        reason=said.reason if said else None,
        since=instant_text(whole_second(said.time_ms)) if said else None,
    )


def _affected_share(seen: ShownCertificate, affected: Sequence[Affected]) -> AffectedShare | None:
    """Return how much of the lot stems from lots that have ended, by the element with most of it, or None."""
    fractions = {share.element: trillionths(share.fraction) for share in seen.record.composition}
    shares: dict[str, int] = {}
    for element, percent in ((element, percent) for each in affected for element, percent in each.elements.items()):
        shares[element] = shares.get(element, 0) + trillionths(percent)
    if not shares:
        return None
    # two lots of which one was made of the other stand for the same mass, so their sum may come to more than all
    most = max(shares, key=lambda element: min(shares[element], 100 * SCALE) * fractions[element])
    tenths = divide(min(shares[most], 100 * SCALE) * 10, SCALE)
    return AffectedShare(element=most, percent=f"{tenths // 10}.{tenths % 10}")


def _balance(balance: RunBalance) -> BatchMass:
    taken = balance.taken
    return BatchMass(
        lot=balance.lot,
        digest=balance.digest,
        total=Balance(
            taken_kg=None if balance.taken_mg is None else kg_text(balance.taken_mg),
            produced_kg=kg_text(balance.made_mg),
        ),
        elements={
            element: Balance(
                taken_kg=None if taken is None else trillionths_text(taken.get(element, 0)),
                produced_kg=trillionths_text(mass),
            )
            for element, mass in balance.made.items()
        },
    )


def _received(chain: Chain) -> Received | None:
    """Compare what came with the consignee's own holding of the subject."""
    policy, own = chain.policy, chain.own
    if policy.received_mg is None or own is None or own.holder.owner != policy.received_as:
        return None
    held = sum(each.held.mass_mg or 0 for each in chain.owned)
    if not held:
        return None
    percent = Decimal(divide((policy.received_mg - held) * 10_000, held)).scaleb(-2)
    return Received(
        holding_kg=kg_text(held),
        received_kg=kg_text(policy.received_mg),
        difference_percent=str(percent),
        sentence=(
            f"This holding of {kg_text(held)} kg is yours by entry {own.held.logged.index} of the log; that it is unused is the registry's "
            f"word. What came differs by {percent} %."
        ),
    )


def _assurance(chain: Chain) -> Assurance:
    """Return the weakest assurance of the heads in use."""
    closed = [head for heads in chain.heads.closed.values() for head in heads]
    heads = [*chain.heads.by_registry.values(), *closed]
    return min((head.assurance for head in heads), key=_ASSURANCE_ORDER.index, default="registry-only")


def _not_proven(assurance: Assurance, chain: Chain) -> tuple[str, ...]:
    keys = ["the-print"] if chain.printed else []
    keys += ["other-runs", "one-name", "this-drum"]
    keys += ["instrument-home"] if chain.instruments.homeless else []
    keys += ["instrument-alone"] if chain.instruments.alone else []
    if assurance != "monitored":
        keys.append("used-once")
    if assurance == "registry-only":
        keys.append("one-history")
    if chain.trust.listed.threshold == 1:
        keys.append("one-holder")
    return tuple(NOT_PROVEN[key] for key in keys)


def exit_code(found: Report, *, allow_superseded: bool = False) -> int:
    """Return the exit code of a report: 0 genuine, 1 failed or ended, 2 could not be fully checked."""
    match found.verdict:
        case "genuine":
            return 0
        case "superseded" | "expired":
            return 0 if allow_superseded else 1
        case "withdrawn" | "do-not-rely":
            return 1
        case "incomplete":
            return 2

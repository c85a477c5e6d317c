"""Answer the five questions of a purchaser from a report: genuine, vouched for, footprint, withdrawn, what to do.

Rules:

1. Everything comes from the members of the report, never from its sentences.  Every door tells these answers.
2. A report has one state and one action (`ledger.plausibility.advice`).
3. A failed check says what happened to which record: changed, forged, signed by a stranger, or original and impossible.

What this module does not do: it judges nothing, and changes no verdict.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Final, get_args

from ledger.footprint.digits import MANY, shown
from ledger.plausibility.advice import UNKNOWN_REGISTRY, advise, found_right, proven, what_happened
from schemas.document import replace
from schemas.instant import MILLISECONDS, epoch_ms, time_text
from schemas.report import Action, RangeWord, Replies, Reply, WorthWord
from schemas.sentences import HEADLINES, REPLIES, WORTH, filled
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from schemas.report import Audited, Plausibility, Report, ReportState

_OF_GENUINE: Final[frozenset[ReportState]] = frozenset({"genuine", "superseded", "expired", "affected"})
_HUNDRED: Final = Decimal(100)
_STATUS_STEP: Final = 6
_RANGES: Final[frozenset[str]] = frozenset(get_args(RangeWord))
_BELOW: Final = frozenset({"old-rules", "attested", "unattested"})
"""Words about the figure that are told below the first screen."""
_NO_REPLY: Final = Reply(code="not-read", answer="", sentence="")
UNANSWERED: Final[dict[str, Any]] = {
    "state": "incomplete",
    "action": Action(code="check-again", sentence=""),
    "replies": Replies(genuine=_NO_REPLY, chain=_NO_REPLY, footprint=_NO_REPLY, withdrawn=_NO_REPLY),
}
"""Members of a report before `answered` has made them."""


def answered(found: Report) -> Report:
    """Return a report with its state, the answers to the questions of a purchaser, and one action."""
    state = state_of(found)
    replies = Replies(
        genuine=_genuine(found, state),
        chain=_HIDDEN.get(state) or _chain(found),
        footprint=_HIDDEN.get(state) or _footprint(found),
        withdrawn=_withdrawn(found, state),
    )
    if state == "do-not-rely":
        headline = HEADLINES[state].format(reason=replies.genuine.sentence)
        found = replace(found, headline=headline)
    return replace(found, state=state, action=advise(found, state, replies.withdrawn), replies=replies)


def nearest(found: Report) -> Report:
    """Return a report whose chain goes on beyond what was judged: what was not judged is not withheld."""
    if found.state in _HIDDEN:
        return found
    reply = _reply("chain-near", {"certificates": str(found.chain.certificates)})
    return replace(found, replies=replace(found.replies, chain=reply))


def state_of(found: Report) -> ReportState:
    """Return the verdict of a report as a purchaser needs it."""
    match found.verdict:
        case "withdrawn" if found.ended is not None:
            return found.ended.state
        case "withdrawn" if _upstream(found):
            return "withdrawn" if _percent(found) == _HUNDRED else "affected"
        case "withdrawn":
            return "suspended" if found.reason and found.reason.code == "status.suspended" else "withdrawn"
        case "incomplete" if _own_registry_unknown(found):
            return "unknown"
        case verdict:
            return verdict


def _upstream(found: Report) -> bool:
    """Return whether a batch upstream made a report withdrawn, not the lot itself."""
    return bool(found.affected or (found.reason and found.reason.elsewhere))


def _own_registry_unknown(found: Report) -> bool:
    """Return whether the trust list does not name the registry of the record itself."""
    lot = found.certificate.lot if found.certificate else None
    return any(check.code == UNKNOWN_REGISTRY and check.place == lot and not check.elsewhere for check in found.checks)


def doubted(found: Report) -> bool:
    """Return whether a record is genuine, but its chain is not proven: whoever says the one says the other."""
    return found.state in _OF_GENUINE and not proven(found)


def flagged(worth: Plausibility) -> list[WorthWord]:
    """Return the words about flags and standard values: those of the first screen but the place in the range."""
    return [word for word in worth.words if not _of_range(word) and word.key not in _BELOW]


def below(worth: Plausibility) -> list[WorthWord]:
    """Return the words about the figure that are told below the first screen: rules, and accredited attestors."""
    return [word for word in worth.words if word.key in _BELOW]


def _of_range(word: WorthWord) -> bool:
    return word.key.removesuffix("-one").removesuffix("-composed") in _RANGES


def against(worth: Plausibility) -> str:
    """Return these words in one line, with a capital and a full stop; empty if there are none."""
    told = "; ".join(filled(WORTH[word.key], word.facts) for word in flagged(worth))
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def _reply(code: str, facts: dict[str, str]) -> Reply:
    words = REPLIES[code]
    return Reply(
        code=code, answer=filled(words.answer, facts), sentence=filled(words.sentence, facts).strip(), facts=facts
    )


_HIDDEN: Final[dict[ReportState, Reply]] = {
    "do-not-rely": _reply("not-answered", {}),
    "unknown": _reply("not-read", {}),
}
"""States in which nothing of the record is told."""


def hidden(state: ReportState) -> bool:
    """Return whether what a record claims is not told in a state: a check failed, or nothing could be checked."""
    return state in _HIDDEN


def _supplier(found: Report) -> str:
    return found.certificate.issuer_name if found.certificate else ""


def _genuine(found: Report, state: ReportState) -> Reply:
    about, reason = found.certificate, found.reason
    domain = about.issuer.removeprefix("did:web:") if about else ""
    code: str = state
    facts = {"supplier": _supplier(found), "domain": domain}
    match state:
        case "do-not-rely":
            return _failed(found, facts)
        case "genuine":
            code = "signed-custodial" if about is not None and about.issuer_key == "custodial" else "signed"
        case "expired":
            facts["day"] = reason.facts.get("until", "")[:10] if reason else ""
        case "superseded" | "affected" | "suspended":
            pass
        case "withdrawn":
            code = "ended"
        case "unknown":
            facts = {"registry": reason.facts.get("registry", "") if reason else ""}
        case "incomplete":
            place = f"{reason.place}: " if reason and reason.place else ""
            facts = {"reason": f"{place}{reason.sentence}" if reason else found.headline}
    return _reply(code, facts)


def _failed(found: Report, facts: dict[str, str]) -> Reply:
    """Return what happened to which record, by its failed checks (rule 4)."""
    what, check = what_happened(found)
    if check is None:
        return _reply("do-not-rely", {"reason": found.headline})
    known = facts | {"place": check.place, "reason": check.sentence}
    if what in {"changed", "forged", "signer"} and check.elsewhere:
        return _reply(f"{what}-chain", known)
    if what in {"impossible", "do-not-rely"} and check.place:
        known["reason"] = f"{check.place}: {check.sentence}"
    return _reply(what, known)


def _chain(found: Report) -> Reply:
    chain, closed, audited = found.chain, found.closed_branches, found.audited
    facts = {"certificates": str(chain.certificates), "tiers": str(chain.tiers), "withheld": str(chain.withheld)}
    if chain.state == "complete":
        return _reply("chain-first" if chain.certificates == 1 else "chain-shown", facts)
    if closed is not None:
        facts |= {"names": ", ".join(closed.attestors), "vouched": str(closed.inputs)}
    if audited is not None and (audited.words != "none" or _outdated(audited)) and not (closed and closed.whole):
        code = "audit-ended" if audited.words == "none" else f"audit-{audited.words}"
        part = "-part" if chain.certificates > 1 else ""
        return _reply(f"{code}{part}", facts | audited.facts | {"of": str(audited.of)})
    match chain.state:
        case "partial" if closed is not None:
            return _reply("attested-whole" if closed.whole else "attested-part", facts)
        case "partial" if _is_first(found):
            return _reply("chain-first-hidden", facts)
        case "partial":
            return _reply("chain-part", facts)
        case "none":
            return _reply("chain-none" if closed is None else "attested-none", facts)


def _is_first(found: Report) -> bool:
    """Return whether a lot has no certified inputs, whatever is shown of its run."""
    return found.chain.state == "partial" and found.chain.certificates == 1 and found.chain.withheld == 0


def _outdated(audited: Audited) -> bool:
    """Return whether auditors found a chain right before the record ended."""
    return any(each.reason == "not-genuine" for each in audited.not_counted)


def _footprint(found: Report) -> Reply:
    figures, worth = found.footprint, found.plausibility
    if figures is None or worth is None:
        return _reply("not-read", {})
    published = worth.published
    if published is None:
        return _reply("footprint-electricity", {})
    facts = {
        "figure": shown(figures.kg_co2e_per_kg, worth.digits),
        "low": shown(figures.kg_co2e_per_kg_low or figures.kg_co2e_per_kg, worth.digits),
        "high": shown(figures.kg_co2e_per_kg_high or figures.kg_co2e_per_kg, worth.digits),
        "other": shown(figures.kg_co2e_per_kg_other_allocation, worth.digits),
    }
    if published.low is not None and published.high is not None:
        facts |= {"from": _few(published.low), "to": _few(published.high), "read": str(published.read)}
    composed = "-composed" if published.low is not None and not published.read else ""
    return _reply(f"footprint-{published.word}{composed}", facts)


def _withdrawn(found: Report, state: ReportState) -> Reply:
    if found.ended is not None:
        kind = "undone" if found.ended.undone else "suspended" if found.ended.state == "suspended" else "whole"
        return _reply(f"withdrawn-{kind}", {})
    if found.affected or state == "affected":
        facts = _affected_facts(found)
        if state == "withdrawn":
            return _reply("withdrawn-all-upstream", facts)
        return _reply("withdrawn-part" if "percent" in facts else "withdrawn-part-unknown", facts)
    return _HIDDEN.get(state) or _not_withdrawn(found)


def _not_withdrawn(found: Report) -> Reply:
    """Return as of when neither the lot nor anything behind it was withdrawn, as far as somebody says so."""
    if any(check.step == _STATUS_STEP and check.result == "not-checked" for check in found.checks):
        return _reply("withdrawn-open", {})
    facts = {"as_of": (found.upstream_as_of or _lists_as_of(found))[:10]}
    if found.upstream_as_of is not None or found.chain.state == "complete" or _is_first(found):
        return _reply("withdrawn-no", facts)
    if found.audited is not None and found_right(found):
        return _reply("withdrawn-audited", {"as_of": found.audited.facts["made"][:10]})
    return _reply("withdrawn-hidden", facts)


def _lists_as_of(found: Report) -> str:
    """Return the instant of the oldest status list in use."""
    return time_text(epoch_ms(found.checked_at) - (found.status_age_s or 0) * MILLISECONDS)


def _affected_facts(found: Report) -> dict[str, str]:
    """Return the state of the lots that ended, and the percent and mass that stem from them, where known."""
    states = {each.state for each in found.affected}
    facts = {"state": "suspended" if states == {"suspended"} else "withdrawn"}
    percent, about = _percent(found), found.certificate
    if percent is None or about is None:
        return facts
    mass = _up(percent * Decimal(about.net_mass_kg) / _HUNDRED)
    return facts | {"percent": _few(str(percent)), "mass": f"{mass} {unit_of(about.kind)}"}


def _percent(found: Report) -> Decimal | None:
    """Return how much of the lot's mass stems from ended lots, or None if it is unknown.

    Two lots of which one was made of the other stand for the same mass, so the sum may be more than 100.
    """
    parts = [each.mass_percent for each in found.affected]
    if not parts or None in parts:
        return None
    return min(sum((Decimal(part) for part in parts if part), Decimal(0)), _HUNDRED)


def _few(number: str) -> str:
    """Return a number with at most three significant digits, and no more than it has."""
    rounded = shown(number, MANY)
    return f"{Decimal(number).normalize():f}" if Decimal(rounded) == Decimal(number) else rounded


def _up(mass: Decimal) -> str:
    """Return a mass rounded up to three digits: who quarantines too little keeps what has ended."""
    if not mass:
        return "0"
    place = mass.adjusted() - MANY + 1
    return f"{mass.quantize(Decimal(1).scaleb(place), rounding=ROUND_CEILING).normalize():f}"

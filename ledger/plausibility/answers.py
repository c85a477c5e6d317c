"""Answer the five questions of a purchaser from a report: genuine, vouched for, footprint, withdrawn, what to do.

Rules: everything comes from the members of the report, never from its sentences. A report has one state and one
recommended action. What nobody showed never counts as proven: a genuine record whose chain rests on the producer's word
alone asks for the chain or for an audit.

What this module does not do: it judges nothing, and changes no verdict.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, get_args

from ledger.footprint.digits import MANY, shown
from schemas.document import replace
from schemas.report import Action, RangeWord, Replies, Reply
from schemas.sentences import ACTIONS, REPLIES, WORTH, filled
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from schemas.report import Plausibility, Report, ReportState, WorthWord

UNKNOWN_REGISTRY: Final = "trust.registry-unknown"
"""The code of a check that found a registry that the trust list does not name."""
_OF_GENUINE: Final[frozenset[ReportState]] = frozenset({"genuine", "superseded", "expired", "affected"})
_HUNDRED: Final = Decimal(100)
_STATUS_STEP: Final = 6
_RANGES: Final[frozenset[str]] = frozenset(get_args(RangeWord))
_AUDITED: Final = frozenset({"audited", "relied"})
_ACTION_OF_AUDIT: Final = {"audit-short": "wait-for-audit", "audit-disputed": "ask-whole-chain"}
"""The action where auditors are too few or disagree."""
_ACTION_OF: Final[dict[ReportState, str]] = {
    "genuine": "accept",
    "superseded": "use-latest",
    "expired": "ask-renewed",
    "suspended": "hold-all",
    "withdrawn": "quarantine-all",
    "unknown": "pin-registry",
    "incomplete": "check-again",
    "do-not-rely": "do-not-rely",
}
"""The action of a state, if nothing more is known."""


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
    return replace(found, state=state, action=_action(found, state, replies), replies=replies)


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


def proven(found: Report) -> bool:
    """Return whether somebody besides the producer vouches for the whole chain."""
    closed, audited = found.closed_branches, found.audited
    if audited is not None and audited.state in _AUDITED and found.chain.state == "none":
        return True
    return found.chain.state == "complete" or bool(closed and closed.whole)


def doubted(found: Report) -> bool:
    """Return whether a record is genuine, but its chain is not proven: whoever says the one says the other."""
    return found.state in _OF_GENUINE and not proven(found)


def flagged(worth: Plausibility) -> list[WorthWord]:
    """Return the words about flags, placeholders and rules: those that don't tell the place in the published range."""
    return [word for word in worth.words if word.key.removesuffix("-one").removesuffix("-composed") not in _RANGES]


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
    facts = {"supplier": _supplier(found), "domain": domain}
    match state:
        case "genuine":
            kept = about is not None and about.issuer_key == "custodial"
            return _reply("signed-custodial" if kept else "signed", facts)
        case "expired":
            return _reply("expired", facts | {"day": reason.facts.get("until", "")[:10] if reason else ""})
        case "superseded" | "affected" | "suspended":
            return _reply(state, facts)
        case "withdrawn":
            return _reply("ended", facts)
        case "unknown":
            return _reply("unknown", {"registry": reason.facts.get("registry", "") if reason else ""})
        case "incomplete" | "do-not-rely":
            place = f"{reason.place}: " if reason and reason.place else ""
            return _reply(state, {"reason": f"{place}{reason.sentence}" if reason else found.headline})


def _chain(found: Report) -> Reply:
    chain, closed = found.chain, found.closed_branches
    if chain.state == "none" and found.audited is not None and found.audited.words != "none":
        return _reply(f"audit-{found.audited.words}", {**found.audited.facts, "of": str(found.audited.of)})
    facts = {"certificates": str(chain.certificates), "tiers": str(chain.tiers), "withheld": str(chain.withheld)}
    if closed is not None:
        facts |= {"names": ", ".join(closed.attestors), "vouched": str(closed.inputs)}
    match chain.state:
        case "complete":
            return _reply("chain-first" if chain.certificates == 1 else "chain-shown", facts)
        case "partial" if closed is not None:
            return _reply("attested-whole" if closed.whole else "attested-part", facts)
        case "partial":
            return _reply("chain-part", facts)
        case "none":
            return _reply("chain-none" if closed is None else "attested-none", facts)


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
    }
    if published.low is not None and published.high is not None:
        facts |= {"from": _few(published.low), "to": _few(published.high), "read": str(published.read)}
    return _reply(f"footprint-{published.word}", facts)


def _withdrawn(found: Report, state: ReportState) -> Reply:
    if found.ended is not None:
        kind = "undone" if found.ended.undone else "suspended" if found.ended.state == "suspended" else "whole"
        return _reply(f"withdrawn-{kind}", {})
    if found.affected or state == "affected":
        facts = _affected_facts(found)
        if state == "withdrawn":
            return _reply("withdrawn-all-upstream", facts)
        return _reply("withdrawn-part" if "percent" in facts else "withdrawn-part-unknown", facts)
    if state in _HIDDEN:
        return _HIDDEN[state]
    if any(check.step == _STATUS_STEP and check.result == "not-checked" for check in found.checks):
        return _reply("withdrawn-open", {})
    return _reply("withdrawn-no" if found.chain.state == "complete" else "withdrawn-no-part", {})


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


def _action(found: Report, state: ReportState, replies: Replies) -> Action:
    """Return the recommended action, with the facts that its sentence names."""
    code, about = _action_code(found, state, replies), found.certificate
    whole = f"{about.net_mass_kg} {unit_of(about.kind)}" if about else ""
    known = {"supplier": _supplier(found), "mass": whole} | replies.withdrawn.facts
    known |= found.reason.facts if code == "pin-registry" and found.reason else {}
    named = {name for _, name, _, _ in Formatter().parse(ACTIONS[code])}
    facts = {name: value for name, value in known.items() if name in named}
    return Action(code=code, sentence=filled(ACTIONS[code], facts), facts=facts)


def _action_code(found: Report, state: ReportState, replies: Replies) -> str:
    if state == "affected":
        return "quarantine-part" if "mass" in replies.withdrawn.facts else "quarantine-unknown"
    if state == "genuine" and replies.chain.code in _ACTION_OF_AUDIT:
        return _ACTION_OF_AUDIT[replies.chain.code]
    if state == "incomplete" and found.reason is not None and found.reason.code == UNKNOWN_REGISTRY:
        return "pin-registry"
    asked_for_chain = state == "incomplete" and found.reason is None and found.chain.certificates
    if asked_for_chain or (state == "genuine" and not proven(found)):
        return "ask-chain"
    if state == "genuine" and replies.footprint.code == "footprint-far-below":
        return "ask-figure"
    return _ACTION_OF[state]

"""The one advice of a report: what a careful colleague would tell who received the goods.

Rules:

1. This module alone decides the advice, and every door tells it; the table in `docs/page.md` has all of it.
2. "Accept" stands alone only if nothing is open: the chain is proven, the withdrawals behind it are known, and nothing
   speaks against the figure.
3. Nothing hidden counts as proven.  What was shown and checked adds to what auditors found, so nobody gets a worse
   advice for seeing more.
4. After a failed check, the advice depends on what happened: a record was changed, forged, signed by a stranger, or is
   original and impossible.
"""

from __future__ import annotations

from itertools import zip_longest
from string import Formatter
from typing import TYPE_CHECKING, Final

from schemas.report import STEPS, Action, WorthWord
from schemas.sentences import ACTIONS, QUESTIONS, filled
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.report import Check, Reply, Report, ReportState

UNKNOWN_REGISTRY: Final = "trust.registry-unknown"
"""The code of a check that found a registry that the trust list does not name."""
_AUDITED: Final = frozenset({"audited", "relied"})
_ACTION_OF_AUDIT: Final = {"short": "wait-for-audit", "disputed": "ask-whole-chain"}
"""The action where auditors are too few or disagree."""
_CHANGED: Final = frozenset({"record.entry", "record.place", "status.list", "status.upstream"})
"""Checks that fail if a file was changed or put together from others; so do all of the form."""
_IMPOSSIBLE: Final = frozenset({"record.lot", "record.mark-count"})
"""Checks that fail for original records, beside those of steps 7 to 10."""
_SEAL: Final = "record.seal"
_OF_STEP: Final[dict[str, str]] = {
    "form": "changed",
    "issuer": "signer",
    "signature": "forged",
    **dict.fromkeys(("inputs", "mass", "footprint", "claims"), "impossible"),
}
"""What a failed check of a step says, if its code does not say more."""
_ACTION_OF: Final[dict[ReportState, str]] = {
    "superseded": "use-latest",
    "expired": "ask-renewed",
    "suspended": "hold-all",
    "withdrawn": "quarantine-all",
    "unknown": "pin-registry",
    "incomplete": "check-again",
    "do-not-rely": "do-not-rely",
}
"""The action of a state, if nothing more is known."""
_REFUSE: Final[dict[str, str]] = {
    "changed": "refuse-changed",
    "forged": "refuse-forged",
    "signer": "refuse-signer",
    "impossible": "refuse-impossible",
    "wrong-label": "refuse-label",
}
"""The action after a failed check, by what happened."""
_WHAT_HAPPENED: Final = ("wrong-label", "forged", "changed", "signer", "impossible", "do-not-rely")
"""What failed checks say, the most telling first: of a changed file, sums fail as well."""


def proven(found: Report) -> bool:
    """Return whether somebody besides the producer vouches for the whole chain."""
    closed = found.closed_branches
    return found.chain.state == "complete" or found_right(found) or bool(closed and closed.whole)


def found_right(found: Report) -> bool:
    """Return whether enough auditors found every step of the chain right."""
    return found.audited is not None and found.audited.state in _AUDITED


def what_happened(found: Report) -> tuple[str, Check | None]:
    """Return the most telling kind of failure, and the first check that failed so."""
    failed = [check for check in found.checks if check.result == "failed"]
    first = {_kind(check): check for check in reversed(failed)}
    return next(((kind, first[kind]) for kind in _WHAT_HAPPENED if kind in first), ("do-not-rely", found.reason))


def _kind(check: Check) -> str:
    """Return what a failed check says of what happened to the record."""
    if check.code in _CHANGED:
        return "changed"
    if check.code in _IMPOSSIBLE:
        return "impossible"
    if check.code == _SEAL:
        return "wrong-label"
    return _OF_STEP.get(STEPS[check.step - 1], "do-not-rely")


def _questions(found: Report) -> Iterator[WorthWord]:
    """Yield what is open although a record is genuine and its chain proven: what to ask before using the figure.

    Its certificate states nearly all of it, so that every audience is told the same.
    """
    refuted = _refuted(found)
    if refuted:
        yield WorthWord(key="refuted", facts={"claims": str(refuted)})
    worth = found.plausibility
    if worth is not None and worth.published is not None:
        keys = {word.key: word.facts for word in worth.words}
        if worth.published.word == "far-below" and "attested" not in keys:
            yield WorthWord(key="far-below")
        yield from (WorthWord(key=key, facts=keys[key]) for key in ("flags", "flags-unknown") if key in keys)
        if worth.upstream_flags or worth.flagged_inputs:
            yield WorthWord(key="flags-upstream")
        if worth.placeholders:
            yield WorthWord(key="placeholders", facts=keys["placeholders"])
        if worth.published.word == "none":
            yield WorthWord(key="no-range")
        yield from (WorthWord(key=key, facts=keys[key]) for key in ("corrected", "registry") if key in keys)
    if found.chain.state != "complete" and found.audited and found.audited.words.endswith("-one"):
        yield WorthWord(key="one-auditor")


def _refuted(found: Report) -> int:
    """Return the number of claims that the records, the certificate itself, or auditors refute."""
    answers = found.audited.answers if found.audited else ()
    told = zip_longest((claim.answer for claim in found.claims), (claim.said for claim in found.claims), answers)
    return sum("refuted" in each for each in told)


def advise(found: Report, state: ReportState, withdrawn: Reply) -> Action:
    """Return the one action for a report in a state, with the facts that its sentence names.

    `withdrawn` is the answer to whether any of the lot is withdrawn.
    """
    open_ = tuple(_questions(found)) if state == "genuine" else ()
    code, about = _action_code(found, state, withdrawn, open_), found.certificate
    supplier = about.issuer_name if about else ""
    whole = f"{about.net_mass_kg} {unit_of(about.kind)}" if about else ""
    known = {"supplier": supplier, "mass": whole} | withdrawn.facts
    known |= found.reason.facts if code == "pin-registry" and found.reason else {}
    known["what"] = "; ".join(filled(QUESTIONS[each.key], each.facts) for each in open_)
    named = {name for _, name, _, _ in Formatter().parse(ACTIONS[code])}
    facts = {name: value for name, value in known.items() if name in named}
    return Action(code=code, sentence=filled(ACTIONS[code], facts), facts=facts, about=open_ if "what" in named else ())


def _action_code(found: Report, state: ReportState, withdrawn: Reply, open_: Sequence[WorthWord]) -> str:
    match state:
        case "genuine":
            return _of_genuine(found, withdrawn, open_)
        case "affected":
            return "quarantine-part" if "mass" in withdrawn.facts else "quarantine-unknown"
        case "do-not-rely":
            return _REFUSE.get(what_happened(found)[0], "do-not-rely")
        case "incomplete" if found.reason is not None and found.reason.code == UNKNOWN_REGISTRY:
            return "pin-registry"
        case "incomplete" if found.reason is None and found.chain.certificates:
            return "ask-chain"
        case _:
            return _ACTION_OF[state]


def _of_genuine(found: Report, withdrawn: Reply, open_: Sequence[WorthWord]) -> str:
    """Return the action for a genuine record: what weighs most first."""
    if not proven(found):
        return _ACTION_OF_AUDIT.get(found.audited.state if found.audited else "none", "ask-chain")
    if withdrawn.code in {"withdrawn-hidden", "withdrawn-audited"}:
        return "check-online"
    return "accept-ask" if open_ else "accept"

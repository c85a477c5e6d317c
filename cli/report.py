"""A report in the words of a terminal: the answers to a purchaser's questions on one screen, or all that was found.

Rules: the verdict is a word and a shape, never colour alone; failures come before everything that passed; what was not
checked never looks like a pass; each sentence comes from the catalogue, with its code behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from cli.attestations import auditor_lines
from cli.attestations import report_lines as attestation_lines
from cli.claims import report_lines as claim_lines
from cli.terminal import Style, facts, plural, printable, styled, table, wrapped
from ledger.footprint.digits import MANY, MASS, shown
from ledger.plausibility.answers import against, below, doubted, hidden
from ledger.plausibility.flags import also_at
from ledger.verify.grouped import SameKind, grouped
from schemas.identifier import Mark
from schemas.report import (
    STEPS,
    Affected,
    Audited,
    Balance,
    Corrected,
    DemandState,
    EndedLot,
    FootprintSummary,
    Plausibility,
    RegistryWord,
    Reply,
    Report,
    ReportState,
    Result,
    Verdict,
)
from schemas.sentences import ASSURANCES, DEMANDS, MARK_WORDS, WORTH, filled
from schemas.vocabulary import unit_of

_VERDICTS: Final[dict[Verdict, tuple[str, str, Style]]] = {
    "genuine": ("(+)", "GENUINE RECORD", "good"),
    "superseded": ("(~)", "GENUINE RECORD, BUT SUPERSEDED", "doubt"),
    "expired": ("(~)", "GENUINE RECORD, BUT EXPIRED", "doubt"),
    "withdrawn": ("[-]", "WITHDRAWN", "bad"),
    "incomplete": ("<?>", "COULD NOT BE FULLY CHECKED", "doubt"),
    "do-not-rely": ("[X]", "DO NOT RELY ON THIS", "bad"),
}
"""Shape, words and colour of each verdict."""
_STATES: Final[dict[ReportState, tuple[str, str, Style]]] = {
    "affected": ("[~]", "GENUINE RECORD, PARTLY AFFECTED", "doubt"),
    "suspended": ("[-]", "SUSPENDED", "bad"),
    "unknown": ("<?>", "NOT KNOWN TO THIS VERIFIER", "doubt"),
}
"""The same of states that a verdict does not tell apart."""

_RESULTS: Final[dict[Result, tuple[str, Style]]] = {
    "passed": ("+ passed     ", "good"),
    "failed": ("x FAILED     ", "bad"),
    "not-checked": ("? not checked", "doubt"),
    "warning": ("! warning    ", "doubt"),
}
DEMAND_WORDS: Final[dict[DemandState, str]] = {
    "met": "met",
    "not-met": "not met",
    "not-shown": "not shown",
    "text-not-read": "whose text nobody read",
}
KEPT: Final = "The registry keeps its key and signed in its name."
MOST_FAILURES: Final = 3
"""Failed checks on the first screen."""
_CHANGED: Final = frozenset({"refuse-changed", "refuse-forged"})
"""Actions after which further failed checks tell nothing new."""
_PROBLEMS: Final = ("failed", "warning")
_STEP_WORDS: Final = {"same-record": "same record"}


def verdict_line(verdict: Verdict | None, name: str, mark: Mark | None = None) -> str:
    """Return a line with a verdict and the name of the file that it is about; None is a file that can't be read."""
    shape, words, style = _VERDICTS[verdict] if verdict else ("[!]", "UNREADABLE", "bad")
    begin = styled(f"{mark.upper()} ", "doubt") if mark else ""
    return f"{begin}{styled(f'{shape} {words}', style)}  {name}"


def report_lines(found: Report, *, every: bool = False) -> Iterator[str]:
    """Yield the lines of a report: the answers on one screen, or with `every` all that was found."""
    shape, words, style = _STATES.get(found.state) or _VERDICTS[found.verdict]
    doubt = ", but its chain is not proven" if doubted(found) else ""
    about = None if hidden(found.state) else found.certificate
    lot = f": {about.lot}, {about.net_mass_kg} {unit_of(about.kind)} {about.kind}" if about and about.kind else ""
    if found.mark is not None:
        yield styled(MARK_WORDS[found.mark], "doubt")
    yield styled(f"{shape} {words}", style) + styled(doubt, "doubt") + printable(lot)
    yield from wrapped(found.replies.genuine.sentence, first="    ")
    if about is not None and about.issuer_now is not None:
        yield from wrapped(f"{about.issuer_name} is now called {about.issuer_now}.", first="    ")
    yield from facts(_answers(found))
    if not every:
        yield from wrapped("oreprint verify --all shows every check.", first="  ")
        return
    yield from _certificate(found)
    if found.registry_word is not None:
        yield from registry_lines(found.registry_word, found.plausibility.digits if found.plausibility else MANY)
    yield from _affected(found)
    yield from _claims(found)
    yield from _attestations(found)
    yield from _auditors(found)
    yield from _mass(found)
    yield from _problems(found)
    yield from _steps(found)
    yield ""
    yield styled("What this does not prove", "bold")
    for each in found.not_proven:
        yield from wrapped(each, first="  - ")
    yield ""
    yield styled("What this check covers", "bold")
    yield from facts((("Assurance", f"{found.assurance}. {ASSURANCES[found.assurance]}"),))


def _answers(found: Report) -> Iterator[tuple[str, str]]:
    """Yield the answers to a purchaser's questions, each with its name."""
    replies, worth = found.replies, found.plausibility
    yield "To do", found.action.sentence
    yield "Chain", replies.chain.sentence
    yield "Audited", "" if found.audited is None or found.audited.state == "none" else _audited(found.audited)
    yield "Footprint", _both(replies.footprint)
    if worth is not None and not hidden(found.state):
        yield "", f"(!) {against(worth)}" if worth.qualified and against(worth) else against(worth)
    yield "Withdrawn", _both(replies.withdrawn)
    for each in (found.ended, *found.affected):
        yield "", "" if each is None else _ending(each)
    yield "Corrected by", found.superseded_by or ""
    yield "Received", "" if found.received is None else found.received.sentence
    yield "Held", "" if found.held is None else found.held.sentence
    yield "Failed", _failures(found)
    yield "Not proven", " ".join(f"{each.partition('. ')[0].rstrip('.')}." for each in found.not_proven)
    log = "" if found.log_size is None else f"log of {plural(found.log_size, 'entry', 'entries')}"
    age = "" if found.status_age_s is None else f"status {found.status_age_s // 60} min old"
    yield "Checked", "; ".join(filter(None, (found.checked_at, log, age, found.assurance)))


def _both(reply: Reply) -> str:
    return f"{reply.answer}. {reply.sentence}"


def _audited(audited: Audited) -> str:
    """Return the state of the auditors' words, and how many of them count."""
    return f"{audited.state}: {len(audited.counted)} of {plural(audited.of, 'auditor')}, {audited.required} needed"


def _ending(ended: EndedLot | Affected) -> str:
    """Return which lot has ended upstream, what stems from it, and why and when its issuer ended it."""
    told = []
    if isinstance(ended, Affected):
        parts = ", ".join(f"{shown(percent, MANY)} % of its {element}" for element, percent in ended.elements.items())
        way = f"path {' -> '.join(ended.path)}" if ended.path else ""
        told = [f"{ended.lot or 'A batch of its chain'}: {ended.state}", parts, way]
    reason = f'reason: "{ended.reason}"' if ended.reason else ""
    return "; ".join(filter(None, (*told, reason, ended.since and ended.since[:10])))


def _failures(found: Report) -> str:
    """Return the failed checks beside the one that decided, as far as they fit a screen.

    Of a file that was changed, they would only say that it was.
    """
    if found.verdict != "do-not-rely" or found.action.code in _CHANGED:
        return ""
    others = [check for check in found.checks if check.result == "failed" and check != found.reason]
    more = f" ... and {len(others) - MOST_FAILURES} more" if len(others) > MOST_FAILURES else ""
    told = [f"{check.place}: {check.sentence}" if check.place else check.sentence for check in others[:MOST_FAILURES]]
    return " ".join(told) + more


def plausibility_facts(worth: Plausibility) -> Iterator[tuple[str, str]]:
    """Yield the facts about the published range, and by which rules the figure was computed."""
    published = worth.published
    if published is not None and published.low is not None:
        read = plural(published.read, "study") if published.studies else "composed of other ranges"
        memory = f", {published.other} more from memory" if published.other else ""
        yield (
            "Published",
            f"{published.low} to {published.high} ({published.route}; {read} read{memory}; methods differ)",
        )
        yield "", "; ".join((*published.studies, published.note or ""))
    yield "Judged", " ".join(_sentence(filled(WORTH[word.key], word.facts)) for word in below(worth))
    for number, flag in enumerate(worth.open):
        yield "" if number else "Open flags", f"{flag.sentence} [{flag.rule}]"
    for number, flag in enumerate(worth.notes):
        yield "" if number else "Notes", f"{flag.sentence} [{flag.rule}]"
    if worth.profile is not None:
        states = Counter(demand.state for demand in worth.profile.demands)
        told = ", ".join(f"{states[state]} {words}" for state, words in DEMAND_WORDS.items() if states[state])
        yield "Method", f"{worth.profile.called}: of {len(worth.profile.demands)} demands {told}"
        missed = [
            f"{DEMANDS[each.demand]}: {each.found}, not {each.bound}"
            for each in worth.profile.demands
            if each.state == "not-met"
        ]
        yield "Not met", "; ".join(missed)
    for number, each in enumerate(worth.beside):
        yield "" if number else "Beside it", each.sentence


def _sentence(words: str) -> str:
    """Return words as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


def _certificate(found: Report) -> Iterator[str]:
    """Yield the certificate, its footprint as stated and as recomputed, and the part of its chain that was shown."""
    if found.certificate is not None:
        about = found.certificate
        yield ""
        yield styled("Certificate", "bold")
        yield from facts(
            (
                ("Lot", f"{about.lot}, {about.kind}, {about.net_mass_kg} {unit_of(about.kind)} net"),
                ("Issuer", f"{about.issuer_name} ({about.issuer})"),
                ("", f"now called {about.issuer_now}" if about.issuer_now else ""),
                ("", KEPT if about.issuer_key == "custodial" else ""),
                ("Digest", about.digest),
                ("Id", about.id),
                ("Corrected by", found.superseded_by or ""),
                ("Corrected", _corrected(found.corrected) if found.corrected else ""),
            )
        )
    yield from _figures(found)
    chain, closed = found.chain, found.closed_branches
    yield ""
    yield styled("Chain", "bold")
    yield from facts(
        (
            ("Shown", chain.state),
            ("Certificates", f"{chain.certificates} in {plural(chain.tiers, 'tier')}"),
            ("Withheld", plural(chain.withheld, "input")),
            ("Vouched for", f"{closed.inputs} of them, by {', '.join(closed.attestors)}" if closed else ""),
            ("Received", "" if found.received is None else found.received.sentence),
        )
    )


def _figures(found: Report) -> Iterator[str]:
    """Yield the footprint as stated and as recomputed."""
    figures = found.footprint
    if figures is None:
        return
    digits = found.plausibility.digits if found.plausibility else MANY
    stated, market = shown(figures.kg_co2e_per_kg, digits), shown(figures.kg_co2e_per_kg_market, digits)
    recomputed = None if figures.recomputed is None else shown(figures.recomputed, digits)
    yield ""
    yield styled("Footprint, cradle to gate, in kg CO2e per kg", "bold")
    yield from facts(
        (
            ("Stated", f"{stated} (market-based {market})"),
            *_apart(figures, digits),
            ("Recomputed", recomputed or "not possible: some records it needs are not shown"),
            (
                "Difference",
                "" if figures.difference is None else f"{shown(figures.difference, digits)} kg CO2e in the whole batch",
            ),
            *(plausibility_facts(found.plausibility) if found.plausibility else ()),
        )
    )


def _apart(figures: FootprintSummary, digits: int) -> Iterator[tuple[str, str]]:
    """Yield the 95 % range, and the figure by the other permitted allocation, which the range does not cover."""
    low, high = figures.kg_co2e_per_kg_low, figures.kg_co2e_per_kg_high
    if low is not None and high is not None:
        yield "95 % range", f"{shown(low, digits)} to {shown(high, digits)}, by the parameters alone"
    yield "", f"by another permitted allocation: {shown(figures.kg_co2e_per_kg_other_allocation, digits)}"


def _corrected(found: Corrected) -> str:
    """Return when a certificate was corrected, and from which figure to which."""
    was, now = shown(found.was, MANY), shown(found.now, MANY)
    if was == now:
        return f"on {found.issued[:10]}; the figure is the same"
    change = f", {found.change_percent} %" if found.change_percent else ""
    return f"on {found.issued[:10]}: {was} -> {now} kg CO2e per kg{change}"


def registry_lines(found: RegistryWord, digits: int) -> Iterator[str]:
    """Yield the findings that the registry has from its memory."""
    yield ""
    yield styled(f"What {found.registry} says from its memory: its word, unsigned", "bold")
    months = found.months
    if months is not None:
        median = months.median_kg_co2e_per_kg
        middle = f"; the middle of their figures is {shown(median, digits)} kg CO2e per kg" if median else ""
        told = (
            f"{months.certified} of the 12 months to {months.through} of this plant and product are certified{middle}."
        )
        yield from wrapped(told, first="  ")
    for each in found.findings:
        yield from wrapped(f"{each.sentence} [{each.code}]", first="  ! ")
    if not found.findings:
        yield from wrapped("It found nothing in other runs that speaks against the figure.", first="  ")


def _claims(found: Report) -> Iterator[str]:
    """Yield the answer to each claim."""
    if found.claims:
        yield ""
        yield styled("Claims", "bold")
        yield from claim_lines(found.claims)


def _attestations(found: Report) -> Iterator[str]:
    """Yield the attestations of third parties."""
    if found.attestations:
        yield ""
        yield styled("Attestations by others", "bold")
        yield from attestation_lines(found.attestations)


def _auditors(found: Report) -> Iterator[str]:
    """Yield the auditors' answers about the chain, and who of them does not count."""
    word = found.audited
    if word is None or not (word.counted or word.not_counted or word.registry):
        return
    yield ""
    yield styled("Auditors of its chain", "bold")
    yield from facts((("State", word.state), ("Required", f"{word.required} of {word.of}")))
    yield from auditor_lines(word)


def _affected(found: Report) -> Iterator[str]:
    """Yield the share of the lot that comes from each ended lot upstream, and its path."""
    if not found.affected:
        return
    yield ""
    yield styled("Affected share of this lot, in percent", "bold")
    for each in found.affected:
        way = f"; path: {' -> '.join(each.path)}" if each.path else ""
        yield from wrapped(f"{each.lot or 'A batch in its supply chain'} is {each.state}{way}.", first="  ")
        if each.mass_percent is None:
            yield from wrapped("The records shown do not tell how much of this lot that is.", first="    ")
            continue
        shares = [("of the mass", each.mass_percent), *each.elements.items()]
        yield from table(("of", "percent"), shares, left=1)


def _mass(found: Report) -> Iterator[str]:
    """Yield the balance of every run seen."""
    if not found.mass:
        return
    yield ""
    yield styled("Mass balance of each run, in kg: inputs and outputs", "bold")
    rows = []
    for batch in found.mass:
        rows.append((batch.lot, "total", *_balance(batch.total)))
        rows += [("", element, *_balance(balance)) for element, balance in batch.elements.items()]
    yield from table(("lot", "of", "in", "out"), rows, left=2)


def _balance(balance: Balance) -> tuple[str, str]:
    taken = "not shown" if balance.taken_kg is None else shown(balance.taken_kg, MASS)
    return taken, shown(balance.produced_kg, MASS)


def _problems(found: Report) -> Iterator[str]:
    """Yield failures and warnings, before everything else that was checked."""
    bad = [check for check in found.checks if check.result in _PROBLEMS and check.code != "mass.flagged"]
    if not bad:
        return
    yield ""
    yield styled("What is wrong", "bold")
    for kind in grouped(sorted(bad, key=lambda check: _PROBLEMS.index(check.result))):
        yield from _check(kind)


def _steps(found: Report) -> Iterator[str]:
    """Yield every check under its step."""
    yield ""
    yield styled("Every check", "bold")
    for step, checks in groupby(found.checks, key=lambda check: check.step):
        name = STEPS[step - 1]
        yield f"  {step} {_STEP_WORDS.get(name, name)}"
        for kind in grouped(checks):
            yield from _check(kind, indent="    ")


def _check(kind: SameKind, *, indent: str = "  ") -> Iterator[str]:
    """Yield a check, or warnings of one kind: result, place, sentence, further places, and code."""
    check = kind.check
    mark, style = _RESULTS[check.result]
    place = f"{check.place}: " if check.place else ""
    begin = f"{indent}{mark}  "
    first, *others = wrapped(f"{place}{check.sentence}{also_at(kind.others)} [{check.code}]", first=begin)
    yield indent + styled(mark, style) + first[len(indent) + len(mark) :]
    yield from others

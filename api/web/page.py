"""The page of one record: from what a verification found to HTML, the same bytes for the same findings.

Rules: everything shown comes from the verified record, the report or the pinned trust list; where the verdict is "do
not rely", what the record claims is not shown; what was not checked never looks like a pass; text of others is escaped
and isolated. The time of the check, the log's size and the status lists' age stand apart, so that the rest may be kept
(`api.web.rendered_page`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from api.web import figures
from api.web.drawing import drawn, listed_depths
from api.web.rendered_page import Page
from api.web.spoken import RANGE_WORDS
from api.web.template import template
from api.web.words import Language, words
from ledger.desk.receipt import Delivery
from ledger.desk.replace import Successor
from ledger.factors.profiles import Profile
from ledger.footprint.digits import MANY
from ledger.papers.support import PaperKind, refusal
from ledger.plausibility.advice import proven
from ledger.plausibility.answers import below, doubted, flagged, hidden
from ledger.verify.grouped import SameKind, grouped
from schemas.certificate import CertificateRecord
from schemas.chain import ChainGraph
from schemas.report import Check, DemandState, Plausibility, Report, Result, Vouched, WorthWord
from schemas.sentences import ASSURANCES, BESIDE, DEMANDS, MARK_WORDS, NOT_COUNTED, REPLIES, WORTH
from schemas.trust import Party, TrustList
from schemas.vocabulary import Gas, GwpSet

RECORD_STEPS: Final = 6
"""Steps 1 to 6 are about the record itself, and are those that a browser checks again."""

RESULTS: Final[dict[Result, str]] = {
    "passed": "passed",
    "failed": "failed",
    "not-checked": "not checked",
    "warning": "warning",
}
DEMAND_STATES: Final[dict[DemandState, str]] = {
    "met": "met",
    "not-met": "not met",
    "not-shown": "not shown",
    "text-not-read": "text not read",
}
_TICK_OF_DEMAND: Final[dict[DemandState, Result]] = {
    "met": "passed",
    "not-met": "warning",
    "not-shown": "not-checked",
    "text-not-read": "not-checked",
}
STEP_TITLES: Final = (
    "Form", "Log", "Issuer", "Signature", "Same record", "Status", "Inputs", "Mass", "Footprint", "Claims", "Attestations",
)  # fmt: skip
CHECKS_KEPT: Final = 2048
"""Checks that stay written, about 1 kB each."""
MOST_PLACES: Final = 16
"""Places of a check that is kept at most."""
_WORST_FIRST: Final[tuple[Result, ...]] = ("failed", "not-checked", "warning", "passed")


class PageAddress(NamedTuple):
    """Where a record is published: the origin, such as ``https://registry.example``, and the certificate's digest."""

    origin: str
    digest: str

    @property
    def page(self) -> str:
        """The address of the page itself."""
        return f"{self.origin}/c/{self.digest}"


@dataclass(frozen=True, slots=True)
class PageContent:
    """The content of a page.

    `record` is None where nothing could be read; `profile` is the method that it names; `party` is the issuer in the
    pinned trust list `trust`; `address` is None for a file that somebody brought; `own_kg` is the mass of the reader's
    own unused holding of this lot, where one was shown; `whole` is false where the chain goes on beyond what was judged
    for the page; `replaced` is the certificate of the same goods, if this one was replaced before shipment;
    `delivery` is the shipment with which the reader's private link was made.
    """

    report: Report
    record: CertificateRecord | None
    graph: ChainGraph | None
    party: Party | None
    trust: TrustList
    gwp: Mapping[GwpSet, Mapping[Gas, int]]
    address: PageAddress | None = None
    own_kg: str | None = None
    whole: bool = True
    profile: Profile | None = None
    replaced: Successor | None = None
    delivery: Delivery | None = None


class StepChecks(NamedTuple):
    """A step of verification with its checks as they are written, and the worst that came of them."""

    number: int
    title: str
    worst: Result
    checks: Markup


def render(shown: PageContent, tag: str) -> Page:
    """Return the page in the language `tag`."""
    said = words(tag)
    report, record = shown.report, shown.record
    replies = report.replies
    relied = not hidden(report.state)
    parts: dict[str, Any] = {
        "shown": shown,
        "report": report,
        "record": record if relied else None,
        "named": record,
        "verdict_words": REPLIES[replies.genuine.code].answer,
        "headline": headline(report, said),
        "chain": said.reply(replies.chain),
        "figure": said.reply(replies.footprint),
        "withdrawn": said.reply(replies.withdrawn),
        "action": said.action(report.action),
        "range_words": RANGE_WORDS,
        "look": look(report),
        "proven": proven(report),
        "doubted": doubted(report),
        "demand_words": DEMANDS,
        "demand_states": DEMAND_STATES,
        "demand_ticks": _TICK_OF_DEMAND,
        "steps": steps(report, tag),
        "counts": _counts(report.checks),
        "own_steps": " ".join(own_steps(report)),
        "elsewhere": any(check.elsewhere and check.result == "failed" for check in report.checks),
        "assurance_words": ASSURANCES[report.assurance],
        "figures": figures,
        "depths": listed_depths(shown.graph) if relied and shown.graph else (),
        "drawing": drawn(shown.graph) if relied and shown.graph and len(shown.graph.batches) > 1 else None,
        "mark": said(MARK_WORDS[report.mark]) if report.mark else "",
        "assurers": assurers(report, record) if record is not None else (),
        "not_counted": NOT_COUNTED,
        "papers": offered_papers(shown, said),
    }
    parts |= _worth_parts(report.plausibility, said, relied=relied)
    if record is not None and relied:
        gwp = shown.gwp[record.footprint.gwp]
        parts["stages"], parts["gases"] = figures.by_stage(record, gwp), figures.by_gas(record, gwp)
    return Page.of(template("record.html", tag).render(parts), tag)


def look(report: Report) -> str:
    """Return the state whose colour and shape a page has: a chain about which auditors disagree is doubtful."""
    disputed = report.audited is not None and report.audited.state == "disputed" and not proven(report)
    return "affected" if disputed and report.state == "genuine" else report.state


def _counts(checks: Sequence[Check]) -> list[tuple[Result, int]]:
    """Return the number of checks with each result, the worst first."""
    return sorted(Counter(check.result for check in checks).items(), key=lambda each: _WORST_FIRST.index(each[0]))


def _worth_parts(worth: Plausibility | None, said: Language, *, relied: bool) -> dict[str, Any]:
    """Return the parts of the page about the plausibility of the figure."""
    if worth is None:
        return {"worth": None, "beside": (), "worth_words": "", "below_words": "", "digits": MANY}
    return {
        "worth": worth if relied else None,
        "beside": beside_words(worth, said) if relied else (),
        "worth_words": _listed_words(flagged(worth), said),
        "below_words": _listed_words(below(worth), said) if relied else "",
        "digits": worth.digits,
    }


def headline(report: Report, said: Language) -> Markup:
    """Return the sentences under the verdict: the check that decided, or else who signed."""
    reason, reply = report.reason, report.replies.genuine
    if reason is None or reply.code != "incomplete":
        return said.reply(reply).sentence
    where = Markup('<bdi translate="no">{}</bdi>: ').format(reason.place) if reason.place else Markup()
    return where + said.sentence(reason)


def _listed_words(words_: Sequence[WorthWord], said: Language) -> str:
    """Return words about a figure in one line."""
    return said("; ").join(said.worded(WORTH[word.key], word.facts) for word in words_)


class OfferedPaper(NamedTuple):
    """A paper that can be taken away: its name, its address, and why there is none, if there is none."""

    title: str
    path: str
    against: Markup


def offered_papers(shown: PageContent, said: Language) -> tuple[OfferedPaper, ...]:
    """Return the papers of a published record; those about magnets only of a magnet.

    Of a record that supports none, the first one stands for all of them; of one that nobody may rely on, nothing does.
    """
    if shown.address is None or shown.record is None or hidden(shown.report.state):
        return ()
    papers: dict[PaperKind, tuple[str, str]] = {
        "certificate": (said("Certificate (PDF)"), "certificate.pdf"),
        "crma": (said("EU 2024/1252 magnet table (PDF)"), "crma.pdf"),
        "dfars": (said("DFARS statement of origin (PDF)"), "dfars.pdf"),
        "figures": (said("Figures (CSV)"), "figures.csv"),
    }
    kinds: set[PaperKind] = {"certificate"}
    if not against_words("certificate", shown, said):
        kinds |= {"figures", "crma", "dfars"} if shown.record.batch.kind == "magnet" else {"figures"}
    base = f"/v1/certificates/{shown.address.digest}"
    return tuple(
        OfferedPaper(title, f"{base}/{name}?lang={said.tag}", against_words(kind, shown, said))
        for kind, (title, name) in papers.items()
        if kind in kinds
    )


def against_words(kind: PaperKind, shown: PageContent, said: Language) -> Markup:
    """Return why a record does not support a paper, or nothing if it does."""
    problem = refusal(kind, shown.report, shown.record) if shown.record else None
    return said.problem(problem) if problem else Markup()


def beside_words(found: Plausibility, said: Language) -> tuple[tuple[str, str], ...]:
    """Return the sentences beside the figure, each with its key."""
    return tuple((each.key, said.worded(BESIDE[each.key], each.facts)) for each in found.beside)


def assurers(report: Report, record: CertificateRecord) -> tuple[Vouched, ...]:
    """Return the attestations of this very lot's footprint that count."""
    own = {record.run[0].digest, report.certificate.digest if report.certificate else ""}
    return tuple(
        each for each in report.attestations if each.counted and "figure" in each.scopes and each.subject in own
    )


def _told(kind: SameKind, tag: str) -> str:
    """Return a check, or warnings of one kind, as the list of evidence has them."""
    check, told = kind.check, tuple(kind.check.facts.items())
    # one that names a whole chain is long, and no other chain has it
    written = _written if len(kind.others) < MOST_PLACES else _written.__wrapped__
    return written(
        tag, check.step, check.code, check.result, check.sentence, places=(check.place, *kind.others), facts=told
    )


@lru_cache(maxsize=CHECKS_KEPT)
def _written(
    tag: str,
    step: int,
    code: str,
    result: Result,
    sentence: str,
    *,
    places: tuple[str, ...],
    facts: tuple[tuple[str, str], ...],
) -> str:
    """Return the result of `_told`, cached: findings about one batch repeat for the next (hot path)."""
    place, *others = places
    check = Check(step=step, code=code, result=result, sentence=sentence, place=place, facts=dict(facts))
    html: str = template("check.html", tag).render(check=check, others=others)
    return f"{html}\n"


def steps(report: Report, tag: str) -> tuple[StepChecks, ...]:
    """Return the steps of a report, each with its checks, failures first."""
    return tuple(
        StepChecks(number, STEP_TITLES[number - 1], (listed := _worst_first(checks))[0].result, _listed(listed, tag))
        for number, checks in groupby(report.checks, key=lambda check: check.step)
    )


def _listed(checks: tuple[Check, ...], tag: str) -> Markup:
    return Markup("".join(_told(kind, tag) for kind in grouped(checks)))  # noqa: S704 - the template escapes


def own_steps(report: Report) -> Iterator[Result]:
    """Yield the results of steps 1 to 6 for the subject itself: a browser compares its own check with them."""
    if report.certificate is None:  # what passed was about others
        yield "failed"
        for _ in range(RECORD_STEPS - 1):
            yield "not-checked"
        return
    for number in range(1, RECORD_STEPS + 1):
        found = [check.result for check in report.checks if check.step == number and not check.elsewhere]
        yield min(found, key=_WORST_FIRST.index, default="not-checked")


def _worst_first(checks: Iterator[Check]) -> tuple[Check, ...]:
    return tuple(sorted(checks, key=lambda check: _WORST_FIRST.index(check.result)))

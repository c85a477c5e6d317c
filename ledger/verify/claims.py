"""Step 10: the answers to a certificate's claims, done again, and what can be said of them with what is shown.

Rules: two questions, both with the functions that issuing used (`ledger.claims`).

1. *Is what the certificate says what it had to say?*  Its rows are made again from its run and from the rows of its
   inputs' certificates.  Where all is shown they are equal to the last digit; where something is withheld, none says
   more than what is shown allows.
2. *What is known?*  From the first runs on, each answer is as strong as what was shown of it: the producer's word where
   a run is withheld, unknown where an input is.  That is what the report says of the certificate it is about.

What holds by readings or places is *attested* in the report if accredited third parties attest the figure of every run
behind it, or inspected its plant; else it is declared.  Certificates of engine 2 state it as declared, those of engine
1 as proven.

Records of other processes are known by what these judged of their runs (`RunAnswers`), so the second question is asked
at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.claims.answer import ClaimFinding, JudgedClaim, finding, stated_finding, weakest
from ledger.claims.chain import recycled_finding
from ledger.claims.evidence import (
    Evidence,
    InputBranch,
    Key,
    Obstacles,
    UncertifiedInputs,
    input_branch,
    placeholders,
    rare_earth_in,
    stated_key,
    uncertified_inputs,
    uncertified_scrap,
)
from ledger.claims.rules import RULES, by_records, own_criteria
from ledger.claims.run import DisclosedRun, run_finding
from ledger.claims.stated import claim_faults, judged_claims, with_threshold
from ledger.footprint.inventory import Inventory
from ledger.footprint.masses import figure_text
from ledger.footprint.versions import GUARDED
from ledger.seal.sdjwt import OpenRun
from ledger.verify.certificate import ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.memory import KnownCertificate, Memory
from ledger.verify.rule import Rule
from schemas.certificate import CertificateRecord
from schemas.claim import Answer, Claim, KnownAnswer, Stated
from schemas.problem import OreprintError
from schemas.quantity import milligrams, trillionths
from schemas.report import ClaimAnswer
from schemas.sentences import REASONS, filled
from schemas.vocabulary import AttestationScope, unit_of

OPEN: Final = frozenset({"run-withheld", "inputs-withheld", "renewable-open"})
"""Reasons that are nothing but a lack of what was not shown: they say nothing against a certificate."""


class RunAnswers(NamedTuple):
    """The answers of a shown run to each claim, and its inputs without a certificate."""

    own: tuple[ClaimFinding, ...]
    roots: UncertifiedInputs


class UpstreamAnswers(NamedTuple):
    """The answers of an upstream certificate's chain, and the obstacles to proving figures that rest on its own."""

    answers: Mapping[Key, ClaimFinding]
    behind: Obstacles


ATTESTED: Final[Mapping[str, AttestationScope]] = {"readings": "figure", "places": "on-site"}
"""What an attestor must have examined of a run, by what its claim rests on."""

NOTHING: Final = UpstreamAnswers({}, Obstacles(unseen=finding("declared", "inputs-withheld")))

Link = tuple[str | None, int]
"""An input: the digest of its certificate, None where that is withheld, and the mass taken in mg."""


@dataclass(slots=True)
class Claims:
    """The claims of every certificate of a chain."""

    findings: Findings
    seen: Mapping[str, ShownCertificate]
    memory: Memory
    judged: dict[str, RunAnswers] = field(default_factory=dict)
    links: dict[str, tuple[Link, ...]] = field(default_factory=dict)

    def check(
        self,
        seen: ShownCertificate,
        run: OpenRun | None,
        inventory: Inventory | None,
        named: Mapping[str, ShownCertificate],
    ) -> None:
        """Judge the claims of one certificate.

        `inventory` is its run where that is shown whole, `named` the certificates that run and claims name, as far as
        they came before.
        """
        rows, record = seen.record.claims, seen.record
        if not rows:
            self._keep(seen, run, inventory)
            return
        stated = stated_in(rows)
        holds = _as_rules_have_it(rows, stated) and not any(claim_faults(stated, record.batch.step))
        self.findings.require(Rule.STATED, seen.place, holds=holds)
        if not holds:  # there is nothing that could be done again, whether or not the check is off
            return
        self.links[seen.digest] = _links(seen, run)
        if inventory is None:
            told = {} if self.memory.get(seen.digest) is None else {"certificate": seen.digest}
            self.findings.add(Rule.ANSWERED, Outcome.WITHHELD, seen.place, **told)
        else:
            self._judge_run(seen, stated, inventory, named)
        self._compare(seen, stated, named)

    def _keep(self, seen: ShownCertificate, run: OpenRun | None, inventory: Inventory | None) -> None:
        """Keep a certificate without claims as an input to the claims of later batches."""
        self.links[seen.digest] = _links(seen, run)
        if inventory is not None:
            self.judged[seen.digest] = RunAnswers((), uncertified_inputs(inventory))

    def _judge_run(
        self,
        seen: ShownCertificate,
        stated: Sequence[Stated],
        inventory: Inventory,
        named: Mapping[str, ShownCertificate],
    ) -> None:
        """Keep what a run says of the claims."""
        baselines = {each.baseline.certificate for each in stated if each.baseline}
        earlier = {digest: named[digest].record for digest in baselines if digest is not None and digest in named}
        shown = DisclosedRun(inventory, seen.record.batch, earlier)
        try:
            own = tuple(run_finding(each, shown) for each in stated)
        except OreprintError as error:
            self.findings.fails(Rule.STATED, seen.place, error)
            return
        self.judged[seen.digest] = RunAnswers(own, uncertified_inputs(inventory))

    def _compare(self, seen: ShownCertificate, stated: Sequence[Stated], named: Mapping[str, ShownCertificate]) -> None:
        """Check each row against the recomputed answer (question 1)."""
        whole = seen.digest in self.judged
        for row, again in zip(seen.record.claims, self._again(seen, stated, named, None), strict=True):
            redone = again.row()
            if whole:
                holds = redone == row or _rests_elsewhere(row, again, named)
            else:
                holds = again.finding.reason in OPEN or again.finding.strength >= stated_finding(row).strength
                holds = holds and not (
                    seen.record.footprint.engine in GUARDED and by_records(row.id, row.answer) != row.answer
                )
            reason = "" if holds else again.finding.sentence()
            facts = {
                "claim": row.id,
                "scope": row.scope,
                "said": _told(row),
                "found": _told(redone),
                "reason": reason,
            }
            self.findings.require(Rule.ANSWERED, seen.place, holds=holds, **facts)

    def _again(
        self,
        seen: ShownCertificate,
        stated: Sequence[Stated],
        named: Mapping[str, ShownCertificate],
        known: Mapping[str, UpstreamAnswers] | None,
    ) -> list[JudgedClaim]:
        """Return the recomputed answers.

        They use the statements of the inputs' certificates (`named`), or the `known` answers to them.
        """
        judged = self.judged.get(seen.digest)
        own = judged.own if judged else tuple(finding("declared", "run-withheld") for _ in stated)
        return judged_claims(stated, own, self._evidence(seen, named, known))

    def _evidence(
        self,
        seen: ShownCertificate,
        named: Mapping[str, ShownCertificate],
        known: Mapping[str, UpstreamAnswers] | None,
    ) -> Evidence:
        """Return what is shown of a certificate's run and of its inputs."""
        judged = self.judged.get(seen.digest)
        branches = [
            _branch(named[digest].record, mass, None if known is None else known.get(digest, NOTHING))
            if digest is not None and digest in named
            else None
            for digest, mass in self.links.get(seen.digest, ())
        ]
        return Evidence(seen.record, judged.roots if judged else None, branches)

    def answers_of(
        self,
        subject: ShownCertificate,
        above: Collection[str],
        attestors: Callable[[ShownCertificate, AttestationScope], Sequence[str]],
    ) -> tuple[ClaimAnswer, ...]:
        """Return the answers to the claims of one certificate (question 2).

        `above` are the others of its chain, and `attestors` returns who attests a scope of one's run.
        """
        if not subject.record.claims or subject.digest not in self.links:
            return ()
        others = [self.seen[digest] for digest in above if digest in self.seen]
        goods = [each for each in others if unit_of(each.record.batch.kind) == "kg"]

        def by(row: Claim) -> tuple[str, ...]:
            scope = ATTESTED.get(RULES[row.id].rests)
            runs = [subject] if row.scope == "run" else [subject, *goods]
            return () if scope is None else _of_each([attestors(each, scope) for each in runs])

        certified = zip(subject.record.claims, self._known(subject, self._upstream(above)), strict=True)
        return tuple(_answer(row, answer, subject, by(row)) for row, answer in certified)

    def recycled(self, subject: ShownCertificate, above: Collection[str]) -> dict[str, ClaimFinding]:
        """Return, for each element of a batch, whether its chain proves the recycled shares that it states.

        The certificate need not claim them. `above` are the others of its chain.
        """
        evidence = self._evidence(subject, self.seen, self._upstream(above))
        return {part.element: recycled_finding(part.element, evidence) for part in subject.record.composition}

    def found(self, seen: ShownCertificate, above: Collection[str]) -> tuple[tuple[Answer, ...], Obstacles]:
        """Return the answer to each row of a certificate that is shown whole, and what lies behind it (question 2)."""
        known = self._upstream(above)
        return tuple(each.answer for each in self._known(seen, known)), self._behind(seen, known)

    def _upstream(self, above: Collection[str]) -> dict[str, UpstreamAnswers]:
        """Return what is known of the certificates `above`, the first ones first."""
        known: dict[str, UpstreamAnswers] = {}
        for digest, seen in self.seen.items():
            if digest in self.links and digest in above:
                recalled = self.memory.get(digest)
                if recalled is not None and digest not in self.judged:
                    known[digest] = _recalled(seen, recalled)
                    continue
                pairs = zip(seen.record.claims, self._known(seen, known), strict=True)
                chain = {stated_key(row): answer for row, answer in pairs if row.scope == "chain"}
                known[digest] = UpstreamAnswers(chain, self._behind(seen, known))
        return known

    def _behind(self, seen: ShownCertificate, known: Mapping[str, UpstreamAnswers]) -> Obstacles:
        """Return what, in a certificate or further up, keeps figures from being proven.

        `known` are those further up.
        """
        links, judged = self.links[seen.digest], self.judged.get(seen.digest)
        shown = [link for link, _ in links if link is not None and link in known]
        above = [(self.seen[link].record.batch.lot, known[link].behind) for link in shown]
        unseen = [each.unseen.behind(lot) for lot, each in above if each.unseen]
        if len(above) < len(links):
            unseen.insert(0, finding("declared", "inputs-withheld"))
        if judged is None:
            unseen.insert(0, finding("declared", "run-withheld"))
        placeholder = [each.placeholder.behind(lot) for lot, each in above if each.placeholder]
        scrap = {element: one.behind(lot) for lot, each in above for element, one in each.scrap.items()}
        own = uncertified_scrap(seen.record, judged.roots) if judged else {}
        for material in judged.roots.materials if judged else ():
            placeholder.insert(0, finding("declared", "open-branch", material=material))
        nearest = placeholders(seen.record) or next(iter(placeholder), None)
        return Obstacles(next(iter(unseen), None), nearest, {**scrap, **own})

    def _known(self, seen: ShownCertificate, known: Mapping[str, UpstreamAnswers]) -> list[ClaimFinding]:
        """Return the known answer to each claim of a certificate.

        Where its run is not shown whole, this is the certificate's own statement at most.
        """
        rows = seen.record.claims
        again = [each.finding for each in self._again(seen, stated_in(rows), self.seen, known)]
        if seen.digest in self.judged:
            return [self._since(row, answer) for row, answer in zip(rows, again, strict=True)]
        return [weakest((answer, stated_finding(row))) for row, answer in zip(rows, again, strict=True)]

    def _since(self, row: Claim, answer: ClaimFinding) -> ClaimFinding:
        """Return an answer as declared if it rests on an earlier certificate whose run is not shown."""
        if answer.answer != "proven" or row.baseline is None or row.baseline.certificate in self.judged:
            return answer
        facts = {"found": figure_text(answer.value or 0), "possible": row.baseline.figure}
        return finding("declared", "baseline-said", answer.value, **facts)


def _recalled(seen: ShownCertificate, recalled: KnownCertificate) -> UpstreamAnswers:
    """Return what an auditor found of a certificate when it judged it; its figures are those of its rows."""
    rows = zip(seen.record.claims, recalled.answers, strict=False)  # a leaf of strangers may have fewer
    answers = {
        stated_key(row): stated_finding(row)._replace(answer=answer, reason="judged-before")
        for row, answer in rows
        if row.scope == "chain"
    }
    behind = recalled.inside.behind
    unseen, placeholder = (each and finding("declared", each) for each in (behind.unseen, behind.placeholder))
    scrap = {element: finding("declared", reason) for element, reason in behind.scrap}
    return UpstreamAnswers(answers, Obstacles(unseen or None, placeholder or None, scrap))


def stated_in(rows: Sequence[Claim]) -> tuple[Stated, ...]:
    """Return the claims that a certificate's rows answer, each once, in their order."""
    return tuple(
        dict.fromkeys(
            Stated(
                id=row.id,
                element=row.element,
                threshold=row.threshold,
                countries=row.countries,
                baseline=row.baseline,
            )
            for row in rows
        )
    )


def _as_rules_have_it(rows: Sequence[Claim], stated: Sequence[Stated]) -> bool:
    """Return whether the rows answer known claims in exactly the scopes of their rules, in order, with their limits."""
    if any(each.id not in RULES or with_threshold(each) != each for each in stated):
        return False
    due = [(each.id, scope) for each in stated for scope in RULES[each.id].scopes]
    return [(row.id, row.scope) for row in rows] == due


def _links(seen: ShownCertificate, run: OpenRun | None) -> tuple[Link, ...]:
    """Return the shown inputs of a certificate's run without electricity, which the run's own lines state."""
    if run is None:
        return ((None, 0),) * seen.record.counts.inputs
    return tuple(
        [
            (shown.source.certificate, milligrams(shown.value.mass_kg)) if shown and shown.source else (None, 0)
            for shown in run.inputs
            if shown is None or unit_of(shown.value.kind) == "kg"
        ]
    )


def _branch(record: CertificateRecord, mass_mg: int, known: UpstreamAnswers | None) -> InputBranch:
    """Return an input, from its known run or from its certificate."""
    return input_branch(record, rare_earth_in(record, mass_mg), *(known or (None, None)))


def _rests_elsewhere(row: Claim, again: JudgedClaim, named: Mapping[str, ShownCertificate]) -> bool:
    """Return whether an answer depends on a certificate of an earlier period that is not shown here.

    Its figure is recomputed all the same.
    """
    baseline = row.baseline.certificate if row.baseline else None
    unseen = baseline is not None and baseline not in named
    value = None if row.value is None else trillionths(row.value)
    return unseen and again.finding.reason == "baseline-said" and again.finding.value == value


def _told(row: Claim) -> str:
    return row.answer if row.value is None else f"{row.answer}, {row.value}"


def _of_each(several: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return all names, each once, or none if one of several has none."""
    return tuple(dict.fromkeys(name for names in several for name in names)) if all(several) else ()


def _answer(row: Claim, known: ClaimFinding, subject: ShownCertificate, attestors: tuple[str, ...]) -> ClaimAnswer:
    """Return what a report says of a claim; what records do not decide is the word of attestors, or the producer's."""
    by_word = by_records(row.id, known.answer) != known.answer
    answer: KnownAnswer = known.answer
    facts, sentence = dict(known.facts), known.sentence()
    if by_word:
        answer = "attested" if attestors else "declared"
        facts |= {"names": ", ".join(attestors)} if attestors else {}
        word = "attested" if attestors else "unattested"
        sentence = f"{sentence} {filled(REASONS[f'{RULES[row.id].rests}-{word}'], facts)}"
    return ClaimAnswer(
        id=row.id,
        scope=row.scope,
        answer=answer,
        said=row.answer,
        attested_by=attestors if by_word else None,
        own_criteria=own_criteria(row.id),
        element=row.element,
        countries=row.countries,
        value=row.value,
        threshold=row.threshold,
        path=(subject.place, *known.path),
        reason=known.reason,
        sentence=sentence,
        facts=facts,
    )

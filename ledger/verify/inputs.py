"""Judge step 7 for one run: its certificate, the origins of its inputs, and the marks of its entry.

The run must belong to its certificate.  Each input must come from where it says.  The entry must have the marks of
these inputs and no others.

Rules: what is shown is judged.  What a signed marker withholds is reported as withheld.  A run is judged by all of its
views together (`ledger.verify.certificate`).  Every view shows its holdings, which are in its clear part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, get_args

from ledger.holdings.mark import run_mark, successor
from ledger.log.entry import PurposeCode
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.sdjwt import OpenInput, OpenRun
from ledger.verify.certificate import RunView, ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.heads import ProvenEntry, in_order
from ledger.verify.instruments import marks_of
from ledger.verify.memory import Memory
from ledger.verify.paths import Paths
from ledger.verify.rule import Rule
from ledger.verify.walk_state import Root, ShownIssuance
from schemas.document import replace
from schemas.frozen import Frozen
from schemas.instant import epoch_ms
from schemas.quantity import kg_text, milligrams
from schemas.run import Input, Made, Run, RunFollows, Source
from schemas.vocabulary import Custody

TIME_ZONE_MS: Final = 14 * 60 * 60 * 1000
"""A plant's day may begin this much before the same day in UTC."""

WEAKNESS: Final[dict[Custody, int]] = {model: place for place, model in enumerate(get_args(Custody))}
"""Of each model of custody, how many are stronger (ISO 22095:2020, 5)."""

_REPEATED: Final = (
    "run", "facility", "step", "stage", "period", "gwp", "allocation", "inputs", "outputs",
)  # fmt: skip
"""Members of a run that a correction repeats byte for byte (design of the certificate: links)."""


class Consumed(Frozen):
    """One batch was used by the run of another: asked again when it is known what has ended, and when.

    `first` is the certificate of the run that used it: where `by` is a correction, which repeats what the first run
    used, that run's.
    """

    upstream: ShownCertificate
    by: ShownCertificate
    first: ShownCertificate
    mass_mg: int


@dataclass(slots=True)
class Inputs:
    """The inputs of every run of a chain; `built_on` are the issuances whose batches were used."""

    findings: Findings
    paths: Paths
    memory: Memory
    consumed: dict[tuple[bytes, int], Consumed] = field(default_factory=dict)
    awaited: dict[str, str] = field(default_factory=dict)
    built_on: set[bytes] = field(default_factory=set)
    withheld_of: dict[bytes, set[int]] = field(default_factory=dict)

    def withheld(self, issuances: Collection[bytes]) -> dict[bytes, set[int]]:
        """Return the inputs of these issuances that no certificate shows, by issuance."""
        return {issuance: hidden for issuance, hidden in self.withheld_of.items() if issuance in issuances}

    def own_output(self, run: OpenRun, seen: ShownCertificate, named: Mapping[str, ShownCertificate]) -> None:
        """Check that the certificate belongs to an output of this run, and that both describe it alike."""
        value, record, findings, place = run.value, seen.record, self.findings, seen.place
        findings.require(Rule.SAME_ISSUER, place, holds=value.producer == record.issuer.did, producer=value.producer)
        findings.require(Rule.SAME_REGISTRY, place, holds=value.registry == record.registry, registry=value.registry)
        findings.require(Rule.OUTPUT_AS_CLEAR, place, holds=_as_clear(run, seen))
        cited = [named.get(source.certificate) for source in run.sources]
        weakest = max([WEAKNESS[each.record.custody] for each in cited if each], default=0)
        findings.require(Rule.CUSTODY, place, holds=WEAKNESS[record.custody] >= weakest, custody=record.custody)

    def check(self, run: OpenRun, seen: ShownCertificate, *, first: bool) -> None:
        """Judge all inputs of a run and its entry; again, where a later certificate shows more of it."""
        roots: list[tuple[int | None, Root | None]] = []
        withheld = self.withheld_of[seen.issuance] = set()
        before = self._before(run.value)
        for number, shown in enumerate(run.inputs):
            mass, root = self._input(number, shown, run.value, seen, before=before[number] if before else None)
            roots.append((mass, root))
            if _hidden(shown, root, seen.named):
                withheld.add(number)
        if seen.logged is not None:
            self._entry(run, seen, seen.logged, roots, first=first)

    def withhold(self, seen: ShownCertificate, view: RunView) -> None:
        """Take in a certificate whose run is withheld, and what an auditor knows of it."""
        inputs, known = seen.record.counts.inputs, self.memory.get(seen.digest)
        if inputs and seen.issuance not in self.withheld_of:
            self.withheld_of[seen.issuance] = set(range(inputs))
            before = len(self.findings.all)
            told = {} if known is None else {"certificate": seen.digest}
            self.findings.add(Rule.SOURCE_SHOWN, Outcome.WITHHELD, seen.place, inputs=inputs, **told)
            view.withheld = self.findings.all[before:]
        if seen.logged is not None:
            self.paths.conceal(seen, seen.logged)
            if known is not None:
                self.paths.recall(seen, seen.logged, known.inside)

    def _input(
        self, number: int, shown: OpenInput | None, run: Run, seen: ShownCertificate, *, before: Root | None
    ) -> tuple[int | None, Root | None]:
        """Judge one input, which a run `before` took from a batch if it is known.

        Return its mass in mg and its batch, as far as they are known.
        """
        place = f"{seen.place} inputs[{number}]"
        if shown is None or shown.source is None:
            self.findings.add(Rule.SOURCE_SHOWN, Outcome.WITHHELD, place, inputs=1)
            return (milligrams(shown.value.mass_kg) if shown else None), None
        root = self._source(place, number, shown.value, shown.source, run, seen, before=before)
        return milligrams(shown.value.mass_kg), root

    def _before(self, run: Run) -> Sequence[Root | None]:
        """Return the batches that the run followed by this one took, input by input, where both say the same of all.

        Else nothing.
        """
        old = self.paths.issued.get(digest_bytes(run.follows.record)) if run.follows else None
        return () if old is None or old.run.inputs != run.inputs else [root for _, root in old.inputs]

    def _source(
        self,
        place: str,
        number: int,
        taken: Input,
        source: Source,
        run: Run,
        seen: ShownCertificate,
        *,
        before: Root | None,
    ) -> Root | None:
        """Judge a disclosed source: its certificate is here, and is of the batch that the holding used is of."""
        findings, cited = self.findings, seen.named.get(source.certificate)
        if cited is None:
            findings.add(Rule.SOURCE_SHOWN, Outcome.ABSENT, place, inputs=1, certificate=source.certificate)
            self.awaited[source.certificate] = place
            return None
        findings.passed(Rule.SOURCE_SHOWN)
        record, batch = cited.record, cited.record.batch
        called = (taken.kind, taken.material) == (batch.kind, batch.description)
        findings.require(Rule.AS_CITED, place, holds=called, kind=taken.kind, material=taken.material)
        mass = milligrams(taken.mass_kg)
        self.consumed[seen.issuance, number] = Consumed(cited, seen, _first(seen), mass)
        self.built_on.add(cited.issuance)
        if before is not None:
            return before
        findings.require(Rule.TIME_ORDER, place, holds=batch.produced.start <= run.period.end)
        used = self.paths.use(place, source.creator, source.holding)
        if used is None:
            return None
        root = self.paths.first(cited.issuance), source.output
        says = (source.run, source.output, source.registry, source.supplier)
        same = says == (cited.run_digest, record.output, record.registry, record.issuer.did)
        of = used.held.root
        if of is None or of[1] is None:
            findings.add(Rule.ROOT, Outcome.WITHHELD, place)
            same = same and (of is None or of[0] == root[0])
        else:
            same = same and of == root
        findings.require(Rule.ROOT, place, holds=same, certificate=source.certificate)
        held, holder = used.held.mass_mg, used.holder
        if held is None:
            findings.add(Rule.TAKEN, Outcome.WITHHELD, place)
        else:
            told = {} if held == mass else {"held": kg_text(held)}
            findings.require(Rule.TAKEN, place, holds=held == mass, **told)
        findings.require(Rule.OWNER, place, holds=holder.owner == run.producer, owner=holder.owner)
        findings.require(Rule.HOME, place, holds=holder.registry == run.registry, home=holder.registry)
        findings.require(Rule.MARK, place, holds=to_base64url(used.mark) == taken.mark)
        if seen.logged is not None:
            findings.require(Rule.TIME_ORDER, place, holds=in_order(used.held.logged, seen.logged))
        return of

    def _entry(
        self,
        run: OpenRun,
        seen: ShownCertificate,
        logged: ProvenEntry,
        roots: Sequence[tuple[int | None, Root | None]],
        *,
        first: bool,
    ) -> None:
        """Check that the entry has exactly the marks of the inputs. Then register the run's holdings for later use."""
        findings, value, place = self.findings, run.value, seen.place
        ends = epoch_ms(f"{value.period.end}T00:00:00Z")
        findings.require(Rule.TIME_ORDER, place, holds=ends <= logged.entry.time_ms + TIME_ZONE_MS)
        issued = ShownIssuance.of(value, run.text, seen, roots)
        if not first:
            self.paths.show(issued)
        if value.follows is not None:
            if first:
                self._follows(value.follows, run, seen, logged, issued)
            return
        self._marks(run, seen, logged)
        findings.require(Rule.BITS, place, holds=not logged.entry.bits)
        signed = findings.require(Rule.PRODUCER_SIGNED, place, holds=seen.signed)
        if signed and seen.issuance not in self.paths.issued:
            self.paths.issue(place, issued, logged)

    def _marks(self, run: OpenRun, seen: ShownCertificate, logged: ProvenEntry) -> None:
        """Check that the entry has the marks of the inputs shown, each once, and no more marks than inputs.

        Beside them stands that of a scheme's statement, where the run enters one (`ledger.verify.instruments`).
        """
        place, further = seen.place, len(marks_of(seen.record))
        marks = [digest_bytes(shown.value.mark) for shown in run.inputs if shown]
        self.findings.require(Rule.USED_ONCE, place, holds=len(set(marks)) == len(marks))
        if not run.inputs:
            marks = [run_mark(digest_bytes(run.digest))]
        due = max(1, len(run.inputs)) + further
        if len(marks) == due:
            self.paths.enter(Rule.ENTRY_MARKS, place, logged, marks)
            return
        found = logged.entry.marks
        holds = len(found) == due and set(marks) <= set(found)
        if any(shown is None for shown in run.inputs):
            self.findings.add(Rule.ENTRY_MARKS, Outcome.WITHHELD, place)
        self.findings.require(Rule.ENTRY_MARKS, place, holds=holds, found=len(found), due=due)

    def _follows(
        self, follows: RunFollows, run: OpenRun, seen: ShownCertificate, logged: ProvenEntry, issued: ShownIssuance
    ) -> None:
        """Check a correction: it repeats the production, ends the former certificates, and creates nothing."""
        findings, place, followed = self.findings, seen.place, digest_bytes(follows.record)
        self.paths.enter(Rule.ENTRY_MARKS, place, logged, [successor(followed)])
        self.paths.bits(place, logged, follows.ends, PurposeCode.REFRESH)
        old = self.paths.issued.get(followed)
        hidden = self.paths.hidden.get(followed)
        if old is None and hidden is not None:
            known = self.memory.get(seen.digest)
            if known is None:
                findings.add(Rule.FIRST_RUN, Outcome.ABSENT, place)
                findings.add(Rule.FOLLOWS_REPEATS, Outcome.WITHHELD, place)
            else:  # the auditor held this correction to the run that it corrects when it judged it
                same = follows.first_run == known.inside.first
                findings.require(Rule.FIRST_RUN, place, holds=same)
            home, ends = hidden.registry, self.paths.ends(follows.ends, hidden.values)
            findings.require(Rule.SUCCESSOR_HOME, place, holds=logged.registry == home, registry=home)
            findings.require(Rule.FOLLOWS_ENDS, place, holds=ends)
            marks = {digest_bytes(shown.value.mark) for shown in run.inputs if shown}
            found, due = len(hidden.marks), max(1, len(run.inputs)) + len(marks_of(seen.record))
            used = marks.issubset(hidden.marks) and found == due
            findings.require(Rule.ENTRY_MARKS, place, holds=hidden.marks == () or used, found=found, due=due)
            if known is None:
                self.paths.conceal(seen, logged)
            else:
                self.paths.recall(seen, logged, known.inside)
                self.paths.follow(place, issued, digest_bytes(known.inside.first), logged)
            return
        if not findings.require(Rule.FIRST_RUN, place, holds=old is not None) or old is None:
            return
        findings.require(Rule.FIRST_RUN, place, holds=digest_bytes(follows.first_run) == old.first)
        findings.require(Rule.FOLLOWS_REPEATS, place, holds=_repeats(old.run, run.value))
        findings.require(Rule.SUCCESSOR_HOME, place, holds=logged.registry == old.registry, registry=old.registry)
        findings.require(Rule.FOLLOWS_ENDS, place, holds=self.paths.ends(follows.ends, old.values))
        self.paths.follow(place, issued, old.first, logged)


def _hidden(shown: OpenInput | None, root: Root | None, named: Mapping[str, ShownCertificate]) -> bool:
    """Return whether it is withheld what an input is, or of which batch (its certificate being here)."""
    if shown is None or shown.source is None:
        return True
    return shown.source.certificate in named and (root is None or root[1] is None)


def _first(seen: ShownCertificate) -> ShownCertificate:
    """Return the first shown certificate of a certificate's lot, through its corrections."""
    while seen.predecessor is not None:
        seen = seen.predecessor
    return seen


def _as_clear(run: OpenRun, seen: ShownCertificate) -> bool:
    """Return whether a certificate's clear part describes its batch as the run describes that output."""
    value, record = run.value, seen.record
    made, output = value.made[record.output], run.outputs[record.output]
    batch, figures = record.batch, record.footprint
    same_run = (value.facility, value.step, value.period, value.gwp, value.electricity, value.engine, value.profile) == (
        batch.facility.id, batch.step, batch.produced, figures.gwp, figures.electricity, figures.engine, figures.method,
    )  # fmt: skip
    same_figures = (
        made.rows, made.alternative, value.factor_sets, value.allocation.method, made.reference, made.left_out,
    ) == (
        figures.rows, figures.alternative.total_kg_co2e, figures.factor_sets, figures.allocation,
        figures.reference, figures.left_out,
    )  # fmt: skip
    beside = None if value.beside is None else replace(value.beside, rows=made.beside or ())
    same_further = (made.indicators, value.partial, value.quality, beside) == (
        record.indicators.rows, record.indicators.partial, figures.quality, figures.beside,
    )  # fmt: skip
    same_output = output is None or (output.lot, output.kind, output.product, output.composition, output.origin) == (
        batch.lot, batch.kind, batch.product, record.composition, record.origin,
    )  # fmt: skip
    return same_run and same_figures and same_further and same_output and made.net_mass_kg == batch.net_mass_kg


def _repeats(before: Run, after: Run) -> bool:
    """Return whether a correcting run repeats everything that cannot be corrected."""
    same = all(getattr(before, name) == getattr(after, name) for name in _REPEATED)
    same = same and (before.producer, before.registry) == (after.producer, after.registry)
    return same and [*map(_fixed, before.made)] == [*map(_fixed, after.made)]


def _fixed(made: Made) -> tuple[object, ...]:
    """Return what of an output may not be corrected."""
    return (made.net_mass_kg, made.elements, made.certified, made.allocated, made.price, made.holding)

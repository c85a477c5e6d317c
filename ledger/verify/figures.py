"""Step 9 for one run: its figures, done again from the lines and the published figures of its inputs.

Rules: the same engine as at issue; equal to the last digit, or in subtotals where something is withheld.  The shares of
all outputs are redone from their weights, always, and all outputs together are the whole; then the clear figures of the
certificate are those of its output.  Figures besides greenhouse gases, and how good all figures are, are redone alike;
where some lines are withheld, the figures told are no less than those shown give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.chemistry.elements import RARE_EARTHS
from ledger.factors.figures import (
    ZERO,
    Pair,
    StageGas,
    co2e,
    parsed_co2e,
    parsed_groups,
    parsed_rows,
    per_kg,
    sum_of_two,
)
from ledger.footprint.beside import Aside, beside_document, beside_rows, joined, own_aside, parsed_beside
from ledger.footprint.engine import Contribution, InputFigures, Terms, contribution, share_of, share_out
from ledger.footprint.indicators import Vector, in_order_of_indicators, own_indicators, parsed_indicators, vector_sum
from ledger.footprint.inventory import is_goods
from ledger.footprint.left_out import LeftOut, bounds, open_of
from ledger.footprint.lines import UPTAKE, OwnLines, check_results, own_lines
from ledger.footprint.quality import site_of
from ledger.footprint.quality_sum import QualitySum
from ledger.footprint.shared import Shared
from ledger.footprint.uncertainty import parsed_spread
from ledger.footprint.versions import ENGINES, GUARDED
from ledger.seal.sdjwt import OpenRun
from ledger.verify.certificate import Redone, ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from ledger.verify.tables import NamedTables
from schemas.figures import Co2e, FigureRow, Quality
from schemas.frozen import Frozen
from schemas.problem import OreprintError
from schemas.quantity import milligrams, trillionths, trillionths_text
from schemas.run import Run
from schemas.vocabulary import GROUPS, INDICATORS, STAGE_OF_STEP, UNIT_OF_INDICATOR


class _Told(Frozen):
    """The figures of a run and of its inputs besides greenhouse gases, as numbers.

    `inputs` is what each brings, None where its source is withheld; `cited` its certificate and `due` what that gives,
    None where it isn't shown.
    """

    inputs: list[Contribution | None]
    cited: list[ShownCertificate | None]
    due: list[Contribution | None]
    upstream: Contribution
    own_indicators: Vector
    all_shown: bool
    beside: Aside

    @classmethod
    def of(cls, run: OpenRun, named: Mapping[str, ShownCertificate]) -> _Told:
        """Return what a run says, its inputs' certificates being among those `named`."""
        value = run.value
        sources = [shown.source if shown else None for shown in run.inputs]
        cited = [named.get(each.certificate) if each else None for each in sources]
        return cls(
            [
                Contribution.parsed(
                    each.rows,
                    each.alternative,
                    each.indicators,
                    each.reference,
                    each.left_out,
                    parsed_beside(each.beside),
                )
                if each
                else None
                for each in sources
            ],
            cited,
            [
                contribution(InputFigures.of(each.record, milligrams(shown.value.mass_kg))) if shown and each else None
                for shown, each in zip(run.inputs, cited, strict=True)
            ],
            Contribution.parsed(
                value.upstream,
                value.upstream_alternative,
                value.upstream_indicators,
                value.upstream_reference,
                value.upstream_left_out,
            ),
            parsed_indicators(value.own_indicators),
            all(sources),
            parsed_beside(value.beside),
        )


class _Computed(Frozen):
    """A run beside its recomputed figures: shown `lines`, its `own` sums, and the `shared` ones of outputs.

    They are None from where an `error` came of computing them.
    """

    told: _Told
    lines: OwnLines | None = None
    own: OwnLines | None = None
    shared: Shared | None = None
    error: OreprintError | None = None


@dataclass(slots=True)
class RunFigures:
    """The figures of every run of a chain; `computed` are those that were not compared yet, by issuance."""

    findings: Findings
    tables: NamedTables
    computed: dict[bytes, _Computed] = field(default_factory=dict)

    def compute(self, run: OpenRun, seen: ShownCertificate) -> None:
        """Compute the figures of one run."""
        value, told = run.value, _Told.of(run, seen.named)
        lines = own = shared = failure = None
        try:
            tables = self.tables.of(value.factor_sets)
            terms = _terms(value, seen, bounds(value.excluded, tables, value.gwp, value.engine))
            check_results(run.groups, tables=tables)
            lines = own_lines(run.groups, tables=tables, gwp=value.gwp, site=terms.site, engine=value.engine)
            own = (
                lines
                if run.lines_shown
                else OwnLines(parsed_groups(value.own), 0, ZERO, 0, 0, QualitySum(value.engine))
            )
            gwp = tables.gwp.weights[value.gwp]
            shares = [share_of(made) for made in value.made]
            shared = share_out(
                terms, own, told.upstream, shares, further=told.own_indicators, gwp=gwp, beside=told.beside
            )
        except OreprintError as error:
            failure = error
        self.computed[seen.issuance] = _Computed(told, lines, own, shared, failure)

    def check(self, run: OpenRun, seen: ShownCertificate) -> Redone | None:
        """Compare the figures of one run with those computed; return these, None if they could not be."""
        value, computed = run.value, self.computed.pop(seen.issuance)
        told, own, shared = computed.told, computed.own, computed.shared
        self._terms(value, seen)
        self._contributions(run, seen, told)
        try:
            self._lines(run, seen, computed)
            if own is None or shared is None:
                raise computed.error or ValueError
            self._further(run, seen, told)
            self._beside(run, seen, told)
            if run.lines_shown and told.all_shown:
                self._quality(run, seen, own, told)
            else:
                for rule in (Rule.INDICATORS, Rule.QUALITY):
                    self.findings.add(rule, Outcome.WITHHELD, seen.place)
        except OreprintError as error:
            if self.tables.lacks(value.factor_sets, error):
                reason = error.problems[0].sentence()
                self.findings.add(Rule.FACTORS, Outcome.ABSENT, seen.place, reason=reason)
            else:
                self.findings.fails(Rule.FACTORS, seen.place, error)
            return None
        for number, (made, figures) in enumerate(zip(value.made, shared.outputs, strict=True)):
            holds = same_rows(made.rows, figures.rows) and parsed_co2e(made.alternative) == figures.alternative
            holds = holds and _reference(made.reference) == figures.reference
            holds = holds and trillionths(made.left_out or "0") == figures.left_out
            if value.engine in GUARDED:
                holds = holds and made.beside == beside_rows(figures.beside)
            place = f"{seen.place} outputs[{number}]"
            self.findings.require(Rule.WHOLE, place, holds=holds)
            self._same_indicators(place, parsed_indicators(made.indicators), figures.indicators)
        return Redone(shared, own.placeholders, run.lines_shown and told.all_shown)

    def _terms(self, value: Run, seen: ShownCertificate) -> None:
        """Check the clear part of a run: its stage, the outputs that share, and that only uptake is negative."""
        findings, place, stage = self.findings, seen.place, STAGE_OF_STEP[value.step]
        findings.require(Rule.TERMS, place, holds=value.stage == stage, stage=value.stage, engine=value.engine)
        sharing = [made for made in value.made if made.allocated]
        free = [made for made in value.made if not made.allocated]
        rare = not any(element in RARE_EARTHS for made in free for element, _ in made.elements)
        dated = value.allocation.prices is not None
        priced = len(sharing) == 1 or (dated and all(trillionths(made.price or "0") for made in sharing))
        findings.require(Rule.ALLOCATION, place, holds=bool(sharing) and rare and priced)
        findings.passed(Rule.NEGATIVE, len(value.own))  # this counts all; what fails is noted
        for group, gas, location, market in value.own:
            if "-" in {location[0], market[0]} and group != "credits" and gas not in UPTAKE:
                findings.add(Rule.NEGATIVE, Outcome.FAILED, place, group=group, gas=gas)

    def _lines(self, run: OpenRun, seen: ShownCertificate, computed: _Computed) -> None:
        """Compare the run's own lines, group by group as far as they are shown."""
        value, findings, found = run.value, self.findings, computed.lines
        findings.require(Rule.FACTORS, seen.place, holds=self.tables.at_hand(value.factor_sets) is not None)
        if found is None:
            return
        declared = parsed_groups(value.own)
        groups = run.groups
        shown = declared
        if not run.lines_shown:
            names = {group.group for group in groups}
            shown = {key: pair for key, pair in declared.items() if key[0] in names}
        findings.require(Rule.RECOMPUTED, seen.place, holds=found.rows == shown and len(declared) == len(value.own))
        if found.unpublished:
            findings.add(Rule.RECOMPUTED, Outcome.WITHHELD, seen.place, groups=0, factors=found.unpublished)
        if not run.lines_shown:
            findings.add(Rule.RECOMPUTED, Outcome.WITHHELD, seen.place, groups=len(GROUPS) - len(groups), factors=0)

    def _contributions(self, run: OpenRun, seen: ShownCertificate, told: _Told) -> None:
        """Redo what each input brings, and their sum where all are shown."""
        value, findings = run.value, self.findings
        inputs = zip(run.inputs, told.inputs, told.cited, told.due, strict=True)
        for number, (shown, inflow, cited, due) in enumerate(inputs):
            if shown is None or shown.source is None or inflow is None or cited is None or due is None:
                continue
            record = cited.record
            figures = record.footprint
            same_terms = (figures.gwp, figures.allocation) == (value.gwp, value.allocation.method)
            holds = (same_terms or not is_goods(record)) and inflow.rows == due.rows
            holds = holds and len(inflow.rows) == len(shown.source.rows) and inflow.alternative == due.alternative
            holds = holds and (inflow.reference, inflow.left_out) == (due.reference, due.left_out)
            if value.engine in GUARDED:
                holds = holds and shown.source.beside == beside_document(due.beside)
            place = f"{seen.place} inputs[{number}]"
            findings.require(Rule.CONTRIBUTION, place, holds=holds)
            self._same_indicators(place, inflow.indicators, due.indicators)
            self._same_quality(place, shown.source.quality, figures.quality)
        if not told.all_shown:
            findings.add(Rule.CONTRIBUTION, Outcome.WITHHELD, seen.place, inputs=told.inputs.count(None))
            return
        gwp = self.tables.of(value.factor_sets).gwp.weights[value.gwp]
        total = Contribution.of([inflow for inflow in told.inputs if inflow], value.allocation.method, gwp)
        holds = told.upstream.rows == total.rows and len(total.rows) == len(value.upstream)
        holds = holds and told.upstream.alternative == total.alternative
        holds = holds and (told.upstream.reference, told.upstream.left_out) == (total.reference, total.left_out)
        findings.require(Rule.RECOMPUTED, f"{seen.place} upstream", holds=holds)

    def _further(self, run: OpenRun, seen: ShownCertificate, told: _Told) -> None:
        """Recompute the run's own other indicators from the shown lines, and the sum that its inputs bring."""
        value, place = run.value, seen.place
        found = own_indicators(run.groups, tables=self.tables.of(value.factor_sets))
        least = found.vector if run.lines_shown else tuple(map(max, found.vector, told.own_indicators))
        self._same_indicators(place, told.own_indicators, least)
        if told.all_shown:
            total = vector_sum([inflow.indicators for inflow in told.inputs if inflow])
            self._same_indicators(f"{place} upstream", told.upstream.indicators, total)
        known = found.partial.union(*[each.record.indicators.partial for each in told.cited if each])
        if not run.lines_shown or not all(told.cited):
            known |= set(value.partial)
        due = in_order_of_indicators(known)
        self.findings.require(
            Rule.INDICATORS, place, holds=value.partial == due, indicator="partial", due=", ".join(due), unit=""
        )

    def _beside(self, run: OpenRun, seen: ShownCertificate, told: _Told) -> None:
        """Redo what stands beside the figures, where lines, sources and certificates are shown; engine 1 has none."""
        value, place = run.value, seen.place
        if value.engine not in GUARDED:
            self.findings.require(Rule.BESIDE, place, holds=value.beside is None)
            return
        if not (run.lines_shown and all(told.cited)):
            self.findings.add(Rule.BESIDE, Outcome.WITHHELD, place)
            return
        tables, year = self.tables.of(value.factor_sets), int(value.period.end[:4])
        parts = [own_aside(run.groups, tables=tables, gwp=value.gwp, year=year, unbounded=open_of(value.excluded))]
        parts += [due.beside for due in told.due if due]
        self.findings.require(Rule.BESIDE, place, holds=value.beside == beside_document(joined(parts)))

    def _same_indicators(self, place: str, told: Vector, due: Vector) -> None:
        """Check that figures equal the expected ones. Name the first that differs."""
        if told == due:
            self.findings.passed(Rule.INDICATORS)
            return
        name, right = next(
            (name, right) for name, said, right in zip(INDICATORS, told, due, strict=True) if said != right
        )
        facts = {"indicator": name, "due": trillionths_text(right), "unit": UNIT_OF_INDICATOR[name]}
        self.findings.require(Rule.INDICATORS, place, holds=False, **facts)

    def _quality(self, run: OpenRun, seen: ShownCertificate, own: OwnLines, told: _Told) -> None:
        """Redo how good the run's figures are; all of its lines and sources are shown."""
        gwp = self.tables.of(run.value.factor_sets).gwp.weights[run.value.gwp]
        for shown, inflow in zip(run.inputs, told.inputs, strict=True):
            if shown and shown.source and inflow:
                own.weighing.inherit(inflow.rows, shown.source.quality, gwp, shown.source.certificate)
        self._same_quality(seen.place, run.value.quality, own.weighing.quality())

    def _same_quality(self, place: str, told: Quality, due: Quality) -> None:
        if told == due:
            self.findings.passed(Rule.QUALITY)
        else:
            figures = f"{due.primary_share} / {due.rating} / {due.variance}"
            self.findings.require(Rule.QUALITY, place, holds=False, due=figures)

    def _clear_quality(self, seen: ShownCertificate, quality: Quality, engine: str) -> None:
        """Check that a variance is the sum of its parts, which the guarded engines state, sorted by key."""
        spread = parsed_spread(quality)
        if spread is None:
            self.findings.require(Rule.QUALITY, seen.place, holds=engine not in GUARDED, due="parts of the variance")
            return
        keys = [key for key, _ in spread.shared]
        due = trillionths_text(spread.variance)
        whole = None not in {quality.measured_share, quality.word}
        holds = engine in GUARDED and whole and quality.variance == due and keys == sorted(set(keys))
        self.findings.require(Rule.QUALITY, seen.place, holds=holds, due=due)

    def claimed(self, seen: ShownCertificate) -> int:
        """Return a certificate's location-based total, scaled kg CO2e."""
        return parsed_co2e(seen.record.footprint.total_kg_co2e).location

    def check_clear(self, seen: ShownCertificate, redone: Redone | None) -> None:
        """Check that a certificate's totals match its rows, and its scopes those of the recomputed run."""
        record, figures = seen.record, seen.record.footprint
        rows = parsed_rows(figures.rows)
        total = co2e(rows, self.tables.of(figures.factor_sets).gwp.weights[figures.gwp])
        each = per_kg(total, milligrams(record.batch.net_mass_kg))
        holds = len(rows) == len(figures.rows) and figures.alternative.method != figures.allocation
        holds = holds and (parsed_co2e(figures.total_kg_co2e), parsed_co2e(figures.per_kg)) == (total, each)
        known = figures.engine in ENGINES
        self.findings.require(Rule.TERMS, seen.place, holds=known, stage=record.batch.step, engine=figures.engine)
        self._clear_quality(seen, figures.quality, figures.engine)
        self.findings.require(
            Rule.BESIDE, seen.place, holds=(figures.beside is not None) == (figures.engine in GUARDED)
        )
        holds = holds and (figures.own_step is not None) == (figures.engine in GUARDED)
        if redone is not None and figures.own_step is not None:
            holds = holds and trillionths(figures.own_step) == redone.shared.outputs[record.output].own_step
        scopes = (trillionths(figures.scope_1), parsed_co2e(figures.scope_2), parsed_co2e(figures.scope_3))
        first, second, third = scopes
        holds = holds and sum_of_two(second, third) == (total.location - first, total.market - first)
        if redone is not None and redone.complete:
            own = redone.shared.outputs[record.output]
            holds = holds and own.total == total and scopes == (own.scope_1, own.scope_2, own.scope_3)
            holds = holds and redone.placeholders == figures.placeholders
        told = "" if holds else trillionths_text(total.location)
        self.findings.require(Rule.CLEAR_FIGURES, seen.place, holds=holds, total=told)


def _terms(run: Run, seen: ShownCertificate, left_out: tuple[LeftOut, ...]) -> Terms:
    """Return what a run declares, and what it leaves out; where its plant stands, its certificate says."""
    site = site_of(seen.record.batch.facility, run.period, run.step, run.engine)
    return Terms(run.stage, run.gwp, run.allocation.method, run.allocation.mass_key, site, run.engine, left_out)


def _reference(told: Co2e | None) -> Pair | None:
    return None if told is None else parsed_co2e(told)


def same_rows(documents: Sequence[FigureRow], rows: Mapping[StageGas, Pair]) -> bool:
    """Return whether sealed rows are exactly these figures, each once."""
    return len(documents) == len(rows) and parsed_rows(documents) == rows

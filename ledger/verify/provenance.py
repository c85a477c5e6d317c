"""Steps 7 and 8 for a run that is shown whole: origin and recycled shares done again, and the physics of its step.

Rules: an output has the recycled and extracted shares that its inputs give it, element by element, and the union of
their steps as its origin; the plausibility rules are the very ones that issuing was held to: a breach of a *reject*
rule fails, a *flag* is a warning.  A run of which a source, a group of lines or an output is withheld is not judged
here, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.footprint.inventory import Inventory, PublishedFacts, incoming, is_goods, sealed_inventory
from ledger.footprint.origin import drawn_from_batch, drawn_from_material, origin, origin_step, read_shares, shares_of
from ledger.footprint.scrap import Process
from ledger.footprint.shared import Shared
from ledger.footprint.versions import GUARDED
from ledger.plausibility.flags import flags_of, is_attestable
from ledger.plausibility.rules import Breach, judge_all
from ledger.seal.sdjwt import OpenRun
from ledger.verify.certificate import ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from ledger.verify.tables import NamedTables
from schemas.certificate import OpenFlags
from schemas.frozen import Frozen
from schemas.inventory import InventoryGroup, Materials
from schemas.problem import OreprintError
from schemas.quantity import milligrams
from schemas.run import Output
from schemas.sentences import CAUSES

_FACTS_KEPT: Final = 1024


class Whole(Frozen):
    """A run shown whole: its groups and outputs, and the batch of each input of goods with the mass taken in mg."""

    groups: tuple[InventoryGroup, ...]
    materials: Materials
    outputs: tuple[Output, ...]
    taken: tuple[tuple[ShownCertificate, int], ...]


class WaitingRun(NamedTuple):
    """A run that waits to be judged with the others of its group, and the records of its inputs of goods."""

    inventory: Inventory
    sources: tuple[PublishedFacts, ...]


@dataclass(slots=True)
class Provenance:
    """Origin, recycled shares and physics of every run of a chain that is shown whole.

    `flags` are those found, `waiting` the runs to be judged, and `judged` what was found of each, all by issuance.
    """

    findings: Findings
    tables: NamedTables
    flags: dict[bytes, OpenFlags] = field(default_factory=dict)
    waiting: dict[bytes, WaitingRun] = field(default_factory=dict)
    judged: dict[bytes, list[Breach] | OreprintError] = field(default_factory=dict)

    def check(
        self, run: OpenRun, seen: ShownCertificate, named: Mapping[str, ShownCertificate], shared: Shared | None
    ) -> None:
        """Check shares and origin of a run that is shown whole, and let it wait for `judge`.

        `named` are the certificates that it names, as far as they came before it, `shared` its figures as they were
        redone.
        """
        whole = _whole(run, named)
        if whole is None:
            self.findings.add(Rule.SHARES, Outcome.WITHHELD, seen.place)
            self.findings.add(Rule.PHYSICS, Outcome.WITHHELD, seen.place, reason=CAUSES["no-physics"])
            for rule in (Rule.FLAGGED, Rule.FLAGS_STATED):
                self.findings.add(rule, Outcome.WITHHELD, seen.place, reason=CAUSES["no-flags"])
            return
        self._shares(whole, run, seen)
        inventory = self._inventory(whole, run, seen, shared)
        self.waiting[seen.issuance] = WaitingRun(inventory, tuple([cited.record for cited, _ in whole.taken]))

    def judge(self) -> None:
        """Apply the plausibility rules to all runs that wait."""
        if not self.waiting:
            return
        found = judge_all([each.inventory for each in self.waiting.values()])
        self.judged = dict(zip(self.waiting, found, strict=True))

    def conclude(self, run: OpenRun, seen: ShownCertificate) -> Inventory | None:
        """Record what was found of a run; return it, or None if it was not judged or a factor table is missing."""
        if seen.issuance not in self.waiting:
            return None
        inventory, sources = self.waiting.pop(seen.issuance)
        found = self.judged.pop(seen.issuance)
        if isinstance(found, OreprintError):
            if self.tables.lacks(run.value.factor_sets, found):
                reason = found.problems[0].sentence()
                for rule in (Rule.PHYSICS, Rule.FLAGGED, Rule.FLAGS_STATED):
                    self.findings.add(rule, Outcome.WITHHELD, seen.place, reason=reason)
                return None
            self.findings.fails(Rule.PHYSICS, seen.place, found)
            return inventory
        self.findings.passed(Rule.PHYSICS)
        self.findings.passed(Rule.FLAGGED)
        self._tell(found, seen)
        if inventory.shared is None or self.tables.missing(run.value.factor_sets):
            # a flag may rest on what is not here
            self.findings.add(Rule.FLAGS_STATED, Outcome.WITHHELD, seen.place, reason=CAUSES["no-flags"])
        else:
            self.flags[seen.issuance] = flags_of(found, sources, inventory)
        return inventory

    def check_clear(self, seen: ShownCertificate) -> None:
        """Check that a certificate's origin includes its own step at its own plant, and that it states its flags."""
        self._stated_flags(seen)
        record, plant = seen.record, seen.record.batch.facility
        own = (record.batch.step, plant.country, plant.region)
        named = own in [(step.step, step.country, step.region) for step in record.origin]
        self.findings.require(Rule.ORIGIN, seen.place, holds=named)

    def _stated_flags(self, seen: ShownCertificate) -> None:
        """Check that a certificate states the flags that were found; engine version 1 does not ask for them."""
        found, stated = self.flags.get(seen.issuance), seen.record.footprint.flags
        if found is None:
            return
        due = stated is not None or seen.record.footprint.engine in GUARDED
        holds = not due or stated == found
        self.findings.require(Rule.FLAGS_STATED, seen.place, holds=holds, own=found.own, inputs=found.inputs)

    def _shares(self, whole: Whole, run: OpenRun, seen: ShownCertificate) -> None:
        """Check that every output has the shares and the origin that follow from the inputs."""
        process = Process(run.value.producer, run.value.step)
        told = {share.element for output in whole.outputs for share in output.composition}
        sources = [drawn_from_batch(cited.record, mass, into=process, only=told) for cited, mass in whole.taken]
        sources += [drawn_from_material(line, only=told) for line in whole.materials.lines if line.composition]
        plant = seen.record.batch.facility
        own = origin_step(run.value.step, plant.country, plant.region)
        steps = origin(own, [cited.record.origin for cited, _ in whole.taken], whole.materials.lines)
        for number, output in enumerate(whole.outputs):
            place = f"{seen.place} outputs[{number}]"
            fractions = {share.element: share.fraction for share in output.composition}
            due = shares_of(fractions, sources, engine=run.value.engine)
            self.findings.require(Rule.SHARES, place, holds=read_shares(output.composition) == due)
            self.findings.require(Rule.ORIGIN, place, holds=output.origin == steps)

    def _inventory(self, whole: Whole, run: OpenRun, seen: ShownCertificate, shared: Shared | None) -> Inventory:
        """Return a run for the rules."""
        inputs = [
            incoming(cited.record, f"inputs[{number}]", mass_mg=mass, identity=f"{cited.digest}#{number}")
            for number, (cited, mass) in enumerate(whole.taken)
        ]
        return sealed_inventory(
            run.value,
            whole.groups,
            inputs,
            whole.outputs,
            tables=self.tables.of(run.value.factor_sets),
            facility=seen.record.batch.facility,
            shared=shared,
        )

    def _tell(self, breaches: Iterable[Breach], seen: ShownCertificate) -> None:
        """Tell of what the plausibility rules found of a run."""
        for breach in breaches:
            problem = breach.problem
            place = f"{seen.place} {problem.place}" if problem.place else seen.place
            facts = _facts(breach.rule.id, problem.code, problem.words())
            if is_attestable(breach):
                facts = {**facts, "attestable": seen.run_digest}
            if breach.rule.severity == "reject":
                self.findings.require(Rule.PHYSICS, place, holds=False, **facts)
            else:
                self.findings.add_texts(Rule.FLAGGED, Outcome.WARNING, place, facts)


@lru_cache(_FACTS_KEPT)
def _facts(rule: str, code: str, words: str) -> Mapping[str, str]:
    """Return the facts of a breach; cached, since what is flagged of one batch is flagged of the next."""
    return {"breach": rule, "problem": code, "reason": words}


def _whole(run: OpenRun, named: Mapping[str, ShownCertificate]) -> Whole | None:
    """Return everything of a run, or None where something of it is withheld or absent."""
    taken: list[tuple[ShownCertificate, int]] = []
    for shown in run.inputs:
        cited = named.get(shown.source.certificate) if shown and shown.source else None
        if shown is None or cited is None:
            return None
        if is_goods(cited.record):
            taken.append((cited, milligrams(shown.value.mass_kg)))
    groups = run.groups
    outputs = tuple([output for output in run.outputs if output is not None])
    materials = run.inventory[0]
    if not run.lines_shown or len(outputs) != len(run.outputs) or not isinstance(materials, Materials):
        return None
    return Whole(groups, materials, outputs, tuple(taken))

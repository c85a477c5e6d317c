"""Judge step 8 for one run: element by element, its outputs hold no more than its inputs.

Rules (`M-ELEM` of the plausibility rules):

1. For each rare earth and each claimed element, all outputs of a run hold at most what its inputs held, within 0.5 % of
   the element's input or 2e-6 of the run's mass.
2. Gains by assay stay within 0.5 % of the element in total along a chain.
3. Outputs are always summed.  If an input or the materials are withheld, an output above what is shown is reported as
   not checked, never as passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Final, NamedTuple

from ledger.chemistry.elements import RARE_EARTHS, TRACKED
from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.batch import batch_faults
from ledger.footprint.inventory import is_goods
from ledger.footprint.masses import joined_masses
from ledger.plausibility.accounting import WINNING
from ledger.seal.sdjwt import OpenRun
from ledger.verify.certificate import ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.inputs import Consumed
from ledger.verify.memory import KnownCertificate
from ledger.verify.rule import Rule
from schemas.figures import CountryShare, ElementFraction, ElementShare
from schemas.frozen import Frozen
from schemas.inventory import Materials
from schemas.quantity import milligrams, millionths, trillionths, trillionths_text
from schemas.sentences import CAUSES
from schemas.vocabulary import STAGE_OF_STEP

TOLERANCE: Final = 5 * SCALE // 1000
"""0.5 % of an element's input: what assays may differ by, in one run and along a chain (rule M-ELEM)."""
TRACE_PER_KG: Final = 2 * SCALE // 1_000_000
"""2e-6 of the run's mass: what an element declared below 0.1 % may be off by (rule M-ELEM)."""
TRACE_BELOW: Final = SCALE // 1000
"""0.1 %: the fraction below which an element counts as a trace."""
MILLION: Final = 10**6
LARGEST_MG: Final = 10**18
"""Masses have at most 12 whole digits in kg (`schemas.patterns`).

Sums must have no more, or no report could tell them.
"""
ROUNDING: Final = SCALE // 10**9
"""1e-9: what rounding along a chain may add to the recycled parts of an element's countries."""
_TRACKED: Final = frozenset(TRACKED)
_RARE: Final = frozenset(RARE_EARTHS)


class Amount(NamedTuple):
    """Of one element: scaled kg taken, and the part of it that assays have gained upstream."""

    mass: int = 0
    gained: int = 0


class _Taken(Frozen):
    """The shown input of a run: scaled kg of each element, mass in mg, and whether that is all."""

    masses: dict[str, int]
    gained: dict[str, int]
    total_mg: int
    complete: bool


class RunBalance(NamedTuple):
    """The mass that went into and out of a run: mg in total, and scaled kg of each tracked element.

    `taken` is None where not all is shown.
    """

    lot: str
    digest: str
    taken_mg: int | None
    made_mg: int
    taken: Mapping[str, int] | None
    made: Mapping[str, int]


@dataclass(slots=True)
class Mass:
    """The mass balances of every run of a chain.

    `late` tells that more of a run was shown after something was built on it.
    """

    findings: Findings
    balances: dict[str, RunBalance] = field(default_factory=dict)
    gains: dict[str, Mapping[str, int]] = field(default_factory=dict)
    late: bool = False

    def check(self, run: OpenRun, seen: ShownCertificate, named: Mapping[str, ShownCertificate]) -> None:
        """Check the balance of one run, by the certificates that it names."""
        place = seen.place
        made, made_mg = self._made(run, place)
        taken = self._taken(run, named)
        told = max(made_mg, taken.total_mg) < LARGEST_MG and max(made.values(), default=0) < LARGEST_MG * MILLION
        self.findings.require(Rule.SIZE, place, holds=told)
        if not told:
            return
        gains: dict[str, int] = {}
        self.findings.passed(Rule.GAINS)  # also where no assay gained anything; what fails is noted
        for element, mass in made.items():
            held, gained = taken.masses.get(element, 0), taken.gained.get(element, 0)
            if mass <= held or _within_tolerance(mass, held, made_mg):
                self.findings.passed(Rule.ELEMENTS)
            elif not taken.complete:
                self.findings.add(Rule.ELEMENTS, Outcome.WITHHELD, place, element=element)
                continue
            else:
                facts = {"element": element, "made": trillionths_text(mass), "taken": trillionths_text(held)}
                if not self.findings.require(Rule.ELEMENTS, place, holds=False, **facts):
                    continue
            if mass > held or gained:
                gains[element] = self._gain(element, mass, Amount(held, gained), made_mg, place)
        self.gains[seen.run_digest] = gains
        if not is_goods(seen.record):
            return
        self.balances[seen.run_digest] = RunBalance(
            place,
            seen.digest,
            taken.total_mg if taken.complete else None,
            made_mg,
            taken.masses if taken.complete else None,
            made,
        )

    def recall(self, seen: ShownCertificate, known: KnownCertificate | None) -> None:
        """Take in the gains along the chain of a certificate whose run is withheld, as far as an auditor knows them."""
        if known is not None and seen.run_digest not in self.balances:
            self.gains[seen.run_digest] = {element: trillionths(gain) for element, gain in known.inside.gains}

    def carry_late(self, consumed: Iterable[Consumed]) -> None:
        """Carry gains on in the order in which runs were made of each other, where more of one was shown after that.

        A run of which not all is shown keeps what was known of it.
        """
        uses_of: dict[str, list[Consumed]] = {}
        for use in consumed:
            uses_of.setdefault(use.by.run_digest, []).append(use)
        before = {run: {use.upstream.run_digest for use in uses} for run, uses in uses_of.items()}
        for run in TopologicalSorter(before).static_order():  # a circle would be one of digests
            self._carry(run, uses_of.get(run, ()))

    def _carry(self, run: str, uses: Iterable[Consumed]) -> bool:
        """Judge the gains of a run once more; return False where not all that it took is shown."""
        balance, gained = self.balances.get(run), dict[str, int]()
        for use in uses:
            self._add_gained(gained, use.upstream, batch_masses(use.upstream.record.composition, use.mass_mg))
        if balance is None or not any(gained.values()):
            return True
        taken = balance.taken
        if taken is None:
            return False
        known = {element: gain for element, gain in self.gains.get(run, {}).items() if gain}
        amounts = {element: Amount(taken.get(element, 0), gained.get(element, 0)) for element in balance.made}
        gains = {element: share_gained(mass, amounts[element]) for element, mass in balance.made.items()}
        if {element: gain for element, gain in gains.items() if gain} != known:
            if known:
                self.findings.made[Rule.GAINS] -= len(known)  # these are judged once more
            for element, mass in balance.made.items():
                self._gain(element, mass, amounts[element], balance.made_mg, balance.lot)
            self.gains[run] = gains
        return True

    def _add_gained(self, gained: dict[str, int], cited: ShownCertificate, parts: Mapping[str, int]) -> None:
        """Add to what assays have `gained`, by element, what they have of the parts that a run took of a batch."""
        for element, gain in self.gains.get(cited.run_digest, {}).items():
            if element in parts:
                gained[element] = gained.get(element, 0) + divide(parts[element] * gain, SCALE)

    def check_clear(self, seen: ShownCertificate) -> None:
        """Check that a composition names each element once, and sums to at most the batch."""
        composition = seen.record.composition
        fractions = {item.element: trillionths(item.fraction) for item in composition}
        once_and_whole = len(fractions) == len(composition) and sum(fractions.values()) <= SCALE
        self.findings.require(Rule.COMPOSITION, seen.place, holds=once_and_whole)
        faults = [problem.sentence() for problem in batch_faults(seen.record.batch, fractions)]
        if not all(map(_sound, composition)):
            faults.append(CAUSES["parts"])
        self.findings.require(Rule.POSSIBLE, seen.place, holds=not faults, reason=" ".join(faults))

    @staticmethod
    def open_branches(run: OpenRun) -> int:
        """Count uncertified inputs that bring a rare earth without saying where it was extracted or recycled.

        Only a step that wins ore can say where it was extracted, and only one that recycles, that it was recycled.
        """
        materials, step = run.inventory[0], run.value.step
        if not isinstance(materials, Materials):
            return 0
        wins, recycles = step in WINNING, STAGE_OF_STEP[step] == "recycling"
        return sum(
            not (wins and line.extracted_in is not None) and not (recycles and line.recycled is not None)
            for line in materials.lines
            if line.composition and any(element in _RARE for element, _ in line.composition)
        )

    def _made(self, run: OpenRun, place: str) -> tuple[dict[str, int], int]:
        """Add up all outputs, per element and in mg; check that shown outputs match the composition of their masses."""
        made: dict[str, int] = {}
        total = 0
        for number, (output, detail) in enumerate(zip(run.value.made, run.outputs, strict=True)):
            net = milligrams(output.net_mass_kg)
            total += net
            masses = {element: trillionths(mass) for element, mass in output.elements}
            holds = len(masses) == len(output.elements) and sum(masses.values()) <= net * MILLION
            where = f"{place} outputs[{number}]"
            if detail is None:
                self.findings.add(Rule.COMPOSITION, Outcome.WITHHELD, where)
            else:
                holds = holds and masses == batch_masses(detail.composition, net)
            self.findings.require(Rule.COMPOSITION, where, holds=holds)
            for element, mass in masses.items():
                made[element] = made.get(element, 0) + mass
        return made, total

    def _taken(self, run: OpenRun, named: Mapping[str, ShownCertificate]) -> _Taken:
        """Add up all inputs that are shown."""
        parts_of: list[dict[str, int]] = []
        gained: dict[str, int] = {}
        total, complete = 0, True
        for shown in run.inputs:
            cited = named.get(shown.source.certificate) if shown and shown.source else None
            if shown is None or cited is None:
                complete = False
                continue
            if not is_goods(cited.record):
                continue
            mass = milligrams(shown.value.mass_kg)
            total += mass
            parts = batch_masses(cited.record.composition, mass)
            parts_of.append(parts)
            self._add_gained(gained, cited, parts)
        materials = run.inventory[0]
        if not isinstance(materials, Materials):
            return _Taken(joined_masses(*parts_of), gained, total, complete=False)
        total += sum([milligrams(line.mass_kg) for line in materials.lines])
        parts_of += [
            tracked_masses(line.composition, milligrams(line.mass_kg)) for line in materials.lines if line.composition
        ]
        return _Taken(joined_masses(*parts_of), gained, total, complete)

    def _gain(self, element: str, mass: int, amount: Amount, made_mg: int, place: str) -> int:
        """Return the gain of an element along the chain up to here, as a part of its mass, and check its bound."""
        gained = share_gained(mass, amount)
        if not gained:
            return 0
        holds = within_assays(gained, mass, made_mg)
        self.findings.require(Rule.GAINS, place, holds=holds, element=element, gained=trillionths_text(gained))
        return gained


def share_gained(mass: int, amount: Amount) -> int:
    """Return the part (scaled) of a mass of an element that no input ever held: gained in the run, and upstream of it.

    What is lost takes its part of the gain with it, so that a loss makes no gain of an assay's tolerance.
    """
    over = max(0, mass - amount.mass)
    if not mass or (not over and not amount.gained):
        return 0
    kept = divide(amount.gained * min(mass, amount.mass), amount.mass) if amount.mass else 0
    return divide((over + kept) * SCALE, mass)


def within_assays(gained: int, mass: int, made_mg: int) -> bool:
    """Return whether assays explain the gain of an element along a chain, as a scaled part of its mass in a run."""
    return gained <= TOLERANCE or is_trace(mass, made_mg)


def is_trace(mass: int, made_mg: int) -> bool:
    """Return whether a mass of an element is at most a trace of a run's output."""
    return mass * MILLION <= made_mg * TRACE_BELOW


def _sound(share: ElementShare) -> bool:
    """Return whether the recycled parts of an element sum to at most 1, and its countries to exactly 1.

    The recycled parts of the countries must make that of the element.
    """
    if not share.extracted:
        extracted = 0
    elif len(share.extracted) == 1:
        extracted = trillionths(share.extracted[0].share)
    else:
        extracted = sum(trillionths(country.share) for country in share.extracted)
    if extracted != (SCALE if share.element in _TRACKED else 0):
        return False
    stated = [each for each in share.extracted if each.recycled is not None]
    if stated and not _recycled_adds_up(share, stated):
        return False
    if share.pre == share.post == "0" and not share.scrap:
        return True
    whose = sum(trillionths(part) for _, part in share.scrap or ())
    # each part is rounded by itself
    known = whose <= trillionths(share.pre) + len(share.scrap or ())
    return known and trillionths(share.pre) + trillionths(share.post) <= SCALE


def _recycled_adds_up(share: ElementShare, stated: Sequence[CountryShare]) -> bool:
    """Return whether the recycled parts that countries state make up that of the element, or a part of it."""
    made = divide(sum(trillionths(each.share) * trillionths(each.recycled or "0") for each in stated), SCALE)
    due = trillionths(share.pre) + trillionths(share.post)
    whole = len(stated) == len(share.extracted)
    return not share.uniform and made <= due + ROUNDING and (not whole or made >= due - ROUNDING)


def fractions(composition: Iterable[ElementShare]) -> list[ElementFraction]:
    """Return the plain fractions of a batch's composition."""
    return [(share.element, share.fraction) for share in composition]


def batch_masses(composition: Iterable[ElementShare], mass_mg: int) -> dict[str, int]:
    """Return the scaled kg of each tracked element in a mass of a batch, in mg.

    It is exact, because fractions have 6 decimals.
    """
    return {share.element: millionths(share.fraction) * mass_mg for share in composition if share.element in _TRACKED}


def tracked_masses(composition: Iterable[ElementFraction], mass_mg: int) -> dict[str, int]:
    """Return the scaled kg of each tracked element in a dry mass in mg, exact for fractions of at most 6 decimals."""
    return {
        element: divide(trillionths(fraction) * mass_mg, MILLION)
        for element, fraction in composition
        if element in _TRACKED
    }


def _within_tolerance(mass: int, taken: int, made_mg: int) -> bool:
    """Return whether assays, or a trace of at most 2e-6 of the run, explain a gain of an element's mass in a run."""
    trace = divide(made_mg * TRACE_PER_KG, MILLION) if mass * MILLION < made_mg * TRACE_BELOW else 0
    return mass <= taken + max(divide(taken * TOLERANCE, SCALE), trace)

"""The flags beside a figure: how many there are, and those of one kind together.

Rules: a certificate states the flags of its own run, and how many of its certified inputs have any, so that whoever
sees the certificate alone sees that there are some.  Flags are of one kind if they break the same rule in the same way.
A rule whose flags weigh below 1 % of the figure is a note and no flag, if its lines count in full, or if the usual
amounts would weigh as little.  Where a flag doubts that something counts at all, a small part says nothing.
A flag about scrap tells its share itself, since scrap counts nothing.
A flag that doubts a meter or a sale is attestable: whoever examined both lifts it (`ledger.verify.attestations`).

This module judges nothing (`ledger.plausibility.rules` does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE
from ledger.plausibility.flagged_lines import flagged_part, names_line
from schemas.certificate import FlaggedPart, OpenFlags
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.footprint.inventory import Inventory, PublishedFacts
    from ledger.plausibility.rules import Breach
    from schemas.certificate import Footprint
    from schemas.problem import Problem


class KindOfFlag(NamedTuple):
    """Flags of one kind: rule, code, the first one's words, and the places of all of them."""

    rule: str
    code: str
    words: str
    places: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of them in one line: the first one's place and words, then how many more there are, and where."""
        first, *others = self.places
        return f"{first}: {self.words}{also_at(others)}" if first else f"{self.words}{also_at(others)}"


MEASURED: Final = "Q-MEASURED"
"""The rule that flags an emission far below its usual amount by the plant's own meter."""
FREE: Final = frozenset({"S-SCRAP", "M-DILUTE"})
"""Rules about lines that count next to nothing, and lower the figure by that: their part of it would say nothing."""
COUNTED: Final = frozenset({"B-UNC", "M-PROXY", "X-TIME"})
"""Rules about factors of lines that count in full: how much of the figure they are is how much the flag matters."""
AMOUNTS: Final = frozenset({MEASURED, "Q-ODD", "Q-RANGE"})
"""Rules about amounts: what is low weighs as much as the usual amount would."""
_LEAST: Final = SCALE // 100
"""The part of a figure from which on a flag is one (set here)."""
_ROUNDED: Final = SCALE // 20_000
"""What a part that is told to four decimals may have lost."""
METHOD: Final = "A-METHOD"
"""The rule that flags a figure that the other method of allocation would make much larger."""
ATTESTABLE: Final = frozenset({"rule.q-measured", "rule.q-joint-metered", "rule.a-price-sale"})
"""Codes of flags that doubt a meter or a sale; others are attestable where their facts say so."""
MOST_PLACES: Final = 8
"""Places that one line names."""


def also_at(others: Sequence[str]) -> str:
    """Return how many more flags of a kind there are, and where; nothing if there are none."""
    if not others:
        return ""
    return f" The same at {len(others)} more {'place' if len(others) == 1 else 'places'}: {listed(others)}."


def listed(places: Sequence[str]) -> str:
    """Return places in one line, the first of them by name."""
    named = [each for each in places if each]
    return ", ".join(named[:MOST_PLACES]) + (", and others" if len(named) > MOST_PLACES else "")


def flags_of(breaches: Iterable[Breach], taken: Iterable[PublishedFacts], inventory: Inventory) -> OpenFlags:
    """Return what a certificate states of the flags of its run, and of the goods `taken` as inputs."""
    flags = [breach for breach in breaches if breach.rule.severity == "flag"]
    rules = tuple(sorted({breach.rule.id for breach in flags}))
    by_rule = {rule: [each.problem for each in flags if each.rule.id == rule] for rule in rules}
    shares = {breach.rule.id: breach.problem.facts["share"] for breach in flags if "share" in breach.problem.facts}
    parts = [
        (rule, shares.get(rule) or flagged_part(inventory, [each.place for each in by_rule[rule]]))
        for rule in rules
        if rule not in FREE
    ]
    notes = tuple(rule for rule, part in parts if part is not None and _is_note(rule, part, by_rule[rule]))
    heavy = [breach for breach in flags if breach.rule.id not in notes]
    times = [int(found) for breach in flags if breach.rule.id == MEASURED and (found := breach.problem.facts["times"])]
    return OpenFlags(
        own=len(heavy),
        inputs=sum(is_flagged(facts.footprint) for facts in taken),
        rules=rules or None,
        notes=notes or None,
        parts=tuple(FlaggedPart(rule=rule, part=part) for rule, part in parts if part is not None) or None,
        below_default=max(times, default=None),
        attestable=sum(map(is_attestable, heavy)) or None,
    )


def _is_note(rule: str, part: str, flags: Sequence[Problem]) -> bool:
    """Return whether the flags of a rule, whose lines are this part of the figure, weigh too little to count."""
    if rule not in COUNTED | AMOUNTS or not all(names_line(each.place) for each in flags):
        return False
    usual = [each.facts["times"] for each in flags] if rule in AMOUNTS else ["0"]
    if "" in usual:  # nothing was found, or nobody knows what is usual
        return False
    return (trillionths(part) + _ROUNDED) * (max(map(int, usual)) + 1) < _LEAST


def is_attestable(flag: Breach) -> bool:
    """Return whether an attestation of the figure lifts a flag."""
    return flag.problem.code in ATTESTABLE or "attestable" in flag.problem.facts


def is_flagged(footprint: Footprint) -> bool:
    """Return whether a certificate states anything that qualifies its figure."""
    flags = footprint.flags
    return bool(footprint.placeholders or (flags and (flags.own or flags.inputs)))


def by_kind(breaches: Iterable[Breach]) -> list[KindOfFlag]:
    """Return the flags among breaches by kind, in the order of the first of each."""
    kinds: dict[tuple[str, str], list[Breach]] = {}
    for breach in breaches:
        if breach.rule.severity == "flag":
            kinds.setdefault((breach.rule.id, breach.problem.code), []).append(breach)
    return [
        KindOfFlag(rule, code, found[0].problem.words(), tuple(each.problem.place for each in found))
        for (rule, code), found in kinds.items()
    ]

"""The flags beside a figure: how many there are, and those of one kind together.

Rules: a certificate states the flags of its own run, and how many of its certified inputs have any, so that whoever
sees the certificate alone sees that there are some.  Flags are of one kind if they break the same rule in the same way.
A flag about scrap tells its share itself, since scrap counts nothing.
A flag that doubts a meter or a sale is attestable: whoever examined both lifts it (`ledger.verify.attestations`).

This module judges nothing (`ledger.plausibility.rules` does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.plausibility.flagged_lines import flagged_part
from schemas.certificate import FlaggedPart, OpenFlags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.footprint.inventory import Inventory, PublishedFacts
    from ledger.plausibility.rules import Breach
    from schemas.certificate import Footprint


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
METHOD: Final = "A-METHOD"
"""The rule that flags a figure that the other method of allocation would make much larger."""
ATTESTABLE: Final = frozenset({"rule.q-measured", "rule.a-price-sale"})
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
    raised = [breach.rule.id for breach in flags]
    rules = tuple(sorted(set(raised)))
    places = {rule: [each.problem.place for each in flags if each.rule.id == rule] for rule in rules}
    shares = {breach.rule.id: breach.problem.facts["share"] for breach in flags if "share" in breach.problem.facts}
    parts = [(rule, shares.get(rule) or flagged_part(inventory, places[rule])) for rule in rules if rule not in FREE]
    times = [int(found) for breach in flags if breach.rule.id == MEASURED and (found := breach.problem.facts["times"])]
    return OpenFlags(
        own=len(raised),
        inputs=sum(is_flagged(facts.footprint) for facts in taken),
        rules=rules or None,
        parts=tuple(FlaggedPart(rule=rule, part=part) for rule, part in parts if part is not None) or None,
        below_default=max(times, default=None),
        attestable=sum(map(is_attestable, flags)) or None,
    )


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

"""What a registry must answer, in a few lines: masses by holder and lot, and no holdings, splits, marks or log at
all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Run:
    """Who made a lot, how much, of what; whether all of it is still as it was made, and what became of it."""

    maker: str
    mass: int
    inputs: Counter[str]
    whole: bool = True
    state: str = "standing"


@dataclass
class Model:
    """Masses in mg that can be used, by holder and lot, and those offered, by sender, consignee and lot."""

    runs: dict[str, Run] = field(default_factory=dict)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    offers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def refusal(self, who: str, lot: str, mass: int) -> str | None:
        """Return why `who` can't use so much of a lot, or None."""
        if lot not in self.runs:
            return "holding.unknown"
        if (who, lot) not in self.seen:
            return "holding.not-yours"
        if self.runs[lot].state != "standing":
            return f"holding.{self.runs[lot].state}"
        return None if mass <= self.left[who, lot] else "holding.too-little"

    def issue(self, who: str, lot: str, mass: int, inputs: dict[str, int]) -> str | None:
        """Make a lot of inputs, or of nothing."""
        if lot in self.runs:
            return "issue.lot-undone" if self.runs[lot].state == "undone" else "issue.lot-taken"
        refused = next((code for each, taken in inputs.items() if (code := self.refusal(who, each, taken))), None)
        if refused is None:
            for each, taken in inputs.items():
                self._take(who, each, taken)
            self.runs[lot] = Run(who, mass, Counter(inputs))
            self._give(who, lot, mass)
        return refused

    def ship(self, who: str, to: str, lot: str, mass: int) -> str | None:
        """Offer a mass of a lot."""
        refused = self.refusal(who, lot, mass)
        if who == to and refused in {None, "holding.too-little"}:
            return "holding.to-yourself"
        if refused == "holding.too-little" and not self.left[who, lot]:
            return "holding.offered"
        if refused is None:
            self._take(who, lot, mass)
            self.offers[who, to, lot] += mass
        return refused

    def settle(self, lot: str, *, sender: str | None = None, to: str | None = None) -> str | None:
        """Accept (`to`) or cancel (`sender`) all offers of a lot."""
        waiting = [key for key in self.offers if key[2] == lot and (key[0] == sender or key[1] == to)]
        if not waiting:
            return "holding.offer-unknown"
        if to is not None and self.runs[lot].state != "standing":
            return f"holding.{self.runs[lot].state}"
        for key in waiting:
            self._give(key[1] if to is not None else key[0], lot, self.offers.pop(key))
        return None

    def undo(self, lot: str) -> bool:
        """Undo the run that made a lot; tell whether that may be."""
        run = self.runs[lot]
        if run.state != "standing" or not run.whole:
            return False
        run.state = "undone"
        self.left[run.maker, lot] = 0
        for each, mass in run.inputs.items():
            self._give(run.maker, each, mass)
        return True

    def _take(self, who: str, lot: str, mass: int) -> None:
        self.left[who, lot] -= mass
        self.runs[lot].whole = False

    def _give(self, who: str, lot: str, mass: int) -> None:
        self.left[who, lot] += mass
        self.seen.add((who, lot))

"""Where each value of a record was typed, so that a refusal of the record lands on the field or cell.

Rules: the longest known place before a fault decides. A value that nobody typed is in the recipe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from schemas.problem import Problem

_STEPS: Final = re.compile(r"^[^.\[]+|\.[^.\[]+|\[[^\]]*\]")


@dataclass(slots=True)
class TypedPlaces:
    """Places of a record, and the places of the facts that they come from."""

    typed: dict[str, str] = field(default_factory=dict)

    def note(self, place: str, typed: str) -> None:
        """Remember that the value at `place` of the record was typed at `typed`."""
        self.typed[place] = typed

    def of(self, place: str) -> str:
        """Return where the value at a place of the record was typed, or its place in the recipe."""
        steps = _STEPS.findall(place)
        for end in range(len(steps), 0, -1):
            known = "".join(steps[:end])
            if known in self.typed:
                typed = self.typed[known]
                # the same place in both documents has the same parts
                return typed + "".join(steps[end:]) if typed == known else typed
        return f"recipe.run.{place}" if place else ""

    def at_its_field(self, problem: Problem) -> Problem:
        """Return a problem of the record as one of what was typed."""
        return problem._replace(place=self.of(problem.place))

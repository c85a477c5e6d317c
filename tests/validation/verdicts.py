"""What the rules say to the run of a case, and the members of a case by what they mean.

Rules: only those rules are asked that a case tells enough of; a run that it does not tell is not judged.  The verdict is the gravest
that any of them has, and every rule that has it is named.

What this module does not do: making runs (`tests.validation.runs`), or arithmetic.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from ledger.plausibility.rules import AFTER, BEFORE, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import InventoryGroup


class UnsupportedError(Exception):
    """A case that no adapter can run."""


Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"


def verdict_of(run: Inventory, *rules: str) -> dict[str, Any]:
    """Return the verdict of some rules on a run, the rules that have it (all where it is accepted), and what they say."""
    return verdict((run, rules))


def verdict(*asked: tuple[Inventory, tuple[str, ...]]) -> dict[str, Any]:
    """Return the gravest verdict on several runs of one case, each by its own rules."""
    findings = [
        finding
        for run, rules in asked
        for finding in judge(run, [rule for rule in (BEFORE if run.shared is None else AFTER) if rule.id in rules])
    ]
    for severity in ("reject", "flag"):
        found = [finding for finding in findings if finding.rule.severity == severity]
        if found:
            named = tuple(dict.fromkeys(finding.rule.id for finding in found))
            reason = " ".join(finding.problem.sentence() for finding in found)
            return {"verdict": severity, "rule": named, "reason": reason}
    return {"verdict": "accept", "rule": tuple(rule for _, rules in asked for rule in rules)}


def with_group(run: Inventory, group: InventoryGroup) -> Inventory:
    """Return a run with one of its groups replaced."""
    return replace(run, groups=[group if each.group == group.group else each for each in run.groups])


def first(inputs: Case, *names: str) -> Any:  # noqa: ANN401 - a member as the case has it
    """Return the first of some members that a case has, or none."""
    return next((inputs[name] for name in names if name in inputs), None)


def like(inputs: Case, part: str) -> Any:  # noqa: ANN401 - a member as the case has it
    """Return the first member with a word in its name, or none."""
    return next((value for name, value in inputs.items() if part.casefold() in name.casefold()), None)


def share_by(inputs: Case, name: str, *words: str, default: str = "1") -> str:
    """Return a share by its words, alone or with the name it is of."""
    members = [member for word in words for member in (f"{name}_{word}", f"{word}_{name}", word)]
    found = first(inputs, *members)
    return default if found is None else str(found)


def is_said(said: object) -> bool:
    """Tell whether a member says yes: true, or a word that is not no."""
    return str(said).casefold() not in {"none", "no", "false", "0", ""} if said is not None else False

"""Edit a recipe line by line, as a form shows it: the typical amount, its rule, its band, its factor and its source.

Rules: all amounts of a line keep their ratio to the one that decides it. A rule that a form does not show is kept. A
number of an example that was changed or confirmed is the plant's own.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.recipes.amounts import GROUPS, amounts_of, deciding, line_at, measured, nearest, scale
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import key_of
from schemas.problem import InputError, OreprintError, Problem

PER_OUTPUT: Final = "per-output"
"""The rule of a line that has none of its own."""


class LineEdit(NamedTuple):
    """The fields of one line in a form: texts as they were typed, and whether its numbers are the plant's own."""

    line: str
    amount: str
    rule: str
    low: str
    high: str
    reason: str
    factor: str
    note: str
    own: bool


class OutputEdit(NamedTuple):
    """The fields of one output in a form: its typical mass and its bounds."""

    mass: str
    low: str
    high: str


class EditedRecipe(NamedTuple):
    """The document as edited, and the field of each place that a form shows, as ``<line>:<member>``."""

    document: dict[str, Any]
    fields: Mapping[str, str]
    problems: tuple[Problem, ...]

    def check(self) -> None:
        """Raise InputError with what keeps the edits from being a recipe."""
        if self.problems:
            raise InputError(*self.problems)
        checked_recipe(self.document)

    def field_of(self, problem: Problem) -> Problem:
        """Return a problem of the recipe at the field that it was typed in; without a place where there is none."""
        return problem._replace(place=self.fields.get(nearest(problem.place, self.fields), ""))


def lines_of(checked: CheckedRecipe) -> list[LineEdit]:
    """Return the lines of a recipe as a form shows them, without outputs and what is left out."""
    found: list[LineEdit] = []
    examples = {*checked.recipe.examples}
    for line, amount in checked.lines.items():
        if line.startswith(("outputs[", "excluded[", "absent[")):
            continue
        rule, holder = checked.rules.get(line), _holder(checked.recipe.run, line)
        found.append(
            LineEdit(
                line,
                amount.text,
                rule.rule if rule is not None else PER_OUTPUT,
                (rule.low or "") if rule is not None else "",
                (rule.high or "") if rule is not None else "",
                (rule.reason or "") if rule is not None else "",
                str(holder.get("factor") or holder.get("grid") or ""),
                str(holder.get("note") or ""),
                line.partition(".")[0] not in examples,
            )
        )
    return found


def outputs_of(checked: CheckedRecipe) -> list[OutputEdit]:
    """Return the outputs of a recipe as a form shows them."""
    pairs = zip(checked.recipe.run["outputs"], checked.document["outputs"], strict=True)
    return [OutputEdit(str(output["mass"]), str(rule["low"]), str(rule["high"])) for output, rule in pairs]


def edited(
    checked: CheckedRecipe,
    edits: Sequence[LineEdit],
    outputs: Sequence[OutputEdit],
    *,
    title: str,
    version: int,
    own: Collection[str] = (),
) -> EditedRecipe:
    """Return the next version of a recipe as it was edited; nothing of it is judged yet.

    `own` are places, besides those of the lines, whose numbers are the plant's own.
    """
    document = copy.deepcopy(dict(checked.document))
    document |= {"title": title, "version": version}
    run = document["run"]
    lines, rules = deciding(run), {line: _rule(checked, line) for line in checked.rules}
    fields: dict[str, str] = {"title": "title"}
    problems: list[Problem] = []
    touched: set[str] = {*own}
    for number, output in enumerate(outputs):
        run["outputs"][number]["mass"] = output.mass
        document["outputs"][number] |= {"low": output.low, "high": output.high}
        fields |= {f"outputs[{number}].{each}": f"o{number}-{each}" for each in ("low", "high")}
        fields |= {f"outputs[{number}]": f"o{number}-low", f"run.outputs[{number}].mass": f"o{number}-mass"}
    for edit in edits:
        changed = edit.amount != lines[edit.line].text
        if changed:
            try:
                _set_amount(run, edit.line, edit.amount)
            except OreprintError as error:
                problems += (each._replace(place=f"{edit.line}:amount") for each in error.problems)
        _set_words(run, edit)
        _set_rule(rules, checked, edit)
        if edit.own or changed:
            touched.add(edit.line.partition(".")[0])
        members = ("amount", "mass", "factor", "grid", "note")
        fields |= {f"run.{edit.line}.{each}": f"{edit.line}:{_FIELDS.get(each, each)}" for each in members}
        fields[f"run.{edit.line}"] = f"{edit.line}:amount"
    document["amounts"] = [*rules.values()]
    for number, line in enumerate(rules):
        shown = ("rule", "low", "high", "reason")
        fields |= {f"amounts[{number}].{each}": f"{line}:{each}" for each in shown}
        fields[f"amounts[{number}]"] = f"{line}:rule"
    document["examples"] = [each for each in document.get("examples", ()) if each not in touched]
    if not document["examples"]:
        del document["examples"]
    return EditedRecipe(document, fields, tuple(problems))


_FIELDS: Final = {"mass": "amount", "grid": "factor"}


def _rule(checked: CheckedRecipe, line: str) -> dict[str, Any]:
    place = checked.rules[line].place
    return dict(next(each for each in checked.document["amounts"] if each["place"] == place))


def _holder(run: Mapping[str, Any], line: str) -> dict[str, Any]:
    """Return the line of a record, or nothing for a member that is no list."""
    return line_at(run, line) if line.partition("[")[0] in GROUPS else {}


def _set_amount(run: dict[str, Any], line: str, text: str) -> None:
    """Give a line another typical amount, in any unit; its other amounts keep their ratio to it."""
    decides, read = deciding(run)[line], measured(text)
    typical = measured(decides.text)
    same = read.unit == typical.unit and typical.number
    for each in [one for one in amounts_of(run) if one.line == line]:
        if same:
            scale(each, read.number / typical.number)
    decides.holder[decides.member] = text


def _set_words(run: dict[str, Any], edit: LineEdit) -> None:
    """Put factor and source where the line has them; an empty one is left out."""
    if edit.line.partition("[")[0] not in GROUPS:
        return
    line = line_at(run, edit.line)
    member = "grid" if "factor" not in line and "grid" in line and "/" not in edit.factor else "factor"
    for name, text in ((member, edit.factor), ("note", edit.note)):
        if text:
            line[name] = text
        else:
            line.pop(name, None)


def _set_rule(rules: dict[str, dict[str, Any]], checked: CheckedRecipe, edit: LineEdit) -> None:
    before = rules.get(edit.line, {"place": checked.lines[edit.line].place})
    rule = before | {"rule": edit.rule}
    for name in ("low", "high", "reason"):
        rule.pop(name, None)
        if text := getattr(edit, name):
            rule[name] = text
    if edit.rule == "asked" and "key" not in rule:
        label = checked.label(edit.line)
        rule |= {"key": key_of(label, edit.line, {str(each.get("key")) for each in rules.values()}), "label": label}
    if edit.rule != "asked":
        for name in ("key", "label", "scale"):
            rule.pop(name, None)
    if rule.keys() == {"place", "rule"} and edit.rule == PER_OUTPUT:
        rules.pop(edit.line, None)
    else:
        rules[edit.line] = rule

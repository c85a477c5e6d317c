"""Expand a recipe and the facts of one run into a production record, and remember where each value was typed.

Rules:

1. Pure: the same recipe, facts and compositions give the same record.
2. An asked amount decides its whole line; a scaled one grows with its scale. Only an asked amount stays metered or
   weighed. A scaled one is at best calculated.
3. A rest closes its balance. Below zero it is refused; outside its band it needs a reason.
4. Every amount outside its band needs a reason, which the record tells in the note of the line.
5. All faults are reported at once, each at the field that was typed.

What this module does not do: it judges no record. Issuing does, as ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from ledger.recipes.amounts import (
    GROUPS,
    Measure,
    Run,
    RunAmount,
    amounts_of,
    deciding,
    line_at,
    measured,
    measured_like,
    scale,
)
from ledger.recipes.bands import Band, is_far, yield_problem
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.doubts import repeated_readings, untouched_examples
from ledger.recipes.rest import absorb_rounding, close_mass, close_water
from ledger.recipes.typed_places import TypedPlaces
from schemas.line_names import LINE_NAMES
from schemas.lot import normal_lot
from schemas.patterns import RUN_ID
from schemas.problem import InputError, OreprintError, Problem
from schemas.quantity import plain_fraction
from schemas.recipe import Departure, FactOutput, Facts, Scale
from schemas.written import WrittenInput

_ONE: Final = Fraction(1)
_OWES_FACTOR: Final = {"materials", "fuels", "transport", "credits"}
_FOUND_BY_READING: Final = {"metered", "weighed"}


@dataclass(frozen=True, slots=True)
class Expanded:
    """The record of one run, where each of its values was typed, what looks odd, and the recipe's version."""

    record: Run
    typed: TypedPlaces
    warnings: tuple[Problem, ...]
    version: int = 0


Compositions = Mapping[str, Mapping[str, str]]
"""Element -> mass fraction of each lot that is at hand, by the lot in normal form and by the certificate's digest."""


def expand(
    checked: CheckedRecipe,
    facts: Facts,
    compositions: Compositions | None = None,
    *,
    before: Mapping[str, str] | None = None,
) -> Expanded:
    """Return the record of a run.

    Only a rest of waste needs the `compositions` of certified inputs. `before` are the readings of the run before, by
    key.

    Raises:
        InputError: everything that was typed wrong (``recipe.*``, ``quantity.*``), each at its field.
    """
    recipe = checked.recipe
    if facts.recipe != recipe.recipe:
        raise InputError.at("recipe.other", "recipe", found=facts.recipe, possible=recipe.recipe)
    if facts.version not in {None, recipe.version}:
        raise InputError.at("recipe.other-version", "version", found=facts.version, possible=recipe.version)
    work = _Expansion(checked, facts, checked.typical_run())
    work.take_outputs()
    work.take_inputs()
    work.take_readings()
    work.take_meters()
    work.scale_the_rest_of_the_lines()
    work.depart()
    work.close(compositions or {})
    work.warnings += repeated_readings(facts, before or {})
    told = work.warnings if checked.trial else work.problems
    told += untouched_examples(checked)
    if work.problems:
        raise InputError(*work.problems)
    return Expanded(work.run, work.typed, tuple(work.warnings), checked.recipe.version)


@dataclass(slots=True)
class _Expansion:
    """One expansion at work: `run` begins as the typical run and ends as the record."""

    checked: CheckedRecipe
    facts: Facts
    run: Run
    typed: TypedPlaces = field(default_factory=TypedPlaces)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    scales: dict[Scale, Fraction] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    # -- what came out and what went in ---------------------------------------------------------------------------

    def take_outputs(self) -> None:
        """Put the typed lots, masses and analyses into the outputs; find the scale of the run."""
        facts, outputs = self.facts, self.run["outputs"]
        if len(facts.outputs) > len(outputs):
            self._refuse("recipe.too-many-outputs", f"outputs[{len(outputs)}]", possible=len(outputs))
        if facts.outputs[0].mass is None:
            self._refuse("recipe.no-mass", "outputs[0].mass", lot=facts.outputs[0].lot)
        typed = [
            (measured(f"{one.mass} kg").number, measured(output["mass"]).number)
            for one, output in zip(facts.outputs, outputs, strict=False)
            if one.mass is not None
        ]
        made, typical = sum(new for new, _ in typed), sum(old for _, old in typed)
        self.scales["per-output"] = Fraction(made, typical) if typical else _ONE
        amounts = [*amounts_of(self.run)]
        for number, output in enumerate(outputs):
            one = facts.outputs[number] if number < len(facts.outputs) else None
            self._take_output(number, output, one, [each for each in amounts if each.line == f"outputs[{number}]"])
        if self.problems:
            self.scales["per-output"] = _ONE  # a wrong mass must not make every reading look wrong
        self.run["run"] = facts.run or facts.outputs[0].lot
        if facts.run is None and not re.fullmatch(RUN_ID, facts.outputs[0].lot):
            self._refuse("recipe.run-unnamed", "run", lot=facts.outputs[0].lot)
        self.typed.note("run", "run" if facts.run else "outputs[0].lot")
        self.run["period"] = {"start": facts.period.start, "end": facts.period.end}
        self.typed.note("period", "period")
        self.run.pop("valid_until", None)
        self.run.pop("note", None)
        if facts.note is not None:
            self.run["note"] = facts.note
            self.typed.note("note", "note")

    def _take_output(self, number: int, output: Run, one: FactOutput | None, amounts: Sequence[RunAmount]) -> None:
        place = f"outputs[{number}]"
        ratio = self.scales["per-output"]
        if one is not None and one.mass is not None:
            typical = measured(output["mass"])
            mass = Measure(measured(f"{one.mass} kg").number, "kg")
            ratio = mass.number / typical.number
            self._judge(f"output-{number + 1}", f"{place}.mass", mass, self.checked.output_band(number), place)
        for amount in amounts:
            scale(amount, ratio)
        if one is not None and one.mass is not None:
            output["mass"] = f"{one.mass} kg"
        output["lot"] = one.lot if one is not None else f"{self.facts.outputs[0].lot}-{number + 1}"
        typed = place if one is not None else "outputs[0]"
        self.typed.note(place, typed)
        if one is not None and one.moisture is not None:
            output["moisture"] = one.moisture
            output.pop("shipped_mass", None)
        if one is not None and one.shipped_mass is not None:
            output["shipped_mass"] = f"{one.shipped_mass} kg"
        self._take_assay(number, output, one)

    def _take_assay(self, number: int, output: Run, one: FactOutput | None) -> None:
        rule, place = self.checked.recipe.outputs[number], f"outputs[{number}].assay"
        assay = one.assay if one is not None else {}
        for element in sorted({*assay} ^ {*rule.asked}):
            code = "recipe.assay-missing" if element in rule.asked else "recipe.assay-not-asked"
            self._refuse(code, f"{place}.{element}", element=element)
        if not assay or rule.balance is None:
            return
        before = {
            element: Fraction(share) for element, share in self.checked.record.outputs[number].composition.items()
        }
        for element, share in assay.items():
            if element in before and is_far(Fraction(share), before[element]):
                typical = plain_fraction(before[element])
                said = {"label": element, "found": share, "typical": typical}
                self.warnings.append(Problem.at("recipe.share-far", f"{place}.{element}", **said))
        after = before | {element: Fraction(share) for element, share in assay.items()}
        after[rule.balance] += sum(before.values()) - sum(after.values())
        if after[rule.balance] < 0:
            self._refuse("recipe.assay-sum", place, element=rule.balance)
            return
        output["composition"] = {element: plain_fraction(share) for element, share in after.items() if share}
        self.typed.note(f"outputs[{number}].composition", place)

    def take_inputs(self) -> None:
        """Put the typed inputs in place of the typical ones."""
        typical = self.checked.record.inputs
        inputs = self.facts.inputs
        self.run["inputs"] = [
            {"lot": each.lot, "mass": f"{each.mass} kg"}
            if each.lot is not None
            else {"certificate": each.certificate, "mass": f"{each.mass} kg"}
            for each in inputs
        ]
        self.typed.note("inputs", "inputs")
        taken, usual = (sum(Fraction(each.mass) for each in some) for some in (inputs, typical))
        if bool(taken) != bool(usual):
            self._refuse("recipe.no-inputs" if usual else "recipe.inputs", "inputs", usual=len(typical))
        self.scales["per-input"] = Fraction(taken, usual) if usual and taken else _ONE
        self.scales["per-run"] = Fraction(self.facts.batches)
        made = sum((measured(each["mass"]).number for each in self.run["outputs"]), Fraction(0))
        recipe = self.checked.recipe
        if taken:
            problem = yield_problem(recipe, made / taken)
            if problem is not None:
                self._excused("yield", "outputs[0].mass", problem)
        self._judge_inputs()
        for number, each in enumerate(self.run.get("absent", ())):
            self._rename_input(number, each)
        self._refuse_twice()

    def _refuse_twice(self) -> None:
        """Refuse a lot that is named as an input twice, where it was typed again."""
        seen = set[str]()
        for number, each in enumerate(self.facts.inputs):
            named = each.certificate or normal_lot(each.lot or "")
            if named in seen:
                self._refuse("recipe.input-twice", f"inputs[{number}]", input=each.certificate or each.lot)
            seen.add(named)

    def _judge_inputs(self) -> None:
        """Tell the inputs that differ much from what such an output takes; a yield alone would hide a small one."""
        inputs, typical = self.facts.inputs, self.checked.record.inputs
        for number, (each, was) in enumerate(zip(inputs, typical, strict=True) if len(inputs) == len(typical) else ()):
            wanted = Fraction(was.mass) * self.scales["per-output"]
            if is_far(Fraction(each.mass), wanted):
                said = {"found": f"{each.mass} kg", "typical": Measure(wanted, "kg").text}
                self.warnings.append(Problem.at("recipe.input-far", f"inputs[{number}].mass", **said))

    def _rename_input(self, number: int, absent: Run) -> None:
        """Name the input of this run where an absence names one of the typical run."""
        named = absent.get("lot")
        if named is None:
            return
        places = [index for index, each in enumerate(self.checked.record.inputs) if each.lot == named]
        lot = self.facts.inputs[places[0]].lot if places and places[0] < len(self.facts.inputs) else None
        if lot is None:
            self._refuse("recipe.absent-input", "inputs", lot=named)
            return
        absent["lot"] = lot
        self.typed.note(f"absent[{number}].lot", f"inputs[{places[0]}].lot")

    # -- lines ----------------------------------------------------------------------------------------------------

    def take_readings(self) -> None:
        """Put each asked amount into its line."""
        asked, readings = self.checked.asked, self.facts.readings
        for key in sorted({*readings} - {*asked}):
            self._refuse("recipe.not-asked", f"readings.{key}", possible=", ".join(asked) or "nothing")
        for key, line in asked.items():
            if key not in readings:
                label = self.checked.label(line)
                self._refuse("recipe.reading-missing", f"readings.{key}", label=label)
                continue
            try:
                self._take_reading(key, line, readings[key])
            except OreprintError as error:
                self.problems += (each._replace(place=f"readings.{key}") for each in error.problems)

    def _take_reading(self, key: str, line: str, text: str) -> None:
        rule = self.checked.rules[line]
        band = self.checked.bands[line].times(self.scales[rule.scale])
        read = measured_like(text, band.typical)
        self._judge(key, f"readings.{key}", read, band, line)
        if read == self.checked.bands[line].typical:
            self.warnings.append(Problem.at("recipe.same-as-typical", f"readings.{key}", value=text))
        self._set_line(line, read)
        self.typed.note(line, f"readings.{key}")

    def _set_line(self, line: str, read: Measure) -> None:
        """Give a line the amount that was read; its other amounts keep their ratio to it."""
        decides = deciding(self.run)[line]
        typical = measured(decides.text)
        ratio = read.number / typical.number if typical.number else _ONE
        for amount in [each for each in amounts_of(self.run) if each.line == line]:
            scale(amount, ratio)
        if ratio != 1 or not typical.number:
            decides.holder[decides.member] = read.text
        self.done.add(line)

    def take_meters(self) -> None:
        """Put the readings of meters into the balance of water; a meter that the typical run lacks is added."""
        water, read = self.run.get("water"), set[str]()
        for number, each in enumerate(self.facts.meters):
            place, name = f"meters[{number}]", normal_lot(each.meter)
            if water is None:
                self._refuse("recipe.no-water", place, meter=each.meter)
                continue
            meters = water.setdefault("discharge_meters", [])
            at = next((at for at, known in enumerate(meters) if normal_lot(known["meter"]) == name), len(meters))
            line = f"water.discharge_meters[{at}]"
            if name in read or line in self.done:
                self._refuse("recipe.meter-twice", place, meter=each.meter)
                continue
            read.add(name)
            meters[at : at + 1] = [{"meter": each.meter, "reading": f"{each.reading} m3"}]
            self.done.add(line)
            self.typed.note(line, place)
            self.typed.note(f"{line}.reading", f"{place}.reading")

    def scale_the_rest_of_the_lines(self) -> None:
        """Scale every line that was neither typed nor is fixed."""
        for amount in [*amounts_of(self.run)]:
            if amount.line in self.done or amount.line.startswith("outputs["):
                continue
            rule = self.checked.rules.get(amount.line)
            match rule.rule if rule is not None else "per-output":
                case "fixed":
                    continue
                case "per-input" | "per-run" as other:
                    scale(amount, self.scales[other])
                case _:
                    scale(amount, self.scales["per-output"])
        for number, line in enumerate(self.run.get("direct", ())):
            self._leave_mass_to_method(number, line)
        for group in GROUPS:
            for number, line in enumerate(self.run.get(group, ())):
                place = f"{group}[{number}]"
                rule = self.checked.rules.get(place)
                if (rule is None or rule.rule != "asked") and line.get("basis", "metered") in _FOUND_BY_READING:
                    line["basis"] = "calculated"
                    line.pop("meter", None)

    def _leave_mass_to_method(self, number: int, line: Run) -> None:
        """Leave out a scaled mass that a method computes: a stated one must equal it to the milligram."""
        computed = line.get("method", {}).get("by", "measured") != "measured"
        scaled = line.get("mass") != self.checked.recipe.run["direct"][number].get("mass")
        if computed and scaled and f"direct[{number}]" not in self.done:
            line.pop("mass", None)

    def depart(self) -> None:
        """Change or add the lines that differ from the recipe in this run."""
        for number, each in enumerate(self.facts.departures):
            place = f"departures[{number}]"
            self._owe_factor(f"{place}.factor", each)
            try:
                line = self._departed(each)
            except OreprintError as error:
                self.problems += (one._replace(place=f"{place}.amount") for one in error.problems)
                continue
            self.typed.note(line, place)
            for member in ("mass", "amount"):
                self.typed.note(f"{line}.{member}", f"{place}.amount")

    def _owe_factor(self, place: str, departure: Departure) -> None:
        """Refuse a line that the recipe does not have, if its group owes a factor and none was typed."""
        known = {line.get("name") for line in self.run.get(departure.group, ())}
        if departure.group in _OWES_FACTOR and departure.factor is None and departure.name not in known:
            self._refuse("recipe.departs-factor", place, name=departure.name)

    def _departed(self, departure: Departure) -> str:
        lines = self.run.setdefault(departure.group, [])
        known = [number for number, line in enumerate(lines) if line.get("name") == departure.name]
        if known:
            line, place = lines[known[0]], f"{departure.group}[{known[0]}]"
            rule = self.checked.rules.get(place)
            if rule is not None and rule.rule == "rest":
                raise InputError.at("recipe.departs-rest", name=departure.name)
            self._set_line(place, measured_like(departure.amount, measured(deciding(self.run)[place].text)))
        else:
            member = "mass" if departure.group in {"materials", "direct", "wastes"} else "amount"
            line = {"name": departure.name, member: departure.amount, "basis": "assumed"}
            line |= _owed(departure, lines)
            lines.append(line)
            place = f"{departure.group}[{len(lines) - 1}]"
        if departure.basis is not None:
            line["basis"] = departure.basis
        if departure.factor is not None:
            line["factor"] = departure.factor
        line["note"] = departure.note
        return place

    # -- what closes a balance ------------------------------------------------------------------------------------

    def close(self, compositions: Compositions) -> None:
        """Let each rest close its balance, and let rounding not open the balance of water."""
        rests = [line for line, rule in self.checked.rules.items() if rule.rule == "rest"]
        needed = self.facts.inputs if self.checked.needs_compositions else ()
        parts = self._parts(needed, compositions)
        for line in rests:
            kind = "water" if line.startswith("water.") else "rest"
            if kind == "rest" and len(parts) < len(needed):
                continue  # the unknown input is told already
            try:
                found = close_water(self.run, line) if kind == "water" else close_mass(self.run, line, parts)
            except OreprintError as error:
                self.problems += (each._replace(place=kind) for each in error.problems)
                continue
            self._judge(kind, kind, found, self.checked.bands[line].times(self.scales["per-output"]), line)
            self.typed.note(line, kind)
        if not any(line.startswith("water.") for line in rests) and self.run.get("water"):
            absorb_rounding(self.run)

    def _parts(self, inputs: Sequence[WrittenInput], compositions: Compositions) -> list[Mapping[str, str]]:
        """Return the composition of each input, as far as it is known."""
        found: list[Mapping[str, str]] = []
        for number, each in enumerate(inputs):
            named = each.certificate or normal_lot(each.lot or "")
            if named in compositions:
                found.append(compositions[named])
            else:
                self._refuse("recipe.input-unknown", f"inputs[{number}]", input=each.certificate or each.lot)
        return found

    # -- bands ----------------------------------------------------------------------------------------------------

    def _judge(self, key: str, place: str, found: Measure, band: Band, line: str) -> None:
        """Keep what is odd about the amount that decides a line; its typed reason goes into the line's note."""
        problem = band.problem(place, self.checked.label(line), found, typed=place != key)
        if problem is None:
            return
        if problem.code == "recipe.far-from-typical":
            self.warnings.append(problem)
            return
        self._excused(key, place, problem)
        reason = self.facts.reasons.get(key)
        if reason is not None and "[" in line:
            line_at(self.run, line)["note"] = reason

    def _excused(self, key: str, place: str, problem: Problem) -> None:
        """Keep a problem, or tell it as a warning where its reason was typed."""
        reason = self.facts.reasons.get(key)
        if reason is None:
            self.problems.append(problem)
        else:
            label = problem.facts.get("label", LINE_NAMES["yield"]["en"])
            self.warnings.append(Problem.at("recipe.reasoned", place, label=label, key=key, reason=reason))

    def _refuse(self, code: str, place: str, **facts: object) -> None:
        self.problems.append(Problem.at(code, place, **facts))


def _owed(departure: Departure, lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what a new line owes besides its amount, as far as the recipe's other lines say it."""
    match departure.group:
        case "electricity" if lines:
            return {"grid": lines[0]["grid"]}
        case "wastes":
            return {"fate": departure.note}
        case "direct":
            return {"substance": departure.name}
        case _:
            return {}

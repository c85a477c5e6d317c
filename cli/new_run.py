"""The questions of `oreprint new`: what a recipe asks for, one answer after another."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import typer

from ledger.desk.drafts import RunDraft, new_draft, save_draft
from ledger.desk.form_fields import Field, FormFields, fields_of, shown_measure
from ledger.desk.preview import Preview, preview_draft
from ledger.desk.suggest import stock_of, suggested
from ledger.factors.tables import FactorTables
from ledger.recipes.checked import CheckedRecipe
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry
from ledger.workbook.cells import Cell
from ledger.workbook.values import read_cell
from schemas.problem import OreprintError, Problem, RefusedError


def say(text: str) -> None:
    """Print a line for the person who answers; results go to standard output."""
    print(text, file=sys.stderr)


@dataclass
class Questions:
    """The questions about one run. Whatever was answered is kept as a draft."""

    registry: OpenRegistry
    party: str
    tables: FactorTables
    checked: CheckedRecipe
    typed: dict[str, str] = field(default_factory=dict)
    draft: RunDraft | None = None

    def answered(self) -> tuple[RunDraft, Preview]:
        """Ask until the run could be issued; return its draft and preview."""
        stock = stock_of(self.registry, self.party, self.checked)
        self.typed = suggested(self.registry, self.party, self.checked, stock)
        if self.checked.record.inputs:
            for each in stock:
                say(f"in stock: {each.lot}, {each.left_kg} kg of {each.what}")
        try:
            for one in _in_order(fields_of(self.checked, self.typed)):
                self._ask(one)
            while True:
                draft, shown = self._previewed()
                if not shown.rehearsed.problems:
                    return draft, shown
                self._ask_again(shown)
        except (typer.Abort, EOFError, KeyboardInterrupt):
            self._keep()
            say("\nStopped. What you answered is kept as a draft at the desk.")
            raise

    def _ask(self, one: Field) -> None:
        """Ask for one field, until its answer can be read."""
        while True:
            answer = str(typer.prompt(_question(one), default=self.typed.get(one.name, ""), err=True)).strip()
            try:
                if answer:
                    read_cell(Cell(0, 0, "text", answer, ""), one.column)
            except OreprintError as error:
                say(f"  {error.problems[0].words()}")
                continue
            self.typed[one.name] = answer
            return

    def _previewed(self) -> tuple[RunDraft, Preview]:
        draft = self._keep()
        return draft, preview_draft(self.registry, draft, tables=self.tables)

    def _keep(self) -> RunDraft:
        """Keep what was answered as a draft."""
        recipe = self.checked.recipe.recipe
        if self.draft is None:
            self.draft = new_draft(self.registry, self.party, recipe, self.typed, by=OPERATOR)
        else:
            row = self.draft.row
            self.draft = save_draft(self.registry, self.party, row.id, self.typed, revision=row.revision, by=OPERATOR)
        return self.draft

    def _ask_again(self, shown: Preview) -> None:
        """Tell what is wrong, and ask for those fields again, or for the reason of an unusual amount.

        Raises:
            OreprintError: a problem of no field that could be asked again.
        """
        problems = shown.rehearsed.problems
        fields = {each.name: each for each in _in_order(fields_of(self.checked, self.typed))}
        reasons = {at: key for key, at in shown.form.reasons}
        self._tell(problems)
        wrong = dict.fromkeys(each.place for each in problems)
        if not any(place in fields or place in reasons for place in wrong):
            raise RefusedError(*problems)
        for place in wrong:
            before = self.typed.get(place)
            if place in fields:
                self._ask(fields[place])
            if place in reasons and self.typed.get(place) == before:
                self.typed[f"reason:{reasons[place]}"] = str(typer.prompt("Reason", default="", err=True)).strip()

    def _tell(self, problems: Sequence[Problem]) -> None:
        for each in problems:
            say(f"  {each.words()} [{each.code}]")


def _in_order(fields: FormFields) -> Iterator[Field]:
    """Yield the fields that everybody answers; lines that differ and notes are for the desk."""
    for rows in (fields.outputs, [fields.days], fields.inputs, [fields.readings]):
        for row in rows:
            yield from (each for each in row if each.column.key not in {"moisture", "shipped_kg", "end"})


def _question(one: Field) -> str:
    """Return the question of a field, with its unit and what is usual."""
    heading, unit = one.column.heading["en"], one.column.help["en"]
    if one.band is None:
        return f"{heading} ({unit})"
    low, typical, high = (shown_measure(each) for each in one.band)
    return f"{heading} (typical {typical}, usual {low} to {high})"

"""`oreprint new`: ask for what a recipe asks for, show what would be issued, and issue it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.files import make_folder, write_certificate
from cli.new_run import Questions, say
from cli.output import reply
from cli.parts import CertificatesFolder, HomeOption, JsonOption, open_to_sign, tables_of
from cli.recipe_files import write_document
from cli.terminal import picked
from ledger.desk.drafts import discard_draft
from ledger.desk.held import hold_draft
from ledger.desk.preview import Preview, certificates_of_draft
from ledger.desk.recipes import KeptRecipe, kept_recipe, kept_recipes
from ledger.registry.approval import OPERATOR
from schemas.problem import MissingError, RefusedError


def command(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A recipe that is kept in the home. Without it, you choose."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the production record instead of issuing it.")
    ] = None,
    out: CertificatesFolder = Path("certificates"),
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask for the lot, the masses and the readings of one run, show what would be issued, and ask once more.

    Nothing needs to be written in a file. What is wrong is told at once, and only that is asked again. If you stop
    before the end, what you typed is kept as a draft at the desk.

    Example: oreprint new SC-NdFeB
    """
    acts, registry, tables = acting(party, home), open_to_sign(home), tables_of(home)
    chosen = kept_recipe(registry, acts, recipe) if recipe is not None else _chosen(kept_recipes(registry, acts), acts)
    draft, shown = Questions(registry, acts, tables, chosen.checked).answered()
    if save is not None and shown.form.made is not None:
        write_document(shown.form.made.record, save, as_json=as_json, notes=shown.warnings)
        discard_draft(registry, acts, draft.row.id, revision=draft.row.revision, by=OPERATOR)
        return
    _show(shown)
    if not typer.confirm("Issue?", err=True):
        say("Nothing was issued. The run is kept as a draft at the desk.")
        raise typer.Exit(1)
    make_folder(out)
    draft = hold_draft(registry, acts, draft.row.id, revision=draft.row.revision, tables=tables, by=OPERATOR, minutes=0)
    if draft.notice:
        raise RefusedError(*draft.notice)
    issued = certificates_of_draft(registry, draft)
    for each in issued:
        write_certificate(out, each.lot, each.text)
    reply(
        {"issued": [{"lot": each.lot, "digest": each.digest} for each in issued]},
        *(f"issued {each.lot} {each.digest}" for each in issued),
        as_json=as_json,
    )


def _chosen(recipes: Sequence[KeptRecipe], party: str) -> KeptRecipe:
    """Return the only recipe, or the one that a person picks; raise MissingError `recipe.none`."""
    if not recipes:
        raise MissingError.at("recipe.none", "RECIPE", party=party)
    if len(recipes) == 1:
        return recipes[0]
    return recipes[picked([each.title for each in recipes], "Which recipe?")]


def _show(shown: Preview) -> None:
    """Print the certificates that would be issued, and the doubts."""
    foreseen = shown.rehearsed.foreseen
    for each in foreseen.draft.certified if foreseen is not None else ():
        figure = each.footprint.per_kg.location
        last = f" (last run {shown.last})" if shown.last is not None else ""
        print(f"{each.batch.lot}  {each.batch.net_mass_kg} kg  {figure} kg CO2e/kg{last}", file=sys.stderr)
    for problem in shown.warnings:
        print(f"note: {problem.sentence()} [{problem.code}]", file=sys.stderr)

"""The commands of `oreprint recipe` about recipes that are kept in a home: import, list, export, try and approve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cli.acting import AsOption, acting
from cli.files import write_lines
from cli.output import as_document, print_json, reply
from cli.parts import HomeOption, JsonOption, open_to_read, tables_of
from cli.recipe_files import language_of, read_recipe, write_document
from cli.terminal import plural, tell
from ledger.desk.other_bands import draft_other_bands, proposal_of
from ledger.desk.recipe_trial import Trial, try_recipe
from ledger.desk.recipe_versions import approve_recipe, changes_of, propose_recipe, send_recipe
from ledger.desk.recipes import any_recipe, keep_recipe, kept_recipes
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.differences import Difference
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry

RecipeFile = Annotated[
    Path, typer.Argument(metavar="RECIPE", help="A recipe: YAML, JSON or a workbook (.xlsx); - is standard input.")
]
KeptName = Annotated[str, typer.Argument(metavar="NAME", help="A recipe that is kept in the home.")]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to this file.")]
_WORKBOOK: Final = ".xlsx"


def keep(
    file: RecipeFile,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="Keep it as a draft, which runs follow once it is approved.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Keep a version of a recipe in the home. An approved version never changes.

    Example: oreprint recipe import recipe.yaml
    """
    checked = read_recipe(file)
    acts, registry, tables = acting(party, home), open_to_read(home), tables_of(home)
    if draft:
        base = _draft_digest(registry, acts, checked.recipe.recipe)
        propose_recipe(registry, dict(checked.document), party=acts, by=OPERATOR, tables=tables, base=base)
        state = "kept as a draft"
    else:
        state = "kept" if keep_recipe(registry, dict(checked.document), party=acts, tables=tables) else "unchanged"
    recipe = checked.recipe
    held = plural(len(recipe.examples), "part still holds", "parts still hold")
    reply(
        {"state": state, "recipe": recipe.recipe, "version": recipe.version, "party": acts},
        f"{state.capitalize()}: {recipe.recipe} v{recipe.version} of {acts}.",
        *([f"{held} numbers of a shipped example."] if recipe.examples else []),
        as_json=as_json,
    )


def listed(party: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List the newest version of each recipe that you keep, in any state.

    Example: oreprint recipe list
    """
    found = kept_recipes(open_to_read(home), acting(party, home), drafts=True)
    reply(
        [
            {
                "recipe": each.checked.recipe.recipe,
                "version": each.checked.recipe.version,
                "state": each.state,
                "since": each.since,
            }
            for each in found
        ],
        *(f"{each.title}  {each.state} since {each.since}" for each in found),
        *([] if found else ["No recipe is kept here. Keep one with: oreprint recipe import"]),
        as_json=as_json,
    )


def export(
    name: KeptName,
    version: Annotated[int | None, typer.Option("--version", help="A version. Default: the newest.")] = None,
    out: OutOption = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of a workbook's headings: en or zh-Hans.")] = "en",
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a recipe that you keep, to edit its next version; as a workbook, if the file's name ends in .xlsx.

    Example: oreprint recipe export SC-NdFeB --out recipe.xlsx
    """
    from ledger.workbook.recipe_sheets import recipe_workbook

    found = any_recipe(open_to_read(home), acting(party, home), name, version)
    if out is None or out.suffix.lower() != _WORKBOOK:
        write_document(found.checked.document, out, as_json=as_json)
        return
    write_lines(out, [recipe_workbook(found.checked, language_of(lang))])
    reply({"file": str(out)}, f"Wrote {out}. Import it with: oreprint recipe import {out}", as_json=as_json)


def tried(
    name: Annotated[str, typer.Argument(metavar="NAME|RECIPE", help="A recipe that is kept in the home, or a file.")],
    lot: Annotated[
        str | None,
        typer.Option("--on", metavar="LOT", help="A certified lot. Default: the last run that made the same."),
    ] = None,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Try a recipe on a past run: its figure as certified, as the recipe makes it, and what differs. Nothing is kept.

    Example: oreprint recipe try SC-NdFeB
    """
    registry, acts = open_to_read(home), acting(party, home)
    found = try_recipe(registry, _recipe_of(registry, name, acts), party=acts, tables=tables_of(home), lot=lot)
    reply(
        {
            "lot": found.lot,
            "before": found.before,
            "after": found.after,
            "differences": [each._asdict() for each in found.differences],
            "warnings": [*map(as_document, found.warnings)],
            "problems": [*map(as_document, found.problems)],
        },
        *_told(found),
        as_json=as_json,
    )
    if found.problems:
        raise typer.Exit(1)


def bands(
    name: KeptName,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    draft: Annotated[bool, typer.Option("--draft", help="Write the bands into a draft of the next version.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Propose other bands for a recipe, if more than a fifth of its runs of the last 30 days needed an approval.

    Example: oreprint recipe bands SC-NdFeB
    """
    registry, acts, tables = open_to_read(home), acting(party, home), tables_of(home)
    found = any_recipe(registry, acts, name)
    proposal = proposal_of(registry, found, party=acts, tables=tables)
    kept = None
    if draft:
        kept = draft_other_bands(registry, acts, name, digest=found.digest, by=OPERATOR, tables=tables).checked.recipe
    if as_json:
        print_json({"other_bands": None if proposal is None else proposal.answer().model_dump(mode="json")})
        return
    if proposal is None:
        print(f"No other band is proposed for {name}.")
        return
    tell([f"{proposal.needed} of {proposal.runs} runs of the last 30 days needed an approval. Another band would fit:"])
    tell(
        [
            f"  {each.label}: {each.low.text} to {each.high.text} (now {each.band.low.text} to {each.band.high.text}); "
            f"5 % up to {each.lowest.text}, median {each.median.text}, 95 % up to {each.highest.text}"
            for each in proposal.bands
        ]
    )
    if kept is not None:
        print(f"Kept as a draft: {kept.recipe} v{kept.version}. Approve it with: oreprint recipe approve {kept.recipe}")


def approve(
    name: KeptName,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Approve without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Approve the newest version of a recipe: show what it changes, ask, and from then on runs follow it.

    A person at the desk approves what somebody else wrote. This command is for who runs the registry.

    Example: oreprint recipe approve SC-NdFeB
    """
    registry, acts = open_to_read(home), acting(party, home)
    found = any_recipe(registry, acts, name)
    if not as_json:
        tell([f"{found.title} ({found.state})", *map(_difference, changes_of(registry, acts, name))])
    if not (yes or as_json):
        typer.confirm("Approve it?", abort=True, err=True)
    if found.state == "draft":
        send_recipe(registry, acts, name, digest=found.digest, by=OPERATOR)
    done = approve_recipe(registry, acts, name, digest=found.digest, by=OPERATOR)
    recipe = done.checked.recipe
    reply(
        {"state": done.state, "recipe": recipe.recipe, "version": recipe.version, "party": acts},
        f"Approved: {recipe.recipe} v{recipe.version} of {acts}. Runs follow it from now on.",
        as_json=as_json,
    )


def _recipe_of(registry: OpenRegistry, name: str, party: str) -> CheckedRecipe:
    """Return the recipe of a file; without such a file, the newest version of a kept one."""
    path = Path(name)
    return read_recipe(path) if path.is_file() else any_recipe(registry, party, name).checked


def _draft_digest(registry: OpenRegistry, party: str, name: str) -> str | None:
    found = kept_recipes(registry, party, drafts=True)
    return next((each.digest for each in found if each.checked.recipe.recipe == name), None)


def _told(found: Trial) -> list[str]:
    lines = [f"{found.lot}: {found.before} kg CO2e/kg as certified"]
    lines += [f"  with this recipe: {found.after} kg CO2e/kg"] if found.after is not None else []
    lines += map(_difference, found.differences)
    lines += [f"  note: {each.sentence()} [{each.code}]" for each in found.warnings]
    return lines + [f"  refused: {each.sentence()} [{each.code}]" for each in found.problems]


def _difference(found: Difference) -> str:
    return f"  {found.place}: {found.before or '-'} -> {found.after or '-'}"

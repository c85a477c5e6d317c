"""`oreprint recipe`: the typical run of a product, and records made of it with a few typed facts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import kept_recipes
from cli.acting import AsOption, acting
from cli.files import MEDIA, STDIN, make_folder, read_bytes, read_document, write_lines
from cli.kept_recipes import OutOption, RecipeFile
from cli.output import as_document, print_json, reply
from cli.parts import HomeOption, JsonOption, open_to_read, tables_of
from cli.recipe_files import compositions_by_lot, language_of, read_recipe, read_value, write_document
from cli.terminal import plural
from ledger.desk.past_runs import run_of_lot
from ledger.desk.starters import starter_of
from ledger.recipes.checked import checked_recipe
from ledger.recipes.expand import expand
from ledger.recipes.made import facts_of, recipe_of
from ledger.workbook.file_kinds import read_file
from ledger.workbook.guard import MOST_BYTES
from ledger.workbook.runs import read_runs
from schemas.door import validated
from schemas.lot import lot_file_stem
from schemas.problem import InputError
from schemas.recipe import Facts
from schemas.record import ProductionRecord
from schemas.vocabulary import Step

command = typer.Typer(rich_markup_mode=None)
WithOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--with", metavar="FILE", help="The certificate of an input, for its composition. Repeat for several."
    ),
]


@command.callback()
def recipe() -> None:
    """Make production records of a recipe and the few facts that differ from run to run.

    Example: oreprint recipe from 12-SC-2026-05.yaml --name SC-NdFeB --out recipe.yaml
    """


@command.command("from")
def made_from(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RECORD|LOT", help="A production record of a past run, YAML or JSON; or a lot that you certified."
        ),
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The name of the recipe, such as SC-NdFeB.")],
    title: Annotated[str | None, typer.Option("--title", help="What it makes. Without it, as the record says.")] = None,
    out: OutOption = None,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a recipe of a past run: what was metered or weighed is asked, the rest grows with the output.

    Example: oreprint recipe from AL-41 --name SC-NdFeB --out recipe.yaml
    """
    run = _run_of(source, party, home)
    outputs = run.get("outputs") or [{}]
    made = recipe_of(run, name=name, title=title or str(outputs[0].get("description", name)))
    checked_recipe(made)
    write_document(made, out, as_json=as_json)


def _is_file(source: str) -> bool:
    """Return whether a text names a file, one that is there or one that ought to be, and not what a home keeps."""
    path = Path(source)
    return path.exists() or path.suffix.lower() in {*MEDIA, ".xlsx"} or source == STDIN


def _run_of(source: str, party: str | None, home: Path | None) -> dict[str, Any]:
    """Return the record in a file; without such a file, that of a certified lot of the party that acts."""
    if _is_file(source):
        value = read_value(Path(source))
        return value if isinstance(value, dict) else {}
    acts = acting(party, home)
    return run_of_lot(open_to_read(home), source, party=acts, tables=tables_of(home)).record


@command.command("starter")
def starter(  # noqa: PLR0913, PLR0917 - every option is one
    step: Annotated[Step, typer.Argument(metavar="STEP", help="A step, as `oreprint vocabulary steps` lists them.")],
    product: Annotated[str | None, typer.Option(metavar="PRODUCT", help="A product of the step.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The recipe's name. Default: STEP.")
    ] = None,
    plant: Annotated[
        str | None, typer.Option("--plant", metavar="URI", help="Your plant. Default: the only one that you have.")
    ] = None,
    out: OutOption = None,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a starter recipe of a shipped example. Every number is marked as an example until you write your own.

    Example: oreprint recipe starter strip-casting --out recipe.yaml
    """
    acts, tables = acting(party, home), tables_of(home)
    made = starter_of(open_to_read(home), step, product, party=acts, tables=tables, name=name, plant=plant)
    write_document(made, out, as_json=as_json)


@command.command("check")
def check(file: RecipeFile, *, as_json: JsonOption = False) -> None:
    """Check a recipe, and list what it asks for in each run.

    Example: oreprint recipe check recipe.yaml
    """
    checked = read_recipe(file)
    recipe = checked.recipe
    asked = [
        (f"output-{number + 1}", f"mass of {output.description}", checked.output_band(number))
        for number, output in enumerate(checked.record.outputs)
    ]
    asked += [(key, checked.label(line), checked.bands[line]) for key, line in checked.asked.items()]
    reply(
        {
            "recipe": recipe.recipe,
            "version": recipe.version,
            "asked": [
                {"key": key, "label": label, **{name: each.text for name, each in band._asdict().items()}}
                for key, label, band in asked
            ],
        },
        f"{recipe.title}: recipe {recipe.recipe}, version {recipe.version}. It asks for:",
        *(
            f"  {label if key.startswith('output-') else f'{key} ({label})'}: {band.low.text} to {band.high.text}, "
            f"typically {band.typical.text}"
            for key, label, band in asked
        ),
        as_json=as_json,
    )


@command.command("facts")
def facts(file: RecipeFile, out: OutOption = None, *, as_json: JsonOption = False) -> None:
    """Write the facts of the typical run, to be changed for each run.

    Example: oreprint recipe facts recipe.yaml --out facts.yaml
    """
    checked = read_recipe(file)
    write_document(facts_of(checked.document), out, as_json=as_json)


@command.command("record")
def record(
    file: RecipeFile,
    typed: Annotated[Path, typer.Argument(metavar="FACTS", help="The facts of the run, YAML or JSON.")],
    certificates: WithOption = None,
    out: OutOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make the production record of a run, and tell what looks odd. `oreprint issue` takes the record.

    Example: oreprint recipe record recipe.yaml facts.yaml --out AL-41.yaml
    """
    checked, said = read_recipe(file), read_document(Facts, typed)
    made = expand(checked, said, compositions_by_lot(certificates or [], home))
    try:
        validated(ProductionRecord, made.record)
    except InputError as error:
        raise InputError(*map(made.typed.at_its_field, error.problems)) from error
    write_document(made.record, out, as_json=as_json, notes=made.warnings)


for name, function in (
    ("import", kept_recipes.keep),
    ("list", kept_recipes.listed),
    ("export", kept_recipes.export),
    ("try", kept_recipes.tried),
    ("bands", kept_recipes.bands),
    ("approve", kept_recipes.approve),
):
    command.command(name)(function)


@command.command("template")
def template(
    recipes: Annotated[
        list[str],
        typer.Argument(metavar="RECIPE...", help="Recipes: files (YAML, JSON or .xlsx), or names of kept recipes."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The workbook to write.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the headings: en or zh-Hans.")] = "en",
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a workbook, one row a run, with a column for each amount that the recipes ask for.

    Of kept recipes it also offers the lots in stock, the customers and the factors to choose from.

    Example: oreprint recipe template recipe.yaml --out day.xlsx --lang zh-Hans
    """
    from ledger.workbook.template import template as made

    language = language_of(lang)
    if any(map(_is_file, recipes)):
        workbook = made([read_recipe(Path(each)) for each in recipes], language)
    else:
        from cli.parts import open_to_read, tables_of
        from ledger.desk.day_template import blank_workbook

        acts, tables = acting(party, home), tables_of(home)
        workbook = blank_workbook(open_to_read(home), acts, language, tables=tables, names=recipes)
    write_lines(out, [workbook])
    reply({"file": str(out)}, f"Wrote {out}. Fill in one row for each run.", as_json=as_json)


@command.command("read")
def read(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook that was filled in, .xlsx.")],
    files: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="The recipes that it names.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder for the records.")],
    copy: Annotated[
        Path | None,
        typer.Option("--annotated", metavar="FILE", help="Write a copy with each problem as a comment in its cell."),
    ] = None,
    certificates: WithOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a production record of each run of a workbook, as DIR/<lot>.yaml, or tell every problem at its cell.

    If one run has a problem, no record is written.

    Example: oreprint recipe read day.xlsx recipe.yaml --out records --annotated problems.xlsx
    """
    from ledger.workbook.annotate import annotated_apart, notes_of

    content = read_bytes(workbook, most=MOST_BYTES)
    recipes = {checked.recipe.recipe: checked for checked in map(read_recipe, files)}
    found = read_runs(read_file(content, workbook.name), recipes, compositions_by_lot(certificates or [], home))
    problems = found.all_problems
    if copy is not None and problems:
        from api.desk.words import told_in  # loads what no other command here needs

        spoken = found.hidden.language
        write_lines(copy, [annotated_apart(content, workbook.name, notes_of(found, told_in(spoken)), spoken)])
    if problems:
        raise InputError(*problems)
    make_folder(out)
    written: list[str] = []
    for each in found.runs:
        if each.made is not None:
            written.append(str(out / f"{lot_file_stem(each.run)}.yaml"))
            write_document(each.made.record, Path(written[-1]))
    notes = [*found.notes, *(warning for each in found.runs for warning in each.warnings)]
    if as_json:
        print_json({"files": written, "notes": list(map(as_document, notes))})
        return
    for note in notes:
        print(f"note: {note.sentence()} [{note.code}]", file=sys.stderr)
    print(f"Wrote {plural(len(found.runs), 'record')} to {out}.")

"""`oreprint recipe`: the typical run of a product, and records made of it with a few typed facts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.acting import AsOption, acting
from cli.parts import HomeOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.recipes.checked import CheckedRecipe
    from schemas.problem import Problem
    from schemas.recipe import Facts

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe, YAML or JSON; - is standard input.")]
KeptName = Annotated[str, typer.Argument(metavar="NAME", help="A recipe that is kept in the home.")]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to this file.")]

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def recipe() -> None:
    """Make production records of a recipe and the few facts that differ from run to run.

    Example: oreprint recipe from 12-SC-2026-05.yaml --name SC-NdFeB --out recipe.yaml
    """


@command.command("from")
def made_from(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="A production record of a past run, YAML or JSON.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The name of the recipe, such as SC-NdFeB.")],
    title: Annotated[str | None, typer.Option("--title", help="What it makes. Without it, as the record says.")] = None,
    out: OutOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a recipe of a past run: what was metered or weighed is asked, the rest grows with the output.

    Example: oreprint recipe from 12-SC-2026-05.yaml --name SC-NdFeB --out recipe.yaml
    """
    from ledger.recipes.checked import checked_recipe
    from ledger.recipes.made import recipe_of

    value = _read(record)
    run: dict[str, Any] = value if isinstance(value, dict) else {}
    outputs = run.get("outputs") or [{}]
    made = recipe_of(run, name=name, title=title or str(outputs[0].get("description", name)))
    checked_recipe(made)
    _tell_written(made, out, as_json=as_json)


@command.command("check")
def check(file: RecipeFile, *, as_json: JsonOption = False) -> None:
    """Check a recipe, and list what it asks for in each run.

    Example: oreprint recipe check recipe.yaml
    """
    from cli.output import print_json
    from cli.terminal import tell

    checked = _checked(file)
    asked = [
        *((None, each.description, checked.output_band(number)) for number, each in enumerate(checked.record.outputs)),
        *((key, checked.label(line), checked.bands[line]) for key, line in checked.asked.items()),
    ]
    recipe = checked.recipe
    if as_json:
        bands = [
            {"key": key, "label": label} | {"low": band.low.text, "high": band.high.text, "typical": band.typical.text}
            for key, label, band in asked
        ]
        print_json({"recipe": recipe.recipe, "version": recipe.version, "title": recipe.title, "asked": bands})
        return
    tell(
        [
            f"{recipe.title}: recipe {recipe.recipe}, version {recipe.version}. It asks for:",
            *(
                f"  {f'mass of {label}' if key is None else f'{key} ({label})'}: "
                f"{band.low.text} to {band.high.text}, typically {band.typical.text}"
                for key, label, band in asked
            ),
        ]
    )


@command.command("facts")
def facts(file: RecipeFile, out: OutOption = None, *, as_json: JsonOption = False) -> None:
    """Write the facts of the typical run, to be changed for each run.

    Example: oreprint recipe facts recipe.yaml --out facts.yaml
    """
    from ledger.recipes.made import facts_of

    checked = _checked(file)
    _tell_written(facts_of(checked.document), out, as_json=as_json)


@command.command("record")
def record(
    file: RecipeFile,
    typed: Annotated[Path, typer.Argument(metavar="FACTS", help="The facts of the run, YAML or JSON.")],
    certificates: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", metavar="FILE", help="The certificate of an input, for its composition. Repeat for several."
        ),
    ] = None,
    out: OutOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make the production record of a run, and tell what looks odd. `oreprint issue` takes the record.

    Example: oreprint recipe record recipe.yaml facts.yaml --out AL-41.yaml
    """
    from cli.files import read_document
    from ledger.recipes.expand import expand
    from schemas.door import validated
    from schemas.problem import InputError
    from schemas.recipe import Facts
    from schemas.record import ProductionRecord

    checked, said = _checked(file), read_document(Facts, typed)
    made = expand(checked, said, _compositions(checked, said, certificates or [], home))
    try:
        validated(ProductionRecord, made.record)
    except InputError as error:
        raise InputError(*map(made.typed.at_its_field, error.problems)) from error
    _tell_written(made.record, out, as_json=as_json, notes=_noted(made.warnings))


@command.command("import")
def keep(file: RecipeFile, party: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Keep a version of a recipe in the home. A version never changes.

    Example: oreprint recipe import recipe.yaml
    """
    from cli.output import print_json
    from cli.parts import open_to_read
    from ledger.desk.recipes import keep_recipe

    checked = _checked(file)
    acts = acting(party, home)
    new = keep_recipe(open_to_read(home), _read(file), party=acts)
    recipe = checked.recipe
    if as_json:
        print_json({"recipe": recipe.recipe, "version": recipe.version, "party": acts, "new": new})
        return
    print(f"{'Kept' if new else 'Unchanged'}: {recipe.recipe} v{recipe.version} of {acts}.")


@command.command("list")
def listed(party: AsOption = None, home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List the newest version of each recipe that you keep.

    Example: oreprint recipe list
    """
    from cli.output import print_json
    from cli.parts import open_to_read
    from ledger.desk.recipes import kept_recipes

    found = kept_recipes(open_to_read(home), acting(party, home))
    if as_json:
        print_json(
            [
                {"recipe": each.checked.recipe.recipe, "version": each.checked.recipe.version, "since": each.since}
                for each in found
            ]
        )
        return
    for each in found:
        print(f"{each.title}  since {each.since}")
    if not found:
        print("No recipe is kept here. Keep one with: oreprint recipe import")


@command.command("export")
def export(
    name: KeptName,
    version: Annotated[int | None, typer.Option("--version", help="A version. Default: the newest.")] = None,
    out: OutOption = None,
    party: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a recipe that you keep, to edit its next version.

    Example: oreprint recipe export SC-NdFeB --out recipe.yaml
    """
    from cli.parts import open_to_read
    from ledger.desk.recipes import kept_recipe

    found = kept_recipe(open_to_read(home), acting(party, home), name, version)
    _tell_written(found.checked.document, out, as_json=as_json)


@command.command("template")
def template(
    files: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="Recipes, YAML or JSON.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The workbook to write.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the headings: en or zh-Hans.")] = "en",
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a workbook, one row a run, with a column for each amount that the recipes ask for.

    Example: oreprint recipe template recipe.yaml --out day.xlsx --lang zh-Hans
    """
    from cli.files import write_lines
    from cli.output import print_json
    from ledger.workbook.template import template as made
    from schemas.columns import LANGUAGES
    from schemas.problem import InputError

    language = next((each for each in LANGUAGES if each == lang), None)
    if language is None:
        raise InputError.at("workbook.language", "--lang", value=lang, possible=", ".join(LANGUAGES))
    write_lines(out, [made([_checked(file) for file in files], language)])
    if as_json:
        print_json({"file": str(out)})
        return
    print(f"Wrote {out}. Fill in one row for each run.")


@command.command("read")
def read(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook that was filled in, .xlsx.")],
    files: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="The recipes that it names.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder for the records.")],
    copy: Annotated[
        Path | None,
        typer.Option("--annotated", metavar="FILE", help="Write a copy with each problem as a comment in its cell."),
    ] = None,
    certificates: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", metavar="FILE", help="The certificate of an input, for its composition. Repeat for several."
        ),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a production record of each run of a workbook, as DIR/<lot>.yaml, or tell every problem at its cell.

    If one run has a problem, no record is written.

    Example: oreprint recipe read day.xlsx recipe.yaml --out records --annotated problems.xlsx
    """
    from cli.files import make_folder, read_bytes, write_lines
    from cli.output import print_json
    from ledger.workbook.cells import read_cells
    from ledger.workbook.guard import MOST_BYTES
    from ledger.workbook.runs import read_runs
    from ledger.workbook.template import annotated
    from schemas.lot import lot_file_stem
    from schemas.problem import InputError

    content = read_bytes(workbook, most=MOST_BYTES)
    recipes = {checked.recipe.recipe: checked for checked in map(_checked, files)}
    found = read_runs(read_cells(content), recipes, _by_lot(certificates or [], home))
    problems = found.all_problems
    if copy is not None and problems:
        write_lines(copy, [annotated(content, problems, found.run_of_cells)])
    if problems:
        raise InputError(*problems)
    notes = _noted([*found.notes, *(warning for each in found.runs for warning in each.warnings)])
    make_folder(out)
    made = {
        str(out / f"{lot_file_stem(each.run)}.yaml"): each.made.record for each in found.runs if each.made is not None
    }
    for path, record_of_run in made.items():
        _write(record_of_run, Path(path))
    if as_json:
        print_json({"files": list(made), "notes": notes})
        return
    print(f"Wrote {len(made)} record{'' if len(made) == 1 else 's'} to {out}.")


def _by_lot(certificates: Sequence[Path], home: Path | None) -> dict[str, Mapping[str, str]]:
    """Return the composition of each certificate, by lot and by digest."""
    from cli.given_certificates import given_certificates
    from schemas.lot import normal_lot

    found: dict[str, Mapping[str, str]] = {}
    for _, one in given_certificates(certificates, home):
        composition = {share.element: share.fraction for share in one.facts.composition}
        found |= {one.identity: composition, normal_lot(one.facts.batch.lot): composition}
    return found


def _compositions(
    checked: CheckedRecipe, said: Facts, certificates: Sequence[Path], home: Path | None
) -> list[Mapping[str, str]]:
    """Return the composition of each input; nothing where no rest closes the balance of elements."""
    from schemas.lot import normal_lot
    from schemas.problem import MissingError, Problem

    if not checked.needs_compositions:
        return []
    found = _by_lot(certificates, home)
    keys = [item.certificate or normal_lot(item.lot or "") for item in said.inputs]
    missing = [number for number, key in enumerate(keys) if key not in found]
    if missing:
        named = ((number, said.inputs[number]) for number in missing)
        raise MissingError(
            *(
                Problem.at("footprint.input-missing", f"inputs[{number}]", input=each.certificate or each.lot or "")
                for number, each in named
            )
        )
    return [found[key] for key in keys]


def _checked(file: Path) -> CheckedRecipe:
    from cli.files import told, within
    from ledger.recipes.checked import checked_recipe
    from schemas.problem import InputError

    value = _read(file)
    try:
        return checked_recipe(value)
    except InputError as error:
        raise InputError(*(within(told(file), each) for each in error.problems)) from error


def _read(file: Path) -> Any:  # noqa: ANN401 - whatever the document says
    from cli.files import media_of, read_bytes, told, within
    from schemas.door import parse_value
    from schemas.door.limits import MAX_BYTES
    from schemas.problem import InputError

    content = read_bytes(file, most=MAX_BYTES)
    try:
        return parse_value(content, media=media_of(file, content))
    except InputError as error:
        raise InputError(*(within(told(file), each) for each in error.problems)) from error


def _noted(notes: Iterable[Problem]) -> list[dict[str, str]]:
    """Print what looks odd on stderr. Return it in the form of a JSON document."""
    from cli.output import as_document

    told = [as_document(each) for each in notes]
    for each in told:
        print(f"note: {each['sentence']} [{each['code']}]", file=sys.stderr)
    return told


def _tell_written(document: Mapping[str, Any], out: Path | None, *, as_json: bool, **more: object) -> None:
    """Write a document to a file, and say as JSON which and what `more` there is; else print it, as YAML or JSON."""
    from cli.output import print_json

    if out is not None:
        _write(document, out)
        if as_json:
            print_json({"file": str(out)} | more)
    elif as_json:
        print_json(_plain(document))
    else:
        print(_yaml(document), end="")


def _write(document: Mapping[str, Any], path: Path) -> None:
    from cli.files import write_lines

    write_lines(path, [line.encode() for line in _yaml(document).splitlines(keepends=True)])


def _yaml(document: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(_plain(document), sort_keys=False, allow_unicode=True, width=100)


def _plain(document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the document says
    import json

    return json.loads(json.dumps(document, default=str))

"""What people use is documented: every code, command, option and setting."""

from __future__ import annotations

import re
import subprocess
import sys
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import msgspec
import pytest

from cli.application import COMMANDS
from cli.settings import SETTINGS
from ledger.store.forms import OUR_SCHEMAS
from ledger.verify.rule import STEP_OF_AREA, Rule
from schemas import inventory
from schemas.document import Written
from schemas.sentences import CHECKS, CODES
from tests.architecture.sources import ROOT, committed_files, python_files

if TYPE_CHECKING:
    from pydantic import BaseModel

REFERENCE = ROOT / "docs" / "reference"
GLOSSARY = ROOT / "docs" / "glossary.md"
FORMATS = ROOT / "docs" / "formats.md"
MAP = ROOT / "docs" / "architecture.md"
STORY = ROOT / "docs" / "explanation" / "how-it-works.md"
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
PUBLISHER = re.compile(
    r"\b(?:ours|AIB|C2SP|DeWitt|EECS|ecoinvent|Recommendation|GHG Protocol|GS1|IETF|IPCC|ISO|Kubernetes|PACT|RFC \d+|UNTP|USGS|W3C|Weidema|Zcash)"
)
"""Who publishes the documents that the glossary takes its words from."""
TABLE_OF_CLASS = re.compile(r"`schemas/(\w+)\.py: (\w+)`[^\n|]*\n\n((?:\|.*\n)+)")
"""A table of members in `docs/formats.md`, with the module and the class that the line before it names."""


def test_the_reference_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "docs/make_reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_code_is_documented_and_no_other() -> None:
    rows = [line.split("`")[1] for line in (REFERENCE / "codes.md").read_text().splitlines() if line.startswith("| `")]
    assert rows == [*CHECKS, *sorted(CODES)]


def test_every_check_of_a_report_has_its_sentences() -> None:
    made_by_rules = {rule.value for rule in Rule}
    assert made_by_rules <= set(CHECKS)
    assert {code.partition(".")[0] for code in CHECKS} == set(STEP_OF_AREA)
    assert not [code for code in made_by_rules if not (CHECKS[code].passed and CHECKS[code].failed)]
    assert not set(CHECKS) & set(CODES)


def test_every_table_is_told_with_or_without_personal_data() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    assert not [name for schema in OUR_SCHEMAS for name in schema.tables if f"`{name}`" not in page]


def test_every_command_is_documented() -> None:
    page = (REFERENCE / "cli.md").read_text()
    assert not [name for name in COMMANDS if f"## oreprint {name}\n" not in page]


def test_every_command_module_is_a_command() -> None:
    modules = {path.removesuffix(".py").replace("/", ".") for path in python_files("cli/commands")}
    assert modules - {"cli.commands.__init__"} == {command.module for command in COMMANDS.values()}


def test_every_setting_is_documented_and_read_in_one_place() -> None:
    page = (REFERENCE / "settings.md").read_text()
    assert not [name for name in SETTINGS if f"`{name}`" not in page]
    readers = [
        path
        for folder in ("schemas", "ledger", "api", "cli")
        for path in python_files(folder)
        if any(word in (ROOT / path).read_text() for word in ("os.environ", "getenv", "import environ"))
    ]
    assert readers == ["cli/settings.py"]


def test_every_command_has_an_example() -> None:
    page = (REFERENCE / "cli.md").read_text()
    sections = page.split("\n## ")[1:]
    assert not [
        section.splitlines()[0] for section in sections if "Example" not in section and "Commands:" not in section
    ]


def test_links_between_documents_lead_somewhere() -> None:
    documents = [path for path in committed_files() if path.endswith(".md")]
    assert not [f"{path}: {target}" for path in documents for target in dead_links(path)]


def dead_links(path: str) -> list[str]:
    """Return the relative targets in a document that are no files."""
    targets = [part.split(")")[0].split("#")[0] for part in (ROOT / path).read_text(encoding="utf-8").split("](")[1:]]
    local = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    return [target for target in local if not (ROOT / path).parent.joinpath(target).exists()]


def test_each_word_of_the_glossary_stands_once_in_alphabetical_order_with_its_source() -> None:
    rows = table_rows(GLOSSARY.read_text(encoding="utf-8").partition("\n## ")[0])
    words = [word for word, *_ in rows]
    assert words == sorted(words, key=str.casefold)
    each = [part.casefold() for word in words for part in word.split(", ")]
    assert len(each) == len(set(each))
    assert not [word for word, meaning, source in rows if not meaning or not PUBLISHER.search(source)]


def test_every_path_on_the_map_exists() -> None:
    paths = [name for name in IN_BACKTICKS.findall(MAP.read_text(encoding="utf-8")) if "/" in name or "." in name]
    assert len(paths) > len(COMMANDS) // 2
    assert not [path for path in paths if not any(ROOT.glob(path.removesuffix("/")))]


def test_the_map_has_every_room_of_the_ledger_and_no_other() -> None:
    section = MAP.read_text(encoding="utf-8").partition("\n## The rooms of the ledger\n")[2].partition("\n## ")[0]
    named = [room for level, rooms, _ in table_rows(section) if level.isdigit() for room in IN_BACKTICKS.findall(rooms)]
    there = {path.split("/")[1].removesuffix(".py") for path in python_files("ledger")} - {"__init__"}
    assert sorted(named) == sorted(there)


def test_every_module_in_the_story_exists() -> None:
    names = re.findall(r"`((?:schemas|ledger|api|cli)\.[A-Za-z_.]+)`", STORY.read_text(encoding="utf-8"))
    assert names
    assert all(resolve_name(name) for name in names), "resolve_name raises where a module or a name is missing"


@pytest.mark.parametrize(("module", "name", "table"), TABLE_OF_CLASS.findall(FORMATS.read_text(encoding="utf-8")))
def test_a_table_of_members_is_that_of_its_class(module: str, name: str, table: str) -> None:
    assert [row[0].strip("`") for row in table_rows(table)] == members_of(resolve_name(f"schemas.{module}:{name}"))


def test_the_formats_page_has_a_table_for_each_record() -> None:
    classes = {name for _, name, _ in TABLE_OF_CLASS.findall(FORMATS.read_text(encoding="utf-8"))}
    assert classes >= {"CertificateRecord", "Run", "Input", "Source", "Output", "Split", "Move", "Undo", "StatusChange"}
    assert classes >= {"Attestation", "StatusCredential", "TrustList", "Holder", "Claim", "Quality", "Proof"}


def members_of(model: type[BaseModel | msgspec.Struct]) -> list[str]:
    """Return the members of a document or a struct in their order, with `?` after each that a text may lack; those
    of every line are left out.
    """
    if issubclass(model, msgspec.Struct):
        found = {each.encode_name: each.default is None for each in msgspec.structs.fields(model)}
    else:
        written = issubclass(model, Written)
        found = {
            each.alias or name: not each.is_required() and (written or each.default is None)
            for name, each in model.model_fields.items()
        }
    shared = msgspec.structs.fields(inventory._Line) if issubclass(model, inventory._Line) else ()
    return [name + "?" * absent for name, absent in found.items() if name not in {each.name for each in shared}]


def table_rows(text: str) -> list[list[str]]:
    """Return the rows of all tables in a Markdown text, each as its cells; heads of tables and rules below them are
    left out.
    """
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {number for number, line in enumerate(lines) if set(line) <= set("|-: ")}
    kept = [line for number, line in enumerate(lines) if number not in rules and number + 1 not in rules]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]

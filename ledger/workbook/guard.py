"""Look through a workbook before any library reads it: its size, its parts, and what a reader would pass over.

Rules:

1. Everything is counted while it is inflated, never as declared.
2. A document type, macros, external links, encryption and formats that only look like .xlsx are refused.
3. No name of a part is believed: each part that begins like XML is parsed, and the limits of a sheet hold in all of
   them.  Which part is the workbook, and which ones are its sheets, content types and relationships say, as they do to
   openpyxl (ECMA-376 part 2, 6.2.4 and 6.5).
4. What the reader does not tell is collected here: merged cells, hidden rows and columns, filters, formulas without a
   stored value, and errors.

What this module does not do: it reads no value of a cell (`ledger.workbook.child`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from posixpath import basename, dirname, join, normpath
from typing import Final
from xml.parsers import expat

from schemas.problem import InputError

MOST_BYTES: Final = 16 * 2**20
MOST_PARTS: Final = 200
MOST_IN_PART: Final = 64 * 2**20
MOST_IN_ALL: Final = 128 * 2**20
MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 300
MOST_CELLS: Final = 500_000
_MOST_DEEP: Final = 64
_CHUNK: Final = 2**16
_MOST_REMEMBERED: Final = 10_000
"""Cells that are remembered by name; more formulas than that are told as a number."""

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKED: Final = b"PK"
"""How every archive begins, as one without members does."""
_STRICT: Final = "purl.oclc.org/ooxml"
_HTML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|meta|\?xml)", re.IGNORECASE)
_CELL: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
CONTENT_TYPES: Final = "[Content_Types].xml"
"""The part that says what every other part is (ECMA-376 part 2, 6.2.3.7); it makes an archive a package."""
_MAIN_TYPES: Final = tuple(
    f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}.main+xml" for kind in ("template", "sheet")
)
"""Content types of a workbook, in openpyxl's order; those with macros are refused."""
_MACROS: Final = re.compile("macroenabled|vbaproject", re.IGNORECASE)
_XML: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<|\xfe\xff|\xff\xfe|\x00<|<\x00")
"""How a part begins that a reader may take for XML, in UTF-8 or UTF-16."""
_FOREIGN_XML: Final = (b"\x00\x00\x00<", b"<\x00\x00\x00", b"\x00\x00<\x00", b"\x00<\x00\x00", b"\x4c\x6f\xa7\x94")
"""XML in UCS-4 or EBCDIC (XML 1.0, appendix F.1): in no package. expat can't read it, openpyxl's parser can."""
_LETTERS: Final = 26
_SNIFFED: Final = 256


@dataclass(slots=True)
class SheetFacts:
    """Content of a sheet that its reader would pass over."""

    name: str
    hidden: bool = False
    rows: int = 0
    cells: int = 0
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    without_value: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def guarded(workbook: bytes) -> list[SheetFacts]:
    """Return what each sheet holds, in the order of the workbook.

    Raises:
        InputError: ``workbook.*`` for a file that is no workbook, too large, or unsafe.
    """
    if len(workbook) > MOST_BYTES:
        raise InputError.at("workbook.too-large", limit=f"{MOST_BYTES // 2**20} MB")
    if workbook.startswith(OLE):
        raise InputError.at("workbook.old-or-encrypted")
    if _HTML.match(workbook[:200]):
        raise InputError.at("workbook.html")
    if not workbook.startswith(_PACKED):
        raise InputError.at("workbook.not-one")
    if not zipfile.is_zipfile(io.BytesIO(workbook)):
        raise InputError.at("workbook.cut-off")  # the directory stands at the end
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
            return _looked_through(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError) as error:
        raise InputError.at("workbook.unreadable", reason=str(error) or type(error).__name__) from error


def _looked_through(archive: zipfile.ZipFile) -> list[SheetFacts]:
    parts = archive.infolist()
    _refuse_foreign(parts)
    budget, book, sheets = Budget(), _Book(), dict[str, _Sheet]()
    for part in sorted(parts, key=lambda each: each.filename != CONTENT_TYPES):
        name, begins = part.filename, _beginning(archive, part)
        if name == CONTENT_TYPES:
            _parse(archive, part, budget, book.declare)
            book.find_part()
        elif _XML.match(begins) or name.endswith((".xml", ".rels", ".vml")):
            sheet = sheets[name] = _Sheet(budget)
            starts = (sheet.start, *book.handlers(name))
            _parse(archive, part, budget, partial(_each, starts), sheet.end, sheet.text)
        else:
            for _ in inflated(archive, part, budget):
                pass
    return book.named(sheets)


def _beginning(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with archive.open(part) as opened:
        begins = opened.read(_SNIFFED)
    if begins.startswith(_FOREIGN_XML):
        raise InputError.at("workbook.unreadable", reason=f"{part.filename} is neither in UTF-8 nor in UTF-16")
    return begins


def _each(starts: Sequence[Start], name: str, attributes: dict[str, str]) -> None:
    for start in starts:
        start(name, attributes)


def _refuse_foreign(parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what is no workbook, or one that holds what no run needs."""
    names = [each.filename.casefold() for each in parts]
    _check_count(len(parts))
    if len({*names}) < len(names):
        raise InputError.at("workbook.unreadable", reason="two parts have one name")
    if any(each.flag_bits & 1 for each in parts):
        raise InputError.at("workbook.old-or-encrypted")
    for part, code in (("vbaproject", "workbook.macros"), ("externallinks/", "workbook.external-links")):
        if any(part in name for name in names):
            raise InputError.at(code)
    if CONTENT_TYPES not in {each.filename for each in parts}:
        raise InputError.at("workbook.not-xlsx")


def _check_count(parts: int) -> None:
    if parts > MOST_PARTS:
        raise InputError.at("workbook.too-many-parts", found=parts, limit=MOST_PARTS)


@dataclass(slots=True)
class Budget:
    """The bytes that may still be inflated, and the cells that may still be read, of all parts together."""

    left: int = MOST_IN_ALL
    cells: int = MOST_CELLS

    def take_cell(self) -> None:
        """Count a cell; raise InputError `workbook.too-many-cells` for one too many."""
        self.cells -= 1
        if self.cells < 0:
            raise InputError.at("workbook.too-many-cells", limit=MOST_CELLS)


def inflated(archive: zipfile.ZipFile, part: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    """Yield a part piece by piece; raise InputError once it or all parts hold too much."""
    here = 0
    with archive.open(part) as opened:
        while piece := opened.read(_CHUNK):
            here += len(piece)
            budget.left -= len(piece)
            if here > MOST_IN_PART or budget.left < 0:
                raise InputError.at("workbook.inflates", part=part.filename)
            yield piece


Start = Callable[[str, dict[str, str]], None]


def _parse(
    archive: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    budget: Budget,
    start: Start,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Parse a part as XML, with local names; raise InputError for a document type or what is not XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def refuse(*_: object) -> None:
        raise InputError.at("workbook.document-type", part=part.filename)

    def began(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MOST_DEEP:
            raise InputError.at("workbook.unreadable", reason=f"{part.filename} is nested too deep")
        if any(_STRICT in value for key, value in attributes.items() if key.startswith("xmlns")):
            raise InputError.at("workbook.strict")
        start(_local(name), attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(_local(name))

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = began
    parser.EndElementHandler = ended
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for piece in inflated(archive, part, budget):
            parser.Parse(piece)
        parser.Parse(b"", True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise InputError.at("workbook.unreadable", reason=f"{part.filename}: {error}") from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]


@dataclass(slots=True)
class _Book:
    """The part of a workbook, the sheets that it names, and the parts that hold them, as openpyxl finds them."""

    declared: list[tuple[str, str]] = field(default_factory=list)
    part: str = ""
    sheets: list[tuple[str, bool, str]] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)

    @property
    def relations(self) -> str:
        """The name of the part with the relationships of the workbook."""
        return join(dirname(self.part), "_rels", f"{basename(self.part)}.rels")

    def declare(self, name: str, attributes: dict[str, str]) -> None:
        """Note a part that is declared to be a workbook."""
        kind = attributes.get("ContentType", "")
        if _MACROS.search(kind):
            raise InputError.at("workbook.macros")
        if kind in _MAIN_TYPES:
            self.declared.append((name, attributes.get("PartName", "")))

    def find_part(self) -> None:
        """Find the part of the workbook; raise InputError if none is declared, or more than one."""
        if len(self.declared) > 1:
            raise InputError.at("workbook.unreadable", reason="two parts are declared to be the workbook")
        if not self.declared:
            raise InputError.at("workbook.not-xlsx")
        ((name, part),) = self.declared
        self.part = part[1:] if name == "Override" else "xl/workbook.xml"  # some programs declare a default alone

    def handlers(self, part: str) -> tuple[Start, ...]:
        """Return what else must see the elements of a part."""
        return {self.part: (self.start,), self.relations: (self.relate,)}.get(part, ())

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "externalReference":
            raise InputError.at("workbook.external-links")
        if name == "sheet":
            relations = {value for key, value in attributes.items() if _local(key) == "id"}
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), hidden, relations.pop() if len(relations) == 1 else ""))
            _check_count(len(self.sheets))

    def relate(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target, relation = attributes.get("Target", ""), attributes.get("Id", "")
            if relation in self.targets:
                raise InputError.at("workbook.unreadable", reason=f"two relationships are called {relation}")
            if target.startswith("/"):
                target = target[1:]
            elif attributes.get("TargetMode") != "External":
                target = normpath(join(dirname(self.part), target))
            self.targets[relation] = target
            _check_count(len(self.targets))

    def named(self, found: dict[str, _Sheet]) -> list[SheetFacts]:
        """Return the facts of each sheet; raise InputError for a sheet without a part."""
        told: list[SheetFacts] = []
        if len({name for name, *_ in self.sheets}) < len(self.sheets):
            raise InputError.at("workbook.unreadable", reason="two sheets have one name")
        for name, hidden, relation in self.sheets:
            sheet = found.get(self.targets.get(relation, ""))
            if sheet is None:
                raise InputError.at("workbook.unreadable", reason=f"the sheet {name} is missing")
            sheet.facts.name, sheet.facts.hidden = name, hidden
            told.append(sheet.facts)
        return told


@dataclass(slots=True)
class _Sheet:
    """One sheet while it is parsed."""

    budget: Budget
    facts: SheetFacts = field(default_factory=lambda: SheetFacts(""))
    cell: str = ""
    has_formula: bool = False
    has_value: bool = False
    in_value: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "row":
                self._row(attributes)
            case "c":
                self._cell(attributes)
            case "f":
                self.has_formula = True
            case "v" | "is":
                self.in_value = True
            case "mergeCell":
                _remember(self.facts.merged, attributes.get("ref", ""))
            case "col" if attributes.get("hidden") in {"1", "true"} and len(self.facts.hidden_columns) < MOST_COLUMNS:
                first, last = (int(attributes.get(each, "0")) for each in ("min", "max"))
                self.facts.hidden_columns += range(first, min(last, MOST_COLUMNS) + 1)
            case _:
                pass

    def text(self, text: str) -> None:
        if self.in_value and text.strip():
            self.has_value = True

    def end(self, name: str) -> None:
        if name in {"v", "is"}:
            self.in_value = False
        if name == "c" and self.has_formula:
            _remember(self.facts.formulas, self.cell)
            if not self.has_value:
                _remember(self.facts.without_value, self.cell)

    def _row(self, attributes: dict[str, str]) -> None:
        self.facts.rows += 1
        number = int(attributes.get("r", self.facts.rows))
        if number > MOST_ROWS or self.facts.rows > MOST_ROWS:
            raise InputError.at("workbook.too-many-rows", limit=MOST_ROWS)
        if attributes.get("hidden") in {"1", "true"}:
            _remember(self.facts.hidden_rows, number)

    def _cell(self, attributes: dict[str, str]) -> None:
        self.facts.cells += 1
        self.budget.take_cell()
        self.cell = attributes.get("r", "")
        self.has_formula = self.has_value = self.in_value = False
        if self.cell:
            row, column = place_of(self.cell)
            if row > MOST_ROWS:
                raise InputError.at("workbook.too-many-rows", limit=MOST_ROWS)
            if column > MOST_COLUMNS:
                raise InputError.at("workbook.too-many-columns", limit=MOST_COLUMNS)
        if attributes.get("t") == "e":
            _remember(self.facts.errors, self.cell)


def _remember(kept: list[str] | list[int], one: str | int) -> None:
    if len(kept) < _MOST_REMEMBERED:
        kept.append(one)  # type: ignore[arg-type] # each list holds one kind


def place_of(cell: str) -> tuple[int, int]:
    """Return row and column of a cell's name, from 1; raise InputError for what is no cell."""
    found = _CELL.fullmatch(cell)
    if found is None:
        raise InputError.at("workbook.unreadable", reason=f"{cell} is no cell")
    column = 0
    for letter in found[1]:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return int(found[2]), column


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell, such as ``D19``; row and column count from 1."""
    letters = ""
    while column:
        column, left = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + left) + letters
    return f"{letters}{row}"

"""Production records in files, folders, JSON Lines, YAML of several documents or a pipe, read one at a time.

Rules: a folder gives its ``.json``, ``.yaml``, ``.yml`` and ``.jsonl`` files in the order of their names. In JSON Lines
each line is a record, and an empty line is none; in YAML a line ``---`` begins the next (such a line can't be inside
a text, YAML 1.2 section 9.1.2). Where no suffix says which of them a file is, its first line does. A record is told by
its file, and by the line that it begins at where the file has several; a file without one is refused. No record is
kept: reading twice costs less than memory for a whole year's records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, Literal, NamedTuple, TypeAlias

from cli.files import MEDIA, STDIN, Media, media_of, opened, told
from ledger.files.atomic import make_private_file
from schemas.door import parse_value
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError, OreprintError, Problem, within
from schemas.record import ProductionRecord, written_run

_LINES: Final = ".jsonl"
_WORKBOOKS: Final = frozenset({".xlsx", ".csv", ".zip"})
SUFFIXES: Final = frozenset({*MEDIA, _LINES})
"""The suffixes of record files in a folder."""
_LINE: Final = re.compile(r"\bline (\d+), column")
"""As `schemas.door.place.spot` writes it."""
_NEXT: Final = re.compile(rb"---(?:[ \t\r\n]|\Z)")


class Given(NamedTuple):
    """A production record and its place: a file, or a file and a line; `field` finds where a value was typed."""

    place: str
    record: ProductionRecord
    field: Callable[[Problem], Problem] | None = None

    def refused(self, error: OreprintError) -> OreprintError:
        """Return a refusal of the record with its place, or that of the cell, before each problem."""
        found = map(self.field, error.problems) if self.field is not None else error.problems
        return type(error)(*(within(self.place, problem) for problem in found))


Read: TypeAlias = "Given | InputError"


class RecordFile(NamedTuple):
    """A file with records: as it was named, where it can be read again and again, and the records of a workbook."""

    named: Path
    path: Path
    runs: Sequence[Read] | None = None


class _Written(NamedTuple):
    """A record that was not read yet: the line it begins at (from 1), and its bytes."""

    line: int
    content: bytes


_Form: TypeAlias = Literal["lines", "json", "yaml"]


@contextmanager
def record_files(
    paths: Iterable[Path], workbook: Callable[[Path], Sequence[Read]] | None = None
) -> Iterator[list[RecordFile]]:
    """Yield the files that were named, and those in the folders that were; `workbook` reads the runs of a spreadsheet.

    Standard input and pipes, which give what they hold only once, are copied where their owner alone reads, until this
    ends.

    Raises:
        InputError: `file.no-records` for a folder, `file.unreadable`, `file.size`.
    """
    with ExitStack() as stack:
        yield [_lasting(each, stack, workbook) for path in paths for each in _files(path)]


def _lasting(path: Path, stack: ExitStack, workbook: Callable[[Path], Sequence[Read]] | None) -> RecordFile:
    if workbook is not None and path.suffix.lower() in _WORKBOOKS:
        return RecordFile(path, path, workbook(path))
    if path.is_file() or not (str(path) == STDIN or path.exists()):
        return RecordFile(path, path)
    copy = Path(stack.enter_context(TemporaryDirectory(prefix="oreprint-"))) / "records"
    make_private_file(copy)
    with opened(path) as file, copy.open("wb") as kept:
        kept.writelines(each.content for each in _lines(told(path), file))
    return RecordFile(path, copy)


def read_records(files: Sequence[RecordFile]) -> Iterator[Read]:
    """Yield each record, or its problems with the file's name and, if the file has several records, the line."""
    for file in files:
        try:
            yield from _read(file) if file.runs is None else file.runs
        except InputError as error:
            yield error


def _read(file: RecordFile) -> Iterator[Read]:
    empty, name = True, told(file.named)
    with opened(file.path) as stream:
        form = _form(file.named, stream)
        media: Media = "yaml" if form == "yaml" else "json"
        for place, written in _placed(name, stream, form):
            empty = False
            try:
                yield Given(place, written_run(parse_value(written.content, media=media)))
            except InputError as error:
                yield InputError(*(within(place, _in_file(problem, written.line)) for problem in error.problems))
    if empty:
        raise InputError.at("file.empty", name)


def _form(path: Path, stream: BinaryIO) -> _Form:
    """Return how records are written in a file: by its name, else by its first line that is not blank."""
    if path.suffix.lower() == _LINES:
        return "lines"
    if path.suffix.lower() in MEDIA:
        return MEDIA[path.suffix.lower()]
    first = next((each.content.strip() for each in _lines(told(path), stream) if each.content.strip()), b"")
    stream.seek(0)
    whole = not first or (first.startswith(b"{") and first.endswith(b"}"))
    return "lines" if whole else media_of(path, first)


def _in_file(problem: Problem, begun: int) -> Problem:
    """Return a problem of a record that begins at a line, with its own line counted from the file's beginning."""
    place = _LINE.sub(lambda found: f"line {int(found[1]) + begun - 1}, column", problem.place)
    return Problem(problem.code, place, problem.facts)


def _files(path: Path) -> list[Path]:
    """Return the file that was named, or the records in the folder that was."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES and each.is_file())
    if not found:
        raise InputError.at("file.no-records", str(path), known=", ".join(sorted(SUFFIXES)))
    return found


def _placed(name: str, stream: BinaryIO, form: _Form) -> Iterator[tuple[str, _Written]]:
    """Yield the records of a file, each with its name for people; raise InputError `file.size`."""
    match form:
        case "lines":
            for each in _lines(name, stream):
                if each.content.strip():
                    yield f"{name}:{each.line}", each
        case "yaml":
            yield from _documents(name, stream)
        case "json":
            yield name, _Written(1, b"".join(each.content for each in _bounded(name, _lines(name, stream))))


def _lines(name: str, stream: BinaryIO) -> Iterator[_Written]:
    number = 0
    while line := stream.readline(MAX_BYTES + 1):
        number += 1
        if len(line) > MAX_BYTES:
            raise InputError.at("file.size", name, limit=MAX_BYTES)
        yield _Written(number, line)


def _bounded(name: str, lines: Iterable[_Written]) -> Iterator[_Written]:
    """Yield the lines of one record; raise InputError `file.size` where they are too many."""
    size = 0
    for each in lines:
        size += len(each.content)
        if size > MAX_BYTES:
            raise InputError.at("file.size", name, limit=MAX_BYTES)
        yield each


def _documents(name: str, stream: BinaryIO) -> Iterator[tuple[str, _Written]]:
    """Yield the documents of a YAML file; the only one by the file's name alone."""
    found = (each for each in _divided(name, stream))
    first = next(found, _Written(1, b""))
    second = next(found, None)
    yield (name if second is None else f"{name}:{first.line}"), first
    for each in () if second is None else chain((second,), found):
        yield f"{name}:{each.line}", each


def _divided(name: str, stream: BinaryIO) -> Iterator[_Written]:
    """Yield the documents that aren't empty."""
    begun, size, held = 1, 0, list[bytes]()
    for line in _lines(name, stream):
        if _NEXT.match(line.content) and held:
            if any(map(_says, held)):
                yield _Written(begun, b"".join(held))
            begun, size, held = line.line, 0, []
        size += len(line.content)
        if size > MAX_BYTES:
            raise InputError.at("file.size", name, limit=MAX_BYTES)
        held.append(line.content)
    if any(map(_says, held)):
        yield _Written(begun, b"".join(held))


def _says(line: bytes) -> bool:
    """Return whether a line of YAML is more than a comment, a blank or a bare mark."""
    return not line.strip().startswith(b"#") and line.strip() not in {b"", b"---", b"..."}

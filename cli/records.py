"""Production records as people give them: files, folders of files, JSON Lines, YAML of several documents; read one at a time.

Rules: a folder gives its ``.json``, ``.yaml``, ``.yml`` and ``.jsonl`` files in the order of their names.  In JSON Lines each line is a
record, and an empty line is none; in YAML a line ``---`` begins the next (such a line can't stand inside a text, YAML 1.2 section 9.1.2).
A record is told by its file, and by the line that it begins at where the file has several.

What this module does not do: it keeps no record; whoever asks twice has the files read twice, so that many are as few in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, NamedTuple, TypeAlias

from cli.files import within
from schemas.door import parse_value
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.record import ProductionRecord

SUFFIXES: Final = frozenset({".json", ".yaml", ".yml", ".jsonl"})
"""What is taken for a record in a folder."""
_LINE: Final = re.compile(r"\bline (\d+), column")
"""As `schemas.door.place.spot` writes it."""
_NEXT: Final = re.compile(rb"---(?:[ \t\r\n]|\Z)")


class Given(NamedTuple):
    """A production record and where it stands: a file, or a file and a line."""

    place: str
    record: ProductionRecord


class _Written(NamedTuple):
    """A record that was not read yet: the line it begins at (from 1), and its bytes."""

    line: int
    content: bytes


Read: TypeAlias = "Given | InputError"


def read_records(paths: Sequence[Path]) -> Iterator[Read]:
    """Yield each record, or all that is wrong with it: with the file's name, and the line where the file has several."""
    from schemas.record import written_run

    for path in chain.from_iterable(map(_files, paths)):
        media: Literal["json", "yaml"] = "yaml" if path.suffix in {".yaml", ".yml"} else "json"
        try:
            for place, written in _placed(path):
                try:
                    yield Given(place, written_run(parse_value(written.content, media=media)))
                except InputError as error:
                    yield InputError(*(within(place, _in_file(problem, written.line)) for problem in error.problems))
        except InputError as error:
            yield error


def _in_file(problem: Problem, begun: int) -> Problem:
    """Return a problem of a record that begins at a line, with its own line counted from the file's beginning."""
    place = _LINE.sub(lambda found: f"line {int(found[1]) + begun - 1}, column", problem.place)
    return Problem(problem.code, place, problem.facts)


def _files(path: Path) -> list[Path]:
    """Return the file that was named, or the records in the folder that was."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and each.is_file())
    if not found:
        raise InputError.at("file.no-records", str(path), known=", ".join(sorted(SUFFIXES)))
    return found


def _placed(path: Path) -> Iterator[tuple[str, _Written]]:
    """Yield what is written in a file, each with how it is told; raise InputError `file.missing`, `file.unreadable`, `file.size`."""
    try:
        with path.open("rb") as file:
            match path.suffix:
                case ".jsonl":
                    for each in _lines(path, file):
                        if each.content.strip():
                            yield f"{path}:{each.line}", each
                case ".yaml" | ".yml":
                    yield from _documents(path, file)
                case _:
                    yield str(path), _Written(1, b"".join(each.content for each in _bounded(path, _lines(path, file))))
    except FileNotFoundError as error:
        raise InputError.at("file.missing", str(path)) from error
    except OSError as error:
        raise InputError.at("file.unreadable", str(path), reason=error.strerror or "it can't be opened") from error


def _lines(path: Path, file: BinaryIO) -> Iterator[_Written]:
    number = 0
    while line := file.readline(MAX_BYTES + 1):
        number += 1
        if len(line) > MAX_BYTES:
            raise InputError.at("file.size", str(path), limit=MAX_BYTES)
        yield _Written(number, line)


def _bounded(path: Path, lines: Iterable[_Written]) -> Iterator[_Written]:
    """Yield the lines of one record; raise InputError `file.size` where they are too many."""
    size = 0
    for each in lines:
        size += len(each.content)
        if size > MAX_BYTES:
            raise InputError.at("file.size", str(path), limit=MAX_BYTES)
        yield each


def _documents(path: Path, file: BinaryIO) -> Iterator[tuple[str, _Written]]:
    """Yield the documents of a YAML file; the only one by the file's name alone."""
    found = (each for each in _divided(path, file))
    first = next(found, _Written(1, b""))
    second = next(found, None)
    yield (str(path) if second is None else f"{path}:{first.line}"), first
    for each in () if second is None else chain((second,), found):
        yield f"{path}:{each.line}", each


def _divided(path: Path, file: BinaryIO) -> Iterator[_Written]:
    """Yield the documents that aren't empty."""
    begun, size, held = 1, 0, list[bytes]()
    for line in _lines(path, file):
        if _NEXT.match(line.content) and held:
            if any(map(_says, held)):
                yield _Written(begun, b"".join(held))
            begun, size, held = line.line, 0, []
        size += len(line.content)
        if size > MAX_BYTES:
            raise InputError.at("file.size", str(path), limit=MAX_BYTES)
        held.append(line.content)
    if any(map(_says, held)):
        yield _Written(begun, b"".join(held))


def _says(line: bytes) -> bool:
    """Tell whether a line of YAML is more than a comment, a blank or a bare mark."""
    return not line.strip().startswith(b"#") and line.strip() not in {b"", b"---", b"..."}

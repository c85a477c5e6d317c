"""Files that people name: read whole and bounded, as the documents they should be.

Rules: a file's suffix says its medium, in whatever case, and where it says none, as for ``-``, standard input, what the
file begins with does; what can't be read is told with its path and a remedy, and places of problems are prefixed by the
file's name.  What is written is its owner's alone; a command names the mode of what is for anybody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from ledger.files.atomic import PRIVATE, make_private_folder, making_folder, replacing, write_durably
from schemas.door import parse_document
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError, problems_in

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust
    from schemas.trust import TrustFile

_Model = TypeVar("_Model", bound=BaseModel)
Media: TypeAlias = Literal["json", "yaml"]

STDIN: Final = "-"
"""How standard input is named in place of a file."""
STDIN_TOLD: Final = "standard input"
MEDIA: Final[dict[str, Media]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_FIRST_BYTES: Final = 4096
"""Bytes read to tell JSON from YAML. No file begins with more blanks."""


def told(path: Path) -> str:
    """Return how a file is named to people."""
    return STDIN_TOLD if str(path) == STDIN else str(path)


def media_of(path: Path, content: bytes) -> Media:
    """Return the medium of a document: by its name, else by its first character, { or [ in JSON alone."""
    by_name = MEDIA.get(path.suffix.lower())
    return by_name or ("json" if content[:_FIRST_BYTES].lstrip().startswith((b"{", b"[")) else "yaml")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that was named, or standard input, to read it once.

    Raises:
        InputError: `file.missing`, `file.unreadable`.
    """
    try:
        if str(path) == STDIN:
            yield sys.stdin.buffer
        else:
            with path.open("rb") as file:
                yield file
    except FileNotFoundError as error:
        raise InputError.at("file.missing", told(path)) from error
    except OSError as error:
        raise InputError.at("file.unreadable", told(path), reason=error.strerror or "it can't be opened") from error


def read_bytes(path: Path, *, most: int) -> bytes:
    """Return a file's content; raise InputError `file.missing`, `file.unreadable`, `file.size`."""
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise InputError.at("file.size", told(path), limit=most)
    return content


def read_document(model: type[_Model], path: Path) -> _Model:
    """Return the document that people wrote into a file, with all of its problems at once.

    Raises:
        InputError: as `read_bytes`; `json.*`, `yaml.*`, `document.*`, `quantity.*`, each with the file's name in its
            place.
    """
    with problems_in(told(path)):
        content = read_bytes(path, most=MAX_BYTES)
        return parse_document(model, content, media=media_of(path, content))


def read_trust(path: Path) -> Trust:
    """Return the trust list in a file to pin.

    Raises:
        InputError: `file.*`, `trust.*`, `document.*`, each with the file's name in its place.
        CheckError: as `open_trust`.
    """
    from ledger.trust.pinned import open_trust

    note = read_trust_note(path)
    with problems_in(str(path)):
        return open_trust(note)


def read_trust_file(path: Path) -> TrustFile:
    """Return a trust list's file; raise InputError `file.*`, `json.*`, `document.*`."""
    from ledger.trust.pinned import file_in

    with problems_in(str(path)):
        return file_in(read_bytes(path, most=MAX_BYTES))


def read_trust_note(path: Path) -> str:
    """Return the signed note in a trust list's file; raise as `read_trust_file`."""
    return read_trust_file(path).note


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone if it is missing, and check that files can be written into it, or raise.

    Raises:
        InputError: `file.folder`.
    """
    try:
        make_private_folder(folder)
        with TemporaryFile(dir=folder):
            return
    except FileExistsError as error:
        raise InputError.at("file.folder", str(folder), reason="there is a file in its place") from error
    except OSError as error:
        raise InputError.at("file.folder", str(folder), reason=error.strerror or "no place to write") from error


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a private folder that becomes `folder` when the caller is done, as `ledger.files.atomic.making_folder` does.

    Raises:
        InputError: `file.folder`, `file.folder-taken`.
    """
    try:
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise InputError.at("file.folder-taken", str(folder))
        with making_folder(folder) as fresh:
            yield fresh
    except BlockingIOError as error:
        raise InputError.at("file.folder", str(folder), reason="another command is writing it") from error
    except OSError as error:
        raise InputError.at("file.folder", str(folder), reason=error.strerror or "no place to write") from error


def write_lines(path: Path, lines: Iterable[bytes], *, mode: int = PRIVATE, synced: bool = True) -> int:
    """Write lines into a file as a whole: it is there complete, or not at all, and on disk on return. Returns how many.

    What is logged anyway and can be had again need not be `synced`: then it is on disk when the system comes to it.

    Raises:
        InputError: `file.unwritable`.
    """
    number = 0
    with written(path, mode=mode, synced=synced) as file:
        for line in lines:
            file.write(line)
            number += 1
    return number


def write_certificate(folder: Path, lot: str, text: str, *, synced: bool = True) -> None:
    """Write a certificate as FOLDER/<lot>.sdjwt; raise as `write_lines`."""
    from schemas.lot import lot_file_stem

    write_lines(folder / f"{lot_file_stem(lot)}.sdjwt", [text.encode("ascii"), b"\n"], synced=synced)


@contextmanager
def written(path: Path, *, mode: int = PRIVATE, synced: bool = True) -> Iterator[BinaryIO]:
    """Give the new file that replaces `path` as a whole, as `ledger.files.atomic.replacing` does.

    Raises:
        InputError: `file.unwritable`, before anything is given where no file can be made.
    """
    try:
        if mode == PRIVATE:  # names of files tell lots and customers
            make_private_folder(path.parent)
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with replacing(path, mode=mode, synced=synced) as file:
            yield file
    except OSError as error:
        raise InputError.at("file.unwritable", str(path), reason=error.strerror or "no place to write") from error


def keep(folder: Path, name: str, content: bytes) -> None:
    """Keep what was signed until its registry has it: on disk on return, for its owner's eyes."""
    make_private_folder(folder)
    write_durably(folder / name, content)


def kept(folder: Path, name: str) -> bytes | None:
    """Return the value kept under a name, or None."""
    path = folder / name
    return path.read_bytes() if path.exists() else None

"""What a program gives: files by their paths, or their content, each read once and bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from time import time_ns
from typing import Final, TypeAlias

from ledger.files.source import Source as OpenSource
from ledger.files.source import open_file, told_apart
from ledger.trust.pinned import note_in
from schemas.door import JsonValue, json_bytes, parse_value
from schemas.door.limits import MAX_BYTES
from schemas.instant import epoch_ms
from schemas.problem import InputError, problems_in

Source: TypeAlias = str | PathLike[str] | bytes
"""A certificate, presentation, bundle or PDF: the path of its file, or its content. A text that begins with
``https://`` or ``http://`` is a link."""
TrustSource: TypeAlias = str | PathLike[str] | bytes
"""A trust list: the path of its file ``trust.json``, the content of that file, or the signed note in it."""
Record: TypeAlias = str | PathLike[str] | bytes | Mapping[str, object]
"""A production record: the path of a YAML or JSON file, its content as JSON, or the record itself."""

GIVEN: Final = "the given bytes"
"""How messages call what has no name."""
_SIGNED: Final = b"\n\xe2\x80\x94 "
"""How a signature begins in a note (C2SP signed-note): a new line, an em dash and a blank. No JSON text has that."""
_YAML: Final = frozenset({".yaml", ".yml"})


@contextmanager
def opened(source: Source) -> Iterator[OpenSource]:
    """Open a file, or content, as a certificate or bundle; raise InputError `file.*`, `pdf.*`."""
    if isinstance(source, bytes):
        yield told_apart(GIVEN, BytesIO(source))
        return
    path = fspath(source)
    with open_file(path, path) as stream:
        yield told_apart(path, stream)


def content(source: Source, *, most: int) -> tuple[str, bytes]:
    """Return the name and the bytes of a file, or of content, of at most `most` bytes; raise InputError `file.*`."""
    if isinstance(source, bytes):
        name, found = GIVEN, source
    else:
        name = fspath(source)
        with open_file(name, name) as stream:
            found = stream.read(most + 1)
    if len(found) > most:
        raise InputError.at("file.size", name, limit=most)
    return name, found


def notes(trust: TrustSource | Sequence[TrustSource]) -> tuple[str, ...]:
    """Return the signed note of each trust list, the reader's own first.

    Raises:
        InputError: `verify.trust-missing` if there is none; `file.*`, `json.*`, `document.*`.
    """
    lists = [trust] if isinstance(trust, str | bytes | PathLike) else trust
    if not lists:
        raise InputError.at("verify.trust-missing", "trust")
    return tuple(map(_note, lists))


def _note(trust: TrustSource) -> str:
    given = trust.encode() if isinstance(trust, str) and trust.lstrip().startswith("{") else trust
    name, found = content(given, most=MAX_BYTES)
    with problems_in("trust" if isinstance(given, bytes) else name):
        return found.decode("utf-8", "replace") if _SIGNED in found else note_in(found)


def own_tables(factors: Sequence[str | PathLike[str]]) -> tuple[tuple[str, bytes], ...]:
    """Return the name and the bytes of each factor table that a producer gave; raise InputError `file.*`."""
    from ledger.factors.factor import MOST_BYTES

    return tuple((Path(path).stem, content(path, most=MOST_BYTES)[1]) for path in factors)


def as_of(at: datetime | str | None) -> int:
    """Return a time as ms since 1970 UTC, now if it is None; raise InputError `quantity.instant`."""
    if at is None:
        return time_ns() // 1_000_000
    if isinstance(at, datetime):  # without a zone it stays a text that is no instant, and is refused as such
        at = at.isoformat() if at.tzinfo is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with problems_in("at"):
        return epoch_ms(at)


def record_of(record: Record) -> tuple[str, JsonValue]:
    """Return the name of a production record, and what it says as the door parses it; nothing is checked yet.

    Raises:
        InputError: `file.*`, `json.*`, `yaml.*`.
    """
    if isinstance(record, Mapping):
        return "", parse_value(json_bytes(dict(record)), media="json")
    name, found = content(record, most=MAX_BYTES)
    written = "" if isinstance(record, bytes) else Path(record).suffix.lower()
    with problems_in(name):
        return name, parse_value(found, media="yaml" if written in _YAML else "json")

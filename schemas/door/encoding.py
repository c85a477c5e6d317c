"""Bytes to text: UTF-8 without a byte order mark, and nothing else (RFC 8259 section 8.1).

Rules: the size is looked at first; UTF-16, UTF-32, a byte order mark and compressed files are named as
what they are, since each has a remedy of its own.  Nothing is guessed and nothing is converted.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from schemas.door.place import line_and_column, spot
from schemas.problem import InputError

Area: TypeAlias = Literal["json", "yaml", "file"]
"""Which door a refusal comes from; the first half of its code."""

Reason: TypeAlias = Literal["too-large", "bom", "encoding", "compressed"]

_CODES: Final[dict[Area, dict[Reason, str]]] = {
    "json": {
        "too-large": "json.too-large",
        "bom": "json.bom",
        "encoding": "json.encoding",
        "compressed": "json.compressed",
    },
    "yaml": {
        "too-large": "yaml.too-large",
        "bom": "yaml.bom",
        "encoding": "yaml.encoding",
        "compressed": "yaml.compressed",
    },
    "file": {
        "too-large": "file.size",
        "bom": "file.bom",
        "encoding": "file.encoding",
        "compressed": "file.compressed",
    },
}
_FOREIGN_STARTS: Final[tuple[tuple[bytes, Reason, str], ...]] = (
    (b"\xef\xbb\xbf", "bom", "a byte order mark"),
    (b"\xff\xfe\x00\x00", "encoding", "UTF-32"),
    (b"\x00\x00\xfe\xff", "encoding", "UTF-32"),
    (b"\xff\xfe", "encoding", "UTF-16"),
    (b"\xfe\xff", "encoding", "UTF-16"),
    (b"\x1f\x8b", "compressed", "gzip"),
    (b"PK\x03\x04", "compressed", "zip"),
    (b"BZh", "compressed", "bzip2"),
    (b"\xfd7zXZ\x00", "compressed", "xz"),
    (b"\x28\xb5\x2f\xfd", "compressed", "zstd"),
)
_NUL_PATTERNS: Final[dict[tuple[bool, ...], str]] = {
    (True, True, True, False): "UTF-32",
    (False, True, True, True): "UTF-32",
    (True, False, True, False): "UTF-16",
    (False, True, False, True): "UTF-16",
}
"""Which of the first four bytes are zero when ASCII text is written wide (RFC 4627 section 3)."""


def text_of(data: bytes, *, area: Area, max_bytes: int) -> str:
    """Return `data` as text; raise InputError with a code of `area` when it is too large or not UTF-8."""
    codes = _CODES[area]
    if len(data) > max_bytes:
        raise InputError.at(codes["too-large"], size=str(len(data)), limit=str(max_bytes))
    for start, reason, found in _FOREIGN_STARTS:
        if data.startswith(start):
            raise InputError.at(codes[reason], spot((), 1, 1), found=found)
    wide = _NUL_PATTERNS.get(tuple(byte == 0 for byte in data[:4]))
    if wide:
        raise InputError.at(codes["encoding"], spot((), 1, 1), found=wide)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        place = spot((), *line_and_column(before, len(before)))
        raise InputError.at(codes["encoding"], place, found=f"byte 0x{data[error.start]:02x}") from error

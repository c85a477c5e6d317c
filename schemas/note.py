"""The signed note of C2SP (c2sp.org/signed-note): a text and the signatures under it.

Rules, all of them checked by `Note` itself, so that a note in hand is a well-formed one:

1. UTF-8; no ASCII control character but the newline; at most `MAX_NOTE_BYTES`.
2. The text ends in a newline; one blank line; 1 to `MAX_SIGNATURES` signature lines; the last blank line parts the two.
3. A signature line is em dash, space, key name, space, base64 of a 4-byte key id and the signature.
4. A key name isn't empty and holds no Unicode space and no plus.
5. One spelling: parsing and writing gives the same text.

Nothing in a note may be believed before `ledger.log.vkey.open_note` has verified it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from schemas.problem import InputError

MAX_NOTE_BYTES: Final = 1_000_000
"""The bound of Go's x/mod/sumdb/note; the specification asks for some bound and names none."""
MAX_SIGNATURES: Final = 100
"""The bound of Go's x/mod/sumdb/note; the specification asks for at least 16."""
KEY_ID_BYTES: Final = 4
COSIGNATURE_BYTES: Final = 72
"""c2sp.org/tlog-cosignature: a 64-bit time in seconds and a 64-byte Ed25519 signature."""
MAX_COSIGNATURE_TIME: Final = 2**63 - 1

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


def check_key_name(name: str, place: str = "name") -> None:
    """Refuse a key name that a signature line can't carry.

    Raises:
        InputError: `log.key-name`.
    """
    if not name or "+" in name or any(mark.isspace() for mark in name):
        raise InputError.at("log.key-name", place, name=name)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed (`name`, `key_id`) and the raw signature (1 byte or more)."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Hold rules 3 and 4."""
        check_key_name(self.name)
        if len(self.key_id) != KEY_ID_BYTES or not self.signature:
            raise InputError.at("log.note-signature", self.name)

    def to_line(self) -> str:
        """Return the line, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"

    @classmethod
    def parse(cls, line: str, place: str = "") -> Self:
        """Read one line without its newline.

        Raises:
            InputError: `log.note-signature`, `log.key-name`.
        """
        name, parted, encoded = line.removeprefix(_DASH).partition(" ")
        try:
            raw = base64.b64decode(encoded.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise InputError.at("log.note-signature", place) from error
        if not line.startswith(_DASH) or not parted:
            raise InputError.at("log.note-signature", place)
        read = cls(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])
        if read.to_line() != line + "\n":
            raise InputError.at("log.note-signature", place)
        return read


def cosignature_message(text: str, time_s: int) -> bytes:
    """Return the bytes that a cosigner signs for the note text `text` at `time_s`."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Cosignature:
    """The signature of type 4 (c2sp.org/tlog-cosignature): when it was made and an Ed25519 signature.

    `time_s` is POSIX time in seconds. The signature is not over the note's text but over `message(text)`.
    """

    time_s: int
    signature: bytes

    def __post_init__(self) -> None:
        """Hold the bounds of the specification."""
        if not 0 <= self.time_s <= MAX_COSIGNATURE_TIME or len(self.signature) != COSIGNATURE_BYTES - 8:
            raise InputError.at("log.cosignature")

    def message(self, text: str) -> bytes:
        """Return the bytes that were signed for the note text `text`."""
        return cosignature_message(text, self.time_s)

    def to_bytes(self) -> bytes:
        """Return what stands behind the key id in a signature line: 72 bytes."""
        return self.time_s.to_bytes(8, "big") + self.signature

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the raw signature of a line.

        Raises:
            InputError: `log.cosignature`.
        """
        return cls(int.from_bytes(raw[:8], "big"), raw[8:])


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note: `text` with its final newline, and 1 to 100 `signatures` that nobody has verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        """Hold rules 1 and 2."""
        if not self.text.endswith("\n"):
            raise InputError.at("log.note-form")
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise InputError.at("log.note-signatures", count=len(self.signatures), limit=MAX_SIGNATURES)
        _check_characters(self.text)

    def to_text(self) -> str:
        """Return the whole note."""
        return self.text + "\n" + "".join(signature.to_line() for signature in self.signatures)

    def signed_by(self, name: str, key_id: bytes) -> Iterator[Signature]:
        """Yield each signature that claims to be made with this key."""
        return (found for found in self.signatures if found.key_id == key_id and found.name == name)

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a whole note from its text, or from its bytes.

        Raises:
            InputError: `log.note-*`, `log.key-name`.
        """
        whole = _decoded(text)
        body, parted, lines = whole.rpartition("\n\n")
        if not parted or not lines.endswith("\n"):
            raise InputError.at("log.note-form")
        rows = lines[:-1].split("\n")
        # Each line is held to its one spelling, and the text is taken as it is, so the whole has one spelling too.
        return cls(body + "\n", tuple(Signature.parse(row, f"signatures[{n}]") for n, row in enumerate(rows)))


def _decoded(text: str | bytes) -> str:
    """Return the text of a note whose size and encoding are right."""
    try:
        raw = text.encode() if isinstance(text, str) else text
        whole = raw.decode()
    except UnicodeError as error:
        raise InputError.at("log.note-encoding") from error
    if len(raw) > MAX_NOTE_BYTES:
        raise InputError.at("log.note-size", size=len(raw), limit=MAX_NOTE_BYTES)
    _check_characters(whole)
    return whole


def _check_characters(text: str) -> None:
    """Refuse an ASCII control character other than the newline, among them the carriage return."""
    if found := _CONTROL.search(text):
        raise InputError.at("log.note-control", character=f"U+{ord(found[0]):04X}")

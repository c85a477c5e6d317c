"""Lots: as printed on the drum, as the ledger tells them apart, and as a file is named.

Rules:

1. A printed lot is 1 to 64 characters, all visible, of the Basic Multilingual Plane, so that any file system takes it
   as a name.
2. Two printed lots are one lot if their normal forms are equal: NFKC, case folded, no blanks, every dash is ``-``,
   digits of any script as ASCII, no leading zeros in a run of digits.
3. So a blank never makes another lot, and a dash always does: ``LOT 007a`` is ``LOT007A`` and ``lot 7a``, and
   ``LOT-007a`` is another. A barcode holds a dash and no blank (GS1 application identifier 10, CSET 82), so only a dash
   is sure to be read back from a drum. It also tells numbers such as ``1-11`` and ``11-1`` apart. Normal forms are in
   marks of the log: this rule never changes.

The printed form stays in documents.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from schemas.door.faults import as_pydantic
from schemas.name import checked_visible
from schemas.problem import InputError

MAX_LOT_CHARACTERS: Final = 64
"""Three times what a GS1 label holds (application identifier 10: 20 characters)."""
MOST_IN_LOTS: Final = "\uffff"
"""The last character of the Basic Multilingual Plane."""

_DASH: Final = re.compile("[\u2010-\u2015\u2043\u2212\u058a\u05be\u1400\u2e3a\u2e3b\u30a0\ufe31\ufe32\ufe58]")
_BLANKS: Final = re.compile(r"\s+")
_LEADING_ZEROS: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")


def checked_lot(text: str) -> str:
    """Return `text` if it may be a printed lot, or raise InputError."""
    if not 1 <= len(text) <= MAX_LOT_CHARACTERS:
        raise InputError.at("document.lot-length", value=text, limit=str(MAX_LOT_CHARACTERS))
    if max(text) > MOST_IN_LOTS:
        raise InputError.at("document.lot-character", value=text)
    return checked_visible(text)


def _lot(text: str) -> str:
    try:
        return checked_lot(text)
    except InputError as error:
        raise as_pydantic(error) from error


_LOTS_KEPT: Final = 4096
"""Lots that stay folded: one is asked for again and again while it is issued and drawn from."""
FORM: Final = {"type": "string", "pattern": f"^[^\x00-\x1f\x7f-\x9f]{{1,{MAX_LOT_CHARACTERS}}}$"}
"""What a JSON Schema says of a lot; which characters are seen is checked all the same."""
Lot = Annotated[str, AfterValidator(_lot), WithJsonSchema(FORM)]
"""A lot as printed."""


@lru_cache(_LOTS_KEPT)
def normal_lot(text: str) -> str:
    """Return the form by which lots of one facility are told apart; it is idempotent."""
    while (folded := _fold(text)) != text:
        text = folded
    return text


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = _DASH.sub("-", _BLANKS.sub("", folded))
    digits = plain if plain.isascii() else "".join(str(unicodedata.decimal(each, each)) for each in plain)
    return _LEADING_ZEROS.sub("", digits)


_UNSAFE_IN_FILE_NAME: Final = re.compile(r'[\x00-\x20"%*/:<>?\\|\x7f~$&;`!#\'(){}\[\]^=,+@]|^[.-]|\.$')
_DEVICE: Final = re.compile(r"(?i:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)")
"""Names that Windows gives to devices, whatever stands after the dot."""


def lot_file_stem(lot: str) -> str:
    """Return a file name without suffix for a printed lot: safe on every system, and never the same for two lots.

    Unsafe characters become ``%XX``, as does the first letter of a device's name.  On a file system that does not
    tell case apart only lots meet that are one lot by `normal_lot`.
    """
    stem = _UNSAFE_IN_FILE_NAME.sub(lambda match: f"%{ord(match[0]):02X}", lot)
    return f"%{ord(stem[0]):02X}{stem[1:]}" if _DEVICE.match(stem) else stem

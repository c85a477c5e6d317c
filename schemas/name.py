"""Names of people's things - products, plants, parties - in their own scripts, and names that look alike.

Rules: a name is 1 to 200 characters in normal form C, of any script, with nothing in it that can't be seen or that
turns the text around: no controls, no zero-width or other format characters, no bidirectional overrides, no private-use
characters, no blank but the plain space, and that only inside.  A name is kept exactly as given or refused; where it is
shown, it is escaped and isolated (`api.web`), and stands beside the identifier that no look-alike can copy.

Two names look alike if their skeletons are equal: compatibility forms, case, invisible characters, blanks and
punctuation set aside, and the commonest Cyrillic, Greek and digit doubles of Latin letters mapped (after Unicode UTS
39; the full table of confusables is not carried).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

from schemas import patterns
from schemas.door.faults import as_pydantic
from schemas.problem import InputError
from schemas.struct import Struct

MAX_NAME_CHARACTERS: Final = 200
"""Longer than any registered company name we know of, short enough for a page."""

_NAMES_KEPT: Final = 1024
"""Names that stay checked: the few parties of a chain stand in each of its certificates."""
UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff"
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufdd0-\ufdef"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Controls, format characters, default-ignorable code points, private use, surrogates and noncharacters.

Written out, not asked of `unicodedata`: what a sealed document may hold must not change with a Python version.
"""
ODD_BLANK: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
"""Blanks other than the plain space, and the blank Braille pattern."""


def checked_visible(text: str) -> str:
    """Return `text` if the eye can tell all of it, or raise InputError that says which character it can't."""
    if text.isascii() and text.isprintable() and text == text.strip(" "):
        return text  # every printable ASCII character is one that is seen, in normal form C
    if bad := UNSEEN.search(text):
        raise InputError.at("document.unseen-character", value=text, character=f"U+{ord(bad[0]):04X}")
    if bad := ODD_BLANK.search(text):
        raise InputError.at("document.odd-blank", value=text, character=f"U+{ord(bad[0]):04X}")
    if text != text.strip(" "):
        raise InputError.at("document.outer-blank", value=text)
    if not unicodedata.is_normalized("NFC", text):
        raise InputError.at("document.not-nfc", value=text)
    return text


@lru_cache(_NAMES_KEPT)
def checked_name(text: str) -> str:
    """Return `text` if it may be a name, or raise InputError."""
    if not 1 <= len(text) <= MAX_NAME_CHARACTERS:
        raise InputError.at("document.name-length", value=text, limit=str(MAX_NAME_CHARACTERS))
    return checked_visible(text)


def _name(text: str) -> str:
    try:
        return checked_name(text)
    except InputError as error:
        raise as_pydantic(error) from error


NameText = Annotated[str, AfterValidator(_name)]
"""A name as it is shown."""
Words = Annotated[str, StringConstraints(pattern=patterns.WORDS)]
"""A line of a document in plain words: a material, a note, a reason; held to one pattern, since there are many of
them."""
Language = Annotated[str, StringConstraints(pattern=patterns.LANGUAGE)]
"""A language tag, ``en``, ``zh-Hans``, ``pt-BR``."""


class Name(Struct):
    """A name in one language and script."""

    lang: Language
    """Language and script of the name, as a BCP 47 tag such as `zh-Hans`."""
    text: NameText
    """The name itself."""


_DOUBLES: Final = str.maketrans(
    "авеёкмнорстухіјѕԁԛԝһӏαβγεικνορτυχ01|!ıiоΙӀзʙь",
    "abeëkmhopctyxljsdqwhlabyelkvoptuxolllllolleвb",
)
"""After case folding: Cyrillic, Greek, and digits that pass for Latin letters; i and l are one, since I and l are."""
_SET_ASIDE: Final = re.compile(r"[\W_]+")


def skeleton(name: str) -> str:
    """Return a name without all that the eye may miss: two names with the same skeleton look alike.

    It is never shown.
    """
    text = UNSEEN.sub("", unicodedata.normalize("NFKC", name)).casefold()
    text = unicodedata.normalize("NFKC", text).translate(_DOUBLES).replace("rn", "m").replace("vv", "w")
    return _SET_ASIDE.sub("", text) or text

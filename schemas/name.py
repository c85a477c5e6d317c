"""Names of people's things - products, plants, parties - in their own scripts, and names that look alike.

Rules: a name is 1 to 200 characters in normal form C, of any script, with nothing in it that can't be seen or that
turns the text around: no controls, no zero-width or other format characters, no bidirectional overrides, no private-use
characters, no blank but the plain space, and that only inside.  A name is kept exactly as given or refused; where it is
shown, it is escaped and isolated (`api.web`), and stands beside the identifier that no look-alike can copy.

Two names look alike if their skeletons are equal: compatibility forms, case, invisible characters, blanks and
punctuation set aside, and the commonest Cyrillic, Greek and digit doubles of Latin letters mapped (after Unicode UTS
39; the full table of confusables is not carried).

Two names may be of one party if their `party_key` is equal: it is the skeleton without what a name may have or lack,
such as a legal form, an accent, or the scheme of a DID. It is the one comparison of parties, operators and domains.
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
    "авеёкмнорстухіјѕԁԛԝһӏαβγεικνορτυχ01|!ıiоΙӀзʙьґѵүԍқңҳємɡɑօոսհϲϳ",
    "abeëkmhopctyxljsdqwhlabyelkvoptuxolllllolleвbrvygkhxemgaonuhcj",
)
"""After case folding: Cyrillic, Greek, Armenian, and digits that pass for Latin letters; i and l are one, since I and l
are."""
_SET_ASIDE: Final = re.compile(r"[\W_]+")


def skeleton(name: str) -> str:
    """Return a name without all that the eye may miss: two names with the same skeleton look alike.

    It is never shown.
    """
    text = UNSEEN.sub("", unicodedata.normalize("NFKC", name)).casefold()
    text = unicodedata.normalize("NFKC", text).translate(_DOUBLES).replace("rn", "m").replace("vv", "w")
    return _SET_ASIDE.sub("", text) or text


_FORMS_WRITTEN: Final = """
ab ag ao as asa aps bhd bv bvba co company corp corporation doo eg ev gesellschaft gmbh inc incorporated jsc kft kg kgaa
kk limited llc llp lp ltd ltda ltee mbh nv ohg ooo oy oyj pao plc private proprietary pt pte pty pvt sa sarl sas sasu sdn
se sl slu spa spolka sro srl tbk ug ulc zao zoo ооо оао пао зао ао and et the und
"""
_FORMS: Final = frozenset(map(skeleton, _FORMS_WRITTEN.split()))
"""Legal forms, and words that stand between them or before a name."""
_SCRIPT_FORMS: Final = re.compile(
    "股[份分]有限公司|有限责任公司|有限責任公司|有限公司|公司|株式会社|有限会社|合同会社|\\(株\\)|주식회사|유한회사"
)
"""Legal forms that stand without a blank: Chinese, Japanese, Korean."""
_INITIALS: Final = re.compile(r"(?<!\w)(?:\w[./]){1,5}\w(?!\w)")
"""Letters with dots or strokes between them, such as `s.p.a` and `a/s`."""
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_ADDRESS: Final = re.compile(r"^(?:did:web:|[a-z][a-z+.-]*://)?(?:www\.)?(?=[^\s.]+\.)|(?:%3a|:)\d+(?=[:/]|$)")
"""The parts of an address that are no part of a domain: scheme, `www` and port."""
_PUNYCODE: Final = re.compile("xn--([a-z0-9-]+)")


@lru_cache(_NAMES_KEPT)
def party_key(text: str) -> str:
    """Return what is the same in all names, DIDs and addresses that pass for one party.

    Beyond `skeleton` it sets aside legal forms at either end, `The`, accents, `and` for `&`, and of an address the
    scheme and the port. A domain in another script is read by its letters, not by its Punycode.

    It is never shown. Subsidiaries of one name in two countries have one key, on purpose: nobody tells them apart.
    """
    folded = _ADDRESS.sub("", UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold().strip())
    plain = _SCRIPT_FORMS.sub(" ", _PUNYCODE.sub(_letters, folded)).replace("&", " and ").replace("+", " and ")
    plain = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", plain)))
    dense = _INITIALS.sub(lambda found: re.sub("[./]", "", found[0]), plain)
    words = [skeleton(word) for word in _SET_ASIDE.split(dense) if word]
    kept = list(words)
    while kept and kept[-1] in _FORMS:
        kept.pop()
    while kept and kept[0] in _FORMS:
        kept.pop(0)
    return "".join(kept or words) or skeleton(text)


def _letters(label: re.Match[str]) -> str:
    try:
        return unicodedata.normalize("NFKC", label[1].encode().decode("punycode")).casefold()
    except UnicodeError:
        return label[0]


def domain_of(did: str) -> str | None:
    """Return the domain that a `did:web` is under, without a port; None of a DID of another method."""
    if not did.startswith("did:web:"):
        return None
    return did.removeprefix("did:web:").split(":")[0].lower().partition("%3a")[0]


def nested_domain(one: str, other: str) -> bool:
    """Return whether one domain is the other or lies below it: whoever holds the upper one holds both."""
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")

"""One confidential value: a salted text, represented by its digest (RFC 9901, 4.2.2, the array form).

Rules:

1. A disclosure's text is the base64url of ``["<salt>",<value>]`` without blanks.  The salt is the base64url of 16
   random bytes (32 for a holding). The value is a document in its one spelling.
2. Its digest is SHA-256 of the text's ASCII, as base64url.

This module draws no salt and does not know the places of disclosures (`ledger.seal.sdjwt`).
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeVar

from ledger.seal.digest import from_base64url, text_digest, to_base64url
from schemas.document import Document
from schemas.frozen import Frozen
from schemas.problem import InputError, Problem

SALT_BYTES: Final = 16
"""RFC 9901, 9.3: at least 128 bits."""
HOLDING_SALT_BYTES: Final = 32
"""The salt of a holding also makes its nullifier unguessable."""

_OPENING: Final = {
    SALT_BYTES: re.compile(rb'\["[A-Za-z0-9_-]{21}[AQgw]",'),
    HOLDING_SALT_BYTES: re.compile(rb'\["[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]",'),
}
"""The text before the value; the last character of a salt has no stray bits."""

Value = TypeVar("Value", bound="Document")


class Disclosure(Frozen):
    """A sealed value: the text to disclose, and the digest that represents it."""

    text: str
    digest: str


def seal_value(value: Document, *, salt: bytes) -> Disclosure:
    """Return the disclosure of `value`; raise InputError `seal.salt` for a salt that is not 16 or 32 bytes."""
    return seal_text(value.to_bytes(), salt=salt)


def seal_text(value: bytes, *, salt: bytes) -> Disclosure:
    """Return the disclosure of a value whose text is known already; raise as `seal_value`."""
    text = salted_text(value, salt=salt)
    return Disclosure(text, text_digest(text))


def salted_text(value: bytes, *, salt: bytes) -> str:
    """Return the text to disclose of a value's text, without its digest; raise as `seal_value`."""
    if len(salt) not in _OPENING:
        raise InputError.at("seal.salt", size=len(salt))
    return to_base64url(b'["%b",%b]' % (to_base64url(salt).encode(), value))


def open_value(
    text: str, model: type[Value], *, salt_bytes: Literal[16, 32] = SALT_BYTES, place: str = "", trusted: bool = False
) -> Value:
    """Return the value of a disclosure; with `trusted` its spelling is not checked.

    Raises:
        InputError: `seal.base64url`, `seal.disclosure-form`, or the errors of the value's document, below `place`.
    """
    value = value_text(text, salt_bytes=salt_bytes, place=place)
    try:
        return model.from_text(value, trusted=trusted)
    except InputError as error:
        raise InputError(*(below(place, problem) for problem in error.problems)) from error


def value_text(text: str, *, salt_bytes: Literal[16, 32] = SALT_BYTES, place: str = "") -> bytes:
    """Return the unparsed text of the value of a disclosure.

    Raises:
        InputError: `seal.base64url`, `seal.disclosure-form`.
    """
    raw = from_base64url(text, place=place)
    opening = _OPENING[salt_bytes].match(raw)
    if not opening or not raw.endswith(b"]"):
        raise InputError.at("seal.disclosure-form", place)
    return raw[opening.end() : -1]


def below(place: str, problem: Problem) -> Problem:
    """Return a problem of a document at `place`, with the full path."""
    return Problem(problem.code, "/".join(filter(None, (place, problem.place))), problem.facts)

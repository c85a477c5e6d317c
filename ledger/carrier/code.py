"""The code under the symbol: the start of a certificate's digest, for people to compare, read out and type.

Rules: the twelve characters after ``zQm`` (the start of every digest) in groups of four, then ``-`` and a check
character.  The characters are the digest's own.  The check character is Luhn's modulo N with N = 58 (ISO/IEC 7812-1,
annex B, on the base58btc alphabet).  It detects every single wrong character, including wrong case, and nearly every
transposition.  Twelve characters are 70 bits: enough to find one certificate and to compare, never a proof.

This module looks nothing up.
"""

from __future__ import annotations

import re
from typing import Final

from ledger.seal.digest import DIGEST_BYTES, certificate_digest_bytes, from_base58
from schemas.problem import InputError

CODE_CHARACTERS: Final = 12

_PREFIX: Final = "zQm"
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CODE: Final = re.compile(rf"[{_ALPHABET}]{{{CODE_CHARACTERS}}}-?[{_ALPHABET}]")
_DIGEST_CHARACTERS: Final = 47
"""A digest is ``zQm`` and 44 characters (docs/formats.md, Conventions)."""
_TYPED: Final = re.compile(rf"[A-Za-z0-9]{{{CODE_CHARACTERS},{CODE_CHARACTERS + 2}}}")
"""A text meant as a code: perhaps one character short, one too many, or with one that no code has."""


def label_code(digest: str) -> str:
    """Return the code of a certificate, such as ``XoyP W3kT 9vBa-7``; raise InputError `seal.certificate-digest`."""
    certificate_digest_bytes(digest)
    start = digest[len(_PREFIX) :][:CODE_CHARACTERS]
    groups = " ".join(start[at : at + 4] for at in range(0, CODE_CHARACTERS, 4))
    return f"{groups}-{_check_character(start)}"


def code_start(text: str) -> str:
    """Return the start of the digest for a typed code, ``zQm`` and twelve characters; blanks are ignored.

    Raises:
        InputError: `carrier.code` if it is no code; `carrier.code-typed` if it is one with a wrong character.
    """
    code = "".join(text.split()).replace("-", "")
    start = code[:CODE_CHARACTERS]
    if not _CODE.fullmatch(code) or _check_character(start) != code[-1]:
        raise InputError.at("carrier.code-typed" if _TYPED.fullmatch(code) else "carrier.code", value=text)
    return _PREFIX + start


def digests_from(start: str) -> tuple[bytes, bytes]:
    """Return the lowest and the highest digest (32 bytes each) that can begin with a `code_start` or a whole digest."""
    rest = _DIGEST_CHARACTERS - len(start)
    low, high = (from_base58(start[1:] + last * rest) for last in (_ALPHABET[0], _ALPHABET[-1]))
    floor, ceiling = b"\x12\x20" + bytes(DIGEST_BYTES), b"\x12\x20" + b"\xff" * DIGEST_BYTES
    return max(low, floor)[2:], min(high, ceiling)[2:]


def _check_character(start: str) -> str:
    """Return the Luhn check character: from the right, every other value counts double, base-58 digits summed."""
    total = 0
    for place, character in enumerate(reversed(start)):
        value = _ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // len(_ALPHABET) + value % len(_ALPHABET)
    return _ALPHABET[-total % len(_ALPHABET)]

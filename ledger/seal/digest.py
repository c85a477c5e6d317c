"""Digests and their two alphabets.

Rules:

1. base64url has no padding, no stray bits and no other characters (RFC 4648, 5 and 3.5): each value has one text.
2. A digest in JSON is the base64url of 32 bytes, 43 characters.
3. A certificate's digest is SHA-256 of the ASCII of its JWS, written ``z`` + base58btc of ``0x12 0x20`` and the 32
   bytes (multibase and multihash; W3C Controlled Identifiers 1.0, 2.4).

This module does not know the hashed data.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import pybase64

from schemas.problem import InputError

DIGEST_BYTES: Final = 32
_DIGEST_CHARACTERS: Final = 43
_LENGTHS: Final = frozenset({_DIGEST_CHARACTERS})
_CERTIFICATE_DIGEST_CHARACTERS: Final = 47

_URL_SAFE: Final = b"-_"
_TO_URL_SAFE: Final = bytes.maketrans(b"+/", _URL_SAFE)
_PADDING: Final = ("", "===", "==", "=")
"""The padding to a multiple of four characters; one character alone is always wrong."""
_BASE64URL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST: Final = ({*_BASE64URL, ""}, frozenset[str](), {*_BASE64URL[::16]}, {*_BASE64URL[::4]})
"""The allowed last characters, by length modulo four: their unused 4 or 2 low bits are 0."""
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_TWO_DIGITS: Final = 58**2
_FOUR_DIGITS: Final = 58**4
_EIGHT_DIGITS: Final = 58**8
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_MULTIHASH: Final = b"\x12\x20"
"""SHA-256, 32 bytes (multicodec table)."""


def to_base64url(raw: bytes) -> str:
    """Return the base64url text of `raw`."""
    return pybase64.b64encode_as_string(raw, _URL_SAFE).rstrip("=")


def from_base64url(text: str, *, place: str = "") -> bytes:
    """Return the bytes whose one base64url text is `text`.

    Raises:
        InputError: `seal.base64url`, at `place`.
    """
    left = len(text) % 4
    # the library accepts + and / too, with a warning; the last character must be no padding and have no stray bits
    if "+" in text or "/" in text or text[-1:] not in _LAST[left]:
        raise InputError.at("seal.base64url", place, value=text)
    try:
        return pybase64.b64decode(text + _PADDING[left], _URL_SAFE, True)  # noqa: FBT003 - hot path, see bench/
    except (binascii.Error, ValueError) as error:  # ValueError: not ASCII
        raise InputError.at("seal.base64url", place, value=text) from error


def text_digest(text: str) -> str:
    """Return the digest of an ASCII text, as in JSON (rule 2)."""
    # the standard library is quicker for so few bytes
    written = binascii.b2a_base64(sha256(text.encode("ascii")).digest(), newline=False)
    return written[:_DIGEST_CHARACTERS].translate(_TO_URL_SAFE).decode()


def digest_bytes(text: str, *, place: str = "") -> bytes:
    """Return the 32 bytes of a digest in JSON; raise InputError `seal.base64url` or `seal.digest`."""
    raw = from_base64url(text, place=place)
    if len(raw) != DIGEST_BYTES:
        raise InputError.at("seal.digest", place, value=text)
    return raw


def digests_bytes(texts: Sequence[str]) -> list[bytes]:
    """Return the 32 bytes of each of several digests, as `digest_bytes` does; hot path, see bench/.

    A zero character after each text makes it 33 bytes; the last of them is 0 unless the text's own last character has
    stray bits.
    """
    try:
        raw = from_base64url("A".join(texts) + "A") if texts else b""
    except InputError:
        raw = b""
    whole = _LENGTHS.issuperset(map(len, texts)) and raw[DIGEST_BYTES :: DIGEST_BYTES + 1] == bytes(len(texts))
    if not whole:
        return [digest_bytes(text) for text in texts]  # one of them raises
    return [raw[at : at + DIGEST_BYTES] for at in range(0, len(raw), DIGEST_BYTES + 1)]


def certificate_digest(jws: str) -> str:
    """Return the digest of a certificate, ``zQm…``, from its issuer-signed part (rule 3)."""
    return certificate_digest_text(sha256(jws.encode("ascii")).digest())


def is_certificate_digest(text: str) -> bool:
    """Return whether a text has the form of a certificate's or an attestation's digest, which no lot's name has."""
    return text.startswith("zQm") and len(text) == _CERTIFICATE_DIGEST_CHARACTERS


def certificate_digest_text(raw: bytes) -> str:
    """Return the 32 bytes of a certificate's digest as ``zQm…``."""
    return "z" + to_base58(_MULTIHASH + raw)


def certificate_digest_bytes(text: str, *, place: str = "") -> bytes:
    """Return the 32 bytes of a certificate's digest ``zQm…``.

    Raises:
        InputError: `seal.certificate-digest`, at `place`.
    """
    raw = from_base58(text[1:], place=place) if is_certificate_digest(text) else b""
    if not raw.startswith(_MULTIHASH) or len(raw) != len(_MULTIHASH) + DIGEST_BYTES:
        raise InputError.at("seal.certificate-digest", place, value=text)
    return raw[len(_MULTIHASH) :]


def to_base58(raw: bytes) -> str:
    """Return the base58btc text of `raw`: the number in base 58, and a ``1`` for each leading zero byte."""
    number, pairs = int.from_bytes(raw, "big"), list[str]()
    while number:
        number, eight = divmod(number, _EIGHT_DIGITS)
        high, low = divmod(eight, _FOUR_DIGITS)
        pairs += (
            _PAIRS[low % _TWO_DIGITS],
            _PAIRS[low // _TWO_DIGITS],
            _PAIRS[high % _TWO_DIGITS],
            _PAIRS[high // _TWO_DIGITS],
        )
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(pairs)).lstrip("1")


def from_base58(text: str, *, place: str = "") -> bytes:
    """Return the bytes of a base58btc text; raise InputError `seal.base58` for a wrong character."""
    number = 0
    try:
        for character in text:
            number = number * 58 + _VALUE[character]
    except KeyError as error:
        raise InputError.at("seal.base58", place, value=text) from error
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")

"""The signed envelope: compact JWS (RFC 7515) with one header and one spelling.

Rules:

1. The header has exactly ``alg``, ``kid``, ``typ`` in this order, and after them ``cty`` = ``vc`` if the payload is a
   credential.  It is parsed, written again and compared, so there is no other member, order, blank or escape.
2. ``alg`` is ``EdDSA`` (written and read) or ``Ed25519`` (RFC 9864, read).  Nothing depends on it: the key decides how
   to verify a signature, and every key is Ed25519.
3. The caller names the expected ``typ``; the text never does.
4. Each of the three parts is base64url with one spelling; the signature has 64 bytes.

This module does not know the owner of `kid`, and verifies no signature unless given a key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.keys import verify_signature
from ledger.seal.signer import Signer
from schemas.document import Document
from schemas.frozen import Frozen
from schemas.identifier import Kid
from schemas.problem import InputError, Problem

CERTIFICATE_TYPE: Final = "vc+sd-jwt"
"""A certificate: a credential with confidential members (VC-JOSE-COSE, 3.2.1)."""
CREDENTIAL_TYPE: Final = "vc+jwt"
"""A credential without confidential members: a status list (VC-JOSE-COSE, 3.1.1)."""
SIGNATURE_BYTES: Final = 64
_AFTER_SIGNED: Final = len(".") + -(-SIGNATURE_BYTES * 8 // 6)
"""Characters after the signed part: a dot and the signature in base64url."""
MOST_HEADER_CHARACTERS: Final = 1024
"""A header is a key id and a few words; the longest key id gives about 600."""
HEADERS_KEPT: Final = 4096
"""Parsed headers in the cache: one a key and type."""


class _Header(Document):
    alg: Literal["EdDSA", "Ed25519"]
    """Signature algorithm (RFC 7515). `Ed25519` (RFC 9864) means the same as `EdDSA`."""
    kid: Kid
    """DID URL of the signer's key (RFC 7515)."""
    typ: Literal[
        "vc+sd-jwt",
        "vc+jwt",
        "oreprint-move+jwt",
        "oreprint-undo+jwt",
        "oreprint-withdraw+jwt",
        "oreprint-suspend+jwt",
        "oreprint-lift+jwt",
        "oreprint-audit+jwt",
        "oreprint-upstream+jwt",
    ]
    """Type of what is signed (RFC 7515)."""
    cty: Literal["vc"] | None = None
    """Type of the payload (RFC 7515). Present only for credentials."""


def _content_type(typ: str) -> Literal["vc"] | None:
    """Return the ``cty`` for a ``typ`` (rule 1)."""
    return "vc" if typ in {CERTIFICATE_TYPE, CREDENTIAL_TYPE} else None


class Jws(Frozen):
    """A well-formed JWS with an unverified signature; `raw` are the bytes of its text.

    It does not hold the payload: many wait for verification, and each text is as long as a page.
    """

    raw: bytes
    kid: str
    signature: bytes

    @property
    def text(self) -> str:
        """The text of all three parts."""
        return self.raw.decode("ascii")

    def verify(self, public: bytes) -> None:
        """Verify the signature with the public key of `kid`; raise CheckError `seal.signature`."""
        verify_signature(public, memoryview(self.raw)[:-_AFTER_SIGNED], self.signature)

    @property
    def did(self) -> str:
        """The DID of the key."""
        return self.kid.partition("#")[0]


def sign_jws(payload: bytes, *, typ: str, signer: Signer) -> str:
    """Return the compact JWS of `payload`.

    Raises:
        InputError: `seal.header` for an unknown `typ` or a malformed key id.
    """
    signing_input = f"{_written_header(signer.kid, typ)}.{to_base64url(payload)}"
    return f"{signing_input}.{to_base64url(signer.sign(signing_input.encode('ascii')))}"


def parse_jws(text: str, *, typ: str) -> tuple[Jws, bytes]:
    """Parse a compact JWS of the type `typ`; return it with its payload.  The signature is not verified.

    Raises:
        InputError: `seal.jws-form`, `seal.header` (its place names the member), `seal.base64url`.
    """
    # dots are searched from both ends, because a payload is long; it is rarely copied
    start, end = text.find("."), text.rfind(".")
    middle = text[start + 1 : end]
    if start == end or "." in middle or not text.isascii() or start > MOST_HEADER_CHARACTERS:
        raise InputError.at("seal.jws-form")
    header = _read_header(text[:start])
    if header.typ != typ:
        raise InputError.at("seal.header", "header.typ", reason=f"it is {header.typ}, and {typ} is expected")
    if header.cty != _content_type(typ):
        raise InputError.at("seal.header", "header.cty", reason=f"it doesn't go with the type {typ}")
    payload = from_base64url(middle, place="payload")
    signature = from_base64url(text[end + 1 :], place="signature")
    if len(signature) != SIGNATURE_BYTES:
        raise InputError.at("seal.jws-form", "signature")
    return Jws(text.encode("ascii"), header.kid, signature), payload


@lru_cache(maxsize=HEADERS_KEPT)
def _written_header(kid: str, typ: str) -> str:
    """Return the first part of a JWS."""
    cty = _content_type(typ)
    written = f'{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}"' + (f',"cty":"{cty}"}}' if cty else "}")
    encoded = to_base64url(written.encode())
    _read_header(encoded)
    return encoded


@lru_cache(maxsize=HEADERS_KEPT)
def _read_header(encoded: str) -> _Header:
    """Return the header in the first part of a JWS, of any type."""
    raw = from_base64url(encoded, place="header")
    try:
        return _Header.from_text(raw)
    except InputError as error:
        raise InputError(*map(_in_header, error.problems)) from error


def _in_header(problem: Problem) -> Problem:
    """Return a problem of the header's document with the header and its member as the place."""
    place = f"header.{problem.place}" if problem.place else "header"
    return Problem.at("seal.header", place, reason=problem.words())

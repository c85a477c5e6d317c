"""The link in the symbol, and the other ways to name a certificate by scanning or typing.

Rules:

1. A link is ``https://<resolver>/c/<digest>``.  If the product has a GTIN and the lot fits GS1's application identifier
   10, it is ``https://<resolver>/01/<gtin>/10/<lot>`` (GS1 Digital Link URI Syntax 1.6).  After ``#`` comes the seal,
   which no server ever sees.
2. It has one spelling, never all upper case: a link is parsed, written again and compared.  It has no default port, no
   query, and no superfluous escape.
3. A registry that is served on this machine, or to the devices of one network, may have a link of ``http://`` with
   `localhost` or a private IPv4 address and an optional port.  Everybody else's link has ``https://``.
4. A digest decodes to a SHA-256 multihash; its characters alone do not make it one.
5. A real GTIN has a right check digit and is not for use inside one company or country.  A lot in a GS1 path has 1 to
   20 characters of CSET 82 (GS1 General Specifications, 7.11) and is not ``.`` or ``..``, which URL parsers remove.

This module trusts no resolver and opens nothing; it checks only the alphabet of the seal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Final, TypeAlias
from urllib.parse import quote, unquote

from ledger.carrier.code import code_start
from ledger.seal.digest import certificate_digest_bytes
from schemas.identifier import DOMAIN
from schemas.problem import InputError

MOST_LINK_CHARACTERS: Final = 2048
"""Far more than the largest printed symbol holds (version 18 at level M: 560)."""

_RESOLVER: Final = re.compile(rf"{DOMAIN}(?::(?!443(?![0-9]))[1-9][0-9]{{0,4}})?")
_DIGEST: Final = re.compile("zQm[1-9A-HJ-NP-Za-km-z]{44}")
_LOCAL: Final = re.compile(r"http://(localhost|[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::(?!80(?![0-9]))[1-9][0-9]{0,4})?")
_SEAL: Final = "[A-Za-z0-9_-]+"
_ORIGIN: Final = f"(https://{_RESOLVER.pattern}|{_LOCAL.pattern.replace('(localhost', '(?:localhost')})"
_CERTIFICATE: Final = re.compile(rf"{_ORIGIN}/c/({_DIGEST.pattern})(?:#({_SEAL}))?")
_PRODUCT: Final = re.compile(rf"{_ORIGIN}/01/([0-9]{{14}})/10/([^/?#]+)(?:#({_SEAL}))?")
_CSET_82: Final = re.compile(r'[!"%-?A-Z_a-z]+')
"""CSET 82: the characters of ISO/IEC 646 in GS1 element strings."""
MOST_GS1_CHARACTERS: Final = 20
"""The length of a lot, a serial number or an extension (GS1 General Specifications, 3)."""
_PATH_DOTS: Final = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class CertificateLink:
    """A link by digest: `digest` ``zQm…``, `seal` base64url or None.

    `resolver` is a domain with an optional port; of a local registry it is its origin, which begins with ``http://``.
    """

    resolver: str
    digest: str
    seal: str | None = None

    def to_text(self) -> str:
        """Return the canonical link."""
        return _with_seal(f"{origin_of(self.resolver)}/c/{self.digest}", self.seal)


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A GS1 Digital Link: `gtin` has 14 digits, `lot` is as printed on the drum."""

    resolver: str
    gtin: str
    lot: str
    seal: str | None = None

    def to_text(self) -> str:
        """Return the canonical link; all characters of the lot that are not unreserved (RFC 3986, 2.3) are escaped."""
        return _with_seal(f"{origin_of(self.resolver)}/01/{self.gtin}/10/{quote(self.lot, safe='')}", self.seal)


@dataclass(frozen=True, slots=True)
class GivenDigest:
    """A whole certificate digest."""

    digest: str


@dataclass(frozen=True, slots=True)
class GivenCode:
    """The code under a symbol: `start` is the start of the digest, ``zQm`` and twelve characters."""

    start: str


Link: TypeAlias = CertificateLink | ProductLink
Subject: TypeAlias = Link | GivenDigest | GivenCode


def link_to(resolver: str, digest: str, *, lot: str, gtin: str | None = None, seal: str | None = None) -> Link:
    """Return the link for a label: GS1's form for a product with a GTIN and a lot that fits, else the link by digest.

    Raises:
        InputError: `carrier.resolver`, `carrier.gtin`.
    """
    host = checked_resolver(resolver)
    if gtin is not None:
        real = checked_gtin(gtin)
        if fits_gs1(lot):
            return ProductLink(host, real, lot, seal)
    return CertificateLink(host, digest, seal)


def parse_link(text: str) -> Link:
    """Parse a link strictly.

    Raises:
        InputError: `carrier.link`, `carrier.gtin`.
    """
    link = _read_link(text)
    if link is None or link.to_text() != text:
        raise InputError.at("carrier.link", value=text)
    return link


def parse_subject(text: str) -> Subject:
    """Parse scanned or typed text: a link, a digest, or the code under a symbol; outer blanks are ignored.

    Raises:
        InputError: `carrier.link`, `carrier.gtin`, `carrier.code*`, `carrier.subject`.
    """
    trimmed = text.strip()
    if ":" in trimmed or "/" in trimmed:
        return parse_link(trimmed)
    if _is_digest(trimmed):
        return GivenDigest(trimmed)
    if len(trimmed) > MOST_LINK_CHARACTERS or trimmed.startswith("zQm"):
        raise InputError.at("carrier.subject", value=trimmed)
    return GivenCode(code_start(trimmed))


def checked_resolver(text: str) -> str:
    """Return the domain, with an optional port, of a resolver given as a domain or as ``https://domain``.

    A local one (rule 3) keeps its ``http://``.

    Raises:
        InputError: `carrier.resolver`.
    """
    host = text.removeprefix("https://").removesuffix("/")
    if not (_RESOLVER.fullmatch(host) or _is_local(host)):
        raise InputError.at("carrier.resolver", value=text)
    return host


def resolver_of(origin: str) -> str | None:
    """Return the resolver at an origin, or None if no label can lead there, such as to an origin with a path."""
    try:
        return checked_resolver(origin)
    except InputError:
        return None


def origin_of(resolver: str) -> str:
    """Return the beginning of links to a resolver."""
    return resolver if resolver.startswith("http://") else f"https://{resolver}"


def _is_local(origin: str) -> bool:
    """Return whether an origin is one of this machine or of a private network (rule 3)."""
    found = _LOCAL.fullmatch(origin)
    if found is None or found[1] == "localhost":
        return found is not None
    try:
        return IPv4Address(found[1]).is_private
    except AddressValueError:
        return False


def checked_gtin(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14 digits (rule 5).

    Raises:
        InputError: `carrier.gtin`.
    """
    from biip import ParseError  # noqa: PLC0415 - only labels with a GTIN pay for its tables
    from biip.gtin import Gtin  # noqa: PLC0415
    from biip.rcn import Rcn  # noqa: PLC0415

    try:
        gtin = Gtin.parse(text)
    except ParseError as error:
        raise InputError.at("carrier.gtin", value=text, reason=str(error)) from error
    if isinstance(gtin, Rcn) or gtin.prefix is None:
        raise InputError.at(
            "carrier.gtin", value=text, reason="it is a number for internal use, or GS1 has not assigned its prefix"
        )
    return gtin.as_gtin_14()


def fits_gs1(value: str, *, most: int = MOST_GS1_CHARACTERS) -> bool:
    """Return whether a lot, or another value of at most `most` characters, may be in a GS1 path (rule 5)."""
    return len(value) <= most and _CSET_82.fullmatch(value) is not None and value not in _PATH_DOTS


def _is_digest(text: str) -> bool:
    """Return whether a text is the digest of a certificate (rule 4)."""
    try:
        certificate_digest_bytes(text)
    except InputError:
        return False
    return True


def _with_seal(address: str, seal: str | None) -> str:
    return address if seal is None else f"{address}#{seal}"


def _read_link(text: str) -> Link | None:
    if len(text) > MOST_LINK_CHARACTERS:
        return None
    if found := _CERTIFICATE.fullmatch(text):
        resolver = resolver_of(found[1])
        return CertificateLink(resolver, found[2], found[3]) if resolver and _is_digest(found[2]) else None
    if found := _PRODUCT.fullmatch(text):
        lot = unquote(found[3])
        gtin, resolver = checked_gtin(found[2]), resolver_of(found[1])
        return ProductLink(resolver, gtin, lot, found[4]) if resolver and fits_gs1(lot) else None
    return None

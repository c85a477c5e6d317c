"""Names of things: DIDs, keys, registries, facilities, digests, elements.

Rules: each is a string with one spelling, held to a pattern; no look-up is done here and no digest is
computed here.  Sources: DID Core 1.0, 3.1 (syntax); RFC 9901, 4.2 (digests as base64url without padding);
multibase/multihash as used by W3C Controlled Identifiers 1.0, 2.4 (``zQm…`` is base58btc of 0x12 0x20 and 32 bytes).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta
from pydantic import Field, StringConstraints

from schemas.patterns import (
    CLAIM_ID,
    COSIGNER_AT,
    CURSOR,
    EMAIL,
    FORMULA,
    LOT_CURSOR,
    ONE_LINE,
    RUN_ID,
    SHORT_ID,
    VERIFIER_KEY,
    YEAR,
)

DOMAIN = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,8}"

Did = Annotated[
    str,
    StringConstraints(
        pattern=rf"^did:(?:web:{DOMAIN}(?:%3A[0-9]{{1,5}})?(?::[A-Za-z0-9._-]{{1,64}}){{0,4}}|key:z[1-9A-HJ-NP-Za-km-z]{{40,64}})$"
    ),
]
"""``did:web`` on the holder's own domain, or ``did:key`` for tests."""

Kid = Annotated[str, StringConstraints(pattern=r"^did:[a-z]+:[A-Za-z0-9.%:_-]{1,300}#[A-Za-z0-9_-]{1,64}$")]
"""A DID URL that names one key: the DID, ``#``, a fragment."""

DIGEST = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
Digest = Annotated[str, StringConstraints(pattern=f"^{DIGEST}$")]
"""SHA-256 as 43 characters of base64url without padding; the last character carries no stray bits."""

CertificateDigest = Annotated[str, StringConstraints(pattern=r"^zQm[1-9A-HJ-NP-Za-km-z]{44}$")]
"""SHA-256 of a certificate's issuer-signed part, as multihash in base58btc multibase."""

HOLDING_TEXT = r"[A-Za-z0-9_-]{60,700}"
HoldingText = Annotated[str, StringConstraints(pattern=f"^{HOLDING_TEXT}$")]
"""A holding's text: an array disclosure in base64url (see `schemas.holding`)."""

MOST_REGISTRY_CHARACTERS = 200
RegistryId = Annotated[str, StringConstraints(pattern=rf"^{DOMAIN}$", max_length=MOST_REGISTRY_CHARACTERS)]
"""A registry: the domain it answers on, in lower case."""

TRIAL: Final = ".invalid"
"""The end of a trial registry's name: RFC 2606 reserves it, so that nobody can ever own or look up such a name."""

DEMO: Final = ".example"
"""The end of a demonstration registry's name: RFC 2606 reserves it for examples."""
Mark = Literal["trial", "demo"]
"""A record that is no real one: made to try Oreprint out, or invented for a demonstration."""

FacilityId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]{1,15}:[A-Za-z0-9._~:/%#-]{1,200}$")]
"""A plant: any absolute URI of ASCII characters, never changed."""

CertificateId = Annotated[
    str, StringConstraints(pattern=r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
"""A version 4 UUID, one for each version of a certificate."""

RunId = Annotated[str, StringConstraints(pattern=RUN_ID)]
"""What the producer calls the run; unique in the plant by the producer's own care."""

TABLE_NAME = r"[a-z0-9-]{1,32}"
TableName = Annotated[str, StringConstraints(pattern=rf"^{TABLE_NAME}$")]
"""Name of a factor table."""
FactorId = Annotated[str, StringConstraints(pattern=rf"^{TABLE_NAME}/[a-z0-9][a-z0-9.-]{{0,119}}$")]
"""``<factor set>/<row>``; a run names the digest of each set it uses."""

Element = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]?$")]
"""A chemical symbol; whether it exists is checked where chemistry is."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2; ``ZZ`` is the unknown country (CLDR)."""

Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
"""ISO 3166-2 subdivision, for the place of a plant."""

Grid = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$")]
"""An electricity grid: an ISO 3166-2 subdivision, or a country whose grid nobody divides, such as ``MY``."""

HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}(?:[0-9]{2}){0,2}$")]
"""Harmonized System code, 6 to 10 digits."""

ProductId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+){0,7}$", max_length=60)]
"""A product of the vocabulary (`ledger.factors.products`)."""

ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+){0,5}$", max_length=48)]
"""Something that a step owes (`ledger.factors.completeness`), or a group of lines."""
LinePlace = Annotated[
    str,
    StringConstraints(pattern=r"^(?:materials|fuels|electricity|direct|transport|wastes)\[(?:0|[1-9][0-9]{0,2})\]$"),
]
"""A line of a record: its group and its place in it, from 0."""
CasNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{1,6}-[0-9]{2}-[0-9]$")]
"""A substance by its CAS Registry Number; `ledger.factors.fit` checks its last digit."""

MOST_INDEX = 2**31 - 1
ProfileId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+){0,5}$", max_length=40)]
"""A method profile (`ledger.factors.profiles`)."""

Index = Annotated[int, Field(ge=0, le=MOST_INDEX), Meta(ge=0, le=MOST_INDEX)]
"""A place in a list, from 0, or a count: the only numbers in a sealed record that are JSON numbers."""


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 alphabetic code."""

Gtin = Annotated[str, StringConstraints(pattern=r"^[0-9]{8,14}$")]
"""A GS1 trade item number; `ledger.carrier.gs1` holds its check digit."""

Gln = Annotated[str, StringConstraints(pattern=r"^[0-9]{13}$")]
"""A GS1 location number."""

Registration = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{2,40}:[A-Za-z0-9 ./-]{1,40}$")]
"""A public register and the number in it."""


def _pattern(text: object) -> str:
    """Return the pattern of one of the types above."""
    return str(get_args(text)[1].pattern)


FORMS: Final[dict[str, str]] = {
    _pattern(Did): "did:web: and a domain in small letters, such as did:web:plant.example",
    _pattern(Kid): "a DID, # and a name, such as did:web:plant.example#key-1",
    _pattern(Digest): "a SHA-256 as 43 characters of base64url",
    _pattern(CertificateDigest): "zQm and 44 more characters, as `oreprint issue` prints it",
    _pattern(RegistryId): "a domain in small letters, such as registry.example",
    _pattern(FacilityId): "a URI, such as https://plant.example/plants/1",
    _pattern(RunId): "1 to 64 letters, digits, dots, dashes or slashes, such as SEP-2026-03",
    _pattern(FactorId): "a table, / and its row, such as methods/electricity-wind-direct.glo",
    _pattern(Element): "the symbol of a chemical element, such as Nd",
    _pattern(Country): "two capital letters of ISO 3166-1, such as CN",
    _pattern(Region): "a country and its part by ISO 3166-2, such as CN-NM",
    _pattern(CasNumber): "a CAS Registry Number, such as 7647-01-0",
    _pattern(Grid): "a country, or a country and its part by ISO 3166-2, such as CN-NM",
    _pattern(HsCode): "6, 8 or 10 digits, such as 284690",
    _pattern(ItemId): "words in small letters with dashes, such as process-heat",
    _pattern(LinePlace): "a group of lines and a number from 0, such as electricity[0]",
    _pattern(ProductId): "words in small letters with dashes; `oreprint vocabulary` lists them",
    _pattern(ProfileId): "words in small letters with dashes; see `oreprint vocabulary profiles`",
    _pattern(Currency): "three capital letters of ISO 4217, such as USD",
    _pattern(Gtin): "8 to 14 digits, such as 09506000134352",
    _pattern(Gln): "13 digits, such as 9506000134352",
    _pattern(Registration): "a register, : and the number in it, such as LEI:00000000000000000000",
    EMAIL: "an e-mail address, such as goods-in@plant.example",
    ONE_LINE: "one line, without line breaks or control characters",
    YEAR: "a year of this century, such as 2026",
    CLAIM_ID: "a claim's name in small letters, such as recycled-content",
    FORMULA: "a chemical formula, such as CaCO3",
    CURSOR: "`next` of the page before, as it is",
    LOT_CURSOR: "`next` of the page before, as it is",
    SHORT_ID: "12 digits and letters a to f, such as 3f9a0c51d2e7",
    COSIGNER_AT: "an address that begins with https://, or the name of a folder in the home",
    VERIFIER_KEY: "the line that `oreprint keys cosigner` prints: name+hash+key",
}
"""What each pattern that people write by asks for, in words and with an example where that helps."""
UNNAMED: Final = "the form that the reference of documents names for this member"
"""What is said of a pattern without words of its own: nobody is shown a regular expression."""


def is_trial(registry: str) -> bool:
    """Return whether a registry was made only to try Oreprint out, which its name says in every certificate."""
    return registry.endswith(TRIAL)


def mark_of(registry: str, *, demo: bool = False) -> Mark | None:
    """Return the mark of the records of a registry, by its name, or None for real ones.

    `demo` says that a pinned trust list calls the issuer a demonstration. Who has no list still knows the name.
    """
    if is_trial(registry):
        return "trial"
    return "demo" if demo or registry.endswith(DEMO) else None

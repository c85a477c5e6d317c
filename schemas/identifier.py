"""Names of things: DIDs, keys, registries, facilities, digests, elements.

Rules: each is a string with one spelling, held to a pattern; no look-up is done here and no digest is
computed here.  Sources: DID Core 1.0, 3.1 (syntax); RFC 9901, 4.2 (digests as base64url without padding);
multibase/multihash as used by W3C Controlled Identifiers 1.0, 2.4 (``zQm…`` is base58btc of 0x12 0x20 and 32 bytes).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

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

FacilityId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]{1,15}:[A-Za-z0-9._~:/%#-]{1,200}$")]
"""A plant: any absolute URI of ASCII characters, never changed."""

CertificateId = Annotated[
    str, StringConstraints(pattern=r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
"""A version 4 UUID, one for each version of a certificate."""

RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]
"""What the producer calls the run; unique in the plant by the producer's own care."""

FactorId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}/[a-z0-9][a-z0-9.-]{0,119}$")]
"""``<factor set>/<row>``; a run names the digest of each set it uses."""

Element = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]?$")]
"""A chemical symbol; whether it exists is checked where chemistry is."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2; ``ZZ`` is the unknown country (CLDR)."""

Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
"""ISO 3166-2 subdivision, for the electricity grid."""

HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}(?:[0-9]{2}){0,2}$")]
"""Harmonized System code, 6 to 10 digits."""

ProductId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+){0,7}$", max_length=60)]
"""A product of the vocabulary (`ledger.footprint.products`)."""

MOST_INDEX = 2**31 - 1
ProfileId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+){0,5}$", max_length=40)]
"""A method profile (`ledger.footprint.profiles`)."""

Index = Annotated[int, Field(ge=0, le=MOST_INDEX)]
"""A place in a list, from 0, or a count: the only numbers in a sealed record that are JSON numbers."""

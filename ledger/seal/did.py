"""DID documents: from a ``kid`` to the public key (DID Core 1.0; Controlled Identifiers 1.0; did:web).

Rules:

1. A document names every key that its DID ever had, as a `JsonWebKey`, so old signatures still verify.
2. Each key may assert (``assertionMethod``), except a compromised one: it is ``revoked`` since then, and asserts
   nothing, because nobody without the log can tell what it signed before.  Oreprint's own verifiers use the trust list,
   and can.
3. A ``did:web`` has one address for its document, which its name gives.  A ``did:key`` has none: resolvers derive its
   document from the name.

This module resolves nothing.  No verification here fetches a DID document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.seal.digest import to_base64url
from schemas.answers.did import DidDocument, PublicKeyJwk, VerificationMethod
from schemas.identifier import DOMAIN
from schemas.problem import InputError

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")
PARTIES: Final = "parties"
"""The folder of a registry's domain with the documents of its parties."""
_DID_WEB: Final = re.compile(rf"did:web:({DOMAIN})(?:%3A([0-9]{{1,5}}))?((?::[A-Za-z0-9._-]{{1,64}}){{0,4}})")
_WELL_KNOWN: Final = ".well-known"


class DidKey(NamedTuple):
    """A key of a document: its id, its 32 bytes (Ed25519), and since when it is compromised, if it is."""

    kid: str
    public: bytes
    revoked: str | None = None


def did_document(did: str, keys: Iterable[DidKey]) -> DidDocument:
    """Return the document of a DID with all its keys (rules 1 and 2)."""
    known = tuple(keys)
    return DidDocument(
        context=CONTEXTS,
        id=did,
        verification_method=tuple(
            VerificationMethod(
                id=key.kid,
                controller=did,
                public_key_jwk=PublicKeyJwk(x=to_base64url(key.public)),
                revoked=key.revoked,
            )
            for key in known
        ),
        assertion_method=tuple(key.kid for key in known if key.revoked is None),
    )


def did_url(did: str) -> str:
    """Return the address of a document (rule 3).

    Raises:
        InputError: `did.key` for a ``did:key``; `did.form` for any other DID that is no ``did:web``.
    """
    if did.startswith("did:key:"):
        raise InputError.at("did.key", did=did)
    match = _DID_WEB.fullmatch(did)
    if match is None:
        raise InputError.at("did.form", value=did)
    host, port, path = match.groups()
    place = path.replace(":", "/") or f"/{_WELL_KNOWN}"
    return f"https://{host}{f':{port}' if port else ''}{place}/did.json"

"""DID documents (W3C DID Core 1.0) with their keys as JSON Web Keys, and JSON-LD contexts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.answers import StandardAnswer


class PublicKeyJwk(StandardAnswer):
    """An Ed25519 public key as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    """Key type: octet key pair."""
    crv: Literal["Ed25519"] = "Ed25519"
    """Curve of the key."""
    x: str
    """The 32 bytes of the public key, in base64url."""


class VerificationMethod(StandardAnswer):
    """A key of the party."""

    id: str
    """Key id: the DID, `#` and a name."""
    type: Literal["JsonWebKey"] = "JsonWebKey"
    """Always `JsonWebKey`."""
    controller: str
    """DID of the party."""
    public_key_jwk: PublicKeyJwk = Field(alias="publicKeyJwk")
    """The public key, as a JSON Web Key (RFC 7517)."""
    revoked: str | None = None
    """Instant from which others may have had the key, in UTC. Left out if it did not leak."""


class DidDocument(StandardAnswer):
    """The DID document of a registry or of a party."""

    context: tuple[str, ...] = Field(alias="@context")
    """JSON-LD contexts of the document."""
    id: str
    """DID that the document is about."""
    verification_method: tuple[VerificationMethod, ...] = Field(alias="verificationMethod")
    """Every key that the party ever registered."""
    assertion_method: tuple[str, ...] = Field(alias="assertionMethod")
    """Ids of the keys that may sign: those that did not leak."""


class JsonLdContext(StandardAnswer):
    """A JSON-LD context."""

    context: dict[str, object] = Field(alias="@context")
    """Terms and what they mean."""

"""People's statements: move, undo, withdraw, suspend, lift; each the payload of a compact JWS.

Rules: header exactly ``{"alg","kid","typ"}`` with ``typ`` = ``oreprint-<kind>+jwt``; one spelling; each is void
if it is not logged by `not_logged_after`.  What this module does not do: signing and hashing (`ledger.seal`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.document import Document
from schemas.holding import Part, Use
from schemas.identifier import CertificateDigest, Digest, Index, RegistryId
from schemas.instant import Instant
from schemas.name import Words
from schemas.struct import Struct

MOST_USES = 250
"""Holdings that one record may use: the limit of a run's inputs."""


class Ended(Struct):
    """What a record ends: the digest of a certificate, or of an attestation, and its place in the status lists."""

    certificate: CertificateDigest
    list: Index
    index: Index


class Move(Document):
    """The owner gives a whole holding to a new owner and/or registry; mass and batch stay."""

    oreprint: Literal["move/1"]
    registry: RegistryId
    uses: Use
    creates: Part
    to_registry: RegistryId
    not_logged_after: Instant


class Undo(Document):
    """The producer gives every input of a run back, while nothing of it has left the plant.

    `uses` are the holdings of all outputs, whole, in output order; `returns` one part an input, in input order;
    `ends` every certificate of the issuance, in output order.
    """

    oreprint: Literal["undo/1"]
    registry: RegistryId
    issuance: Digest
    uses: Annotated[tuple[Use, ...], Field(min_length=1, max_length=MOST_USES)]
    returns: Annotated[tuple[Part, ...], Field(max_length=MOST_USES)]
    ends: tuple[Ended, ...]
    not_logged_after: Instant


class StatusChange(Document):
    """The issuer withdraws, suspends or un-suspends a certificate of its own, an attestor its attestation; withdrawal is for ever."""

    oreprint: Literal["withdraw/1", "suspend/1", "lift/1"]
    registry: RegistryId
    ends: Ended
    reason: Words
    not_logged_after: Instant


Statement = Annotated[Move | Undo | StatusChange, Field(discriminator="oreprint")]

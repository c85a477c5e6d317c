"""People's statements: move, undo, withdraw, suspend, lift; each the payload of a compact JWS.

Rules: header exactly ``{"alg","kid","typ"}`` with ``typ`` = ``oreprint-<kind>+jwt``; one spelling; each is void
if it is not logged by `not_logged_after`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.document import Document
from schemas.holding import Part, Use
from schemas.identifier import CertificateDigest, Digest, Index, RegistryId
from schemas.instant import Instant
from schemas.name import Words
from schemas.struct import Struct, Tagged

MOST_USES = 250
"""Holdings that one record may use: the limit of a run's inputs."""


class Ended(Struct):
    """What a record ends, and its place in the status lists."""

    certificate: CertificateDigest
    """Digest of the certificate, or of the attestation (`zQm...`)."""
    list: Index
    """Number of the status list in which its bits stand."""
    index: Index
    """Index of its bit in that list, from 0."""


class Move(Document):
    """The owner gives a whole holding to a new owner and/or registry; mass and batch stay."""

    oreprint: Literal["move/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry in which the holding is used."""
    uses: Use
    """Holding that is used, whole."""
    creates: Part
    """Holding that is created, with the same mass and batch."""
    to_registry: RegistryId
    """Domain of the registry in which the new holding can be used."""
    not_logged_after: Instant
    """Last second at which a registry may log the statement, in UTC. A statement that was not logged by then is void.
    """


class Undo(Document):
    """The producer gives every input of a run back, while nothing of it has left the plant."""

    oreprint: Literal["undo/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry that logged the run."""
    issuance: Digest
    """Record digest of the latest issuance of the run."""
    uses: Annotated[tuple[Use, ...], Field(min_length=1, max_length=MOST_USES)]
    """Holdings of all outputs, whole, in output order."""
    returns: Annotated[tuple[Part, ...], Field(max_length=MOST_USES)]
    """Holdings that give the inputs back, one for each input, in input order."""
    ends: tuple[Ended, ...]
    """Certificates that are revoked, in output order."""
    not_logged_after: Instant
    """Last second at which a registry may log the statement, in UTC. A statement that was not logged by then is void.
    """


class StatusChange(Document):
    """The signer withdraws, suspends or un-suspends its own certificate or attestation; a withdrawal is final."""

    oreprint: Literal["withdraw/1", "suspend/1", "lift/1"]
    """Format and version of this document; it says what is changed."""
    registry: RegistryId
    """Domain of the registry whose status lists change."""
    ends: Ended
    """Certificate, or attestation, whose status changes."""
    reason: Words
    """Why, in words. Everybody who verifies reads it."""
    not_logged_after: Instant
    """Last second at which a registry may log the statement, in UTC. A statement that was not logged by then is void.
    """


Statement = Annotated[Move | Undo | StatusChange, Tagged("oreprint")]

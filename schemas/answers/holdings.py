"""What is answered of holdings: what a party holds, what was split off, what moved, and places in the status lists."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from schemas.document import Document
from schemas.identifier import CertificateDigest, Did, Digest, Element, HoldingText, Index
from schemas.lot import Lot
from schemas.quantity import Amount6, Amount12
from schemas.struct import Struct
from schemas.vocabulary import Kind


class HeldLot(Struct):
    """What a party has left of a lot, what of it is offered, and each tracked element in what is left; of electricity in kWh."""

    lot: Lot
    kind: Kind
    certificate: CertificateDigest | None
    left_kg: Amount6 | None = None
    offered_kg: Amount6 | None = None
    elements_kg: dict[Element, Amount12] | None = None
    left_kwh: Amount6 | None = None
    offered_kwh: Amount6 | None = None


class HeldLots(Document):
    """A page of what a party holds or held; `next` is how many lots to pass over for the next one, null on the last."""

    holdings: tuple[HeldLot, ...]
    next: Index | None


class EnteredStatement(Document):
    """Where a scheme's statement stands: its lot and certificate; where it is to be entered, null, and the undo that freed it."""

    lot: Lot | None
    certificate: CertificateDigest | None
    after: Digest | None


class SplitHolding(Struct):
    """A holding to be used whole: the record that created it, and its text."""

    creator: Digest
    holding: HoldingText
    mass_kg: Amount6


class Splits(Document):
    """Holdings of a lot that have the mass asked for together."""

    lot: Lot
    certificate: CertificateDigest
    holdings: tuple[SplitHolding, ...]


class Place(Struct):
    """A place in the status lists."""

    list: Index
    index: Index


class Places(Document):
    """Places that are kept for certificates to be signed."""

    entries: tuple[Place, ...]


class Shipment(Struct):
    """What moved, or is to move: `moves` are the digests of the moves that say so."""

    lot: Lot
    certificate: CertificateDigest | None
    giver: Did = field(name="from")
    taker: Did = field(name="to")
    mass_kg: Amount6
    moves: tuple[Digest, ...]


class Moved(Document):
    """What became of a move: offered, accepted or cancelled."""

    state: Literal["offered", "accepted", "cancelled"]
    shipments: tuple[Shipment, ...]


class Changed(Document):
    """What was withdrawn or suspended, or whose suspension was lifted: a lot or an attestation, what it is about, and the statements as signed."""

    state: Literal["withdraw", "suspend", "lift"]
    lot: str
    certificates: tuple[CertificateDigest, ...]
    statements: tuple[str, ...]


class Returned(Struct):
    """What came back of an input."""

    lot: Lot
    mass_kg: Amount6


class Undone(Document):
    """A run that was undone: its lots and certificates, what came back, and the statement as signed."""

    state: Literal["undo"]
    run: str
    lots: tuple[Lot, ...]
    certificates: tuple[CertificateDigest, ...]
    returned: tuple[Returned, ...]
    statements: tuple[str, ...]

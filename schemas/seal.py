"""The seal on a label: the essentials of one certificate, small enough for a QR code.

Rules: everything here is a word of the certificate's own record, so the seal of a certificate is one and the same each
time it is made with the same key; a seal that says anything else than the record is not to be relied on.  The figure is kg CO2e per kg of net
mass, location-based, as everywhere where only one stands.  What this module does not do: bytes (`ledger.carrier.seal`).
"""

from __future__ import annotations

from schemas.certificate import StatusPlace
from schemas.document import Document
from schemas.identifier import CertificateDigest, Did, RegistryId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.quantity import PositiveAmount6, SignedAmount12


class Seal(Document):
    """What a seal says; `issued` is the certificate's time of signing, `status` its place in the lists of `registry`."""

    issuer: Did
    issued: Instant
    registry: RegistryId
    status: StatusPlace
    lot: Lot
    net_mass_kg: PositiveAmount6
    kg_co2e_per_kg: SignedAmount12
    certificate: CertificateDigest

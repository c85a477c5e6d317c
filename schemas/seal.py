"""The seal on a label: the essentials of one certificate, small enough for a QR code.

Rules: everything here is a word of the certificate's own record, so the seal of a certificate is one and the same each
time it is made with the same key; a seal that says anything else than the record is not to be relied on.  The figure is
kg CO2e per kg of net mass, location-based, as everywhere where only one stands.
"""

from __future__ import annotations

from schemas.certificate import StatusPlace
from schemas.document import Document
from schemas.identifier import CertificateDigest, Did, RegistryId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.quantity import PositiveAmount6, SignedAmount12


class Seal(Document):
    """What a seal says; every word is the certificate's own."""

    issuer: Did
    """DID of the issuer."""
    issued: Instant
    """Second at which the certificate was signed, in UTC."""
    registry: RegistryId
    """Domain of the registry that logged the certificate."""
    status: StatusPlace
    """Place of the certificate's status bits."""
    lot: Lot
    """Lot number as printed on the goods."""
    net_mass_kg: PositiveAmount6
    """Net mass in kg, dry at 105 C and above zero."""
    kg_co2e_per_kg: SignedAmount12
    """kg CO2e per kg of net mass, location-based."""
    certificate: CertificateDigest
    """Digest of the certificate (`zQm...`)."""

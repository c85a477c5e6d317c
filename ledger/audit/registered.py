"""Compare the registered registry, parties, keys and plants with the trust list.

Rules: tables and trust list name the same parties, keys and plants, and say the same of them. The list alone names
guests (`ledger.trust.guests`). Every certificate from a plant has the plant's registered name and place, and those of
its issuer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ledger.audit.faults import Faults, place_of
from ledger.seal.digest import from_base64url
from ledger.store import schema
from ledger.store.whole import rows_of
from ledger.trust.guests import is_guest
from ledger.trust.pinned import Trust
from ledger.verify.certificate import ShownCertificate
from schemas.certificate import CertificateRecord, Facility, Issuer
from schemas.instant import epoch_ms
from schemas.problem import InputError
from schemas.trust import Party, Registry


@dataclass(slots=True)
class Register:
    """The parties as the trust list names them; `plants` by id, as they are stored."""

    trust: Trust
    home: Registry
    plants: dict[str, Facility] = field(default_factory=dict)

    def compare(self, connection: Connection, faults: Faults) -> None:
        """Check that the registered parties, keys and plants are those of the trust list."""
        faults.compare(schema.REGISTRY, [self._registry()], rows_of(connection, schema.REGISTRY))
        faults.compare(schema.PARTIES, self._parties(), rows_of(connection, schema.PARTIES))
        faults.compare(schema.PARTY_KEYS, self._keys(), rows_of(connection, schema.PARTY_KEYS))
        stored = list(rows_of(connection, schema.FACILITIES))
        profiles = {row[0]: row[2] for row in stored}
        owners = [(plant, party.did) for party in self.trust.listed.parties for plant in party.facilities]
        faults.compare(schema.FACILITIES, [(plant, did, profiles.get(plant)) for plant, did in owners], stored)
        for row in stored:
            place = f"{place_of(schema.FACILITIES, row)}.profile"
            try:
                plant = Facility.from_text(row[2])
            except InputError as error:
                faults.error(place, error)
                continue
            faults.require("audit.value", place, holds=plant.id == row[0], stored=plant.id, derived=row[0])
            self.plants[row[0]] = plant

    def check_certificate(self, record: CertificateRecord, place: str, faults: Faults) -> None:
        """Check that a certificate names its issuer and its plant as they are registered."""
        party = self.trust.parties.get(record.issuer.did)
        if party is not None:
            issuer, had = record.issuer, [each.names for each in party.former_names or ()]
            holds = issuer.names in {party.names, *had} and issuer.registration == party.registration
            faults.require("audit.issuer", place, holds=holds, did=issuer.did)
        plant = record.batch.facility
        known = self.plants.get(plant.id)
        where = place if known is None else f"facilities[id={plant.id}].profile"
        faults.require("audit.plant", where, holds=known == plant, facility=plant.id, lot=record.batch.lot)

    def ended(self, certificate: str, seen: Mapping[str, ShownCertificate], faults: Faults, place: str) -> None:
        """Check that a statement about status is of a certificate that is here."""
        faults.require("audit.ended", place, holds=certificate in seen, certificate=certificate)

    def _registry(self) -> Sequence[object]:
        status = self.home.status_key
        since = min(key.since for key in self.home.all_status_keys())
        open_log = next((log.key for log in self.home.logs if log.final_size is None), "")
        return (self.home.id, open_log, status.kid, from_base64url(status.public), epoch_ms(since))

    def _parties(self) -> Iterator[Sequence[object]]:
        for party in self._registered():
            issuer = Issuer(did=party.did, names=party.names, registration=party.registration)
            yield (party.did, issuer.to_text(), party.custodial, party.demo)

    def _registered(self) -> Iterator[Party]:
        return (party for party in self.trust.listed.parties if not is_guest(party))

    def _keys(self) -> Iterator[Sequence[object]]:
        for party in self._registered():
            for key in party.keys:
                ends = [None if end is None else epoch_ms(end) for end in (key.until, key.compromised)]
                yield (key.kid, party.did, from_base64url(key.public), epoch_ms(key.since), *ends)

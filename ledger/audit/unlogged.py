"""Tables whose rows belong to no entry: open offers, grants, counts of status lists, and the form of the database.

Rules: an offer is the owner's signed move of a whole holding that is here. A consignee may see a certificate if it got
mass of the lot from somebody else, and nobody else may. The count of a status list is the number of certificates and
attestations in it. An audit cannot notice an offer that was deleted, or a consignee's audience that was changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ledger.audit.faults import Faults, place_of
from ledger.holdings.mark import commitment, open_holding, statement_digest
from ledger.seal.digest import digest_bytes
from ledger.seal.statement import open_statement
from ledger.store import schema
from ledger.store.rows import OfferRow
from ledger.store.whole import (
    OfferOf,
    grants_due,
    offers,
    places_taken,
    places_twice,
    rows_of,
    stray_disclosures,
)
from ledger.store.writing import AUDIENCES
from ledger.trust.pinned import Trust
from schemas.instant import epoch_ms
from schemas.problem import CheckError, OreprintError
from schemas.quantity import milligrams
from schemas.statement import Move


def check_unlogged(connection: Connection, trust: Trust, registry: str, faults: Faults) -> None:
    """Audit every table whose rows belong to no entry."""
    for subject in stray_disclosures(connection):
        faults.at("audit.stray", place_of(schema.DISCLOSURES, (subject, "")))
    for stored in offers(connection):
        place = place_of(schema.OFFERS, stored.offer)
        try:
            due = _offer(stored, trust, registry)
        except OreprintError as error:
            faults.error(place, error)
        else:
            faults.compare(schema.OFFERS, [due], [stored.offer])
        _audience(stored.offer.audience, place, faults)
    _grants(connection, faults)
    for number, index in places_twice(connection):
        faults.at("audit.place", f"attestations[status_list={number}, status_index={index}]")
    taken = places_taken(connection)
    faults.compare(schema.STATUS_LISTS, sorted(taken.items()), rows_of(connection, schema.STATUS_LISTS))


def _audience(told: str, place: str, faults: Faults) -> None:
    faults.require("audit.audience", f"{place}.audience", holds=told in AUDIENCES, audience=told)


def _offer(each: OfferOf, trust: Trust, registry: str) -> OfferRow:
    """Return the row that an offer must have by its statement; raise what does not hold."""
    offer, held = each
    opened = open_statement(offer.statement, kind="move")
    move = opened.value
    key = trust.known_key(opened.jws.kid)
    opened.jws.verify(key.public)
    if not isinstance(move, Move) or held is None:
        raise CheckError.at("audit.offer", reason="there is no such holding")
    holder = open_holding(offer.text)
    for holds, reason in (
        (key.party.did == held.owner, "its owner has not signed it"),
        (digest_bytes(move.uses.creator) == held.creator, "another record created the holding"),
        (milligrams(move.creates.mass_kg) == held.mass_mg, "the mass is another"),
        (digest_bytes(move.creates.holding) == commitment(offer.text), "the text of the new holding is another"),
        ((move.registry, move.to_registry) == (held.registry, holder.registry), "the registry is another"),
        (move.registry == registry, "the registry is another"),
    ):
        if not holds:
            raise CheckError.at("audit.offer", reason=reason)
    return OfferRow(
        commitment(move.uses.holding),
        statement_digest(offer.statement),
        offer.statement,
        offer.text,
        holder.owner,
        holder.registry,
        offer.audience,
        epoch_ms(move.not_logged_after),
    )


def _grants(connection: Connection, faults: Faults) -> None:
    """Check that a certificate has a grant for each party that got mass of its lot, and no other. Read in one order."""
    due = grants_due(connection)
    wanted = next(due, None)
    for row in rows_of(connection, schema.GRANTS):
        key = row[0], row[1]
        wanted = _missing(wanted, due, key, faults)
        if wanted == key:
            wanted = next(due, None)
        else:
            faults.at("audit.stray", place_of(schema.GRANTS, row))
        _audience(row[2], place_of(schema.GRANTS, row), faults)
    _missing(wanted, due, None, faults)


def _missing(
    wanted: tuple[bytes, str] | None, due: Iterator[tuple[bytes, str]], before: tuple[bytes, str] | None, faults: Faults
) -> tuple[bytes, str] | None:
    """Report each missing grant that comes before the row at hand; return the first grant that doesn't."""
    while wanted is not None and (before is None or wanted < before):
        faults.at("audit.missing", place_of(schema.GRANTS, (*wanted, "")))
        wanted = next(due, None)
    return wanted

"""How much waits for a person now: the counts that each page of the desk shows beside its screens."""

from __future__ import annotations

from typing import NamedTuple

from ledger.desk.people import Person
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import approvals_of
from ledger.store.engine import reading
from ledger.store.incoming import shut_offers
from ledger.store.lots import open_offers


class WaitingCounts(NamedTuple):
    """The numbers that wait for a person: offers to accept, and requests to decide about."""

    offers: int = 0
    approvals: int = 0


def waiting_counts(registry: OpenRegistry, person: Person) -> WaitingCounts:
    """Count what a person may accept or decide about: what one sender offers of one lot counts once."""
    offers = approvals = 0
    with reading(registry.engine) as connection:
        if "accept" in person.scopes:
            found = open_offers(connection, now_ms=registry.runtime.now_ms(), consignee=person.party)
            shut = shut_offers(connection, [each.offer.digest for each in found])
            offers = len({(each.lot, each.sender) for each in found if each.offer.digest not in shut})
        if "approve" in person.scopes:
            due = approvals_of(connection, person.party, "waiting")
            approvals = sum(each.author != person.author for each in due)
    return WaitingCounts(offers, approvals)

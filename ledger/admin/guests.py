"""Settle the requests about guests: goods that came back, and claims that the producer confirmed.

Rules:

1. Before its first own move a guest's key is listed in the trust list, in a commit before the move: who judges the move
   knows its signer by then. The list says "Guest of this registry", and lets the key sign moves alone.
2. Goods that came back move to the party that had shipped them. A claim moves everything to the claimant, who sees
   what the guest saw; a lot that is suspended or withdrawn waits, and the claim stays confirmed until it is moved, too.
3. A guest that holds nothing any more ends in the commit that takes the last of it. Its contact is then the claimant,
   or has a new guest. An ended key never signs again. Where others must sign the trust list too, its key stays listed:
   the registry keeps it, and nothing is left to move.
4. A crash leaves the request as it was, and the same command goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.admin.holders import ListSigner
from ledger.admin.init import list_signer
from ledger.admin.trust_list import keep_trust
from ledger.files.atomic import refusals_told
from ledger.holdings.spending import ExactHolding
from ledger.lots.balance import Balances, LotShelf, split_posting
from ledger.lots.lineage import state_of
from ledger.registry.append import LogTransaction, Posting, append, behind_commit
from ledger.registry.folder import Home
from ledger.registry.lists import next_trust
from ledger.registry.registry import OpenRegistry
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.seal.statement import open_sent
from ledger.store.abroad import foreign_lots
from ledger.store.contacts import (
    GuestRequestRow,
    GuestRow,
    add_guest,
    change_contact,
    change_guest,
    contact_row,
    end_guest_request,
    guest,
    guest_requests,
)
from ledger.store.engine import reading
from ledger.store.events import EventRow, add_events
from ledger.store.lots import StoredLot, lots_of
from ledger.store.reading import granted, latest_published
from ledger.transfers.moving import Moving, draft_move, move_posting, show_to
from ledger.trust.guests import with_guest_ended, with_guests
from ledger.trust.pinned import Trust, open_trust
from schemas.instant import MILLISECONDS, whole_second
from schemas.problem import MissingError, OreprintError, RefusedError
from schemas.vocabulary import Audience, unit_of


class MovedLot(NamedTuple):
    """A lot of which a mass in mg moved; `unit` is kg, or kWh of electricity."""

    lot: str
    mass_mg: int
    unit: str


class Settled(NamedTuple):
    """The outcome of a request: the moves, or the refusal."""

    request: GuestRequestRow
    moved: tuple[MovedLot, ...]
    refusal: OreprintError | None = None


def settle(home: Home, registry: OpenRegistry, *, passphrase: bytes) -> list[Settled]:
    """Move what was asked and confirmed, one commit a request; list keys before that.

    Raises:
        StateError: as `ledger.registry.append.append`; `home.key-missing`.
        CheckError: `trust.threshold`, where others must sign the trust list too.
    """
    with reading(registry.engine) as connection:
        asked = [each for each in guest_requests(connection) if each.state == "confirmed"]
    signer = list_signer(home, registry.did, "guests", passphrase=passphrase)
    _list_keys(registry, asked, signer)
    settled = [_settle_one(registry, each, signer) for each in asked]
    with behind_commit(registry), refusals_told(home.trust):
        keep_trust(home, registry.engine)
    return settled


def _list_keys(registry: OpenRegistry, asked: Iterable[GuestRequestRow], signer: ListSigner) -> None:
    """List the keys of the guests that are about to move for the first time (rule 1)."""
    with append(registry) as transaction:
        connection, known = transaction.connection, _trusted(transaction)
        now = whole_second(signer.time(known, transaction.now_ms))
        guests = (guest(connection, did) for did in dict.fromkeys(each.guest for each in asked))
        new = [each for each in guests if each is not None and each.listed_ms is None]
        if not new:
            return
        for each in new:
            change_guest(connection, each._replace(listed_ms=now))
        dids = tuple(each.did for each in new)
        transaction.log(_next(known, with_guests(known.listed, dids, since_ms=now), signer, now))


def _settle_one(registry: OpenRegistry, asked: GuestRequestRow, signer: ListSigner) -> Settled:
    fresh = registry.guests.make() if asked.claimant is None else None  # nobody's, unless the guest is empty then
    try:
        with append(registry) as transaction:
            return _moved(transaction, asked, signer, fresh)
    except RefusedError as refusal:
        with append(registry) as transaction:
            _told(transaction, asked, refusal.code)
        return Settled(asked, (), refusal)


def _moved(transaction: LogTransaction, asked: GuestRequestRow, signer: ListSigner, fresh: str | None) -> Settled:
    """Carry out a request that nobody else has carried out meanwhile."""
    connection, registry = transaction.connection, transaction.registry
    still = {each.id for each in guest_requests(connection, guest=asked.guest) if each.state == "confirmed"}
    held = guest(connection, asked.guest)
    if asked.id not in still or held is None:
        return Settled(asked, ())
    stock = Balances(connection, registry.did, transaction.now_ms)
    taken = _back(registry, stock, asked) if asked.claimant is None else _everything(registry, stock, asked.guest)
    postings: list[Posting] = []
    for found, drawn in taken:
        postings += _postings(transaction, asked, found, drawn)
    left = sum(stock.shelf(asked.guest, lot).shelf.left_mg for lot in _lots(connection, asked.guest)) - sum(
        each.held.mass_mg for _, drawn in taken for each in drawn
    )
    if not left:
        postings += _end(transaction, held, asked, signer, fresh)
    transaction.log(*postings)
    _told(transaction, asked, "confirmed" if asked.claimant is not None and left else "done")
    moved = (
        MovedLot(found.lot.lot, sum(each.held.mass_mg for each in drawn), unit_of(found.lot.kind))
        for found, drawn in taken
    )
    return Settled(asked, tuple(moved))


def _back(registry: OpenRegistry, stock: Balances, asked: GuestRequestRow) -> list[tuple[LotShelf, list[ExactHolding]]]:
    """Return the holdings that have the mass that came back."""
    found = stock.usable(asked.guest, asked.lot or "")
    if not found.shelf.held:
        raise RefusedError.at("holding.offered", lot=found.lot.lot)
    return [(found, _drawn(registry, stock, found, asked.mass_mg or found.shelf.left_mg))]


def _everything(registry: OpenRegistry, stock: Balances, did: str) -> list[tuple[LotShelf, list[ExactHolding]]]:
    """Return all holdings of lots that stand (rule 2)."""
    taken = []
    for lot in _lots(stock.connection, did):
        shelf = stock.shelf(did, lot)
        if shelf.shelf.held and state_of(stock.connection, lot) == "standing":
            taken.append((shelf, _drawn(registry, stock, shelf, shelf.shelf.left_mg)))
    return taken


def _lots(connection: Connection, did: str) -> list[StoredLot]:
    return lots_of(connection, did) + foreign_lots(connection, owner=did)


def _drawn(registry: OpenRegistry, stock: Balances, found: LotShelf, mass_mg: int) -> list[ExactHolding]:
    return stock.reserve(found, mass_mg, lambda: registry.runtime.random(HOLDING_SALT_BYTES), after=1)


def _postings(
    transaction: LogTransaction, asked: GuestRequestRow, found: LotShelf, drawn: list[ExactHolding]
) -> list[Posting]:
    """Return the splits and signed moves of drawn holdings, and let their taker see the certificate."""
    connection, registry = transaction.connection, transaction.registry
    to = asked.claimant or asked.party
    signer = registry.guests.signer(asked.guest)
    audience: Audience = "partner"
    if found.lot.certificate is not None:
        audience = granted(connection, found.lot.certificate, party=asked.guest) or audience
    show_to(connection, found.lot, to, audience, sender=asked.guest)
    postings = [split_posting(one, found.lot, found.shelf.holder) for each in drawn for one in each.splits]
    for each in drawn:
        draft = draft_move(registry, each.held, to=to, now_ms=transaction.now_ms)
        sent = open_sent(draft.signed(signer), kind="move")
        row = Moving(found.lot, each.held, asked.guest).row(sent, audience)
        postings.append(move_posting(each.held, found.lot, row))
    return postings


def _end(
    transaction: LogTransaction, held: GuestRow, asked: GuestRequestRow, signer: ListSigner, fresh: str | None
) -> list[Posting]:
    """End a guest that holds nothing any more (rule 3); return the trust list that says so, if the home signs alone."""
    connection, now, known = transaction.connection, transaction.now_ms, _trusted(transaction)
    until = whole_second(now) + MILLISECONDS  # what is logged now is before its end
    alone = signer.alone(known)
    change_guest(connection, held._replace(ended_ms=until if alone else None, claim=None))
    contact = contact_row(connection, held.party, held.contact)
    if contact is not None and asked.claimant is not None:
        change_contact(connection, contact._replace(kind="here", did=asked.claimant))
    elif contact is not None and fresh is not None:
        add_guest(connection, GuestRow(fresh, held.party, held.contact, now))
        change_contact(connection, contact._replace(did=fresh))
    ended = with_guest_ended(known.listed, held.did, until_ms=until)
    return [_next(known, ended, signer, now)] if alone else []


def _told(transaction: LogTransaction, asked: GuestRequestRow, state: str) -> None:
    """Keep what became of a request, and tell the party's events."""
    end_guest_request(transaction.connection, asked.id, state)
    event = EventRow(transaction.now_ms, asked.party, "operator", "guest settle", asked.id, state)
    add_events(transaction.connection, [event])


def _trusted(transaction: LogTransaction) -> Trust:
    stored = latest_published(transaction.connection, "trust")
    if stored is None:
        raise MissingError.at("store.record-missing")
    return open_trust(stored.text)


def _next(known: Trust, changed: dict[str, object], signer: ListSigner, now_ms: int) -> Posting:
    return next_trust(known, changed, signer.signed, now_ms=now_ms)[1]

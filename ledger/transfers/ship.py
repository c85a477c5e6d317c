"""Shipping: the owner offers a mass to somebody, who accepts it; until then the owner may cancel.

Rules:

1. An offer is the owner's signed move, parked and not logged; accepting logs it.  Cancelling logs another use of the
   same holding, a move of the owner to itself.  Both leave the same mark, so exactly one of them ever happens.  Where
   the path is long already, an offer that was signed here is dropped instead: nobody else has it, and a lot must not
   die of being offered.
2. A mass is offered as holdings of exactly that mass together; what is split for it stays the owner's if it is
   cancelled.
3. Within one registry the registry makes the new holding's text for the consignee; its salt is told to nobody else.
4. Accepting brings the right to see the lot's certificate as the audience that the sender chose.
5. An offer that isn't accepted within a week is void, and what it held can be used again.
6. Each offer is independent: one whose holding was used is refused and gone, and keeps no other back.
7. Nothing of a withdrawn or suspended lot is offered or accepted; its owner may still cancel.
8. To another registry a mass is moved at once, and from then on only that registry can log its use
   (`ledger.transfers.receive`).  Where the trust list names monitors, it waits until they have cosigned the record that
   the mass is drawn from: what is wrong with that could not be mended elsewhere.  Where the list names none, nobody is
   waited for.  A guest has no other registry.
9. To a guest a mass is moved at once (`ledger.transfers.moving`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.holdings.spending import MOST_STEPS, ExactHolding, Holding
from ledger.lots.balance import Balances, LotShelf, check_unit, split_posting
from ledger.lots.lineage import lineage, lot_of, state_of
from ledger.registry.append import LogTransaction, Posting, append
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, is_certificate_digest
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.seal.signer import Signer
from ledger.seal.statement import UnsignedStatement, open_sent, open_statement
from ledger.store.contacts import contact_rows, guest
from ledger.store.engine import reading
from ledger.store.incoming import shut_offers
from ledger.store.logs import head_above, last_heads
from ledger.store.lots import StoredLot, StoredOffer, open_offers
from ledger.store.parties import issuers, keys
from ledger.store.reading import latest_published, record
from ledger.store.rows import OfferRow
from ledger.store.writing import drop_offers
from ledger.transfers.moving import (
    Moving,
    Shipment,
    draft_move,
    move_posting,
    notify_shipment,
    offer,
    shipments_of,
    show_to,
    take_back,
)
from ledger.trust.pinned import open_trust
from schemas.lot import normal_lot
from schemas.problem import InputError, MissingError, Problem, RefusedError
from schemas.vocabulary import Audience

LONG_PATH: Final = MOST_STEPS // 2
"""Steps below its root from which on a holding is not moved back: half of a path stays for use."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An offer to make: `mass_mg` of a lot (all that is left if None), to the party `to`.

    `lot` is what `sender` calls it, or its certificate's digest; `to` will see the certificate as `audience`, and holds
    the mass in `registry`, in this one where None.  `unit` is what the mass was said in, if that is to be held against
    the lot's.
    """

    lot: str
    sender: str
    to: str
    mass_mg: int | None = None
    audience: Audience = "partner"
    registry: str | None = None
    unit: str | None = None


def stranger(registry: OpenRegistry, to: str, *, sender: str = "", place: str) -> Problem | None:
    """Return a warning if the consignee is neither a party of this registry nor a contact of the sender, else None.

    A holder need not be a party: who buys to use needs no plant and no key here.  But a name may have been mistyped.
    """
    with reading(registry.engine) as connection:
        known = issuers(connection)
        contacts = {each.did for each in contact_rows(connection, sender)}
    if to in known or to in contacts:
        return None
    nearest = next(iter(get_close_matches(to, known, n=1, cutoff=0)), "none")
    return Problem.at("holding.consignee-unknown", place, to=to, nearest=nearest)


def is_guest(registry: OpenRegistry, did: str) -> bool:
    """Return whether a holder is a guest of this registry, to whom a mass is moved at once."""
    with reading(registry.engine) as connection:
        return guest(connection, did) is not None


def ship(registry: OpenRegistry, dispatch: Dispatch) -> Shipment:
    """Offer a mass of a lot; nothing changes hands before it is accepted.  To a guest it is moved at once.

    Raises:
        InputError: `quantity.zero`, for a mass that isn't more than nothing.
        MissingError: `holding.unknown`.
        RefusedError: `holding.not-yours`, `holding.ambiguous`, `holding.too-little`, `holding.offered`,
            `holding.path-long`, `holding.withdrawn`, `holding.suspended`, `holding.to-yourself`, `holding.guest`,
            `issue.no-key`.
    """
    with append(registry) as transaction:
        return ship_within(transaction, dispatch)


def ship_within(transaction: LogTransaction, dispatch: Dispatch) -> Shipment:
    """Ship within a transaction; raise as `ship`."""
    parcel = _parcel(transaction, dispatch)
    signer = transaction.registry.signer(transaction.connection, dispatch.sender)
    sent = [open_sent(each.signed(signer), kind="move") for each in parcel.drafts]
    transaction.log(*parcel.splits)
    (shipment,) = offer(transaction, sent, audience=dispatch.audience)
    return shipment


def draft_offer(registry: OpenRegistry, dispatch: Dispatch) -> tuple[tuple[UnsignedStatement, ...], Shipment]:
    """Return the moves that the sender signs to offer a mass, and the shipment.

    Its holdings are split to just that mass, which changes nobody's stock.

    Raises:
        InputError, MissingError, RefusedError: as `ship`, but `issue.no-key`.
    """
    with append(registry) as transaction:
        parcel = _parcel(transaction, dispatch)
        transaction.log(*parcel.splits)
    return parcel.drafts, parcel.shipment


def send(registry: OpenRegistry, dispatch: Dispatch) -> Shipment:
    """Move a mass of a lot to another registry, as one holding or several: it has left when this returns.

    Raises:
        InputError: `quantity.zero`, `abroad.public`, `abroad.here`; MissingError, RefusedError: as `ship`;
            `holding.not-monitored`, `abroad.guest`.
    """
    if dispatch.mass_mg is not None and dispatch.mass_mg <= 0:
        raise InputError.at("quantity.zero", "mass", value=dispatch.mass_mg)
    if dispatch.audience == "public":
        raise InputError.at("abroad.public", "--for")
    check_abroad(registry, dispatch.registry)
    with append(registry) as transaction:
        connection = transaction.connection
        if guest(connection, dispatch.to) is not None:
            raise RefusedError.at("abroad.guest", "--to")
        stock = Balances(connection, registry.did, transaction.now_ms)
        found = stock.usable(dispatch.sender, dispatch.lot)
        drawn = _drawn(registry, stock, found, dispatch)
        splits = [one for each in drawn for one in each.splits]
        used = {held.creator for held in [each.held for each in drawn] + [one.uses for one in splits]}
        check_monitored(registry, connection, used - {one.digest for one in splits})
        signer = registry.signer(connection, dispatch.sender)
        moves = [
            _sent_away(registry, signer, found.lot, each.held, dispatch, now_ms=transaction.now_ms) for each in drawn
        ]
        drop_offers(connection, [move.holding for move in moves])  # those that ran out
        if dispatch.to != dispatch.sender:
            shown = stock.find(dispatch.sender, dispatch.lot).lot
            show_to(connection, shown, dispatch.to, dispatch.audience, sender=dispatch.sender)
        postings = [split_posting(one, found.lot, found.shelf.holder) for one in splits]
        postings += [move_posting(each.held, found.lot, move) for each, move in zip(drawn, moves, strict=True)]
        transaction.log(*postings)
    return _shipment(found.lot, dispatch, drawn, moves)


def _sent_away(
    registry: OpenRegistry, signer: Signer, lot: StoredLot, held: Holding, dispatch: Dispatch, *, now_ms: int
) -> OfferRow:
    """Return the signed move of a holding to another registry."""
    draft = draft_move(registry, held, to=dispatch.to, registry=dispatch.registry, now_ms=now_ms)
    sent = open_sent(draft.signed(signer), kind="move")
    return Moving(lot, held, dispatch.sender).row(sent, dispatch.audience)


def check_abroad(this_registry: OpenRegistry, registry: str | None) -> None:
    """Refuse a move abroad that names this registry, since it has no offer; raise InputError `abroad.here`."""
    if registry in {None, this_registry.did}:
        raise InputError.at("abroad.here", "--registry", registry=this_registry.did)


def check_monitored(registry: OpenRegistry, connection: Connection, creators: Iterable[bytes]) -> None:
    """Wait for monitors (rule 8): of holdings to be moved away, `creators` are the records that made them.

    Raises:
        RefusedError: `holding.not-monitored`.
    """
    listed = latest_published(connection, "trust")
    if listed is None or not open_trust(listed.text).registry(registry.did).listed.monitors.least:
        return
    for creator in creators:
        entry = record(connection, creator).entry
        head = head_above(last_heads(connection), entry)
        if registry.state(entry - head.first, head) != "monitored":
            raise RefusedError.at("holding.not-monitored", entry=entry - head.first)


def accept(
    registry: OpenRegistry, *, consignee: str, lot: str | None = None, moves: Collection[bytes] | None = None
) -> tuple[Shipment, ...]:
    """Accept offers to `consignee`: of one lot (or certificate digest), or all; only these `moves`, if they are given.

    What the consignee shut (`ledger.desk.incoming`) is passed over.

    Raises:
        MissingError: `holding.offer-unknown`, also for what was cancelled, accepted before, or ran out.
        RefusedError: `holding.withdrawn`, `holding.suspended`, when nothing that waits is of a lot that stands;
            `holding.offer-key`, when nothing of that was signed with a key that is good now.
    """
    with append(registry) as transaction:
        return accept_within(transaction, consignee=consignee, lot=lot, moves=moves)


def accept_within(
    transaction: LogTransaction, *, consignee: str, lot: str | None = None, moves: Collection[bytes] | None = None
) -> tuple[Shipment, ...]:
    """Accept offers within a transaction that also does something else; raise as `accept`."""
    connection, now_ms = transaction.connection, transaction.now_ms
    waiting = _waiting(connection, lot, now_ms=now_ms, consignee=consignee)
    wanted = _taken(connection, waiting, consignee, moves)
    standing = _not_frozen(connection, wanted, named=lot is not None)
    offers = _still_signed(connection, standing, named=lot is not None, now_ms=now_ms)
    drop_offers(connection, [each.offer.holding for each in offers])
    for each in offers:
        if consignee != each.sender:  # who offered it to itself had it before
            show_to(connection, each.lot, consignee, each.offer.audience, sender=each.sender)
    logged = transaction.log_each([(move_posting(each.held, each.lot, each.offer),) for each in offers])
    accepted = shipments_of(each for each, refusal in zip(offers, logged.refused, strict=True) if refusal is None)
    for shipment in accepted:
        notify_shipment(connection, "accepted", shipment, now_ms=now_ms)
    if not accepted:
        raise next(filter(None, logged.refused))
    return accepted


def cancel(registry: OpenRegistry, *, sender: str, lot: str | None = None) -> tuple[Shipment, ...]:
    """Take back what `sender` offered and nobody has accepted: of one lot (or certificate digest), or everything.

    Raises:
        MissingError: `holding.offer-unknown`, also for what was accepted.
        RefusedError: `issue.no-key`, `holding.path-long`.
    """
    with append(registry) as transaction:
        connection = transaction.connection
        waiting = _waiting(connection, lot, now_ms=transaction.now_ms, sender=sender)
        dropped = [each for each in waiting if each.held.steps >= LONG_PATH and sender in registry.signers]
        moved = [each for each in waiting if each not in dropped]
        drop_offers(connection, [each.offer.holding for each in dropped])
        if not moved:
            return shipments_of(dropped)
        signer = registry.signer(connection, sender)
        drafts = [_home_again(registry, each, now_ms=transaction.now_ms) for each in moved]
        sent = [open_sent(each.signed(signer), kind="move") for each in drafts]
        return (*shipments_of(dropped), *take_back(transaction, sent))


def draft_cancel(
    registry: OpenRegistry, *, sender: str, lot: str | None = None
) -> tuple[tuple[UnsignedStatement, ...], tuple[Shipment, ...]]:
    """Return the moves that `sender` signs to cancel its offers, and the cancelled shipments.

    Raises:
        MissingError: `holding.offer-unknown`; RefusedError: `holding.path-long`.
    """
    with reading(registry.engine) as connection:
        now = registry.runtime.now_ms()
        waiting = _waiting(connection, lot, now_ms=now, sender=sender)
        return tuple(_home_again(registry, each, now_ms=now) for each in waiting), shipments_of(waiting)


def _home_again(registry: OpenRegistry, waiting: StoredOffer, *, now_ms: int) -> UnsignedStatement:
    """Return the move of a holding that waits to its owner itself."""
    return draft_move(registry, waiting.held, to=waiting.sender, now_ms=now_ms)


def _drawn(registry: OpenRegistry, stock: Balances, found: LotShelf, dispatch: Dispatch) -> list[ExactHolding]:
    """Return holdings that have the mass together, or all that is left."""
    check_unit(found.lot, dispatch.unit)
    if not found.shelf.held:
        raise RefusedError.at("holding.offered", lot=found.lot.lot)
    wanted = found.shelf.left_mg if dispatch.mass_mg is None else dispatch.mass_mg
    return stock.reserve(found, wanted, lambda: registry.runtime.random(HOLDING_SALT_BYTES), after=1)


def _shipment(
    lot: StoredLot, dispatch: Dispatch, drawn: Sequence[ExactHolding], moves: Sequence[OfferRow] = ()
) -> Shipment:
    """Return the drawn holdings as a shipment, which exists once its moves are signed."""
    mass = sum(each.held.mass_mg for each in drawn)
    digests, texts = tuple(move.digest for move in moves), tuple(move.text for move in moves)
    return Shipment(lot, dispatch.sender, dispatch.to, mass, digests, texts)


class _Parcel(NamedTuple):
    """A drafted offer: the moves to sign, their shipment, and the splits before them."""

    drafts: tuple[UnsignedStatement, ...]
    shipment: Shipment
    splits: tuple[Posting, ...]


def _parcel(transaction: LogTransaction, dispatch: Dispatch) -> _Parcel:
    """Draw the mass to offer, and draft the moves."""
    registry, connection, now_ms = transaction.registry, transaction.connection, transaction.now_ms
    if dispatch.mass_mg is not None and dispatch.mass_mg <= 0:
        raise InputError.at("quantity.zero", "mass", value=dispatch.mass_mg)
    stock = Balances(connection, registry.did, now_ms)
    found = stock.usable(dispatch.sender, dispatch.lot)
    if dispatch.to == dispatch.sender:
        raise RefusedError.at("holding.to-yourself", "to", owner=dispatch.to)
    drawn = _drawn(registry, stock, found, dispatch)
    drafts = tuple(draft_move(registry, each.held, to=dispatch.to, now_ms=now_ms) for each in drawn)
    splits = tuple(split_posting(one, found.lot, found.shelf.holder) for each in drawn for one in each.splits)
    return _Parcel(drafts, _shipment(found.lot, dispatch, drawn), splits)


def _waiting(
    connection: Connection, lot: str | None, *, now_ms: int, sender: str | None = None, consignee: str | None = None
) -> list[StoredOffer]:
    offers = open_offers(connection, now_ms=now_ms, sender=sender, consignee=consignee)
    if lot is not None and is_certificate_digest(lot):
        certified = lot_of(connection, certificate_digest_bytes(lot))
        offers = [each for each in offers if certified == each.lot]
    elif lot is not None:
        offers = [each for each in offers if each.lot.lot_normal == normal_lot(lot)]
    if not offers:
        raise MissingError.at("holding.offer-unknown", lot or "", party=sender or consignee)
    return offers


def _taken(
    connection: Connection, waiting: list[StoredOffer], consignee: str, moves: Collection[bytes] | None
) -> list[StoredOffer]:
    """Return the offers that the consignee wants."""
    closed = shut_offers(connection, [each.offer.digest for each in waiting])
    wanted = [each for each in waiting if moves is None or each.offer.digest in moves]
    left = [each for each in wanted if each.offer.digest not in closed]
    if wanted and not left:
        first = wanted[0]
        raise RefusedError.at("incoming.shut", lot=first.lot.lot, reason=closed[first.offer.digest].reason)
    if not left:
        raise MissingError.at("holding.offer-unknown", party=consignee)
    return left


def _not_frozen(connection: Connection, waiting: list[StoredOffer], *, named: bool) -> list[StoredOffer]:
    """Return those offers whose lots still stand; refuse if none does, or if the lot was asked for by name."""
    usable = [each for each in waiting if state_of(connection, each.lot) == "standing"]
    if len(usable) < len(waiting) and (named or not usable):
        frozen = next(each.lot for each in waiting if each not in usable)
        lineage(connection, frozen).check_usable()
    return usable


def _still_signed(connection: Connection, waiting: list[StoredOffer], *, named: bool, now_ms: int) -> list[StoredOffer]:
    """Return the offers whose key is still good; refuse if none is, or if the lot was asked for by name."""
    good = {key.kid for key in keys(connection) if key.good(now_ms)}
    usable = [each for each in waiting if open_statement(each.offer.statement, kind="move").jws.kid in good]
    if len(usable) < len(waiting) and (named or not usable):
        late = next(each for each in waiting if each not in usable)
        raise RefusedError.at("holding.offer-key", lot=late.lot.lot, sender=late.sender)
    return usable

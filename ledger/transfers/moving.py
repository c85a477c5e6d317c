"""Signed moves: taken in by the one way there is, whoever holds the key that signed them.

Rules:

1. What a move uses is its signer's, unused, of the mass that it says, and waits for nobody else; its signer's key is
   good, and it was signed just now.  A move that was logged before is answered as before, and judged no more.
2. A move to somebody else is an offer, which is parked until it is accepted (`ledger.transfers.ship`).  A move of an
   owner to itself takes back what it had offered, and is logged at once.  Both leave the same mark, so exactly one of
   them ever happens.
3. A move to a guest of its signer's is logged at once: a guest accepts nothing, and an offer that lapsed would bring
   goods back into stock that have left the plant.  Nobody else moves anything to a guest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from ledger.changes.withdraw import check_in_time, check_signed, check_signers
from ledger.holdings.mark import commitment, holding_text, open_holding, statement_digest
from ledger.holdings.move import make_move
from ledger.holdings.spending import MOST_STEPS, Holding
from ledger.lots.balance import holding_row
from ledger.lots.certificates import opened
from ledger.lots.lineage import lineage, lot_held
from ledger.registry.append import LogTransaction, Posting, append
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import to_base64url
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.seal.statement import SentStatement, UnsignedStatement, open_sent
from ledger.store import schema
from ledger.store.contacts import guest
from ledger.store.lots import StoredLot, StoredOffer, offered, open_offers
from ledger.store.reading import certificate_jws, granted, holding, logged_records
from ledger.store.rows import OfferRow
from ledger.store.writing import drop_offers, grant, insert_all, narrower
from schemas.holding import Holder, Use
from schemas.identifier import is_trial
from schemas.instant import epoch_ms
from schemas.problem import InputError, MissingError, RefusedError
from schemas.quantity import kg_text
from schemas.statement import Move
from schemas.vocabulary import Audience


@dataclass(frozen=True, slots=True)
class Shipment:
    """A mass of a lot on its way, or arrived: the moves' record digests and the holdings' texts, one a holding."""

    lot: StoredLot
    sender: str
    consignee: str
    mass_mg: int
    moves: tuple[bytes, ...]
    texts: tuple[str, ...]


def draft_move(
    this_registry: OpenRegistry, held: Holding, *, to: str, registry: str | None = None, now_ms: int
) -> UnsignedStatement:
    """Return the move of a holding to a new one of the party `to`, in this registry or another one.

    Raises:
        RefusedError: `holding.path-long`; `holding.trial`, for goods that would leave a trial registry's party.
    """
    if is_trial(this_registry.did) and to != open_holding(held.text).owner:
        raise RefusedError.at("holding.trial", registry=this_registry.did)
    if held.steps >= MOST_STEPS:
        raise RefusedError.at("holding.path-long", steps=held.steps + 1, limit=MOST_STEPS)
    text = holding_text(
        this_registry.runtime.random(HOLDING_SALT_BYTES), Holder(owner=to, registry=registry or this_registry.did)
    )
    uses = Use(creator=to_base64url(held.creator), holding=held.text)
    return UnsignedStatement(make_move(uses, mass_mg=held.mass_mg, to=text, now_ms=now_ms), (text,))


class Posted(NamedTuple):
    """The result of signed moves: shipments offered or, if `cancelled`, taken back."""

    shipments: tuple[Shipment, ...]
    cancelled: bool


def post_moves(registry: OpenRegistry, *texts: str, owner: str, audience: Audience = "partner") -> Posted:
    """Take in moves that their owner signed, each as ``<JWS>~<text of the holding it creates>~``: all of them, or none.

    A move to somebody else is parked as an offer; once it is accepted, the new owner sees the lot's certificate as
    `audience`, which is no part of what is signed.  A move of the owner to itself is logged, and so cancels what it had
    offered.  The same texts again get the same answer.

    Raises:
        InputError: `seal.*`, `holding.text`, `holding.two-ways`; CheckError: `life.not-signed`, `seal.signature`.
        AccessError: `api.tenant`, when another party than `owner` signed.
        MissingError: `holding.offer-unknown`, when what is to be cancelled was accepted, or ran out.
        RefusedError: `holding.not-free`, `holding.otherwise`, `holding.withdrawn`, `holding.suspended`, `life.late`.
    """
    sent = [open_sent(text, kind="move") for text in texts]
    check_signers(sent, owner)
    back = {open_holding(_created(each)).owner == owner for each in sent}
    if len(back) > 1:
        raise InputError.at("holding.two-ways")
    with append(registry) as transaction:
        if True in back:
            return Posted(take_back(transaction, sent), cancelled=True)
        return Posted(offer(transaction, sent, audience=audience), cancelled=False)


def offer(transaction: LogTransaction, sent: Sequence[SentStatement], *, audience: Audience) -> tuple[Shipment, ...]:
    """Park signed moves as offers, or log those to guests; return their shipments.

    Offers that wait already change nothing.

    Raises:
        RefusedError: `holding.not-free`, `holding.guest`.
    """
    connection, now_ms = transaction.connection, transaction.now_ms
    moving = [_moved(transaction, each) for each in sent]
    waiting = [each.offer.digest for each in open_offers(connection, now_ms=now_ms, sender=moving[0].sender)]
    offers = [each.row(sent_one, audience) for each, sent_one in zip(moving, sent, strict=True)]
    taken = offered(connection, [each.held.commitment for each in moving], now_ms=now_ms)
    parked, delivered = [], []
    for each, row in zip(moving, offers, strict=True):
        if each.logged or row.digest in waiting:
            continue
        if row.holding in taken:
            raise RefusedError.at("holding.not-free", lot=each.lot.lot)
        taken.add(row.holding)  # nor may another text of this request offer it
        if _is_own_guest(connection, each.sender, row.owner):
            delivered.append((each, row))
        else:
            parked.append((each, row))
    drop_offers(connection, [row.holding for _, row in (*parked, *delivered)])  # those that ran out
    insert_all(connection, [(schema.OFFERS, row) for _, row in parked])
    for each, row in delivered:
        show_to(connection, each.lot, row.owner, audience, sender=each.sender)
    transaction.log(*(move_posting(each.held, each.lot, row) for each, row in delivered))
    for shipment in shipments_of(starmap(_offered, parked)):
        notify_shipment(connection, "offered", shipment, now_ms=now_ms)
    return shipments_of(map(_offered, moving, offers))


def _offered(moved: Moving, row: OfferRow) -> StoredOffer:
    return StoredOffer(row, moved.lot, moved.held, moved.sender)


def notify_shipment(
    connection: Connection, kind: Literal["offered", "accepted"], shipment: Shipment, *, now_ms: int
) -> None:
    """Tell the consignee of an offer, or the sender of its acceptance, in the same commit."""
    party, other = shipment.consignee, shipment.sender
    if kind == "accepted":
        party, other = other, party
    facts = {"with": other, "mass_kg": kg_text(shipment.mass_mg)}
    notify(connection, party=party, kind=kind, subject=shipment.lot.lot, facts=facts, now_ms=now_ms)


def _is_own_guest(connection: Connection, sender: str, to: str) -> bool:
    """Return whether `to` is a guest of the sender's that still holds; refuse one of somebody else's, or one ended."""
    known = guest(connection, to)
    if known is not None and (known.party != sender or known.ended_ms is not None):
        raise RefusedError.at("holding.guest", "to", to=to)
    return known is not None


def show_to(connection: Connection, lot: StoredLot, party: str, audience: Audience, *, sender: str) -> None:
    """Let a party see the certificate of a lot as an audience, and no further than the sender sees it.

    Certificates of other registries are theirs to show.
    """
    if lot.certificate is None or lot.home is not None:
        return
    issued_by = opened(certificate_jws(connection, lot.certificate)).record.issuer.did
    if issued_by != sender:
        audience = narrower(audience, granted(connection, lot.certificate, party=sender) or "public")
    grant(connection, lot.certificate, party=party, audience=audience)


def take_back(transaction: LogTransaction, sent: Sequence[SentStatement]) -> tuple[Shipment, ...]:
    """Log the moves of an owner to itself, from a registry's key or its own. Return the shipments that they cancel.

    Moves that were logged before change nothing.  An offer and the move that cancels it leave the same mark, so only
    one of them counts.
    """
    connection = transaction.connection
    moving = [_moved(transaction, each) for each in sent]
    offers = open_offers(connection, now_ms=transaction.now_ms, sender=moving[0].sender)
    waiting = {each.held.commitment: each for each in offers}
    settled: list[StoredOffer] = []
    postings: list[Posting] = []
    for each, one in zip(moving, sent, strict=True):
        back = each.row(one, "partner")
        found = waiting.get(each.held.commitment)
        if found is None and not each.logged:
            raise MissingError.at("holding.offer-unknown", each.lot.lot, party=each.sender)
        to = each.sender if found is None else found.offer.owner
        settled.append(StoredOffer(back._replace(owner=to), each.lot, each.held, each.sender))
        if not each.logged:
            postings.append(move_posting(each.held, each.lot, back))
    drop_offers(connection, [each.held.commitment for each in moving])
    transaction.log(*postings)
    return shipments_of(settled)


@dataclass(frozen=True, slots=True)
class Moving:
    """A holding that `sender` owns and moves: its lot, and whether its move is `logged` already."""

    lot: StoredLot
    held: Holding
    sender: str
    logged: bool = False

    def row(self, sent: SentStatement, audience: Audience) -> OfferRow:
        """Return the row of the offer that was sent for this holding."""
        said, text = sent.opened.value, _created(sent)
        to, until = open_holding(text), epoch_ms(said.not_logged_after)
        digest = statement_digest(sent.jws)
        return OfferRow(self.held.commitment, digest, sent.jws, text, to.owner, to.registry, audience, until)


def _created(sent: SentStatement) -> str:
    """Return the text of the one holding that a move creates; raise InputError `holding.text`."""
    if len(sent.texts) != 1:
        raise InputError.at("holding.text")
    return sent.texts[0]


def _moved(transaction: LogTransaction, sent: SentStatement) -> Moving:
    """Check that the signer of a move may move its holding, and that the move describes it. Return the holding.

    A move that was logged before is not checked again.
    """
    registry, connection, now_ms = transaction.registry, transaction.connection, transaction.now_ms
    move, jws, text = sent.opened.value, sent.opened.jws, _created(sent)
    if not isinstance(move, Move):
        raise TypeError(move)
    moving = _stored(registry, connection, sent, commitment(move.uses.holding))
    if moving.logged:
        return moving
    check_signed(connection, jws, now_ms=now_ms)
    check_in_time(move.not_logged_after, now_ms=now_ms)
    lot, held, to = moving.lot, moving.held, open_holding(text)
    if to.owner != moving.sender:  # its owner may take back what is of a lot that ended
        lineage(connection, lot).check_usable()
    if to_base64url(held.creator) != move.uses.creator or held.steps >= MOST_STEPS:
        raise RefusedError.at("holding.otherwise", lot=lot.lot, mass=kg_text(held.mass_mg))
    agreed = (move.registry, move.to_registry, to.registry, move.creates.holding, move.creates.mass_kg)
    due = (registry.did, registry.did, registry.did, to_base64url(commitment(text)), kg_text(held.mass_mg))
    if agreed != due:
        raise RefusedError.at("holding.otherwise", lot=lot.lot, mass=kg_text(held.mass_mg))
    return moving


def _stored(registry: OpenRegistry, connection: Connection, sent: SentStatement, used: bytes) -> Moving:
    """Return the holding that a signed move uses: its signer's and unused, unless it was used by that very move."""
    owner = sent.opened.jws.did
    row = holding(connection, used)
    lot = lot_held(connection, row)
    logged = bool(logged_records(connection, [statement_digest(sent.jws)]))
    if (row.owner, row.registry) != (owner, registry.did):
        raise RefusedError.at("holding.not-free", lot=lot.lot)
    if row.used is not None and not logged:
        if open_holding(_created(sent)).owner == owner:
            raise MissingError.at("holding.offer-unknown", lot.lot, party=owner)
        raise RefusedError.at("holding.not-free", lot=lot.lot)
    held = Holding(row.commitment, row.text, row.creator, row.parent, row.mass_mg, row.steps)
    return Moving(lot, held, owner, logged=logged)


def shipments_of(settled: Iterable[StoredOffer]) -> tuple[Shipment, ...]:
    """Return one shipment for each lot, sender and consignee."""
    together: dict[tuple[StoredLot, str, str], list[StoredOffer]] = {}
    for each in settled:
        together.setdefault((each.lot, each.sender, each.offer.owner), []).append(each)
    return tuple(
        Shipment(
            lot,
            sender,
            to,
            sum(each.held.mass_mg for each in parts),
            tuple(each.offer.digest for each in parts),
            tuple(each.offer.text for each in parts),
        )
        for (lot, sender, to), parts in together.items()
    )


def move_posting(held: Holding, lot: StoredLot, offer: OfferRow) -> Posting:
    """Return the posting of a signed move: an accepted offer, a move back, or one to another registry."""
    new = Holding(commitment(offer.text), offer.text, offer.digest, held.commitment, held.mass_mg, held.steps + 1)
    row = holding_row(new, lot, Holder(owner=offer.owner, registry=offer.registry))
    return Posting(
        "move",
        offer.digest,
        offer.statement.encode(),
        marks=(held.mark,),
        uses=(held.commitment,),
        rows=((schema.HOLDINGS, row),),
    )

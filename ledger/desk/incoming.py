"""Goods that come in: the offers to a party, its scale's reading, and what it doesn't take.

Rules:

1. What is accepted is the offered mass: the sender signed it.  The difference to the scale is kept, and the run that
   uses the lot writes it as a loss.
2. Beyond the party's tolerance nothing is accepted: either the scale or the offer is wrong.
3. An offer that its consignee doesn't take stays shut here and its sender is told why.  The goods are still the
   sender's, who cancels the offer, or lets it run out.  The consignee may open it again.
4. Electricity is not weighed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.lots.lineage import state_of
from ledger.registry.append import append
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.approvals import RuleRow, put_rule, rule_of
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.incoming import ScaleReading, ShutOffer, add_reading, open_again, readings_of, shut, shut_offers
from ledger.store.lots import StoredLot, StoredOffer, open_offers
from ledger.transfers.moving import Shipment
from ledger.transfers.ship import accept_within
from schemas.instant import time_text
from schemas.problem import InputError, MissingError, RefusedError
from schemas.quantity import kg_text, plain
from schemas.vocabulary import Audience, unit_of

TOLERANCE_PERCENT: Final = Decimal("0.2")
"""How far a scale may differ from the offered mass unless the party says otherwise: about what a drum scale of class
III shows at its least load (OIML R 76-1, 3.5.1: one to three divisions)."""
MOST_TOLERANCE_PERCENT: Final = 5
TOLERANCE_RULE: Final = "scale-tolerance"
"""The name of the party rule."""
_PERCENT_PLACES: Final = Decimal("0.01")
_PERCENT: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)


class IncomingOffer(NamedTuple):
    """A sender's offer of one lot; `offer` is its name in addresses: the digest of its first move in hex.

    `reason` says why it is not taken; None while it is open.
    """

    offer: str
    sender: str
    lot: StoredLot
    certificate: str
    mass_mg: int
    audience: Audience
    expires: str
    standing: bool
    reason: str | None
    moves: tuple[bytes, ...]

    @property
    def mass(self) -> str:
        """The offered amount, in `unit`."""
        return kg_text(self.mass_mg)

    @property
    def unit(self) -> str:
        """The unit of the amount."""
        return unit_of(self.lot.kind)


def list_incoming(registry: OpenRegistry, party: str) -> list[IncomingOffer]:
    """Return the offers that wait for a party, the first to expire first."""
    with reading(registry.engine) as connection:
        return _waiting(connection, party, registry.runtime.now_ms())


def _waiting(connection: Connection, party: str, now_ms: int) -> list[IncomingOffer]:
    """Return the offers that wait for a party, without shut ones. Offers of one lot by one sender are one."""
    offers = open_offers(connection, now_ms=now_ms, consignee=party)
    closed = shut_offers(connection, [each.offer.digest for each in offers])
    together: dict[tuple[StoredLot, str, bool], list[StoredOffer]] = {}
    for each in offers:
        together.setdefault((each.lot, each.sender, each.offer.digest in closed), []).append(each)
    standing = {lot: state_of(connection, lot) == "standing" for lot, _, _ in together}
    return [_incoming(parts, closed, standing=standing[lot]) for (lot, _, _), parts in together.items()]


def _find(connection: Connection, party: str, offer: str, now_ms: int) -> IncomingOffer:
    """Return an offer to a party; raise MissingError `holding.offer-unknown`, also for one to another party.

    Call it in the transaction that changes something, so that nobody changes the offer meanwhile.
    """
    for each in _waiting(connection, party, now_ms):
        if each.offer == offer:
            return each
    raise MissingError.at("holding.offer-unknown", party=party)


def accept_incoming(
    registry: OpenRegistry, party: str, offer: str, *, read_mg: int | None, by: str
) -> tuple[IncomingOffer, Shipment]:
    """Accept an offer whose mass the scale confirms, and keep the difference.

    Raises:
        InputError: `incoming.no-reading`, for goods without a reading; RefusedError: `incoming.difference` beyond the
            tolerance, `incoming.shut`, and as `ledger.transfers.ship.accept`; MissingError: `holding.offer-unknown`.
    """
    with append(registry) as transaction:
        connection, now = transaction.connection, transaction.now_ms
        found = _find(connection, party, offer, now)
        if found.reason is not None:
            raise RefusedError.at("incoming.shut", lot=found.lot.lot, reason=found.reason)
        if found.unit == "kg":
            _check_scale(found, read_mg, _tolerance(connection, party))
        (shipment,) = accept_within(transaction, consignee=party, lot=found.lot.lot, moves=found.moves)
        if read_mg is not None and found.unit == "kg":
            row = ScaleReading(
                found.moves[0], party, found.lot.issuance, found.lot.output, found.mass_mg, read_mg, by, now
            )
            add_reading(connection, row)
        add_events(connection, [EventRow(now, party, by, "accept", found.lot.lot, f"{found.mass} {found.unit}")])
    return found, shipment


def shut_incoming(registry: OpenRegistry, party: str, offer: str, *, reason: str, by: str) -> IncomingOffer:
    """Don't take an offer: it is shut here, and its sender is told why; raise MissingError `holding.offer-unknown`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        found = _find(connection, party, offer, now)
        shut(connection, [ShutOffer(move, party, reason, by, now) for move in found.moves])
        told = f"{party}: {reason}"
        add_events(
            connection,
            [
                EventRow(now, party, by, "offer shut", found.lot.lot, reason),
                EventRow(now, found.sender, by, "offer not taken", found.lot.lot, told),
            ],
        )
        facts = {"with": party, "reason": reason}
        notify(connection, party=found.sender, kind="refused", subject=found.lot.lot, facts=facts, now_ms=now)
        connection.commit()
    return found


def reopen_incoming(registry: OpenRegistry, party: str, offer: str, *, by: str) -> IncomingOffer:
    """Open an offer again that was shut; raise MissingError `holding.offer-unknown`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        found = _find(connection, party, offer, now)
        open_again(connection, found.moves)
        add_events(connection, [EventRow(now, party, by, "offer opened", found.lot.lot, "open")])
        connection.commit()
    return found


def kept_difference(registry: OpenRegistry, party: str, lot: StoredLot) -> int:
    """Return by how many mg a party's scale showed less than it accepted of a lot; below zero, it showed more."""
    with reading(registry.engine) as connection:
        rows = readings_of(connection, party, lot.issuance, lot.output)
    return sum(row.offered_mg - row.read_mg for row in rows)


def percent_off(offered_mg: int, read_mg: int) -> str:
    """Return by how many percent of the offered mass a reading differs, with two decimals and its sign."""
    return f"{(Decimal(read_mg - offered_mg) * 100 / Decimal(offered_mg)).quantize(_PERCENT_PLACES):+}"


def scale_tolerance(registry: OpenRegistry, party: str) -> Decimal:
    """Return by how many percent of the offered mass a party's scale may differ."""
    with reading(registry.engine) as connection:
        return _tolerance(connection, party)


def _tolerance(connection: Connection, party: str) -> Decimal:
    row = rule_of(connection, party, TOLERANCE_RULE)
    return TOLERANCE_PERCENT if row is None else Decimal(row.value)


def set_scale_tolerance(registry: OpenRegistry, percent: str, *, party: str, by: str) -> None:
    """Set a party's tolerance, from 0 to 5 % with at most two decimals; raise InputError `incoming.tolerance`."""
    if _PERCENT.fullmatch(percent) is None or Decimal(percent) > MOST_TOLERANCE_PERCENT:
        raise InputError.at("incoming.tolerance", "tolerance", value=percent, limit=MOST_TOLERANCE_PERCENT)
    value, now = plain(Decimal(percent)), registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        put_rule(connection, RuleRow(party, TOLERANCE_RULE, value, now, by))
        add_events(connection, [EventRow(now, party, "", "rule", f"scale tolerance: {value} %", "done", by)])
        connection.commit()


def _check_scale(found: IncomingOffer, read_mg: int | None, percent: Decimal) -> None:
    """Check that a reading is within the tolerance (rule 2)."""
    if read_mg is None:
        raise InputError.at("incoming.no-reading", "scale", lot=found.lot.lot)
    if abs(Fraction(read_mg - found.mass_mg, found.mass_mg)) > Fraction(percent) / 100:
        raise RefusedError.at(
            "incoming.difference",
            "scale",
            lot=found.lot.lot,
            offered=found.mass,
            read=kg_text(read_mg),
            percent=percent_off(found.mass_mg, read_mg),
            limit=plain(percent),
        )


def _incoming(parts: Sequence[StoredOffer], closed: dict[bytes, ShutOffer], *, standing: bool) -> IncomingOffer:
    first = parts[0]
    reason = next((closed[each.offer.digest].reason for each in parts if each.offer.digest in closed), None)
    return IncomingOffer(
        first.offer.digest.hex(),
        first.sender,
        first.lot,
        "" if first.lot.certificate is None else certificate_digest_text(first.lot.certificate),
        sum(each.held.mass_mg for each in parts),
        first.offer.audience,
        time_text(first.offer.expires_ms),
        standing,
        reason,
        tuple(sorted(each.offer.digest for each in parts)),
    )

"""Files that leave with holdings: a transfer to another registry, and all that a producer holds when it leaves.

Rules: each file is a bundle with the holdings of one lot in it, their texts and their whole way, so it verifies alone;
who has it knows the salts, so it is the holder's alone.  The texts stay in the database, so a file that was lost is
made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ledger.bundles.build import bundle_lines
from ledger.bundles.gather import BundleView
from ledger.holdings.mark import commitment
from ledger.lots.balance import Balances, LotBalance
from ledger.lots.balance import holdings_of as balances
from ledger.lots.lineage import jws_of, lineage, lot_held, state_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.seal.sdjwt import open_certificate
from ledger.store.abroad import foreign_lots
from ledger.store.engine import reading
from ledger.store.lots import StoredLot, lots_of, unused
from ledger.store.reading import granted, holding
from ledger.transfers.ship import Dispatch, check_monitored, send
from schemas.vocabulary import Audience

NEVER_MS: Final = 2**62
"""A time at which no offer waits any more."""


def transfer_lines(registry: OpenRegistry, texts: Sequence[str], *, audience: Audience) -> Iterator[bytes]:
    """Yield the lines of the bundle about holdings of one lot, given by their texts, as an audience may see the lot.

    What lies upstream is shown as far as its issuers granted it to who used it.

    Raises:
        MissingError: `store.record-missing`.
    """
    held = list(map(commitment, texts))
    with reading(registry.engine) as connection:
        latest = lineage(connection, lot_held(connection, holding(connection, held[0]))).latest
    return bundle_lines(
        registry, certificate_digest_text(latest), audience=BundleView(audience, as_granted=True), holder=held
    )


def holdings_of(
    this_registry: OpenRegistry,
    owner: str,
    *,
    registry: str | None = None,
    lot: str | None = None,
    offered: bool = False,
) -> dict[StoredLot, tuple[str, ...]]:
    """Return the texts of all that `owner` has here unused, or of one lot, by lot; with `offered`, of offers too.

    Lots without a certificate are left out (`left_out` names them).

    With `registry`, of all that was moved from here to `owner` there: what became of it since, only that registry
    knows, and who takes it in twice has it once.

    Raises:
        MissingError: `holding.unknown`, RefusedError: `holding.not-yours`, `holding.ambiguous`, for a lot that was
            named.
    """
    with reading(this_registry.engine) as connection:
        now = NEVER_MS if offered else this_registry.runtime.now_ms()
        if lot is None:
            lots = lots_of(connection, owner) + foreign_lots(connection, owner=owner)
        else:
            lots = [Balances(connection, this_registry.did, now).find(owner, lot).lot]
        found = {
            each: unused(connection, each, owner=owner, registry=registry or this_registry.did, now_ms=now)
            for each in lots
        }
    return {
        each: tuple(one.text for one in held) for each, held in found.items() if held and each.certificate is not None
    }


def left_out(this_registry: OpenRegistry, owner: str, written: Iterable[StoredLot]) -> dict[str, list[str]]:
    """Return the lots that `owner` holds or held here and that were not written, by the reason."""
    there = {(each.issuance, each.output) for each in written}
    found: dict[str, list[str]] = {}
    for each in balances(this_registry, owner):
        if (each.lot.issuance, each.lot.output) not in there:
            found.setdefault(_why_not(each), []).append(each.lot.lot)
    return found


def _why_not(each: LotBalance) -> str:
    if each.lot.certificate is None:
        return "without a certificate"
    if each.left_mg == each.offered_mg == 0:
        return "nothing is left"
    return "offered to somebody" if each.state == "standing" else each.state


def audience_of(registry: OpenRegistry, lot: StoredLot, party: str) -> Audience:
    """Return the audience as which a party sees a lot that was moved to it.

    Less than a customer sees proves no holding.  Of a lot of another registry it isn't kept what was granted: it is
    shown as `oreprint ship` does.
    """
    if lot.certificate is None or lot.home is not None:
        return "partner"
    with reading(registry.engine) as connection:
        issuer = open_certificate(f"{jws_of(connection, lot.certificate)}~").record.issuer.did
        found = "auditor" if issuer == party else granted(connection, lot.certificate, party=party)
    return found if found not in {None, "public"} else "customer"


def leave(
    this_registry: OpenRegistry, owner: str, *, registry: str, lot: str | None = None
) -> dict[StoredLot, tuple[str, ...]]:
    """Move all that `owner` can use here, or of one lot, to itself in another registry.

    Return the texts of all it was moved there, by lot.

    What is frozen or offered stays.

    Raises:
        MissingError, RefusedError: as `holdings_of`.
        RefusedError: `issue.no-key`, `holding.path-long`; `holding.not-monitored`, and then nothing was moved.
    """
    with reading(this_registry.engine) as connection:
        found = {
            each: texts
            for each, texts in holdings_of(this_registry, owner, lot=lot).items()
            if state_of(connection, each) == "standing"
        }
        held = (holding(connection, commitment(text)) for texts in found.values() for text in texts)
        check_monitored(this_registry, connection, {each.creator for each in held})
    for each in found:
        named = certificate_digest_text(each.certificate or b"")
        send(this_registry, Dispatch(named, owner, owner, audience="auditor", registry=registry))
        # A crash here: what was sent is found below when this is asked again, which sends the rest.
    return holdings_of(this_registry, owner, registry=registry, lot=lot)

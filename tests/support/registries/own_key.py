"""Runs that Cid signs with the key that it keeps, ready to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.issuing.reserve import StatusSlots, StatusSlotsRequest, reserve_slots
from ledger.issuing.signing import Producer, Sealing, draft_run, sign_run
from ledger.registry.commits import GroupRequest, Receipt
from ledger.registry.idempotency import Answer
from ledger.store.desk import EventRow
from ledger.store.engine import reading
from ledger.store.parties import facilities, issuers
from tests.support.http.server import CID, PASSPHRASE, Served, plant, runtime, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Sequence


def signed(served: Served, lots: Sequence[str], *, places: Sequence[tuple[int, int]] = ()) -> list[dict[str, Any]]:
    """Return a signed run of 10 kg for each lot, at a status place of its own or at the one given."""
    registry = served.registry
    with reading(registry.engine) as connection:
        issuer, (_, facility) = issuers(connection)[CID], facilities(connection)[plant(CID)]
    signer = served.own.read_key("web.cid.example.key-1", kid=f"{CID}#key-1", passphrase=PASSPHRASE)
    sealing = Sealing(registry.did, runtime().now_ms(), runtime().random)
    kept = places or kept_places(served, CID, len(lots))
    producer = Producer(issuer, facility, signer)
    records = [blend(lot, "10 kg", producer=CID, plant=plant(CID)) for lot in lots]
    return [
        sign_run(
            record,
            draft_run(record, [], facility=producer.facility, tables=tables()),
            [],
            producer=producer,
            places=[place],
            sealing=sealing,
        ).signed.model_dump(mode="json", exclude_none=True)
        for record, place in zip(records, kept, strict=True)
    ]


def kept_places(served: Served, party: str, number: int) -> Sequence[tuple[int, int]]:
    """Return places of the status lists that are kept for a party."""
    kept: list[StatusSlots] = []

    def answer(places: StatusSlots) -> Answer:
        kept.append(places)
        return Answer(201, b"")

    event = EventRow(runtime().now_ms(), "", "", "a test", "", "201")
    reserve_slots(
        served.registry, [GroupRequest(StatusSlotsRequest(party, number), Receipt(lambda _: event, answer, None))]
    )
    return kept[0].kept

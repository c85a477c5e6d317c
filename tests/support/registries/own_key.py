"""Runs that Cid signs with the key that it keeps, ready to be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ledger.admin.init import first_kid, key_name
from ledger.client.issue import IssuingClient
from ledger.files.atomic import write_durably
from ledger.issuing.reserve import StatusSlots, StatusSlotsRequest, reserve_slots
from ledger.issuing.signing import Producer, Sealing, draft_run, sign_run
from ledger.registry.commits import GroupRequest, Receipt
from ledger.registry.idempotency import Answer
from ledger.registry.registry import Runtime
from ledger.remote.client import RemoteServer
from ledger.store.engine import reading
from ledger.store.events import EventRow
from ledger.store.parties import facilities, issuers
from tests.support.http.server import CID, PASSPHRASE, Served, application, plant, runtime, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schemas.record import ProductionRecord


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


def office(served: Served, address: str, folder: Path, *, party: str = CID) -> IssuingClient:
    """Return what a party signs with at a server; what it signed is kept in a folder."""
    folder.mkdir(exist_ok=True)
    kid = first_kid(party)
    home = served.own if party == CID else served.home
    signer = home.read_key(key_name(kid), kid=kid, passphrase=PASSPHRASE)
    secret = served.token(party)["Authorization"].removeprefix("Bearer ")

    def kept(name: str) -> bytes | None:
        return (folder / name).read_bytes() if (folder / name).exists() else None

    def sealing(registry: str) -> Sealing:
        return Sealing(registry, runtime().now_ms(), runtime().random)

    remote = RemoteServer.at(address, secret)
    return IssuingClient(remote, signer, tables(), sealing, lambda name, raw: write_durably(folder / name, raw), kept)


def own(lot: str, mass: str, inputs: dict[str, str] | None = None) -> ProductionRecord:
    return blend(lot, mass, producer=CID, inputs=inputs, plant=plant(CID))


def served_later(served: Served, ms: int) -> Served:
    """Return the same registry, served when so much time has passed."""
    later = Runtime(lambda: runtime().now_ms() + ms, runtime().random)
    registry = replace(served.registry, runtime=later)
    return replace(served, registry=registry, app=application(served.home, registry))

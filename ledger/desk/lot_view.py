"""One certificate as its party sees it at the desk: its state, the unused mass, and its history.

Rules: of a lot that the party never had there is nothing to see, in the words of one that does not exist.  What
happened is read from the records that the log has, not from a list that could be changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from ledger.desk.replace import Successor, successor_of_lot
from ledger.lots.balance import certificate_record
from ledger.lots.lineage import Lineage, lineage, lot_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, digest_bytes
from ledger.seal.statement import open_statement
from ledger.store.engine import reading
from ledger.store.issued import LotMasses, masses_of
from ledger.store.lots import LotKey, StoredLot, ever_held, lots_of_issuance, open_offers
from ledger.store.reading import StoredRecord, holding, record
from ledger.store.status import statements_about
from ledger.store.traces import HoldingTrace, traces_of
from schemas.certificate import CertificateRecord
from schemas.instant import time_text
from schemas.problem import MissingError
from schemas.quantity import kg_text
from schemas.statement import Move, StatusChange
from schemas.vocabulary import unit_of

HappeningKind = Literal[
    "issued", "corrected", "received", "shipped", "offered", "used", "undone", "withdraw", "suspend", "lift"
]


class Happening(NamedTuple):
    """Something that happened to a lot: what, at which entry of the log, how much, and who or what it was about.

    `about` is a DID, the lots that a run made, a reason or a certificate's digest; `when` is known of what was signed
    with a time.
    """

    kind: HappeningKind
    entry: int | None
    mass: str = ""
    about: str = ""
    when: str = ""


class LotView(NamedTuple):
    """A certificate with its lot, as a party that has or had it sees it.

    `latest` is the digest of the lot's newest certificate, `own` says that the party issued it.
    """

    digest: str
    record: CertificateRecord
    lot: StoredLot
    state: str
    latest: str
    own: bool
    masses: LotMasses
    happened: tuple[Happening, ...]
    replaced_by: Successor | None

    @property
    def unit(self) -> str:
        """The unit of its amounts."""
        return unit_of(self.lot.kind)

    @property
    def whole(self) -> bool:
        """Whether nothing of the lot was offered, shipped or used, so that its run can still be undone."""
        return self.own and self.state == "standing" and kg_text(self.masses.left) == self.record.batch.net_mass_kg


def lot_view(registry: OpenRegistry, party: str, digest: str) -> LotView:
    """Return a certificate as a party sees it at the desk.

    Raises:
        InputError: `seal.certificate-digest`; MissingError: `store.record-missing`, also for another party's lot.
    """
    wanted = certificate_digest_bytes(digest)
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        lot = lot_of(connection, wanted)
        if lot is None or not ever_held(connection, lot, owner=party):
            raise MissingError.at("store.record-missing")
        known = lineage(connection, lot)
        shown = certificate_record(connection, lot._replace(certificate=wanted))
        key = LotKey(lot.issuance, lot.output)
        masses = masses_of(connection, party, [key], now_ms=now).get(key, LotMasses())
        happened = tuple(_happened(connection, party, known, now_ms=now))
    return LotView(
        digest,
        shown,
        lot,
        known.state,
        certificate_digest_text(known.latest),
        shown.issuer.did == party,
        masses,
        tuple(sorted(happened, key=lambda each: (each.entry is None, each.entry or 0), reverse=True)),
        successor_of_lot(registry, digest),
    )


def _happened(connection: Connection, party: str, known: Lineage, *, now_ms: int) -> Iterator[Happening]:
    """Yield the events of a lot, in no order."""
    lot = known.lot
    if lot.home is None:
        for number, row in enumerate(known.certificates):
            issuance = record(connection, row.issuance)
            kind: HappeningKind = "corrected" if number else "issued"
            issued = certificate_record(connection, lot._replace(certificate=row.digest)).issued
            yield Happening(kind, issuance.entry, "", certificate_digest_text(row.digest), issued)
        last = known.certificates[-1]
        for said in statements_about(connection, last.status_list, last.status_index):
            yield from _said(said)
    traces = traces_of(connection, party, lot.issuance, lot.output)
    mine = {trace.commitment for trace in traces}
    back = {trace.parent for trace in traces}
    for trace in traces:
        yield from _came(connection, lot, trace, mine)
        if trace.used is not None and trace.commitment not in back:
            yield _went(connection, trace, trace.used)
    for offer in open_offers(connection, now_ms=now_ms, sender=party):
        if offer.lot[:2] == lot[:2]:
            until = time_text(offer.offer.expires_ms)
            yield Happening("offered", None, kg_text(offer.held.mass_mg), offer.offer.owner, until)


def _came(connection: Connection, lot: StoredLot, trace: HoldingTrace, mine: set[bytes]) -> Iterator[Happening]:
    """Yield that a holding came from somebody else, or from another registry."""
    if trace.parent is None and lot.home is not None:
        yield Happening("received", trace.entry, kg_text(trace.mass_mg), lot.home)
    elif trace.parent is not None and trace.parent not in mine:
        yield Happening("received", trace.entry, kg_text(trace.mass_mg), holding(connection, trace.parent).owner)


def _went(connection: Connection, trace: HoldingTrace, used: int) -> Happening:
    """Return how a holding left: to somebody else, into a run, or with the run that was undone."""
    mass = kg_text(trace.mass_mg)
    if trace.used_kind == "move":
        said = open_statement((trace.used_text or b"").decode(), kind="move").value
        to = holding(connection, digest_bytes(said.creates.holding)).owner if isinstance(said, Move) else ""
        return Happening("shipped", used, mass, to)
    if trace.used_kind == "undo":
        return Happening("undone", used, mass)
    made = lots_of_issuance(connection, trace.used_digest or b"")
    return Happening("used", used, mass, ", ".join(lot.lot for lot in made))


def _said(stored: StoredRecord) -> Iterator[Happening]:
    """Yield a withdrawal, a suspension or its end."""
    if stored.kind in ("withdraw", "suspend", "lift"):
        said = open_statement(stored.text, kind=stored.kind).value
        if isinstance(said, StatusChange):
            yield Happening(stored.kind, stored.entry, "", said.reason)

"""The rows that a party takes along when it leaves: of each table those that are its own, without secrets.

Rules: a table is in `OWN`, or in `NOT_OWN` with the reason; a test compares both with the schema. Columns that would
open something (digests of tokens and links, secrets of people) are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Table, bindparam, or_, select

from ledger.seal.digest import certificate_digest_text
from ledger.store import desk_schema as desk
from ledger.store import schema
from schemas.instant import time_text

_MOST_AT_ONCE: Final = 500
"""Rows that are fetched at once."""
_ENDINGS: Final = (".xlsx", ".csv", ".zip")
"""Of workbooks, by their names."""
_CERTIFICATES: Final = frozenset({"certificate", "successor", "about"})
"""Columns whose digests people know as ``zQm...``."""


class OwnTable(NamedTuple):
    """A table, the condition of a party's rows, and its columns that stay: secrets, and what is a file of its own."""

    table: Table
    own: ColumnElement[bool]
    without: frozenset[str] = frozenset()

    @property
    def columns(self) -> list[Column[Any]]:
        """The columns that leave."""
        return [each for each in self.table.c if each.name not in self.without]


_PARTY: Final[BindParameter[str]] = bindparam("party")


def _of(table: Table, column: str = "party", without: str = "") -> OwnTable:
    return OwnTable(table, table.c[column] == _PARTY, frozenset(without.split()))


_ISSUED: Final = select(schema.ISSUED.c.certificate).where(schema.ISSUED.c.issuer == _PARTY)
_HELD: Final = select(schema.HOLDINGS.c.commitment).where(schema.HOLDINGS.c.owner == _PARTY)
_PLANTS: Final = select(schema.FACILITIES.c.id).where(schema.FACILITIES.c.party == _PARTY)
_SHIPPED: Final = select(desk.SHIPMENTS.c.id).where(desk.SHIPMENTS.c.party == _PARTY)
_KEYS: Final = select(desk.GS1_KEYS.c.key).where(desk.GS1_KEYS.c.party == _PARTY)

OWN: Final = (
    _of(schema.PARTIES, "did"),
    _of(schema.FACILITIES),
    _of(schema.PARTY_KEYS),
    OwnTable(schema.BATCHES, schema.BATCHES.c.facility.in_(_PLANTS)),
    _of(schema.RUNS, "producer"),
    _of(schema.HOLDINGS, "owner"),
    OwnTable(schema.OFFERS, or_(schema.OFFERS.c.owner == _PARTY, schema.OFFERS.c.holding.in_(_HELD))),
    OwnTable(schema.GRANTS, or_(schema.GRANTS.c.party == _PARTY, schema.GRANTS.c.certificate.in_(_ISSUED))),
    OwnTable(
        schema.ATTESTATIONS,
        or_(schema.ATTESTATIONS.c.attestor == _PARTY, schema.ATTESTATIONS.c.certificate.in_(_ISSUED)),
    ),
    OwnTable(desk.SEALS, desk.SEALS.c.certificate.in_(_ISSUED)),
    OwnTable(desk.REPLACEMENTS, desk.REPLACEMENTS.c.certificate.in_(_ISSUED)),
    _of(desk.GS1_KEYS),
    OwnTable(desk.GS1_PATHS, desk.GS1_PATHS.c.key.in_(_KEYS)),
    _of(desk.RECIPES, without="content"),
    _of(desk.DRAFTS),
    _of(desk.UPLOADS, without="content"),
    _of(desk.UPLOAD_ROWS),
    _of(desk.APPROVALS),
    _of(desk.PARTY_RULES),
    _of(desk.CONTACTS, without="looks"),
    _of(desk.GUESTS, without="claim"),
    _of(desk.GUEST_REQUESTS),
    _of(desk.SHIPMENTS),
    OwnTable(desk.SHIPMENT_LOTS, desk.SHIPMENT_LOTS.c.shipment.in_(_SHIPPED)),
    _of(desk.SHARES, without="digest"),
    _of(desk.RECEIVED),
    _of(desk.SCALE_READINGS),
    _of(desk.SHUT_OFFERS),
    _of(desk.PEOPLE, without="folded"),
    _of(desk.TOKENS, "tenant", without="digest"),
    _of(desk.EVENTS, "tenant"),
    _of(desk.HOOKS),
    _of(desk.OUTBOX, without="digest"),
    _of(desk.OPERATOR_REQUESTS),
)
"""What leaves, table by table."""

_LOG: Final = "The public log, which `oreprint publish` writes; bundles prove what they need of it."
_FILES: Final = "Certificates and bundles, which are files of their own, hold it."
_ABROAD: Final = "Lines of other registries. Bundles hold those that they need."
_SECRET: Final = "It lets people in, or counts who is being let in."  # noqa: S105 - a reason, no secret
_AUDITORS: Final = "Auditors' own words about all parties. Bundles hold those about their certificate."
NOT_OWN: Final[Mapping[Table, str]] = MappingProxyType(
    dict.fromkeys((schema.REGISTRY, schema.ENTRIES, schema.TILES, schema.HEADS, schema.CLOSED_LOGS, schema.MARKS), _LOG)
    | dict.fromkeys((schema.STATUS_BITS, schema.STATUS_LISTS, schema.PUBLISHED), _LOG)
    | dict.fromkeys((schema.RECORDS, schema.CERTIFICATES, schema.ISSUED, schema.DISCLOSURES), _FILES)
    | dict.fromkeys((schema.REQUESTS, schema.INSTRUMENTS, schema.LEANS), _FILES)
    | dict.fromkeys(
        (schema.ARRIVALS, schema.ARRIVED_LINES, schema.ABROAD_HEADS, schema.ABROAD_LISTS, schema.ABROAD_TRUST), _ABROAD
    )
    | dict.fromkeys((desk.CREDENTIALS, desk.SESSIONS, desk.CHALLENGES, desk.INVITATIONS), _SECRET)
    | dict.fromkeys((desk.AUDITS, desk.AUDIT_LEAVES, desk.AUDIT_INSIDES, desk.AUDIT_TILES), _AUDITORS)
    | dict.fromkeys(
        (desk.ANSWERS, desk.RESERVED, desk.DELIVERIES), "What a request or a message that is under way needs."
    )
)
"""What stays, and why."""


class OwnFile(NamedTuple):
    """A file that a party gave to the registry, or wrote there: its folder, its name, and its content.

    A workbook has the name of its upload: the table `uploads` tells what it was called.
    """

    folder: str
    name: str
    content: bytes


def own_rows(connection: Connection, each: OwnTable, party: str) -> Iterator[list[str]]:
    """Yield the heading of a table, and each row of a party: times as instants, digests as people know them."""
    yield [column.name.removesuffix("_ms") for column in each.columns]
    query = select(*each.columns).where(each.own).order_by(*each.table.primary_key.columns)
    for row in connection.execute(query.execution_options(yield_per=_MOST_AT_ONCE), {"party": party}):
        yield [_told(column.name, value) for column, value in zip(each.columns, row, strict=True)]


def own_files(connection: Connection, party: str) -> Iterator[OwnFile]:
    """Yield the workbooks that a party uploaded, and its recipes, one at a time."""
    uploads, recipes = desk.UPLOADS.c, desk.RECIPES.c
    workbooks = select(uploads.id, uploads.name, uploads.content).where(uploads.party == party)
    for upload, name, content in connection.execute(workbooks.order_by(uploads.id).execution_options(yield_per=1)):
        ending = next((each for each in _ENDINGS if name.lower().endswith(each)), "")
        yield OwnFile("workbooks", f"{upload}{ending}", content)
    kept = select(recipes.name, recipes.version, recipes.content).where(recipes.party == party)
    for name, version, content in connection.execute(kept.order_by(recipes.name, recipes.version)):
        yield OwnFile("recipes", f"{name}-v{version}.json", content.encode())


def own_attestations(connection: Connection, party: str) -> Iterator[tuple[bytes, str]]:
    """Yield the digest and the signed text of what a party attested, and of what is attested of its certificates."""
    attested, records = schema.ATTESTATIONS, schema.RECORDS
    own = next(each.own for each in OWN if each.table is attested)
    query = select(attested.c.digest, records.c.content).join(records, records.c.digest == attested.c.record)
    for digest, content in connection.execute(query.where(own).order_by(attested.c.digest), {"party": party}):
        yield digest, content.decode()


def _told(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return certificate_digest_text(value) if name in _CERTIFICATES else value.hex()
    return time_text(value) if isinstance(value, int) and name.endswith("_ms") else str(value)

"""Tables beside the log from which answers are made: auditors' trees, seals, notices, and what names a certificate.

Rules: a record of an auditor is the logged one; its tree is built again from its lowest hashes; each leaf lies at its
place and is about its certificate. The newest records of each auditor are there. A seal is signed and is of its
certificate. A notice, a recipe, an uploaded file and an approval have their digests. A row that names a record, lot or
certificate names one that is here. A private link opens a certificate of the party that made it; what a lot was
replaced by, and the lot in a GS1 path, have the name that the certificate tells.

The words of a notice, and a leaf that was deleted, cannot be recomputed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ledger.audit.faults import Faults, place_of
from ledger.carrier.seal import check_seal, open_seal
from ledger.log.audit_tree import AuditTree
from ledger.log.merkle import HASH_BYTES, leaf_hash
from ledger.log.tile import HEIGHT, WIDTH
from ledger.lots.lineage import lot_of
from ledger.seal.audit import open_audit
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.disclosure import open_value
from ledger.store import desk_schema as desk
from ledger.store import schema
from ledger.store.audited import KEPT, AuditRow
from ledger.store.lots import lots_of_issuance
from ledger.store.outbox import NoticeRow, notice_digest
from ledger.store.recipes import recipe_digest
from ledger.store.whole import Values, dangling, records_of_kind, rows_of
from schemas.audit import AuditLeaf, Inside
from schemas.problem import OreprintError

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Table

    from ledger.trust.pinned import Trust

CHECKED: Final = (desk.AUDITS, desk.AUDIT_TILES, desk.AUDIT_LEAVES, desk.AUDIT_INSIDES, desk.SEALS, desk.OUTBOX)
"""The tables whose rows are compared with what was signed, or with a digest of their own."""
_SHARES, _PATHS, _OF = desk.SHARES.c, desk.GS1_PATHS.c, schema.CERTIFICATES.c
LINKS: Final = (
    ((_SHARES.certificate, _SHARES.party), (schema.ISSUED.c.certificate, schema.ISSUED.c.issuer)),
    ((desk.REPLACEMENTS.c.certificate,), (_OF.digest,)),
    ((desk.REPLACEMENTS.c.successor,), (_OF.digest,)),
    ((_PATHS.issuance, _PATHS.output), (_OF.issuance, _OF.output)),
    ((_PATHS.facility,), (schema.FACILITIES.c.id,)),
    ((desk.RECEIVED.c.entry,), (schema.RECORDS.c.entry,)),
    *[((key.parent,), (key.column,)) for table in desk.DESK.sorted_tables for key in table.foreign_keys],
)
"""Columns that together must name a row that is here, and the columns that it is looked up in."""
DIGESTS: Final[tuple[tuple[Column[Any], Column[Any], Callable[[Any], bytes]], ...]] = (
    (desk.RECIPES.c.content, desk.RECIPES.c.digest, recipe_digest),
    (desk.UPLOADS.c.content, desk.UPLOADS.c.digest, lambda content: sha256(content).digest()),
    (desk.APPROVALS.c.parts, desk.APPROVALS.c.bound, lambda parts: sha256(parts.encode()).digest()),
)
"""Columns whose value has its digest beside it, the column of that, and how it is computed."""
ON_WORD: Final = frozenset(
    [
        "answers",
        "approvals",
        "challenges",
        "contacts",
        "credentials",
        "deliveries",
        "drafts",
        "events",
        "gs1_keys",
        "gs1_paths",
        "guest_requests",
        "guests",
        "hooks",
        "invitations",
        "operator_requests",
        "party_rules",
        "people",
        "received_lots",
        "recipes",
        "replacements",
        "reserved_places",
        "scale_readings",
        "sessions",
        "shares",
        "shipment_lots",
        "shipments",
        "shut_offers",
        "tokens",
        "upload_rows",
        "uploads",
    ]
)
"""The tables whose other values people or programs gave, so that nothing can recompute them."""
_TILE_BYTES: Final = WIDTH * HASH_BYTES


def check_served(connection: Connection, trust: Trust, faults: Faults) -> None:
    """Check every table beside the log from which answers are made."""
    _audits(connection, faults)
    for row in rows_of(connection, desk.SEALS):
        _seal(row, trust, faults)
    for row in rows_of(connection, desk.OUTBOX):
        _notice(row, faults)
    for columns, targets in LINKS:
        for row in dangling(connection, columns, targets):
            faults.at("audit.stray", f"{place_of(columns[0].table, row)}.{columns[0].name}")
    for content, digest, computed in DIGESTS:
        for row in rows_of(connection, content.table):
            with suppress(ValueError):  # no JSON any more
                if _value(row, digest) == computed(_value(row, content)):
                    continue
            faults.at("audit.row", f"{place_of(content.table, row)}.{content.name}")
    _names(connection, faults)


def _value(row: Values, column: Column[Any]) -> Any:  # noqa: ANN401 - of the column's type
    return row[list(column.table.columns).index(column)]


def _names(connection: Connection, faults: Faults) -> None:
    """Check the names of lots that a link or a page leads to."""
    for row in rows_of(connection, desk.REPLACEMENTS):
        _, successor, lot, _ = row
        found = lot_of(connection, successor)
        holds = found is None or found.lot == lot  # one that is not here was told above
        faults.require("audit.row", f"{place_of(desk.REPLACEMENTS, row)}.lot", holds=holds)
    for row in rows_of(connection, desk.GS1_PATHS):
        path, key, issuance, output, *_ = row
        rest = path.removeprefix(f"/{key}")
        lots = [] if issuance is None else lots_of_issuance(connection, issuance)
        names = [quote(each.lot, safe="") for each in lots if each.output == output]
        holds = rest != path and (not rest.startswith("/10/") or rest.split("/")[2] in names)
        faults.require("audit.row", f"{place_of(desk.GS1_PATHS, row)}.path", holds=holds)


# -- auditors ----------------------------------------------------------------------------------------------------------


def _audits(connection: Connection, faults: Faults) -> None:
    logged: dict[bytes, AuditRow] = {}
    of_auditor: dict[str, list[AuditRow]] = defaultdict(list)
    for digest, content, entry in records_of_kind(connection, "audit"):
        text = content.decode(errors="replace")
        try:
            record = open_audit(text).record
        except OreprintError:
            continue  # the audit of the log says so
        logged[digest] = AuditRow(digest, record.auditor, record.number, entry, record.depth, text)
        of_auditor[record.auditor].append(logged[digest])
    due = [each for rows in of_auditor.values() for each in sorted(rows, key=lambda row: row.number)[-KEPT:]]
    faults.compare(desk.AUDITS, due, rows_of(connection, desk.AUDITS))
    tiles, leaves = _by_record(connection, desk.AUDIT_TILES), _by_record(connection, desk.AUDIT_LEAVES)
    for audit in due:
        _tree(audit, tiles.pop(audit.record, []), leaves.pop(audit.record, []), faults)
    for table, rest in ((desk.AUDIT_TILES, tiles), (desk.AUDIT_LEAVES, leaves)):
        for row in (row for rows in rest.values() for row in rows):
            faults.at("audit.stray", place_of(table, row))
    for digest, text in rows_of(connection, desk.AUDIT_INSIDES):
        place = place_of(desk.AUDIT_INSIDES, (digest, text))
        if faults.require("audit.row", place, holds=sha256(text.encode()).digest() == digest):
            try:
                open_value(text, Inside, place="inside")
            except OreprintError as error:
                faults.error(place, error)


def _by_record(connection: Connection, table: Table) -> dict[bytes, list[Values]]:
    found: dict[bytes, list[Values]] = defaultdict(list)
    for row in rows_of(connection, table):
        found[row[0]].append(row)
    return found


def _tree(audit: AuditRow, tiles: list[Values], leaves: list[Values], faults: Faults) -> None:
    """Check the tree of a record, and its leaves."""
    lowest = b"".join(row[3] for row in tiles if row[1] == 0)
    root = digest_bytes(open_audit(audit.jws).record.root)
    whole = len(lowest) == HASH_BYTES << audit.depth
    tree = AuditTree.over(lowest) if whole else None
    if tree is None or tree.root != root:
        faults.at("audit.row", f"{place_of(desk.AUDITS, audit)}: audit_tiles[level=0]")
    else:
        due = [
            (audit.record, level, position, hashes[position * _TILE_BYTES : (position + 1) * _TILE_BYTES])
            for level, hashes in enumerate(tree.levels[::HEIGHT])
            for position in range(-(-len(hashes) // _TILE_BYTES))
        ]
        faults.compare(desk.AUDIT_TILES, due, tiles)
    for row in leaves:
        _, certificate, position, raw = row
        at = lowest[position * HASH_BYTES : (position + 1) * HASH_BYTES] if position >= 0 else b""
        holds = leaf_hash(raw) == at and AuditLeaf.parse(raw).certificate == certificate
        faults.require("audit.row", place_of(desk.AUDIT_LEAVES, row), holds=holds)


# -- seals and notices -------------------------------------------------------------------------------------------------


def _seal(row: Values, trust: Trust, faults: Faults) -> None:
    place = place_of(desk.SEALS, row)
    try:
        seal = open_seal(row[1])
        check_seal(seal, trust=trust)
    except OreprintError as error:
        faults.error(place, error)
        return
    faults.require("audit.row", place, holds=certificate_digest_bytes(seal.value.certificate) == row[0])


def _notice(row: Values, faults: Faults) -> None:
    _, party, _, subject, facts, _, _, digest = row
    emptied = digest is None and (party, subject, facts) == ("", "", "{}")
    holds = emptied or digest == notice_digest(NoticeRow(*row[1:6]))
    faults.require("audit.row", place_of(desk.OUTBOX, row), holds=holds)

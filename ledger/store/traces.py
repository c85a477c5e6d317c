"""The path of the holdings of one lot that a party had."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger.store import schema


class HoldingTrace(NamedTuple):
    """A holding with the entry that created it and, once it is used, the record that used it."""

    commitment: bytes
    parent: bytes | None
    mass_mg: int
    entry: int
    used: int | None
    used_kind: str | None
    used_text: bytes | None
    used_digest: bytes | None


def traces_of(connection: Connection, party: str, issuance: bytes, output: int) -> list[HoldingTrace]:
    """Return the holdings that a party has or had of a lot, in log order."""
    held, by, end = schema.HOLDINGS.c, schema.RECORDS.alias("by"), schema.RECORDS.alias("end")
    joined = schema.HOLDINGS.join(by, by.c.digest == held.creator).outerjoin(end, end.c.entry == held.used)
    query = select(
        held.commitment, held.parent, held.mass_mg, by.c.entry, held.used, end.c.kind, end.c.content, end.c.digest
    )
    mine = query.select_from(joined).where(held.owner == party, held.issuance == issuance, held.output == output)
    return [HoldingTrace(*row) for row in connection.execute(mine.order_by(by.c.entry, held.commitment))]

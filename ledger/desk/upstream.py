"""Find whom to tell that a lot was withdrawn, suspended or restored.

They are its holders, the makers of its goods, and who holds a private link with hooks to it or to such goods.

Rules:

1. The change and its notice without a party are one commit. The readers are found afterwards, outside of the write
   lock: the shares take seconds to compute where much was made of a lot.
2. A maker is told its own lot and the share of it made from the changed lot, by mass and by element, in percent, as
   the pages tell it (`ledger.bundles.recall`). The changed lot's name is told only to a party that has held some of it.
3. Who holds a private link is told the lot of the link, and of a lot upstream what the public is told: the share in
   tenths of a percent, the reason and the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.bundles.recall import affected
from ledger.changes.share import HOLDER, holder_of, state_of
from ledger.lots.lineage import lineage, lot_of
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store.lots import ever_held, lots_certified, lots_made_of, owners_of
from ledger.store.outbox import NoticeRow, hooked_holders
from ledger.store.parties import facilities
from ledger.store.shares import shares_named
from schemas.instant import time_text
from schemas.report import Affected

MOST_SHARES: Final = 500
"""Lots made of one lot whose shares are computed; the makers of further ones are told without."""


class Reader(NamedTuple):
    """A party to be told of a change upstream: its lot, and the facts."""

    party: str
    lot: str
    facts: dict[str, str]


def readers(connection: Connection, change: NoticeRow) -> Iterator[Reader]:
    """Yield the parties to tell about a change of a lot."""
    lot = lot_of(connection, certificate_digest_bytes(orjson.loads(change.facts)["certificate"]))
    if lot is None:
        return
    plants = facilities(connection)
    issuer = plants[lot.facility][0]
    for owner in owners_of(connection, lot):
        if owner != issuer:
            yield Reader(owner, lot.lot, {"upstream": lot.lot})
    digests = {certificate_digest_text(each.digest) for each in lineage(connection, lot).certificates}
    links = _links(connection, change.at_ms)
    for link in links.get(lot[:2], ()):
        yield Reader(link.holder, lot.lot, {"certificate": link.certificate, "upstream": lot.lot})
    for number, made in enumerate(lots_made_of(connection, lot)):
        maker, told = plants[made.facility][0], links.get(made[:2], ())
        if made.certificate is None or (maker == issuer and not told):
            continue
        owed = _owed(connection, made.certificate, digests) if number < MOST_SHARES else None
        for link in told:
            yield Reader(link.holder, made.lot, {"certificate": link.certificate, **_hidden(owed, change.at_ms)})
        if maker != issuer:
            known = {"upstream": lot.lot} if ever_held(connection, lot, owner=maker) else {}
            yield Reader(maker, made.lot, known | _shares(owed))


class _Link(NamedTuple):
    """A private link with hooks: who holds it, as a reader of notices, and the certificate that it opens."""

    holder: str
    certificate: str


def _links(connection: Connection, at_ms: int) -> dict[tuple[bytes, int], list[_Link]]:
    """Return the open private links with hooks, by the lot of their certificates: its first issuance and output."""
    ids = [each.removeprefix(HOLDER) for each in hooked_holders(connection, HOLDER)]
    rows = [row for row in shares_named(connection, ids) if state_of(row, at_ms) == "open"]
    lots = {each.certificate: each for each in lots_certified(connection, {row.certificate for row in rows})}
    found: dict[tuple[bytes, int], list[_Link]] = {}
    for row in rows:
        lot = lots.get(row.certificate) or lot_of(connection, row.certificate)  # the latter of a corrected one
        if lot is not None:
            link = _Link(holder_of(row.id), certificate_digest_text(row.certificate))
            found.setdefault(lot[:2], []).append(link)
    return found


def _owed(connection: Connection, certificate: bytes, changed: set[str]) -> Affected | None:
    """Return what a lot owes to the one with the certificates `changed`, or None if it is not known."""
    owed = affected(connection, certificate_digest_text(certificate), shown=changed)
    return next((each for each in owed if each.digest in changed), None)


def _shares(owed: Affected | None) -> dict[str, str]:
    """Return the shares of a lot that were made from another one, in percent."""
    if owed is None or owed.mass_percent is None:
        return {}
    return {
        "percent_of_mass": owed.mass_percent,
        **{f"percent_of_{element}": percent for element, percent in owed.elements.items()},
    }


def _hidden(owed: Affected | None, at_ms: int) -> dict[str, str]:
    """Return what the public is told of a lot upstream (rule 3)."""
    reason = {} if owed is None or owed.reason is None else {"reason": owed.reason}
    return {"day": time_text(at_ms)[:10], **reason, **_shares(owed)}

"""Find whom to tell that a lot upstream was withdrawn, suspended or restored: its holders, and the makers of its goods.

Rules:

1. The change and its notice without a party are one commit. The readers are found afterwards, outside of the write
   lock: the shares take seconds to compute where much was made of a lot.
2. A maker is told its own lot and the share of it made from the changed lot, by mass and by element, in percent, as
   the pages tell it (`ledger.bundles.recall`). The changed lot's name is told only to a party that has held some of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.bundles.recall import affected
from ledger.lots.lineage import lineage, lot_of
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store.lots import ever_held, lots_made_of, owners_of
from ledger.store.outbox import NoticeRow
from ledger.store.parties import facilities

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
    for number, made in enumerate(lots_made_of(connection, lot)):
        maker = plants[made.facility][0]
        if maker == issuer or made.certificate is None:
            continue
        shares = _shares(connection, made.certificate, digests) if number < MOST_SHARES else {}
        known = {"upstream": lot.lot} if ever_held(connection, lot, owner=maker) else {}
        yield Reader(maker, made.lot, known | shares)


def _shares(connection: Connection, certificate: bytes, changed: set[str]) -> dict[str, str]:
    """Return the shares of a lot that were made from the lot with the certificates `changed`, in percent."""
    for each in affected(connection, certificate_digest_text(certificate), shown=changed):
        if each.digest in changed and each.mass_percent is not None:
            elements = {f"percent_of_{element}": percent for element, percent in each.elements.items()}
            return {"percent_of_mass": each.mass_percent, **elements}
    return {}

"""Files that leave with holdings: a transfer to another registry, and all that a producer holds when it leaves.

Rules: each file is a bundle with the holdings of one lot in it, their texts and their whole way, so it verifies alone; who has it knows the salts, so it is
the holder's alone.  What this module does not do: taking anything in (`ledger.abroad`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.bundle import View, bundle_lines
from ledger.holdings.mark import commitment
from ledger.lineage import lineage, lot_held, state_of
from ledger.seal.digest import certificate_digest_text
from ledger.ship import Dispatch, check_monitored, send
from ledger.store.abroad import foreign_lots
from ledger.store.engine import reading
from ledger.store.lots import lots_of, unused
from ledger.store.reading import holding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.book import Book
    from ledger.store.lots import StoredLot
    from schemas.vocabulary import Audience


def transfer_lines(book: Book, texts: Sequence[str], *, audience: Audience) -> Iterator[bytes]:
    """Yield the lines of the bundle about holdings of one lot, given by their texts, as an audience may see the lot.

    What lies upstream is shown as far as its issuers granted it to who used it.

    Raises:
        MissingError: `store.record-missing`.

    """
    held = list(map(commitment, texts))
    with reading(book.engine) as connection:
        latest = lineage(connection, lot_held(connection, holding(connection, held[0]))).latest
    return bundle_lines(book, certificate_digest_text(latest), audience=View(audience, as_granted=True), holder=held)


def holdings_of(book: Book, owner: str) -> dict[StoredLot, tuple[str, ...]]:
    """Return the texts of all that `owner` has here unused and not offered, by lot; lots without a certificate are left out."""
    with reading(book.engine) as connection:
        now = book.around.now_ms()
        lots = lots_of(connection, owner) + foreign_lots(connection, owner=owner)
        found = {lot: unused(connection, lot, owner=owner, registry=book.registry, now_ms=now) for lot in lots}
    return {
        lot: tuple(each.text for each in held) for lot, held in found.items() if held and lot.certificate is not None
    }


def leave(book: Book, owner: str, *, registry: str) -> dict[StoredLot, tuple[str, ...]]:
    """Move all that `owner` can use here to itself in another registry; return the texts of the new holdings, by lot.

    What is frozen or offered stays.

    Raises:
        RefusedError: `issue.no-key`, `holding.path-long`; `holding.not-monitored`, and then nothing was moved.

    """
    with reading(book.engine) as connection:
        found = {
            lot: texts for lot, texts in holdings_of(book, owner).items() if state_of(connection, lot) == "standing"
        }
        held = (holding(connection, commitment(text)) for texts in found.values() for text in texts)
        check_monitored(book, connection, {each.creator for each in held})
    return {
        lot: send(
            book,
            Dispatch(
                certificate_digest_text(lot.certificate or b""), owner, owner, audience="auditor", registry=registry
            ),
        ).texts
        for lot in found
    }

"""Follow lots: tell who names a lot on which days its standing changed, and what its verification says of that now.

Rules:

1. The database says only on which days something changed for a lot that was named: its own status, or that of a lot
   upstream. What an entry says comes from the report on the named lot as the caller sees it, so an entry tells nobody
   more than that report.
2. The unit of order is the day of the entry in the log, in UTC. A report on a hidden chain tells the day of a recall
   and no more; with a finer order, who asks from place to place would find the entry in the log, and with it the lot.
   A day that is not over is told again at each request. An entry keeps its id.
3. Of each lot the latest change counts: a suspension that was lifted is told as lifted.
4. A page costs one report for each lot and day on it. Looking for days costs, for each lot, one walk over the uses
   behind it, and nothing if no status has changed at all since the day.
5. Only the log of this registry is followed. What another registry says of a lot is in the report, without a day here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final, Literal, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.log.entry import Entry, PurposeCode
from ledger.lots.lineage import Lineage, lineage, lot_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import reading
from ledger.store.logs import entries_at, entry, latest_head
from ledger.store.reading import MOST_ASKED
from ledger.store.status import LoggedBit, bits_behind, bits_of, newest_bit
from schemas.instant import DAY_MS, MINUTE_MS, epoch_ms, time_text
from schemas.problem import MissingError
from schemas.report import Affected, Report

MOST_LOTS: Final = 50
"""Lots that one request may name."""
PAGE: Final = 20
"""Lots and days of a page, each with a report: a second, unless chains are long."""
SETTLED_MS: Final = 60 * MINUTE_MS
"""Time after midnight until a day counts as over: longer than any commit, and than the pages of one reader take."""
_ID_BYTES: Final = 12

Change = Literal["withdrawn", "suspended", "restored", "undone", "corrected"]
"""What happened to a lot."""
_ENDED: Final[tuple[Change, ...]] = ("withdrawn", "suspended")
ReportOf = Callable[[str], Report]
"""The function that returns the report on a certificate, by its digest, as the caller sees it."""


class LotDay(NamedTuple):
    """A day on which something changed for a certificate that was named: its own lot, and lots upstream."""

    day: str
    certificate: str
    lot: str
    own: frozenset[Change]
    upstream: frozenset[Change]


class LotChange(NamedTuple):
    """A change for a certificate that was named; `upstream` is what its report says of a lot that ended upstream."""

    day: str
    certificate: str
    lot: str
    change: Change
    is_upstream: bool
    at: str | None = None
    reason: str | None = None
    upstream: Affected | None = None
    corrected_by: str | None = None
    same: int = 0

    @property
    def id(self) -> str:
        """A name that no other change of the certificate has, and that says nothing."""
        facts = () if self.upstream is None else self.upstream.to_bytes().decode()
        members = orjson.dumps([*self._replace(upstream=None), facts])
        return sha256(members).hexdigest()[: 2 * _ID_BYTES]


class ChangePage(NamedTuple):
    """Some changes, the oldest day first.

    `next` is the day to ask after next time, `read` the lots and days of this page, `more` whether others follow.
    """

    changes: tuple[LotChange, ...]
    next: int
    read: int
    more: bool


def follow(
    registry: OpenRegistry, certificates: Iterable[str], report_of: ReportOf, *, after: int = 0, skip: int = 0
) -> ChangePage:
    """Return a page of what changed for some certificates after a day, given as a number such as 20260609.

    `skip` are the lots and days of the pages before.

    Raises:
        MissingError: `life.certificate-unknown`; what `report_of` raises.
    """
    settled = _number(time_text(registry.runtime.now_ms() - SETTLED_MS - DAY_MS)[:10])
    begin = min(after, settled)  # a day that is not over may get more changes
    with reading(registry.engine) as connection:
        since = _first_entry(connection, begin)
        found = [day for each in dict.fromkeys(certificates) for day in _days(connection, each, since)]
    due = sorted((each for each in found if _number(each.day) > begin), key=lambda each: (each.day, each.certificate))
    page = due[skip : skip + PAGE]
    changes = [change for each in page for change in _changes(each, report_of(each.certificate))]
    return ChangePage(tuple(_numbered(changes)), settled, len(page), more=len(due) > skip + PAGE)


def _number(day: str) -> int:
    return int(day.replace("-", ""))


def _first_entry(connection: Connection, after: int) -> int | None:
    """Return an entry, counted through all logs, from which on those after a day are; None if no status changed since.

    Times of entries never go back by more than a clock may be wrong, so the search begins an hour early.
    """
    if not after:
        return 0
    newest = newest_bit(connection)
    text = str(after)
    start_ms = epoch_ms(f"{text[:4]}-{text[4:6]}-{text[6:]}T00:00:00Z") + DAY_MS - SETTLED_MS
    if newest is None or _time_ms(connection, newest) < start_ms:
        return None
    return bisect_left(range(latest_head(connection).end), start_ms, key=lambda at: _time_ms(connection, at))


def _time_ms(connection: Connection, position: int) -> int:
    return Entry.parse(entry(connection, position)).time_ms


def _days(connection: Connection, certificate: str, since: int | None) -> Iterator[LotDay]:
    """Yield the days from an entry on at which something changed for a certificate."""
    digest = certificate_digest_bytes(certificate)
    lot = lot_of(connection, digest)
    if lot is None or lot.home is not None:
        raise MissingError.at("life.certificate-unknown", certificate=certificate)
    if since is None:
        return
    history = lineage(connection, lot)
    bits = bits_of(connection, [row.digest for row in history.certificates], since=since)
    own = [*_status(bits), *_correction(bits, history, digest)]
    places: dict[tuple[int, int], list[LoggedBit]] = {}
    for each in bits_behind(connection, lot.issuance, since=since):
        places.setdefault(each.bit[:2], []).append(each)
    upstream = [change for each in places.values() for change in _status(each)]
    days = _day_of(connection, {at for at, _ in (*own, *upstream)})
    for day in set(days.values()):
        own_then, upstream_then = (
            frozenset(change for at, change in changes if days[at] == day) for changes in (own, upstream)
        )
        yield LotDay(day, certificate, lot.lot, own_then, upstream_then)


def _status(bits: Sequence[LoggedBit]) -> Iterator[tuple[int, Change]]:
    """Yield the entry of the latest change of a lot's status, given its bits in log order; none if none changed."""
    revoked = [each for each in bits if each.bit.purpose is PurposeCode.REVOCATION]
    suspensions = [each for each in bits if each.bit.purpose is PurposeCode.SUSPENSION]
    if revoked:
        yield revoked[0].entry, "withdrawn"
    elif suspensions:
        yield suspensions[-1].entry, "suspended" if suspensions[-1].bit.value else "restored"


def _correction(bits: Sequence[LoggedBit], history: Lineage, digest: bytes) -> Iterator[tuple[int, Change]]:
    """Yield the entry of the latest correction that replaces a certificate of a lot."""
    digests = [row.digest for row in history.certificates]
    later = {(row.status_list, row.status_index) for row in history.certificates[digests.index(digest) :]}
    replaced = [each for each in bits if each.bit.purpose is PurposeCode.REFRESH and each.bit[:2] in later]
    for each in replaced[-1:]:
        yield each.entry, "corrected"


def _day_of(connection: Connection, entries: set[int]) -> dict[int, str]:
    """Return the day of each entry."""
    wanted = sorted(entries)
    chunks = (wanted[at : at + MOST_ASKED] for at in range(0, len(wanted), MOST_ASKED))
    found = (one for chunk in chunks for one in entries_at(connection, chunk).items())
    return {position: time_text(Entry.parse(content).time_ms)[:10] for position, content in found}


def _changes(due: LotDay, report: Report) -> Iterator[LotChange]:
    """Yield what a report says of the changes of its lot on a day, the lot's own first (rule 1)."""
    change = LotChange(due.day, due.certificate, due.lot, "withdrawn", is_upstream=False)
    for each in sorted(due.own):
        ended = report.ended if each in _ENDED else None
        yield change._replace(
            change="undone" if ended is not None and ended.undone else each,
            at=ended.since if ended else None,
            reason=ended.reason if ended else None,
            corrected_by=report.superseded_by if each == "corrected" else None,
        )
    behind = change._replace(is_upstream=True)
    for each in sorted(due.upstream):
        behind_that_day = [one for one in report.affected if one.state == each and _is_of(due.day, one)]
        for one in behind_that_day:
            yield behind._replace(change=each, at=one.since, reason=one.reason, upstream=one)
        if not behind_that_day:
            yield behind._replace(change=each)


def _is_of(day: str, affected: Affected) -> bool:
    """Return whether a lot ended on a day, or may have: of some no statement says when."""
    return affected.since is None or affected.since[:10] == day


def _numbered(changes: Iterable[LotChange]) -> Iterator[LotChange]:
    """Yield changes; equal ones, such as of two hidden lots, are numbered."""
    seen: dict[str, int] = {}
    for each in changes:
        number = seen[each.id] = seen.get(each.id, -1) + 1
        yield each._replace(same=number)

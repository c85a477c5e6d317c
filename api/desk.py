"""What one running server holds: the registry it serves, and its counts, rounds and verified reports.

Rules: made by `create_app` from parts that the command line put together; nothing here is read from the environment, and the
origin in links is configured, never taken from a request.  What this module does not do: it knows no route.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import Depends, Request

from api.grouped import Grouped
from api.metrics import Metrics
from api.problems import status_of
from api.rates import Rates
from api.reports import Reports
from ledger.answers import Done, finish
from ledger.issue import RECORDS_A_COMMIT, Outcome, issue
from ledger.publish import publish_status
from ledger.store.engine import reading
from ledger.store.status import status_lists
from ledger.store.watch import Watch
from schemas.problem import OreprintError
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.book import Book
    from ledger.cosign import Cosigner
    from ledger.footprint.factors import FactorTables
    from ledger.seal.signer import SoftwareSigner
    from ledger.store.desk import EventRow


@dataclass(frozen=True, slots=True)
class Parts:
    """What a server is made of: the open registry, the factor tables, the key of the status lists, the origin in links.

    `cosigners` are the witnesses and monitors that are asked.
    """

    book: Book
    tables: FactorTables
    status: SoftwareSigner
    origin: str
    cosigners: Sequence[Cosigner] = ()


class Asking(NamedTuple):
    """A record to be issued; `event` makes the event of its outcome where nobody else keeps it."""

    record: ProductionRecord
    event: Callable[[str], EventRow] | None


def outcome_of(made: object) -> str:
    """Return how an event tells what became of a write."""
    return f"{status_of(made)} {made.code}" if isinstance(made, OreprintError) else "201"


@dataclass(slots=True)
class Desk:
    """The state of a running server."""

    parts: Parts
    rates: Rates = field(default_factory=Rates)
    metrics: Metrics = field(default_factory=Metrics)
    watch: Watch = field(init=False)
    reports: Reports = field(init=False)
    issue: Grouped[Asking, Outcome] = field(init=False)
    finish: Grouped[Done, None] = field(init=False)
    _lists: int = 0

    def __post_init__(self) -> None:
        """Put the rounds together."""
        self.watch = Watch(self.parts.book.engine)
        self.reports = Reports(self.parts.book, self.parts.tables, self.watch)
        self.issue = Grouped(self._issue, RECORDS_A_COMMIT)
        self.finish = Grouped(self._finish, RECORDS_A_COMMIT)

    @property
    def book(self) -> Book:
        """The registry."""
        return self.parts.book

    def publish(self) -> int:
        """Publish the status lists that are due; return how many."""
        return publish_status(self.book, signer=self.parts.status, public=self.parts.status.public)

    def publish_new(self) -> None:
        """Publish at once the lists that have got their first certificate: before that nobody could check it."""
        with reading(self.book.engine) as connection:
            begun = len(status_lists(connection))
        if begun > self._lists:
            self.publish()
            self._lists = begun

    def _issue(self, asked: Sequence[Asking]) -> Sequence[Outcome]:
        """Issue what was asked for in one round, each with its event; the events of what wasn't issued follow in one commit."""
        events = [each.event and each.event("201") for each in asked]
        outcomes = issue(self.book, [each.record for each in asked], tables=self.parts.tables, events=events)
        self.publish_new()
        left = [
            Done(each.event(outcome_of(made)))
            for each, made in zip(asked, outcomes, strict=True)
            if each.event and (isinstance(made, OreprintError) or made.unchanged)
        ]
        if left:
            finish(self.book, left)
        return outcomes

    def _finish(self, done: Sequence[Done]) -> Sequence[None]:
        finish(self.book, done)
        return [None] * len(done)


async def desk_of(request: Request) -> Desk:
    """Return the desk of the server that answers `request`."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]

"""What one running server holds: the registry it serves, and its counts, rounds and verified reports.

Rules: made by `create_app` from parts that the command line put together; nothing here is read from the environment, and the
origin in links is configured, never taken from a request.  What this module does not do: it knows no route.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, NamedTuple

import orjson
from fastapi import Depends, Request

from api.grouped import Grouped
from api.metrics import Metrics
from api.problems import status_of
from api.rates import Rates
from api.reports import Reports
from ledger.answers import Answer, Done, finish
from ledger.issue import RECORDS_A_COMMIT, Issued, Note, Outcome, Told, issue_noted
from ledger.publish import publish_status
from ledger.store.engine import reading
from ledger.store.status import status_lists
from ledger.store.watch import Watch
from ledger.submit import Submission, submit
from schemas.problem import OreprintError
from schemas.record import ProductionRecord
from schemas.requests import SignedIssuance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.answers import Asked
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
    """A run to be issued, computed here or signed by its producer, for `tenant`; `event` makes the event of its outcome.

    `asked` is its idempotency key, if it came with one.
    """

    document: ProductionRecord | SignedIssuance
    tenant: str
    event: Callable[[str], EventRow]
    asked: Asked | None


@dataclass(slots=True)
class Desk:
    """The state of a running server."""

    parts: Parts
    rates: Rates = field(default_factory=Rates)
    metrics: Metrics = field(default_factory=Metrics)
    watch: Watch = field(init=False)
    reports: Reports = field(init=False)
    issue: Grouped[Asking, Told] = field(init=False)
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

    def _issue(self, asked: Sequence[Asking]) -> Sequence[Told]:
        """Issue what was asked for in one round: production records in one commit, runs that came signed in another."""
        made: list[Issued] = []
        notes = [self._note(each, made) for each in asked]
        told: dict[int, Told] = {}
        records = {
            at: (each.document, notes[at])
            for at, each in enumerate(asked)
            if isinstance(each.document, ProductionRecord)
        }
        signed = {
            at: (Submission(each.document, each.tenant), notes[at])
            for at, each in enumerate(asked)
            if isinstance(each.document, SignedIssuance)
        }
        tables = self.parts.tables
        if records:
            told.update(zip(records, issue_noted(self.book, list(records.values()), tables=tables), strict=True))
        if signed:
            trust = self.reports.trust()
            told.update(zip(signed, submit(self.book, list(signed.values()), trust=trust, tables=tables), strict=True))
        self.publish_new()
        self.metrics.certificates.inc(sum(len(each.certificates) for each in made if not each.unchanged))
        return [told[at] for at in range(len(asked))]

    def _note(self, asking: Asking, made: list[Issued]) -> Note:
        """Return what is kept of a request; what is issued is added to `made`."""

        def event(outcome: Outcome) -> EventRow:
            told = f"{status_of(outcome)} {outcome.code}" if isinstance(outcome, OreprintError) else "201"
            return asking.event(told)

        def answer(issued: Issued) -> Answer:
            made.append(issued)
            return self._answer(issued)

        return Note(event, answer, asking.asked)

    def _answer(self, issued: Issued) -> Answer:
        """Return what is said of an issuance: its certificates with their place in the log, proven to a signed head."""
        proof = issued.proof()
        state = self.book.state(proof.index) if issued.unchanged else "logged"
        proven = {"checkpoint": issued.head.note, "entry": proof.entry, "path": proof.path}
        certificates = [
            {
                "lot": each.lot,
                "digest": each.digest,
                "id": each.id,
                "index": proof.index,
                "certificate": each.text,
                "proof": proven,
                "url": f"{self.parts.origin}/c/{each.digest}",
            }
            for each in issued.certificates
        ]
        notes = [
            {"rule": each.rule.id, "code": each.problem.code, "sentence": each.problem.sentence()}
            for each in issued.findings
        ]
        return Answer(201, orjson.dumps({"state": state, "certificates": certificates, "notes": notes}))

    def _finish(self, done: Sequence[Done]) -> Sequence[None]:
        finish(self.book, done)
        return [None] * len(done)


async def desk_of(request: Request) -> Desk:
    """Return the desk of the server that answers `request`."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]

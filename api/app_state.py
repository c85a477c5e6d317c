"""What one running server holds: the registry it serves, and its counts, rounds and verified reports.

Rules: made by `create_app` from parts that the command line put together; nothing here is read from the environment, and the
origin in links is configured, never taken from a request.  What this module does not do: it knows no route.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Generic, NamedTuple, TypeAlias, TypeVar

from fastapi import Depends, Request

from api.answers import allotted, issued, places
from api.batcher import Batcher
from api.lanes import STRANGERS, TENANTS, Lane
from api.metrics import Metrics
from api.problems import status_of
from api.rates import Rates
from api.reports import Reports
from api.room import Room
from ledger.issuing.issue import issue_requests
from ledger.issuing.reserve import ReserveRequest, StatusSlotsRequest, reserve_holdings, reserve_slots
from ledger.issuing.submit import SentIssuance, submit
from ledger.registry.commits import REQUESTS_A_COMMIT, GroupRequest, Receipt, RequestOutcome
from ledger.registry.idempotency import Answer, Asked, Done, Turn, begin, finish
from ledger.registry.lists import publish_status
from ledger.registry.readiness import signed_end
from ledger.store.engine import reading
from ledger.store.reading import latest_head
from ledger.store.status import status_lists
from ledger.store.watch import Watch
from schemas.problem import OreprintError, StateError
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.admin.tokens import Token
    from ledger.factors.tables import FactorTables
    from ledger.issuing.issue import IssuedRun
    from ledger.registry.registry import OpenRegistry
    from ledger.seal.signer import SoftwareSigner
    from ledger.store.desk import EventRow
    from ledger.witnessing.collect import CosignerClient

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a server is made of: the open registry, the factor tables, the key of the status lists, the origin in links.

    `cosigners` are the witnesses and monitors that are asked.
    """

    registry: OpenRegistry
    tables: FactorTables
    status: SoftwareSigner
    origin: str
    cosigners: Sequence[CosignerClient] = ()


class BatchedRequest(NamedTuple, Generic[Item]):
    """What is asked for that is done in rounds: `event` makes the event of its outcome, `asked` is its idempotency key, if it has one."""

    wanted: Item
    event: Callable[[str], EventRow]
    asked: Asked | None

    def noted(self, answer: Callable[[Made], Answer]) -> GroupRequest[Item, Made]:
        """Return it with what is to be kept of it."""

        def event(outcome: Made | OreprintError) -> EventRow:
            if isinstance(outcome, OreprintError):
                return self.event(f"{status_of(outcome)} {outcome.code}")
            return self.event("201")

        return GroupRequest(self.wanted, Receipt(event, answer, self.asked))


Batches: TypeAlias = Batcher[BatchedRequest[Item], RequestOutcome]


@dataclass(slots=True)
class AppState:
    """The state of a running server."""

    parts: Parts
    rates: Rates = field(default_factory=Rates)
    strangers: Lane = field(default_factory=partial(Lane, STRANGERS))
    tenants: Lane = field(default_factory=partial(Lane, TENANTS))
    room: Room = field(default_factory=Room)
    metrics: Metrics = field(default_factory=Metrics)
    watch: Watch = field(init=False)
    reports: Reports = field(init=False)
    issue: Batches[ProductionRecord] = field(init=False)
    submit: Batches[SentIssuance] = field(init=False)
    allot: Batches[ReserveRequest] = field(init=False)
    allot_places: Batches[StatusSlotsRequest] = field(init=False)
    begin: Batcher[Asked, Answer | Turn | OreprintError] = field(init=False)
    finish: Batcher[Done, None] = field(init=False)
    _lists: int = 0
    _signed: int | None = None

    def __post_init__(self) -> None:
        """Put the rounds together."""
        self.watch = Watch(self.parts.registry.engine)
        self.reports = Reports(self.parts.registry, self.parts.tables, self.watch)
        turn = Lock()
        self.issue = Batcher(self._issue, REQUESTS_A_COMMIT, turn)
        self.submit = Batcher(self._submit, REQUESTS_A_COMMIT, turn)
        self.allot = Batcher(self._allot, REQUESTS_A_COMMIT, turn)
        self.allot_places = Batcher(self._allot_places, REQUESTS_A_COMMIT, turn)
        self.begin = Batcher(self._begin, REQUESTS_A_COMMIT, turn)
        self.finish = Batcher(self._finish, REQUESTS_A_COMMIT, turn)

    @property
    def registry(self) -> OpenRegistry:
        """The registry."""
        return self.parts.registry

    def lane(self, token: Token | None) -> Lane:
        """Return where work that takes long is done for a caller."""
        return self.strangers if token is None else self.tenants

    def check_whole(self) -> None:
        """Refuse a database that lost entries: it holds fewer than the head store told at the start, or than this process has seen since.

        One small question to the database.  Where the head store can't tell, only what this process has seen counts.

        Raises:
            StateError: `api.incomplete`; `store.unreadable`.

        """
        known = self._signed  # before the question: another thread may see a later commit meanwhile
        if known is None:
            known = self._end_signed()
        here = self.watch.standing().size or 0
        if here < known:
            raise StateError.at("api.incomplete")
        self._signed = max(known, here)

    def _end_signed(self) -> int:
        """Return how many entries of all logs the head store's head covers; 0 where it can't tell."""
        with reading(self.registry.engine) as connection:
            latest = latest_head(connection)
        try:
            return signed_end(self.registry, latest) or 0
        except StateError as error:
            if error.code == "home.behind-log":
                raise StateError.at("api.incomplete") from error
            return 0

    def publish(self) -> int:
        """Publish the status lists that are due; return how many."""
        return publish_status(self.registry, signer=self.parts.status, public=self.parts.status.public)

    def publish_new(self) -> None:
        """Publish at once the lists that have got their first certificate: before that nobody could check it."""
        with reading(self.registry.engine) as connection:
            begun = len(status_lists(connection))
        if begun > self._lists:
            self.publish()
            self._lists = begun

    def _issue(self, asked: Sequence[BatchedRequest[ProductionRecord]]) -> Sequence[RequestOutcome]:
        with self._issuing() as answer:
            return issue_requests(self.registry, [each.noted(answer) for each in asked], tables=self.parts.tables)

    def _submit(self, asked: Sequence[BatchedRequest[SentIssuance]]) -> Sequence[RequestOutcome]:
        with self._issuing() as answer:
            noted = [each.noted(answer) for each in asked]
            return submit(self.registry, noted, trust=self.reports.trust(), tables=self.parts.tables)

    @contextmanager
    def _issuing(self) -> Iterator[Callable[[IssuedRun], Answer]]:
        """Give what answers an issuance; at the end, if it got that far, what is new is counted and its lists are published."""
        made: list[IssuedRun] = []

        def answer(found: IssuedRun) -> Answer:
            made.append(found)
            proof = found.proof()
            state = self.registry.state(proof.index, found.head) if found.unchanged else "logged"
            return Answer(201, issued(found, proof, state=state, origin=self.parts.origin))

        yield answer
        self.publish_new()
        self.metrics.certificates.inc(sum(len(each.certificates) for each in made if not each.unchanged))

    def _allot(self, asked: Sequence[BatchedRequest[ReserveRequest]]) -> Sequence[RequestOutcome]:
        return reserve_holdings(self.registry, [each.noted(lambda made: Answer(201, allotted(made))) for each in asked])

    def _allot_places(self, asked: Sequence[BatchedRequest[StatusSlotsRequest]]) -> Sequence[RequestOutcome]:
        return reserve_slots(self.registry, [each.noted(lambda made: Answer(201, places(made))) for each in asked])

    def _begin(self, asked: Sequence[Asked]) -> Sequence[Answer | Turn | OreprintError]:
        return begin(self.registry, asked)

    def _finish(self, done: Sequence[Done]) -> Sequence[None]:
        finish(self.registry, done)
        return [None] * len(done)


async def app_state_of(request: Request) -> AppState:
    """Return the desk of the server that answers `request`."""
    desk: AppState = request.app.state.desk
    return desk


AppStateDep = Annotated[AppState, Depends(app_state_of)]

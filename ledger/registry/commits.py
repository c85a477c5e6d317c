"""Group commit: requests of many callers share a commit; each stands alone, with what the HTTP door keeps of it.

Rules:

1. A request that is refused changes nothing and keeps no other back.
2. The answer and the event of a request are kept in the commit that has its effect.  A key that was answered before has
   no further effect.
3. A request that uses or repeats what another one makes goes into a later commit, where that is in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from ledger.registry.append import CommitResult, LogTransaction, Postings
from ledger.registry.approval import NO_RECIPE, OPERATOR, ByRecipe, UnapprovedError
from ledger.registry.idempotency import Answer, Done, KeyedRequest, answered, keep
from ledger.store.events import EventRow, add_events
from schemas.problem import OreprintError, RefusedError

REQUESTS_A_COMMIT: Final = 256
"""Requests of one commit: they share its fsync, and others wait less than a second."""

Item = TypeVar("Item")
Made = TypeVar("Made")
RequestOutcome = Answer | OreprintError
"""The answer to a request that has a receipt, or the error."""


class Receipt(NamedTuple, Generic[Made]):
    """The stored trace of an HTTP request (rule 2): its event, and its answer under a key."""

    event: Callable[[Made | OreprintError], EventRow]
    answer: Callable[[Made], Answer]
    asked: KeyedRequest | None

    def kept(self, outcome: Made | OreprintError, done: list[Done], happened: EventRow | None = None) -> RequestOutcome:
        """Return the response to an outcome. Add the part to store to `done`, with what `happened` in the ledger."""
        event = self.event(outcome)
        if isinstance(outcome, OreprintError):
            done.append(Done(event))
            return outcome
        if happened is not None:
            outcome_told = event.outcome if happened.outcome == "done" else f"{event.outcome} {happened.outcome}"
            event = event._replace(before=happened.before, after=happened.after, outcome=outcome_told)
        answer = self.answer(outcome)
        done.append(Done(event, self.asked, answer))
        return answer


class GroupRequest(NamedTuple, Generic[Item, Made]):
    """A request for an item, with a receipt where it came in by the HTTP door; `author` is who asks.

    `recipe` is the recipe that the item was made by, if any.
    """

    item: Item
    receipt: Receipt[Made] | None = None
    author: str = OPERATOR
    recipe: ByRecipe = NO_RECIPE


class Prepared(NamedTuple, Generic[Made]):
    """The postings of a request (none if it needs no entry), its result once they are logged, and then its event."""

    postings: Postings
    made: Callable[[CommitResult], Made]
    event: EventRow | None = None


Keys: TypeAlias = "Callable[[Item], tuple[set[object], set[object]]]"
"""Tells what an item makes, and all that it makes or uses."""


@dataclass(slots=True)
class CommitGroup(Generic[Item, Made]):
    """Requests that share a commit."""

    requests: list[GroupRequest[Item, Made]] = field(default_factory=list)
    _stored: list[Answer | OreprintError | None] = field(default_factory=list)

    def unanswered(self, transaction: LogTransaction) -> list[GroupRequest[Item, Made]]:
        """Return those requests whose key has no answer yet."""
        keys = (each.receipt.asked if each.receipt else None for each in self.requests)
        self._stored = [answered(transaction.connection, key) if key else None for key in keys]
        return [each for each, known in zip(self.requests, self._stored, strict=True) if known is None]

    def log(
        self, transaction: LogTransaction, prepared: Iterable[Prepared[Made] | OreprintError]
    ) -> list[Made | RequestOutcome]:
        """Log the postings of unanswered items, or store their refusals. Return the outcome of each request."""
        new = iter(prepared)
        all_prepared = [next(new) if stored is None else stored for stored in self._stored]
        logged = transaction.log_each([each.postings for each in all_prepared if isinstance(each, Prepared)])
        refused = iter(logged.refused)
        outcomes: list[Made | RequestOutcome] = []
        done: list[Done] = []
        events: list[EventRow] = []
        for (_, receipt, *_), each in zip(self.requests, all_prepared, strict=True):
            if isinstance(each, Answer):
                outcomes.append(each)
                continue
            outcome, happened = self._outcome(transaction, each, logged, refused)
            outcomes.append(outcome if receipt is None else receipt.kept(outcome, done, happened))
            if receipt is None and happened is not None:
                events.append(happened)
        add_events(transaction.connection, events)
        keep(transaction.connection, done, now_ms=transaction.registry.runtime.now_ms())
        return outcomes

    @staticmethod
    def _outcome(
        transaction: LogTransaction,
        each: Prepared[Made] | OreprintError,
        logged: CommitResult,
        refused: Iterator[RefusedError | None],
    ) -> tuple[Made | OreprintError, EventRow | None]:
        """Return what became of a request, and the event where it was logged; one to be approved is kept."""
        if isinstance(each, UnapprovedError):
            return each.kept(transaction.connection), None
        if isinstance(each, OreprintError):
            return each, None
        refusal = next(refused)
        return (each.made(logged), each.event) if refusal is None else (refusal, None)


def groups(
    requests: Iterable[GroupRequest[Item, Made]], keys: Keys[Item] = lambda _: (set(), set())
) -> Sequence[CommitGroup[Item, Made]]:
    """Return requests in groups that may share a commit (rule 3); an idempotency key is something that is made.

    Without `keys` items have nothing to do with each other, or whoever prepares them sees to it.
    """
    found: list[CommitGroup[Item, Made]] = []
    there: set[object] = set()
    for request in requests:
        made, used = keys(request.item)
        if request.receipt is not None and request.receipt.asked is not None:
            made.add(request.receipt.asked.place)
            used.add(request.receipt.asked.place)
        if not found or len(found[-1].requests) == REQUESTS_A_COMMIT or not there.isdisjoint(used):
            found.append(CommitGroup())
            there = set()
        found[-1].requests.append(request)
        there |= made
    return found


def made_only(outcomes: Iterable[Made | RequestOutcome]) -> list[Made | OreprintError]:
    """Return the outcomes of requests none of which had a receipt."""
    return [each for each in outcomes if not isinstance(each, Answer)]


def responses(outcomes: Iterable[Made | RequestOutcome]) -> list[RequestOutcome]:
    """Return the outcomes of requests all of which had a receipt."""
    return [each for each in outcomes if isinstance(each, Answer | OreprintError)]

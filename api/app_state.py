"""State of one running server: the registry it serves, its counts, batches and verified reports.

Rules: made by `create_app` from parts that the command line put together; nothing here is read from the environment,
and the origin in links is configured, never taken from a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import Annotated, Final, Generic, NamedTuple, TypeAlias, TypeVar

import structlog
from fastapi import Depends, Request

from api.answers import allotted, created, issued, places
from api.batcher import Batcher
from api.lanes import MOST_PASSWORDS, PASSWORDS, STRANGERS, SUSPECTS, TENANTS, Lane
from api.metrics import Metrics
from api.problems import status_of
from api.rates import Rates
from api.reports import Reports
from api.room import Room
from ledger.admin.tokens import Token, keep_uses
from ledger.bundles.verification import LocalVerifier
from ledger.changes.share import Share
from ledger.desk.drafts import RunDraft
from ledger.desk.held import Signed, sign_draft, sign_due, sign_lots
from ledger.desk.held_rows import RowOutcome
from ledger.desk.outbox import Couriers, Rounds
from ledger.desk.vault import Vault
from ledger.factors.tables import FactorTables
from ledger.issuing.issue import IssuedRun, issue_requests
from ledger.issuing.reserve import ReserveRequest, StatusSlotsRequest, reserve_holdings, reserve_slots
from ledger.issuing.submit import SentIssuance, submit
from ledger.registry.approval import ByRecipe
from ledger.registry.commits import REQUESTS_A_COMMIT, GroupRequest, Receipt, RequestOutcome
from ledger.registry.idempotency import Answer, Event, KeyedRequest
from ledger.registry.lists import count_status_lists, publish_status
from ledger.registry.registry import OpenRegistry
from ledger.registry.watch import RegistryWatch
from ledger.remote.mail import Mailer
from ledger.remote.openid import OpenidClient
from ledger.remote.printer import Printer
from ledger.seal.signer import SoftwareSigner
from ledger.witnessing.collect import CosignerClient
from schemas.problem import OreprintError, Problem, StateError
from schemas.record import ProductionRecord

Item = TypeVar("Item")
Made = TypeVar("Made")


LOG: Final = structlog.get_logger("oreprint.api")
MOST_WARMED: Final = 128
"""Certificates whose pages are made before a server is ready."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a server: the open registry, the factor tables, the key of the status lists, the origin in links.

    `cosigners` are the witnesses and monitors that are asked; `mailer` sends e-mails, if there is one; `own_ports` are
    those that the server listens on, to which no webhook may lead; `openid` is its client at the company's login;
    `printers` are those of labels, by name; of the newest certificates, `warmed` have their pages made before the
    server is ready; `security_contact` is the URI where people report a flaw, if its operator named one.
    """

    registry: OpenRegistry
    tables: FactorTables
    status: SoftwareSigner
    origin: str
    cosigners: Sequence[CosignerClient] = ()
    mailer: Mailer | None = None
    own_ports: frozenset[int] = frozenset()
    openid: OpenidClient | None = None
    printers: Mapping[str, Printer] = field(default_factory=dict)
    warmed: int = MOST_WARMED
    security_contact: str | None = None


class BatchedRequest(NamedTuple, Generic[Item]):
    """A request that waits for its batch: `event` makes the event of its outcome, `asked` is its key, if any.

    `author` is who asks; `recipe` is the name and version of the recipe that it was made by, if any,
    and `warnings` what that finds odd.
    """

    wanted: Item
    event: Callable[[str], Event]
    asked: KeyedRequest | None
    author: str
    recipe: str = ""
    warnings: tuple[Problem, ...] | None = None

    def noted(self, answer: Callable[[Made], Answer]) -> GroupRequest[Item, Made]:
        """Return it with what is to be kept of it."""

        def event(outcome: Made | OreprintError) -> Event:
            if isinstance(outcome, OreprintError):
                return self.event(f"{status_of(outcome)} {outcome.code}")
            return self.event("201")

        recipe = ByRecipe.of(self.recipe, self.warnings or ())
        return GroupRequest(self.wanted, Receipt(event, answer, self.asked), self.author, recipe)


Batches: TypeAlias = Batcher[BatchedRequest[Item], RequestOutcome]


@dataclass(slots=True)
class AppState:
    """The state of a running server."""

    parts: Parts
    rates: Rates = field(default_factory=Rates)
    strangers: Lane = field(default_factory=partial(Lane, STRANGERS))
    tenants: Lane = field(default_factory=partial(Lane, TENANTS))
    passwords: Lane = field(default_factory=partial(Lane, PASSWORDS, MOST_PASSWORDS))
    suspects: Lane = field(default_factory=partial(Lane, SUSPECTS, MOST_PASSWORDS))
    room: Room = field(default_factory=Room)
    metrics: Metrics = field(default_factory=Metrics)
    vault: Vault = field(init=False)
    notices: Rounds = field(init=False)
    watch: RegistryWatch = field(init=False)
    verifier: LocalVerifier = field(init=False)
    reports: Reports = field(init=False)
    issue: Batches[ProductionRecord] = field(init=False)
    submit: Batches[SentIssuance] = field(init=False)
    reserve_holdings: Batches[ReserveRequest] = field(init=False)
    reserve_slots: Batches[StatusSlotsRequest] = field(init=False)
    used_tokens: dict[str, int] = field(default_factory=dict)
    _lists: int = 0

    def __post_init__(self) -> None:
        """Put the rounds together. From here on, it must be known who acts."""
        self.parts = replace(self.parts, registry=replace(self.parts.registry, served=True))
        self.vault = Vault(self.registry.vault)
        parts = self.parts
        self.notices = Rounds(self.registry, Couriers(parts.mailer, parts.origin, parts.own_ports))
        self.watch = RegistryWatch(self.parts.registry)
        self.verifier = LocalVerifier(self.parts.registry, self.parts.tables)
        self.reports = Reports(self.verifier, self.watch)
        turn = Lock()
        self.issue = Batcher(self._issue, REQUESTS_A_COMMIT, turn)
        self.submit = Batcher(self._submit, REQUESTS_A_COMMIT, turn)
        self.reserve_holdings = Batcher(self._reserve_holdings, REQUESTS_A_COMMIT, turn)
        self.reserve_slots = Batcher(self._reserve_slots, REQUESTS_A_COMMIT, turn)

    @property
    def registry(self) -> OpenRegistry:
        """The registry."""
        return self.parts.registry

    def lane(self, caller: Token | Share | None) -> Lane:
        """Return where work that takes long is done for a caller; who has a private link is a stranger."""
        return self.tenants if isinstance(caller, Token) else self.strangers

    def deliver(self) -> int:
        """Send notices that are due, waiting a second at most; return how many deliveries were started or ended."""
        return self.notices.round(wait_s=1)

    def keep_uses(self) -> None:
        """Store when tokens were used last; until then it is in `used_tokens`, so that no read waits for a write."""
        used, self.used_tokens = self.used_tokens, {}
        if used:
            keep_uses(self.registry, used)

    def sign_due(self) -> list[Signed]:
        """Sign held runs that are due; return what became of each, nothing once none is due."""
        return self.note_signed(sign_due(self.registry, tables=self.parts.tables))

    def sign_held(self, draft: RunDraft) -> RunDraft:
        """Sign a held run now; return what became of it."""
        row = draft.row
        done = sign_draft(self.registry, row.party, row.id, tables=self.parts.tables)
        self.publish_new()
        return done

    def sign_lots(self, party: str, lots: Iterable[str]) -> list[Signed]:
        """Sign the held runs of a party that are to make lots which are now used, shipped or labelled."""
        return self.note_signed(sign_lots(self.registry, party, lots, tables=self.parts.tables))

    def note_signed(self, signed: Sequence[Signed]) -> list[Signed]:
        """Count the signed certificates, and publish the status lists that begin."""
        became = [each.became for each in signed if isinstance(each, RowOutcome)]
        new = [each for each in became if isinstance(each, IssuedRun) and not each.unchanged]
        self.metrics.certificates.inc(sum(len(each.certificates) for each in new))
        if signed:
            self.publish_new()
        return [*signed]

    def publish(self) -> int:
        """Publish the status lists that are due; return how many."""
        return publish_status(self.registry, signer=self.parts.status)

    def publish_new(self) -> None:
        """Publish at once the lists that have got their first certificate: before that nobody could check it."""
        with _tried_again_later():
            begun = count_status_lists(self.registry)
            if begun > self._lists:
                self.publish()
                self._lists = begun

    def publish_changed(self) -> None:
        """Publish the lists that a commit changed."""
        with _tried_again_later():
            self.publish()

    def _issue(self, asked: Sequence[BatchedRequest[ProductionRecord]]) -> Sequence[RequestOutcome]:
        used: dict[str, list[str]] = {}
        for each in asked:
            used.setdefault(each.wanted.producer, []).extend(one.lot for one in each.wanted.inputs if one.lot)
        for party, lots in used.items():
            self.sign_lots(party, lots)
        with self._issuing() as answer:
            noted = [each.noted(partial(answer, warnings=each.warnings)) for each in asked]
            return issue_requests(self.registry, noted, tables=self.parts.tables)

    def _submit(self, asked: Sequence[BatchedRequest[SentIssuance]]) -> Sequence[RequestOutcome]:
        with self._issuing() as answer:
            noted = [each.noted(answer) for each in asked]
            return submit(self.registry, noted, trust=self.verifier.trust(), tables=self.parts.tables)

    @contextmanager
    def _issuing(self) -> Iterator[Callable[..., Answer]]:
        """Give the function that answers an issuance; at the end count what is new and publish its status lists."""
        made: list[IssuedRun] = []

        def answer(found: IssuedRun, warnings: tuple[Problem, ...] | None = None) -> Answer:
            made.append(found)
            proof = found.proof()
            state = self.registry.state(proof.index, found.head) if found.unchanged else "logged"
            return created(issued(found, proof, state=state, origin=self.parts.origin, warnings=warnings))

        yield answer
        self.publish_new()
        self.metrics.certificates.inc(sum(len(each.certificates) for each in made if not each.unchanged))

    def _reserve_holdings(self, asked: Sequence[BatchedRequest[ReserveRequest]]) -> Sequence[RequestOutcome]:
        return reserve_holdings(self.registry, [each.noted(lambda made: created(allotted(made))) for each in asked])

    def _reserve_slots(self, asked: Sequence[BatchedRequest[StatusSlotsRequest]]) -> Sequence[RequestOutcome]:
        return reserve_slots(self.registry, [each.noted(lambda made: created(places(made))) for each in asked])


@contextmanager
def _tried_again_later() -> Iterator[None]:
    """Log why lists could not be published: the answer is stored and stands, and the server publishes again soon."""
    try:
        yield
    except StateError as error:
        LOG.warning("not published", code=error.code, reason=str(error))


async def app_state_of(request: Request) -> AppState:
    """Return the server of the server that answers `request`."""
    server: AppState = request.app.state.server
    return server


AppStateDep = Annotated[AppState, Depends(app_state_of)]

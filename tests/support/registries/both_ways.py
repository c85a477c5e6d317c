"""Both ways to issue, each at a registry of its own where Ann is at home: by the key that the registry keeps, and
signed by Ann, over HTTP.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.admin.init import status_signer
from ledger.client.answers import answer
from ledger.client.correct import correct_at
from ledger.client.issue import IssuingClient, issue_at
from ledger.client.registry import RegistryClient
from ledger.client.statements import say_at
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.seal.sdjwt import OpenCertificate, OpenRun, open_certificate
from schemas.answers.life import MoveAnswer, StatusAnswer, UndoAnswer
from schemas.problem import OreprintError
from schemas.requests import CancelRequest, MoveRequest, StatusRequest, UndoRequest
from tests.support.http.server import ANN, PASSPHRASE, Served, runtime, serve, tables
from tests.support.registries.own_key import office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.remote.client import RemoteServer
    from schemas.answers import AnswerDocument
    from schemas.document import Document
    from schemas.record import ProductionRecord

    Said = MoveRequest | CancelRequest | StatusRequest | UndoRequest

_DIFFERS: Final = frozenset(
    {
        "id", "issued", "not_logged_after", "status", "certificate", "run", "creator", "holding", "mark", "record", "...",
        "certificates", "statements", "moves", "first_run", "ends",
    }
)  # fmt: skip
"""Members whose values are drawn at random, are times, or are digests of what has such in it."""


class Verbs(NamedTuple):
    """How something is said at a registry."""

    ship: Callable[[MoveRequest], AnswerDocument]
    cancel: Callable[[CancelRequest], AnswerDocument]
    change: Callable[[StatusRequest], AnswerDocument]
    undo: Callable[[UndoRequest], AnswerDocument]


@dataclass
class Way:
    """A registry, and how a record is issued there; `issued` are the certificates by lot, `notes` the rules that
    raised a flag.
    """

    served: Served
    made: Callable[[ProductionRecord], list[str]]
    corrected: Callable[[ProductionRecord], list[str]]
    verbs: Verbs
    issued: dict[str, OpenCertificate]
    notes: list[str]

    def try_(self, record: ProductionRecord) -> list[object]:
        """Issue a record; return what its certificates say, or the codes that it was refused with."""
        self.notes.clear()
        return self._certified(self.made, record)

    def correct(self, record: ProductionRecord) -> list[object]:
        """Correct by a record; return what its certificates say, or the codes that it was refused with."""
        return self._certified(self.corrected, record)

    def _certified(self, make: Callable[[ProductionRecord], list[str]], record: ProductionRecord) -> list[object]:
        try:
            opened = list(map(open_certificate, make(record)))
        except OreprintError as refused:
            return _codes(refused)
        self.issued |= {each.record.batch.lot: each for each in opened}
        return list(map(_said, opened))

    def say(self, asked: Said) -> object:
        """Say something; return what is answered, or the codes that it was refused with."""
        try:
            told = self._told(asked)
        except OreprintError as refused:
            return _codes(refused)
        return _fixed(json.loads(told.to_json()))

    def _told(self, asked: Said) -> AnswerDocument:
        match asked:
            case MoveRequest():
                return self.verbs.ship(asked)
            case CancelRequest():
                return self.verbs.cancel(asked)
            case StatusRequest():
                return self.verbs.change(asked)
            case UndoRequest():
                return self.verbs.undo(asked)

    def digest(self, lot: str) -> str:
        """Return the digest of the certificate of a lot."""
        return self.issued[lot].digest

    def run(self, lot: str) -> OpenRun:
        """Return the run that made a lot."""
        run = self.issued[lot].run
        assert run is not None
        return run


@contextmanager
def both_ways(folder: Path, **more: Any) -> Iterator[tuple[Way, Way]]:  # noqa: ANN401
    """Give both ways; `more` as of `serve`."""
    kept, own = serve(folder / "kept", **more), serve(folder / "own", **more)
    notes: list[str] = []

    def by_registry(record: ProductionRecord) -> list[str]:
        (outcome,) = issue(kept.registry, [record], tables=tables())
        if isinstance(outcome, OreprintError):
            raise outcome
        notes.extend(each.rule.id for each in outcome.findings)
        return [each.text for each in outcome.certificates]

    status = status_signer(kept.home, kept.registry.did, passphrase=PASSPHRASE)

    def corrected(record: ProductionRecord) -> list[str]:
        return [each.text for each in correct(kept.registry, record, tables=tables(), status=status).certificates]

    with own.running() as address:
        signed: list[str] = []
        desk = office(own, address, folder / "out", party=ANN)
        desk = replace(desk, note=lambda rule, _: signed.append(rule))
        yield (
            Way(kept, by_registry, corrected, _here(kept), {}, notes),
            Way(
                own,
                lambda record: [text for _, text in issue_at(desk, record)],
                lambda record: [text for _, text in correct_at(desk, record).certificates],
                _there(desk),
                {},
                signed,
            ),
        )


def _here(served: Served) -> Verbs:
    """Return the verbs of the registry that keeps Ann's key."""
    registry, status = served.registry, status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)

    def here(asked: Said) -> AnswerDocument:
        return answer(registry, asked, party=ANN, status=status)

    return Verbs(here, here, here, here)


def _there(office: IssuingClient) -> Verbs:
    """Return the verbs with Ann's own key, over HTTP."""
    client = client_of(office.remote)
    return Verbs(
        lambda asked: say_at(client, office.signer, asked, MoveAnswer),
        lambda asked: say_at(client, office.signer, asked, MoveAnswer),
        lambda asked: say_at(client, office.signer, asked, StatusAnswer),
        lambda asked: say_at(client, office.signer, asked, UndoAnswer),
    )


def client_of(remote: RemoteServer, outbox: dict[str, bytes] | None = None) -> RegistryClient:
    """Return the client of a registry whose outbox is in memory."""
    box = {} if outbox is None else outbox
    return RegistryClient(remote, runtime(), box.__setitem__, box.get, box.__delitem__)


def _codes(refused: OreprintError) -> list[object]:
    return [each.facts.get("theirs", each.code) for each in refused.problems if each.code != "issue.kept"]


def _said(opened: OpenCertificate) -> object:
    run = opened.run
    assert run is not None
    hidden = [
        *run.inventory,
        *run.outputs,
        *(part for each in run.inputs if each for part in (each.value, each.source)),
    ]
    return [_plain(each) for each in (opened.record, run.value, *hidden)]


def _plain(part: Document | None) -> object:
    return None if part is None else _fixed(json.loads(part.to_text()))


def _fixed(value: object) -> object:
    if isinstance(value, dict):
        return {name: "*" if name in _DIFFERS else _fixed(each) for name, each in value.items()}
    return [_fixed(each) for each in value] if isinstance(value, list) else value

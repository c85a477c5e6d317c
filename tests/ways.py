"""Both ways to issue, each at a registry of its own where Ann is at home: by the key that the registry keeps, and signed by Ann, over HTTP."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ledger.durable import write_durably
from ledger.init import first_kid, key_name
from ledger.issue import issue
from ledger.issue_at import Office, issue_at
from ledger.remote.client import Remote
from ledger.seal.sdjwt import OpenCertificate, OpenRun, open_certificate
from ledger.sealing import Sealing
from schemas.problem import OreprintError
from tests.served import ANN, PASSPHRASE, Served, around, serve, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.document import Document
    from schemas.record import ProductionRecord

_DIFFERS: Final = frozenset(
    {"id", "issued", "not_logged_after", "status", "certificate", "run", "creator", "holding", "mark", "record", "..."}
)
"""Members whose values are drawn at random, are times, or are digests of what has such in it."""


@dataclass
class Way:
    """A registry, and how a record is issued there; `issued` are the certificates by lot, `notes` the rules that raised a flag."""

    served: Served
    made: Callable[[ProductionRecord], list[str]]
    issued: dict[str, OpenCertificate]
    notes: list[str]

    def try_(self, record: ProductionRecord) -> list[object]:
        """Issue a record; return what its certificates say, or the codes that it was refused with."""
        self.notes.clear()
        try:
            opened = list(map(open_certificate, self.made(record)))
        except OreprintError as refused:
            return [each.facts.get("theirs", each.code) for each in refused.problems if each.code != "issue.kept"]
        self.issued |= {each.record.batch.lot: each for each in opened}
        return list(map(_said, opened))

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
    first, second = Way(kept, lambda _: [], {}, []), Way(own, lambda _: [], {}, [])

    def by_registry(record: ProductionRecord) -> list[str]:
        (outcome,) = issue(kept.book, [record], tables=tables())
        if isinstance(outcome, OreprintError):
            raise outcome
        first.notes += [each.rule.id for each in outcome.findings]
        return [each.text for each in outcome.certificates]

    first.made = by_registry
    with own.running() as address:
        office = _office(own, address, folder / "out", lambda rule, _: second.notes.append(rule))
        second.made = lambda record: [text for _, text in issue_at(office, record)]
        yield first, second


def _office(served: Served, address: str, folder: Path, note: Callable[[str, str], None]) -> Office:
    folder.mkdir()
    kid = first_kid(ANN)
    signer = served.home.read_key(key_name(kid), kid=kid, passphrase=PASSPHRASE)
    secret = served.token(ANN)["Authorization"].removeprefix("Bearer ")
    return Office(
        Remote.at(address, secret),
        signer,
        tables(),
        lambda registry: Sealing(registry, around().now_ms(), around().random),
        lambda name, raw: write_durably(folder / name, raw),
        lambda name: (folder / name).read_bytes() if (folder / name).exists() else None,
        note,
    )


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
    return None if part is None else _fixed(json.loads(part.model_dump_json(exclude_none=True)))


def _fixed(value: object) -> object:
    if isinstance(value, dict):
        return {name: "*" if name in _DIFFERS else _fixed(each) for name, each in value.items()}
    return [_fixed(each) for each in value] if isinstance(value, list) else value

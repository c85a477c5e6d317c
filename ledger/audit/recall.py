"""Recall earlier records in an audit. The last ones stay in memory; others are read again.

Rules: only what was judged before can be recalled. What is read again is not judged again: a fault in it is named
already.
"""
# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from typing import Final, TypeVar

from sqlalchemy import Connection

from ledger.holdings.mark import commitment
from ledger.log.entry import Entry
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.sdjwt import OpenRun, open_certificate
from ledger.store.logs import entry
from ledger.store.reading import certificate, certificates_of
from ledger.store.whole import holdings_at
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.heads import ProvenEntry
from ledger.verify.walk_state import Root, ShownIssuance
from schemas.problem import MissingError
from schemas.quantity import milligrams

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST_KEPT: Final = 2000
"""Records kept as they were judged: tens of MB, and most inputs were made not long before."""


class Recalled(MutableMapping[Key, Value]):
    """A mapping of everything ever put in. It keeps the values used last; `load` reads another one again."""

    def __init__(self, load: Callable[[Key], Value], most: int = MOST_KEPT) -> None:
        self._load, self._most = load, most
        self._known: set[Key] = set()
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._held: dict[Key, Value] = {}

    def hold(self, key: Key) -> None:
        """Keep a value that can't be read again."""
        self._held[key] = self[key]

    def __getitem__(self, key: Key) -> Value:
        if key not in self._known:
            raise KeyError(key)
        if key in self._held:
            return self._held[key]
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        value = self._load(key)
        self[key] = value
        return value

    def __setitem__(self, key: Key, value: Value) -> None:
        self._known.add(key)
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def __delitem__(self, key: Key) -> None:
        self._known.remove(key)
        self._kept.pop(key, None)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: object) -> bool:
        return key in self._known


def seen_again(connection: Connection, digest: str) -> ShownCertificate:
    """Return a certificate that was judged before, as `ledger.verify` knows it."""
    stored = certificate(connection, certificate_digest_bytes(digest))
    opened = open_certificate(f"{stored.row.jws}~")
    at = stored.issuance.entry
    logged = ProvenEntry(opened.record.registry, at, Entry.parse(entry(connection, at)))
    return ShownCertificate.checked_before(opened, stored.issuance.digest, stored.values, logged)


def issued_again(connection: Connection, chain: Chain, issuance: bytes) -> ShownIssuance:
    """Return an issuance that was judged before, as `ledger.verify` knows it.

    Raise MissingError `store.record-missing`.
    """
    for stored in certificates_of(connection, issuance):
        run = open_certificate(stored.text).run
        if run is not None:
            value = run.value
            made = tuple((digest_bytes(each.holding), milligrams(each.net_mass_kg)) for each in value.made)
            first = chain.paths.first(digest_bytes(value.follows.record)) if value.follows else issuance
            inputs = tuple(_inputs(connection, run))
            return ShownIssuance(issuance, first, value.producer, value.registry, run.text, stored.values, made, inputs)
    raise MissingError.at("store.record-missing")


def _inputs(connection: Connection, run: OpenRun) -> Iterator[tuple[int | None, Root | None]]:
    """Yield mass and batch of each input."""
    for each in run.inputs:
        used = commitment(each.source.holding) if each and each.source else b""
        held = holdings_at(connection, [used]).get(used)
        yield (milligrams(each.value.mass_kg) if each else None), (held.issuance, held.output) if held else None

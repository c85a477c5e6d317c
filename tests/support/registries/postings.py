"""Postings that say nothing but their number."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.registry.append import Posting, append

if TYPE_CHECKING:
    from tests.support.registries.registry import Registry


def digest(name: object) -> bytes:
    return sha256(str(name).encode()).digest()


def posting(name: object) -> Posting:
    return Posting("withdraw", digest(f"record {name}"), str(name).encode(), marks=(digest(name),))


def log(opened: Registry, names: range) -> None:
    with append(opened.opened) as transaction:
        logged = transaction.log_each([(posting(name),) for name in names])
    assert set(logged.refused) == {None}

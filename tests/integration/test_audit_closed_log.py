"""A registry that closed its log: an auditor's record counts for certificates of the closed log, and only as read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.rollover import close_log
from ledger.changes import audited
from ledger.changes.audited import post_audit
from ledger.log.head import open_head
from ledger.seal.audit import open_audit
from ledger.seal.digest import to_base64url
from ledger.store.engine import reading
from ledger.store.logs import last_heads, log_key
from schemas.audit import AuditedHead
from schemas.document import replace
from tests.support.registries.auditing import EVA, leaves_of, record_by_hand, written
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, ONE, PASSPHRASE, Shop, a_shop

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.report import Audited


class Closed:
    """A registry with a certificate in its closed log, and another one in the open log after it."""

    def __init__(self, folder: Path) -> None:
        self.shop: Shop = a_shop(folder, ONE, [ANN], Clock(), seed=1, audited=written(EVA))
        self.old = self.shop.blend("A-1", "10 kg", by=ANN)
        self.shop.publish()
        close_log(self.shop.home, self.shop.registry, 1, passphrase=PASSPHRASE)
        self.new = self.shop.blend("A-2", "10 kg", by=ANN)
        self.shop.publish()
        self.open = self.head()

    def head(self) -> AuditedHead:
        """Return the head of the newest log."""
        return open_audit(record_by_hand(self.shop.registry, EVA, []).text).record.head

    def said(self, digest: str, number: int, **change: Any) -> Audited:  # noqa: ANN401 - members of a record
        """Return what a reader is told after Eva's record of all certificates."""
        registry = self.shop.registry
        post_audit(registry, record_by_hand(registry, EVA, leaves_of(registry), number, **change))
        self.shop.publish()
        found = self.shop.judge(self.shop.bundle(digest, "public")).audited
        assert found is not None
        return found


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Closed:
    monkeypatch.setattr(audited, "_check_head", lambda *_: None)  # a registry that colludes logs any head
    return Closed(tmp_path)


def test_a_certificate_of_a_closed_log_was_read_by_who_read_any_of_the_next(closed: Closed) -> None:
    last = final(closed)
    assert closed.open.origin != last.origin
    assert closed.said(closed.old, 1).state == "audited"
    assert closed.said(closed.new, 2).state == "audited"
    assert closed.said(closed.old, 3, head=last).state == "audited", "a head of the closed log, up to its end"


def final(closed: Closed) -> AuditedHead:
    """Return the last head of the closed log."""
    with reading(closed.shop.registry.engine) as connection:
        stored = last_heads(connection)[0]
        head = open_head(stored.note, log_key(connection, stored.origin))
    return AuditedHead(origin=head.origin, size=head.size, root=to_base64url(head.root))


def test_heads_that_no_log_had_count_for_nobody(closed: Closed) -> None:
    last = final(closed)
    wrong = {
        "beyond the end of the closed log": (closed.old, replace(last, size=last.size + 1), "head"),
        "beyond the record's own entry": (closed.old, replace(closed.open, size=10**6), "head"),
        "of no log of this registry": (closed.old, replace(closed.open, origin="other.example/log"), "head"),
        "not as far as the certificate": (closed.old, replace(last, size=1), "not-read"),
        "of the log before the certificate's": (closed.new, last, "not-read"),
    }
    for number, (name, (digest, head, reason)) in enumerate(wrong.items(), start=1):
        told = closed.said(digest, number, head=head)
        assert (told.state, [each.reason for each in told.not_counted]) == ("none", [reason]), name

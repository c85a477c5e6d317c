"""Auditors: a scan with the records of two beside one without, and an hourly record over a million certificates."""

from __future__ import annotations

import time
from functools import partial
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Final

from bench.table import Row, in_turn, seconds
from ledger.log.audit_tree import AuditTree
from ledger.seal.audit import open_audit, seal_audit
from ledger.seal.digest import to_base64url
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from tests.support.worlds.auditors import EVA, FAY, AuditedWorld, leaf
from tests.support.worlds.broken_histories import drawn
from tests.support.worlds.parties import key
from tests.support.worlds.recipe import Make, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.audit import AuditLeaf, AuditRecord
    from schemas.report import AuditedState

ROUNDS: Final = 200
CERTIFICATES: Final = 10**6
BESIDE: Final = 600_000
"""Leaves beside the one that is shown: a tree of depth 20."""


def rows() -> list[Row]:
    """Measure a scan, and a record."""
    return [_scan(), _record()]


def _scan() -> Row:
    world = AuditedWorld(full=True)
    made = world.issue("ben", [drawn(world)], [Make(300_000)])
    plain = world.bundle(made.certificate, "public")
    others = [leaf(made, inside=sha256(b"%d" % number).digest()) for number in range(BESIDE)]
    for name in (EVA, FAY):
        world.audit(name, [leaf(made), *others], shown=[leaf(made)])
    audited = world.bundle(made.certificate, "public")
    acts = (partial(_verified, world, audited, "audited"), partial(_verified, world, plain, "none"))
    ours, floor = map(min, in_turn(ROUNDS, *acts, clock=time.process_time))
    return Row(
        "scan with two auditors' leaves, paths and records",
        f"{ours * 1000:.2f} ms",
        f"{floor * 1000:.2f} ms, without them",
        f"{ours / floor:.2f}x",
        "<= 1.3x",
        "1.2x",
    )


def _verified(world: AuditedWorld, lines: Sequence[bytes], state: AuditedState) -> None:
    """Verify a bundle; auditors must say what they say."""
    policy = Policy(at_ms=world.now_ms)
    found = report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))
    if found.verdict != "genuine" or found.audited is None or found.audited.state != state:
        raise ValueError(found.headline)


def _record() -> Row:
    world = AuditedWorld()
    made = world.issue("ben", [drawn(world)], [Make(300_000)])
    leaves = [leaf(made, inside=sha256(b"%d" % number).digest()) for number in range(CERTIFICATES)]
    record = open_audit(world.audit(EVA, leaves[:1]).text).record
    taken = seconds(partial(_sign, record, leaves))
    return Row("an auditor's record over 10^6 certificates", f"{taken:.1f} s", "", "", "<= 10 s", "5 s")


def _sign(record: AuditRecord, leaves: Sequence[AuditLeaf]) -> None:
    """Build the tree and sign its root, as an auditor does each hour."""
    fill = (sha256(b"fill %d" % number).digest() for number in count())
    tree = AuditTree.build((each.to_bytes() for each in leaves), fill)
    seal_audit(replace(record, depth=tree.depth, root=to_base64url(tree.root)), signer=key(EVA))


if __name__ == "__main__":
    for each in rows():
        print(each)

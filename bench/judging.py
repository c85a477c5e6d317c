"""Auditing by others: one step judged by an auditor's own memory, and the hourly record over 10^6 certificates.

The steps are those of the example's chain.  Their floor verifies the very same bundles and remembers nothing.  The
record's floor hashes the very same leaves into the tree.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bench.table import Row, in_turn, printed, ratio
from ledger.admin.init import refresh_status
from ledger.auditing.auditor import apart
from ledger.auditing.standing import Standing
from ledger.bundles.build import step_lines
from ledger.log.audit_tree import AuditTree
from ledger.store.judged import EdgeKind, JudgedCertificate, JudgedStep, JudgedSteps, UsedKey
from ledger.verify.chain import Policy
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditLeaf, AuditState
from tests.support.registries.auditing import EVA, auditor_of, written
from tests.support.registries.lived_in import PASSPHRASE, TABLES, a_life, trust_of
from tests.support.worlds.honest_auditors import WorldLogs
from tests.support.worlds.parties import START_MS, cast, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.registries.lived_in import Life

ROUNDS: Final = 5
CERTIFICATES: Final = 10**6
REGISTRY: Final = "one.example"


def rows() -> list[Row]:
    """Measure both."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        return [_step_row(Path(folder)), _record_row(Path(folder))]


def _step_row(folder: Path) -> Row:
    life = a_life(folder / "home", **written(EVA))
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    steps = list(apart(b"".join(step_lines(life.registry, 0, most=100, most_bytes=10**9))))
    places = iter(folder / f"eva-{number}" for number in range(ROUNDS + 1))
    _judge(life, next(places))
    judged, verified = in_turn(
        ROUNDS, lambda: _judge(life, next(places)), lambda: _verify(life, steps), clock=time.process_time
    )
    each = median(judged) / len(steps) * 1000
    return Row(
        f"an auditor judges a step ({len(steps)} steps of the example)",
        f"{each:.0f} ms",
        f"{median(verified) / len(steps) * 1000:.0f} ms, verified alone",
        f"{ratio(judged, verified):.1f}x",
        "40 ms",
        "",
    )


def _judge(life: Life, folder: Path) -> None:
    auditor = replace(auditor_of(life, EVA, folder), send=lambda _: None)
    found = auditor.round()
    if found.waiting or found.refused:
        raise ValueError(found)


def _verify(life: Life, steps: list[list[bytes]]) -> None:
    for lines in steps:
        verify_bundle(lines, trust=trust_of(life.home), tables=TABLES, policy=Policy(at_ms=life.clock.now))


def _record_row(folder: Path) -> Row:
    steps = JudgedSteps(folder / "audited.db")
    with steps.writing() as memory:
        for step in _steps():
            memory.add(step)
    trust = cast().trust
    begun = time.process_time()
    with steps.reading() as memory:
        standing = Standing(trust, {REGISTRY: WorldLogs(trust.registry(REGISTRY), ())}, START_MS)
        leaves = list(standing.leaves(memory, REGISTRY, end=CERTIFICATES))
    stood = time.process_time() - begun
    AuditTree.build(leaves, iter(lambda: os.urandom(32), b""))
    taken = time.process_time() - begun
    if len(leaves) != CERTIFICATES:
        raise ValueError(len(leaves))
    tree = taken - stood
    return Row(
        f"the hourly record of {CERTIFICATES:,} certificates", f"{taken:.1f} s", f"{tree:.1f} s, the tree", f"{taken / tree:.1f}x",
        "10 s", "",
    )  # fmt: skip


def _steps() -> Iterator[JudgedStep]:
    """Yield steps of one certificate, each made of the one before, by a key that is good."""
    for number in range(CERTIFICATES):
        digest, before = (sha256(b"%d" % each).digest() for each in (number, number - 1))
        leaf = AuditLeaf(digest, 0, digest, AuditState.RIGHT, digest).to_bytes()
        made = JudgedCertificate(digest, number >> 16, number & 0xFFFF, None, leaf, "{}")
        edges = ((before, EdgeKind.INPUT),) if number else ()
        used = (UsedKey(key("ann").kid, START_MS),)
        yield JudgedStep(
            digest, REGISTRY, number, START_MS, digest, refused=False, rules="", certificates=(made,), edges=edges,
            keys=used, lots=(("plant", f"{number}"),), instruments=(),
        )  # fmt: skip


if __name__ == "__main__":
    print(printed(rows()))

"""A chain may be deep: verification walks it line by line, never recurses, and keeps little of each certificate."""

from __future__ import annotations

import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from tests.support.worlds.drafts import Issuance

MOST_BYTES_EACH = 60_000
"""What may be kept of one certificate: its record and its run as objects, not its text."""


def deep(length: int) -> tuple[World, Issuance]:
    """Return a chain in which each batch is made of the one before it."""
    world = World()
    last = world.issue("ann")
    for _ in range(length - 1):
        last = world.issue("ann", list(last.lumps), [Make(1_000_000)])
    return world, last


def verified_within(length: int, frames: int) -> None:
    world, last = deep(length)
    lines = world.bundle(last.certificate)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(frames)
    try:
        chain = verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 1000))
    finally:
        sys.setrecursionlimit(limit)
    result = report(chain)
    assert (result.verdict, result.chain.tiers, result.chain.state) == ("genuine", length, "complete"), result.headline
    assert result.footprint is not None
    assert result.footprint.difference == "0"


def test_a_thousand_tiers_are_verified_without_recursion() -> None:
    verified_within(1_000, 400)


@pytest.mark.soak
def test_ten_thousand_tiers_are_verified_without_recursion() -> None:
    verified_within(10_000, 400)


@pytest.mark.slow
def test_what_is_kept_of_a_chain_grows_with_its_length_and_not_with_its_text() -> None:
    kept = []
    for length in (50, 200):
        world, last = deep(length)
        lines = world.bundle(last.certificate)
        tracemalloc.start()
        chain = verify_bundle(
            iter(lines), trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 1000)
        )
        kept.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert len(chain.seen) == length
    assert (kept[1] - kept[0]) / 150 < MOST_BYTES_EACH, kept

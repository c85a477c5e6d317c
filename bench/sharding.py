"""One trust list, many logs: what 10^9 records and 10^11 scans a year ask of each, by a simulation of a year, minute
by minute.

Run ``python -m bench.sharding``; with ``--shards N`` for another number of logs.  Every assumption is a constant below,
with its reason; what was measured says where.  The arrivals of a minute are drawn from a Poisson law (a normal one
where the mean is large) with a fixed seed, so the table repeats.  A log takes what arrived, as much as it can, and what
is left waits.

What this module does not do: it measures nothing (the other benchmarks do) and proves nothing about real traffic.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from math import ceil, log2, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECORDS: Final = 10**9
"""Certificates a year: some 350,000 t of rare-earth oxide a year, in drums and crates down to single kg, through six
tiers.
"""
SCANS: Final = 10**11
"""Looks at a page or a report a year: a hundred for each certificate."""

ENTRIES: Final = 4
"""Log entries for each certificate: its issuance, two splits on the way of what it uses, one move."""
ENTRY_BYTES: Final = 260
"""A blinded entry with two marks (`docs/formats.md`)."""
CERTIFICATE_BYTES: Final = 9_000
"""A certificate as the public sees it (bench.verifying: 8.7 kB)."""
CONFIDENTIAL_BYTES: Final = 14_000
"""Its run and disclosures (bench.verifying: 22 kB together)."""
TILE_WIDTH: Final = 256
"""Hashes in a tile (C2SP tlog-tiles)."""
HASH_BYTES: Final = 32

ISSUE_MS: Final = 2.3
"""Processor time of one certificate, door to durable row, in groups of 256 (bench.issuing)."""
SEQUENCE_US: Final = 20
"""Processor time of one entry in the sequencer alone (design figure: 15 to 22)."""
COMMIT_MS: Final = 15
"""One group made durable, its head signed and cosigned by witnesses in parallel: a disk flush and one round trip."""
GROUP: Final = 256
"""Entries that share a commit at most."""

PAGE_MS: Final = 0.2
"""Processor time of a page once seen (bench.page)."""
COLD_MS: Final = 6
"""Processor time of a page that is made anew (bench.page)."""
COLD_SHARE: Final = 0.02
"""Looks that find nothing kept: the first after each new head or status list."""

OUTAGE: Final = 4 * 60
"""Minutes that each log is away once a year, from the start of a working day at a month's end."""
MINUTES: Final = 365 * 24 * 60
WORKING: Final = (6, 22)
"""Hours of the day, in the region's time, in which nine tenths of the shipments leave."""
WORKING_SHARE: Final = 0.9
WEEKEND: Final = 0.25
"""A day of a weekend against a day of the week."""
MONTH_END: Final = 3.0
"""The last day of a month against others."""
SEED: Final = 20261125


@dataclass(frozen=True, slots=True)
class Shard:
    """The load of a year on one log."""

    share: float
    entries: int
    busiest: int
    longest_wait_s: float
    catches_up_min: int
    load: float


def shares(count: int) -> list[float]:
    """Return how unequal logs of regions are: by Zipf's law, the largest first."""
    weights = [1 / rank for rank in range(1, count + 1)]
    return [weight / sum(weights) for weight in weights]


def rhythm(hours_east: int) -> Iterator[float]:
    """Yield each minute's part of a year's arrivals, not yet scaled, in a region's own time."""
    first, last = WORKING
    inside = WORKING_SHARE / (last - first)
    outside = (1 - WORKING_SHARE) / (24 - (last - first))
    for minute in range(MINUTES):
        local = minute // 60 + hours_east
        day = local // 24
        weight = inside if first <= local % 24 < last else outside
        weight *= WEEKEND if day % 7 >= 5 else 1.0
        yield weight * (MONTH_END if day % 30 == 29 else 1.0)


def arrivals(draws: random.Random, mean: float) -> int:
    """Draw how many come in a minute."""
    return max(0, round(draws.gauss(mean, sqrt(mean))))


def simulate(share: float, hours_east: int, draws: random.Random) -> Shard:
    """Run one log through a year."""
    parts = list(rhythm(hours_east))
    scale = RECORDS * ENTRIES * share / sum(parts)
    capacity = 60_000 / (COMMIT_MS / GROUP + SEQUENCE_US / 1000)
    waiting, busiest, longest, taken, behind = 0.0, 0, 0.0, 0, 0
    away = (29 * 24 + WORKING[0] - hours_east) * 60
    for minute, part in enumerate(parts):
        came = arrivals(draws, part * scale)
        waiting += came
        busiest, taken = max(busiest, came), taken + came
        if away <= minute < away + OUTAGE:
            continue  # who issues keeps what it signed and sends it again
        waiting -= min(waiting, capacity)
        longest, behind = max(longest, waiting / capacity * 60), behind + (waiting > 0)
    return Shard(share, taken, busiest, longest, behind, taken / (capacity * MINUTES))


def year(count: int) -> list[Shard]:
    """Run all logs through a year; regions lie around the globe."""
    draws = random.Random(SEED)  # noqa: S311 - a simulation
    return [simulate(share, 24 * at // count, draws) for at, share in enumerate(shares(count))]


def report(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield the table, and the arithmetic that needs no simulation."""
    yield f"{RECORDS:.0e} certificates and {SCANS:.0e} looks a year, {len(shards)} logs, seed {SEED}"
    yield ""
    yield "| log | share | entries | busiest minute | after four hours away: longest wait, caught up in | busy | proof | tiles | entries on disk |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for at, shard in enumerate(shards, 1):
        path = ceil(log2(shard.entries))
        tiles = sum(ceil(shard.entries / TILE_WIDTH**level) for level in range(1, 5))
        yield (
            f"| {at} | {shard.share:.1%} | {shard.entries:.2e} | {shard.busiest / 60:.0f}/s | {shard.longest_wait_s:.0f} s, {shard.catches_up_min} min | "
            f"{shard.load:.1%} | {path} hashes, {path * HASH_BYTES} bytes | {tiles:.1e} | "
            f"{shard.entries * ENTRY_BYTES / 1e12:.2f} TB |"
        )
    busiest = sum(shard.busiest for shard in shards) / 60 / ENTRIES
    cores = busiest * ISSUE_MS / 1000
    mean = SCANS / (MINUTES * 60)
    each = COLD_SHARE * COLD_MS + (1 - COLD_SHARE) * PAGE_MS
    yield ""
    yield f"Issuing: {busiest:.0f} certificates/s in the busiest minute if all logs had it at once: {cores:.1f} cores."
    yield f"Looking: {mean:.0f}/s on average, {5 * mean:.0f}/s at five times that: {5 * mean * each / 1000:.1f} cores without any cache before them."
    stored = RECORDS * (CERTIFICATE_BYTES + CONFIDENTIAL_BYTES) / 1e12
    yield f"Stored: {stored:.0f} TB of certificates and runs a year, {RECORDS * CERTIFICATE_BYTES / 1e12:.0f} TB of it public."
    yield f"Following: a monitor that keeps every mark holds {RECORDS * ENTRIES * HASH_BYTES / 1e9:.0f} GB a year over all logs."


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Simulate a year of many logs under one trust list.")
    parser.add_argument("--shards", type=int, default=4, metavar="N", help="how many logs (default: 4)")
    print("\n".join(report(year(parser.parse_args().shards))))


if __name__ == "__main__":
    main()

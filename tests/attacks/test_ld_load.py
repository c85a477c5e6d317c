"""LD-01, LD-02, LD-10, LD-11: many clients for long, and a log of a million entries: no errors, no growth, no more
work.

How fast it is stands in `bench`; here nothing may fail, leak or slow down.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from math import inf
from typing import TYPE_CHECKING, TypeAlias

import pytest

from ledger.issuing.issue import IssuedRun, issue
from ledger.log.merkle import prove_inclusion
from ledger.registry.readiness import check_head
from ledger.store.engine import reading
from ledger.store.logs import tile_hashes
from tests.faults.inspected import inspected
from tests.faults.place import LOTS, bought, filled, parsed
from tests.faults.under_load import Load, token
from tests.support.http.loaded_server import counted, memory_mb, p99, served
from tests.support.http.server import tables
from tests.support.registries.postings import posting
from tests.support.registries.registry import log_each

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry
    from tests.faults.place import Place

pytestmark = pytest.mark.slow

CLIENTS = 32
GROWTH_MB = 50
COMMIT = 1000
UNKNOWN = "zQm" + "1" * 44

Told: TypeAlias = Callable[[str, object], None]


@pytest.mark.parametrize(("seconds", "answers"), [(60, 10 * CLIENTS), pytest.param(600, inf, marks=pytest.mark.soak)])
def test_ld_01_issuing_by_32_clients_has_no_errors(
    tmp_path: Path, database: str | None, seconds: int, answers: float, record_property: Told
) -> None:
    place = filled(tmp_path / "place", database, lots=0)
    loads: list[Load] = []
    with served(place) as (_, port):
        secret, until = token(place), time.monotonic() + seconds
        while time.monotonic() < until and sum(len(each.told) for each in loads) < answers:
            loads.append(Load(secret, str(len(loads)), port, shared=False))
            with loads[-1].clients(CLIENTS):
                loads[-1].wait(answers, seconds=min(10, max(0.0, until - time.monotonic())))
    assert set().union(*(each.answers for each in loads)) == {201}
    waited = [one for each in loads for one in each.seconds]
    record_property("counted", f"LD-01: {len(waited)} answers, p99 {p99(waited):.2f} s, no errors")
    assert sum(len(each.told) for each in loads) == len(waited)
    assert inspected(place, loads[-1].tried, loads[-1].told).sound


def digests(place: Place) -> list[str]:
    """Return what the lots of a registry are known by."""
    registry = place.open()
    outcomes = issue(registry, parsed([bought(f"LOT-{n}") for n in range(LOTS)]), tables=tables())
    registry.engine.dispose()
    return [each.digest for made in outcomes if isinstance(made, IssuedRun) for each in made.certificates]


def ask_for_reports(port: int, wanted: list[str], answers: Counter[int], turns: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for turn in range(turns):
            digest = UNKNOWN if turn % 100 == 99 else wanted[turn % len(wanted)]
            connection.request("GET", f"/v1/certificates/{digest}/verification")
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1


@pytest.mark.parametrize("turns", [100, pytest.param(31_250, marks=pytest.mark.soak)])
def test_ld_02_ld_10_reports_for_32_clients_have_no_errors_and_leave_nothing_in_memory(
    tmp_path: Path, turns: int, record_property: Told
) -> None:
    place = filled(tmp_path / "place")
    wanted, answers = digests(place), Counter[int]()
    with served(place) as (process, port):
        grown: list[int] = []
        begun = time.monotonic()
        for part in (turns // 10, turns - turns // 10):
            threads = [
                threading.Thread(target=ask_for_reports, args=(port, wanted, answers, part)) for _ in range(CLIENTS)
            ]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            grown.append(memory_mb(process.pid))
        rate = answers.total() / (time.monotonic() - begun)
    unknown = CLIENTS * sum(part // 100 for part in (turns // 10, turns - turns // 10))
    assert answers == Counter({200: CLIENTS * turns - unknown, 404: unknown})
    record_property("counted", f"LD-02, LD-10: {answers.total()} reports, {rate:.0f}/s, {grown} MB")
    assert grown[1] - grown[0] < GROWTH_MB


def steps_of_issuing(registry: OpenRegistry, name: str) -> int:
    """Return the work of issuing certificates, in hundreds of steps."""
    records = parsed([bought(f"{name}-{n}") for n in range(256)])
    with counted(registry) as steps:
        assert all(isinstance(made, IssuedRun) for made in issue(registry, records, tables=tables()))
    return steps["hundreds"]


@pytest.mark.parametrize("entries", [20_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_ld_11_a_long_log_asks_no_more_of_its_database_than_a_short_one(
    tmp_path: Path, entries: int, record_property: Told
) -> None:
    place = filled(tmp_path / "place")
    registry = place.open()
    early = steps_of_issuing(registry, "EARLY")
    for first in range(0, entries, COMMIT):
        log_each(registry, *((posting(n),) for n in range(first, first + COMMIT)))
    late = steps_of_issuing(registry, "LATE")
    registry.engine.dispose()
    begun = time.perf_counter()
    again = place.open()
    with counted(again) as steps, reading(again.engine) as connection:
        size = check_head(again, connection).size
        started, start = time.perf_counter() - begun, steps["hundreds"]
        proofs, most = [], 0
        for index in range(0, size, size // 500):
            before, begun = steps["hundreds"], time.perf_counter()
            prove_inclusion(tile_hashes(connection, size), index=index, size=size)
            proofs.append(time.perf_counter() - begun)
            most = max(most, steps["hundreds"] - before)
    again.engine.dispose()
    record_property(
        "counted",
        f"LD-11: {size} entries, start {started * 1000:.0f} ms, proof p99 {p99(proofs) * 1000:.2f} ms; in hundreds of steps: "
        f"start {start}, a proof at most {most}, 256 certificates {late}, with an empty log {early}",
    )
    assert size > entries
    assert start <= 100
    assert most <= 20
    assert late < 1.2 * early

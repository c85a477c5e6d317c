"""A server that issues a workbook is killed at random moments: no row is lost, and none is issued twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from ledger.desk import held, uploads
from ledger.desk.held import sign_due
from ledger.desk.listing import ListFilter, list_certificates
from ledger.desk.upload_holds import hold_upload
from ledger.desk.uploads import IssueWish, issue_upload, latest_uploads, upload_runs, upload_workbook
from ledger.tables import shipped_tables
from tests.support.http.server import ANN, Served, serve
from tests.support.worlds.oxide_days import day, row, with_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return with_recipe(serve(tmp_path, database))


def issuing(registry: OpenRegistry, upload: str) -> Iterator[object]:
    """Issue an upload at once, a round at a time."""
    return issue_upload(registry, ANN, upload, tables=shipped_tables(), wish=IssueWish())


def holding(registry: OpenRegistry, upload: str) -> Iterator[object]:
    """Hold the rows of an upload, and sign them as a server does; they are due at once."""
    yield hold_upload(registry, ANN, upload, tables=shipped_tables(), wish=IssueWish(), minutes=0)
    while some := sign_due(registry, tables=shipped_tables()):
        yield some


Work = Callable[["OpenRegistry", str], "Iterator[object]"]


def killed(served: Served, upload: str, work: Work, rounds: int, seconds: float) -> bool:
    """Work in a process of its own; kill it some time after so many rounds. Return whether it was still at work."""
    served.registry.engine.dispose()
    done, doing = os.pipe()
    child = os.fork()
    if not child:
        try:
            registry = served.beside().registry
            os.write(doing, b"x")
            for _ in work(registry, upload):
                os.write(doing, b"x")
        finally:
            os._exit(0)
    os.close(doing)
    for _ in range(1 + rounds):
        os.read(done, 1)
    os.close(done)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def drill(served: Served, work: Work, rows: int, kills: int) -> None:
    """Kill the work on an upload so many times, then finish it, and look at what the registry has."""
    chance = random.Random(19)  # noqa: S311 - the moments repeat as far as they can
    content = day([row(number) for number in range(rows)])
    upload = upload_workbook(served.registry, ANN, "day.xlsx", content, tables=shipped_tables()).id
    done = sum(killed(served, upload, work, chance.randrange(3), chance.uniform(0, 0.02)) for _ in range(kills))
    assert done > kills // 2, "it was done too early, so this shows little"
    registry = served.beside().registry
    for _ in work(registry, upload):
        pass
    found = upload_runs(registry, ANN, upload)
    assert {each.state for each in found} == {"issued"}
    told = sorted((lot, digest) for each in found for lot, digest in each.certificates)
    listed = list_certificates(registry, ANN, ListFilter(), limit=2 * rows, cursor=None, origin="https://x.example")
    assert told == sorted((each.lot, each.digest) for each in listed.certificates)
    assert [lot for lot, _ in told] == sorted(f"OX-{number}" for number in range(rows))


@pytest.fixture(autouse=True)
def rounds_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "ROUND", 2)
    monkeypatch.setattr(held, "ROUND", 2)


@pytest.mark.parametrize("work", [issuing, holding])
def test_issuing_that_is_killed_goes_on(served: Served, work: Work) -> None:
    drill(served, work, 40, 8)


@pytest.mark.soak
@pytest.mark.parametrize("work", [issuing, holding])
def test_issuing_that_is_killed_a_hundred_times_goes_on(served: Served, work: Work) -> None:
    drill(served, work, 1_000, 100)


def killed_reading(served: Served, content: bytes, seconds: float) -> bool:
    """Upload a workbook in a process of its own; kill it after so long. Return whether it was still at work."""

    def upload(registry: OpenRegistry, _: str) -> Iterator[object]:
        yield upload_workbook(registry, ANN, "day.xlsx", content, tables=shipped_tables())

    return killed(served, "", upload, 0, seconds)


def read_again(served: Served, rows: int, kills: int) -> int:
    """Kill an upload so many times before it is done; each leaves nothing or everything. Return how many were cut."""
    chance = random.Random(23)  # noqa: S311 - as above
    content = day([row(number) for number in range(rows)])
    start = time.monotonic()
    whole = upload_workbook(served.registry, ANN, "day.xlsx", content, tables=shipped_tables()).id
    taken = time.monotonic() - start
    expected = [each.run for each in upload_runs(served.registry, ANN, whole)]
    cut = 0
    for number in range(kills):
        other = day([row(number * rows + each) for each in range(rows)]) if number else content
        cut += killed_reading(served, other, chance.uniform(0, taken) if number else 0)
        newest = latest_uploads(served.registry, ANN, most=1)[0][0]
        assert len(upload_runs(served.registry, ANN, newest)) == rows, "half of a workbook is there"
    again = upload_workbook(served.registry, ANN, "day.xlsx", content, tables=shipped_tables()).id
    assert (again, [each.run for each in upload_runs(served.registry, ANN, again)]) == (whole, expected)
    return cut


def test_an_upload_that_is_killed_leaves_all_of_it_or_nothing(served: Served) -> None:
    assert read_again(served, 20, 3) > 0


@pytest.mark.soak
def test_an_upload_that_is_killed_a_hundred_times_leaves_all_of_it_or_nothing(served: Served) -> None:
    assert read_again(served, 100, 100) > 50

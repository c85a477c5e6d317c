"""`oreprint serve` traced: each 201 is sent after the sync of all that it promises, in the files of SQLite or in
PostgreSQL's own log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.at_calls import WEAK
from tests.faults.counted import Counts
from tests.faults.inspected import Acknowledged, inspected
from tests.faults.place import LOTS, bought, drawing
from tests.faults.tracing import SENDS, Disk, calls, traced
from tests.faults.under_load import posted, token, wait_ready
from tests.faults.victim import victim
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.place import Place, Places


def run(places: Places, *, requests: int) -> Iterator[tuple[str, Counts]]:
    """Ask for so many issues, one after the other."""
    with places.fresh(lots=min(LOTS, requests)) as place:
        postmaster = places.server.wheel.get_pid() if places.server else None
        yield f"{requests} answers", answered(place, requests, server=postmaster)


def answered(place: Place, requests: int, *, server: int | None = None, weak: bool = False) -> Counts:
    """Serve and trace, with the database's server where it has one; `weak` runs SQLite without waiting for the disk."""
    port, secret, log = free_port(), token(place), place.folder / "log"
    tried, told = [], []
    changed = WEAK if weak else {}
    with (
        victim(["serve", "--port", str(port)], place.environment(), place.folder / "said", changed=changed) as process,
        traced([process.pid, *([server] if server else [])], log, also=SENDS),
    ):
        process.go()
        wait_ready(process, port)
        for number in range(requests):
            record = bought(f"A-{number}") if number % 2 else drawing(f"A-{number}", f"LOT-{number % LOTS}")
            tried.append(record)
            status, answer = posted(port, secret, record)
            assert status in {201, 409}, answer
            if status == 201:
                told += [Acknowledged(each["lot"], each["digest"]) for each in answer["certificates"]]
        process.kill()
    disk = Disk((f"{place.home.path}/", "/pg_wal/"), "")
    for call in calls(log.read_text(errors="replace").splitlines()):
        disk.see(call)
    assert disk.answers == len(told), f"{disk.answers} answers were seen"
    if server:
        assert any("/pg_wal/" in path for path in disk.synced), "nothing of the server was seen"
    return inspected(place, tried, told) + Counts(early=len(disk.early))

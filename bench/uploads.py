"""A workbook of 1,000 runs: preview, issuing, holding and signing, the annotated copy, and what the buyer's page feels.

The floor of all but the page is `ledger.issuing.issue` of the same records, in groups of 64, as `oreprint issue` does.
The page is asked by a process of its own, one request after another, while the server judges and issues the workbook.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx2

from bench.table import Row, memory_mib, printed, seconds
from ledger.desk.held import sign_due
from ledger.desk.upload_copy import annotated_upload
from ledger.desk.upload_holds import hold_upload
from ledger.desk.uploads import IssueWish, issue_upload, upload_records, upload_workbook
from ledger.issuing.issue import issue
from ledger.tables import shipped_tables
from tests.support.http.commands import wait_for
from tests.support.http.processes import ended, free_port
from tests.support.http.server import ANN, PASSPHRASE, Served, serve
from tests.support.worlds.oxide_days import day, row, with_recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.record import ProductionRecord

RUNS: Final = 1_000
GROUP: Final = 64
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ASK: Final = """
import http.client, sys, time
host, path, stop = sys.argv[1:4]
line, taken = http.client.HTTPConnection(host), []
until = time.monotonic() + float(stop)
while time.monotonic() < until:
    start = time.perf_counter()
    line.request("GET", path, headers={"accept": "text/html"})
    line.getresponse().read()
    taken.append(time.perf_counter() - start)
print(sorted(taken)[int(len(taken) * 0.99)])
"""


def rows() -> list[Row]:
    """Measure a workbook, and the page meanwhile."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        alone, records = _workbook(with_recipe(serve(Path(folder) / "a")))
        plain = with_recipe(serve(Path(folder) / "b")).registry
        floor = seconds(
            lambda: [issue(plain, records[at : at + GROUP], tables=shipped_tables()) for at in range(0, RUNS, GROUP)]
        )
        page = _page(with_recipe(serve(Path(folder) / "c")))
        memory = _memory(with_recipe(serve(Path(folder) / "d")))
    return [*(_row(name, taken, floor, most) for name, taken, most in alone), memory, page]


def _workbook(served: Served) -> tuple[list[tuple[str, float, str]], Sequence[ProductionRecord]]:
    registry, tables = served.registry, shipped_tables()
    content = day([row(number) for number in range(RUNS)])
    kept: list[str] = []

    def preview() -> None:
        kept.append(upload_workbook(registry, ANN, "day.xlsx", content, tables=tables).id)

    def issue_all() -> None:
        for _ in issue_upload(registry, ANN, kept[0], tables=tables, wish=IssueWish()):
            pass

    def hold() -> None:
        hold_upload(registry, ANN, kept[1], tables=tables, wish=IssueWish(), minutes=0)

    def sign_all_due() -> None:
        while sign_due(registry, tables=tables):
            pass

    told = [("preview", seconds(preview), "15 s")]
    records = [*upload_records(registry, ANN, kept[0])]
    told.append(("issue at once", seconds(issue_all), "20 s"))
    content = day([row(number) for number in range(RUNS, 2 * RUNS)])
    preview()
    told += [("issue, held", seconds(hold), "20 s"), ("sign what is held", seconds(sign_all_due), "20 s")]
    told.append(("annotated copy", seconds(lambda: annotated_upload(registry, ANN, kept[0])), "5 s"))
    return told, records


def _row(name: str, taken: float, floor: float, most: str) -> Row:
    return Row(
        f"workbook of 1,000 runs: {name}",
        f"{taken:.1f} s",
        f"{floor:.1f} s for `issue`",
        f"{taken / floor:.2f}",
        f"<= {most}",
        "2",
    )


def _memory(served: Served) -> Row:
    """Measure by how much `oreprint serve` grows while it judges, issues and copies a workbook.

    Idle means ready and asked for a page once. The readers of workbooks are processes of their own, each bounded.
    """
    port, headers = free_port(), served.token(ANN, "issue")
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--home", str(served.home.path)]
    server = subprocess.Popen(
        words,
        env={**os.environ, "OREPRINT_PASSPHRASE": PASSPHRASE.decode()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with ended(server) as process:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=300) as client:
            client.get("/").raise_for_status()
            idle = memory_mib(process.pid, now=True)
            content = day([row(number) for number in range(RUNS)])
            upload = client.post("/v1/uploads", content=content, headers={"content-type": _XLSX}).json()["id"]
            client.post(f"/v1/uploads/{upload}/issue", json={"rows": "all"}).raise_for_status()
            client.get(f"/v1/uploads/{upload}/annotated.xlsx").raise_for_status()
        grown = memory_mib(process.pid) - idle
    return Row(
        "workbook of 1,000 runs: what `oreprint serve` grows by, at its most",
        f"{grown} MiB",
        f"{idle} MiB idle",
        "",
        "<= 300 MiB",
        "",
    )


def _page(served: Served) -> Row:
    """Compare the page's 99th percentile without and with a workbook that is judged and issued."""
    content, headers = day([row(number) for number in range(RUNS)]), served.token(ANN, "issue")
    one = upload_workbook(served.registry, ANN, "one.csv", _ONE, tables=shipped_tables()).id
    wish = IssueWish(confirmed=True)
    (outcomes,) = issue_upload(served.registry, ANN, one, tables=shipped_tables(), wish=wish)
    digest = outcomes[0].row.certificates[0][1]
    with redirect_stdout(io.StringIO()), served.running() as address:  # the server logs each request
        host = address.removeprefix("http://").removeprefix("https://")
        still = _asked(host, f"/c/{digest}", 10)

        def work() -> None:
            kind = {"content-type": _XLSX}
            with httpx2.Client(base_url=address, headers=headers, timeout=300) as client:
                upload = client.post("/v1/uploads", content=content, headers=kind).json()["id"]
                client.post(f"/v1/uploads/{upload}/issue", json={"rows": "all", "hold": False}).raise_for_status()

        thread = threading.Thread(target=work)
        thread.start()
        busy = _asked(host, f"/c/{digest}", 15)
        thread.join()
    return Row(
        "the buyer's page (p99) while 1,000 runs of a workbook are judged and issued",
        f"{busy * 1000:.1f} ms",
        f"{still * 1000:.1f} ms without",
        f"{busy / still:.2f}",
        "<= 2",
        "1.5",
    )


_ONE: Final = b"recipe,run,lot,mass_kg,start,r:neodymium-oxide-bought\nOX,ONE,ONE,100,2026-03-01,101\n"


def _asked(host: str, path: str, seconds_: float) -> float:
    words = [sys.executable, "-c", _ASK, host, path, str(seconds_)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    print(printed(rows()))

"""Two hundred readers that take their bundles slowly, and what `/checkpoint` takes beside them: by itself, then
beside them.

Rules: half of the readers have the maker's token, so that their bundle is longer than what a socket holds for a reader
who takes nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.load import process
from bench.serving import magnet, oreprint, serving, token
from bench.table import Row
from tests.support.http.slow_readers import Seen, beset

READERS = 200
SECONDS = 20
PAUSE_SECONDS = 0.05
MAKER = "did:web:magnet-a.example"


def row() -> Row:
    """Measure on a demo home made for it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        oreprint("demo", "--home", str(home))
        path, headers = (
            f"/v1/certificates/{magnet(home)}/bundle",
            {"Authorization": f"Bearer {token(home, MAKER, 'read')}"},
        )
        words, port, environment = serving(home)
        with process(words, port, environment):
            address = f"http://127.0.0.1:{port}"
            alone = beset(address, [], seconds=SECONDS, pause=0)
            paths = [(path, headers if number % 2 else {}) for number in range(READERS)]
            beside = beset(address, paths, seconds=SECONDS, pause=PAUSE_SECONDS)
    read = f"{beside.whole:,} bundles read whole, {beside.cut} cut"
    return Row(
        f"/checkpoint beside {READERS} slow readers of bundles ({read})",
        _told(beside),
        f"{_told(alone)}, alone",
        f"{beside.at(0.99) / alone.at(0.99):.0f}x",
        "p99 < 1 s",
        "",
    )


def _told(seen: Seen) -> str:
    return f"p50 {seen.at(0.5) * 1000:.0f} ms, p99 {seen.at(0.99) * 1000:.0f} ms"


if __name__ == "__main__":
    print(row())

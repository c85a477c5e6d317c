"""What a server holds in memory: each cache has an end, says how full it is, and no caller makes it larger."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from api.metrics import Metrics
from api.web import page
from ledger.files.cache import Bounded
from ledger.issuing.issue import issue
from ledger.log.tile import Tile
from ledger.lots import certificates
from ledger.lots.certificates import opened
from ledger.seal.sdjwt import OpenCertificate
from ledger.store import logs
from ledger.store.engine import reading
from ledger.verify.grouped import SameKind
from schemas.report import Check
from tests.support.http.server import ANN, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

THREADS = """
import ctypes, tempfile, threading
from api.server import bound_arenas

bound_arenas()
blocks = []
together = threading.Barrier(12)

def take() -> None:
    together.wait()
    blocks.extend(bytearray(100_000) for _ in range(20))

threads = [threading.Thread(target=take) for _ in range(12)]
for each in threads:
    each.start()
for each in threads:
    each.join()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as told:
    file = ctypes.c_void_p(c.fopen(told.name.encode(), b"w"))
    c.malloc_info(0, file)
    c.fclose(file)
    print(told.read().count(b"<heap nr="))
"""


def test_threads_share_two_heaps() -> None:
    """Issue 34, 26: a heap for each thread kept what one large answer had taken."""
    told = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=True)
    assert int(told.stdout) <= 2


def test_open_certificates_are_kept_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 34, 26: a thousand of the largest ones took more than a server has."""
    served = serve(tmp_path)
    made = issue(
        served.registry,
        [blend(f"A-{number}", "1 kg", producer=ANN, plant=plant(ANN)) for number in range(4)],
        tables=tables(),
    )
    texts = [each.certificates[0].text.partition("~")[0] for each in made]  # type: ignore[union-attr] # it is issued
    one = certificates._weight(opened(texts[0]))
    kept = Bounded[str, OpenCertificate](2 * one + one // 2, weigh=certificates._weight)
    monkeypatch.setattr(certificates, "_OPENED", kept)
    assert [opened(each).record.batch.lot for each in texts] == [f"A-{number}" for number in range(4)]
    assert [kept.get(each) is not None for each in texts] == [False, False, True, True]
    assert opened(texts[3]) is opened(texts[3])


def test_tiles_are_asked_for_in_few_statements(tmp_path: Path) -> None:
    """Each statement stays compiled: one for every number of tiles would never end."""
    served = serve(tmp_path)
    issue(served.registry, [blend("A", "1 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    logs._tiles.cache_clear()
    with reading(served.registry.engine) as connection:
        (hashes,) = logs.stored_tiles(connection, [Tile(0, 0, 1)])
        assert len(hashes) == 32
        for count in range(1, 40):
            asked = [Tile(0, 0, 1), *(Tile(0, number, 1) for number in range(1, count))]
            assert logs.stored_tiles(connection, asked) == [hashes, *[b""] * (count - 1)]
    assert logs._tiles.cache_info().currsize == 7


def test_a_check_that_names_a_whole_chain_is_not_kept() -> None:
    check = Check(step=1, code="form.read", result="warning", sentence="It is.", place="A", facts={})
    page._written.cache_clear()
    many = page._told(SameKind(check, tuple(f"L-{number}" for number in range(500))), "en")
    assert ("L-499" in many, page._written.cache_info().currsize) == (True, 0)
    assert page._told(SameKind(check, ()), "en")
    assert page._written.cache_info().currsize == 1


def test_metrics_tell_where_the_memory_is(tmp_path: Path) -> None:
    served, other = serve(tmp_path / "one"), serve(tmp_path / "other")
    (made,) = issue(served.registry, [blend("A", "1 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    with served.client() as client, other.client():
        assert client.get(f"/c/{made.certificates[0].digest}").status_code == 200  # type: ignore[union-attr]
        told = served.app.state.server.metrics.text().decode()
    lines = [line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#")]
    series = dict(lines)
    assert len(lines) == len(series), "a series is told twice"
    for name in ("pages", "reports"):
        assert float(series[f'oreprint_cache_bytes{{cache="{name}"}}']) > 1000
    assert float(series["oreprint_memory_bytes"]) > 10**7
    assert 'oreprint_cache_values{cache="api.web.page._written"}' in series
    assert len(Metrics().text()) > 0, "a second registry does not clash"

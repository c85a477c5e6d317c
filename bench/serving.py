"""Serving: a report by HTTP, once seen and cold, and issuing with 32 clients, each over a bare FastAPI route.

Rules: the bare route returns the same bytes, or echoes the same body; each server is one process, both are asked by the same
client, in turn.  A ratio is told twice: of what was answered in a second, and of the processor time that an answer took, which
holds while others use the machine too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

from bench.load import Load, Server, bare, free_port, load, process, request
from bench.table import Row

ROUNDS = 5
SEEN = 2000
COLD = 19
ISSUED = 640
CLIENTS = 32
MAKER = "did:web:separation-a.example"
PLANT = "https://separation-a.example/plants/1"


def rows() -> list[Row]:
    """Measure on a demo home made for it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        oreprint("demo", "--home", str(home))
        return [*_reports(home, Path(folder)), _issuing(home, Path(folder))]


def oreprint(*words: str) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run([sys.executable, "-m", "cli.main", *words], capture_output=True, text=True, check=True)
    return done.stdout


def _serve(home: Path) -> tuple[list[str], int, dict[str, str]]:
    port = free_port()
    words = [sys.executable, "-m", "cli.main", "serve", "--home", str(home), "--port", str(port)]
    return words, port, dict(os.environ)


def _digests(home: Path) -> list[str]:
    shown = (oreprint("show", str(path), "--json") for path in sorted((home / "certificates").glob("*.sdjwt")))
    return [json.loads(each)["digest"] for each in shown]


def _reports(home: Path, folder: Path) -> list[Row]:
    """Compare the magnet's report, as its maker sees it with its whole chain, with the same bytes from a bare route."""
    digests = _digests(home)
    magnet = json.loads(oreprint("show", str(home / "certificates" / "MG-88.sdjwt"), "--json"))["digest"]
    maker = json.loads(
        oreprint(
            "tokens", "create", "--as", "did:web:magnet-a.example", "--scope", "read", "--home", str(home), "--json"
        )
    )
    path = f"/v1/certificates/{magnet}/verification"
    words, port, environment = _serve(home)
    with process(words, port, environment) as server:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {maker['token']}"}
        )
        with urllib.request.urlopen(asked) as answer:  # noqa: S310 - our own server
            same = folder / "same"
            same.write_bytes(answer.read())
        with bare(same) as floor:
            public = [request(path)] * SEEN
            found, least = _in_turn(server, floor, public, [request("/")] * SEEN)
    cold = []
    for _ in range(3):
        words, port, environment = _serve(home)
        with process(words, port, environment) as server, bare(same) as floor:
            load(server, [request("/healthz")] * 50, clients=1)
            load(floor, [request("/")] * 50, clients=1)
            ours = load(
                server, [request(f"/v1/certificates/{each}/verification") for each in digests[:COLD]], clients=1
            )
            theirs = load(floor, [request("/")] * COLD, clients=1)
            cold.append((ours, theirs))
    return [
        _row("report by HTTP, once seen", found, least, required="50 %"),
        _row("report by HTTP, cold", [one for one, _ in cold], [other for _, other in cold], required="20 %"),
    ]


def _issuing(home: Path, folder: Path) -> Row:
    made = json.loads(oreprint("tokens", "create", "--as", MAKER, "--scope", "issue", "--home", str(home), "--json"))
    nothing = folder / "nothing"
    nothing.write_bytes(b"{}")
    words, port, environment = _serve(home)
    found, least = [], []
    with process(words, port, environment) as server, bare(nothing) as floor:
        for number in range(3):
            bodies = [json.dumps(_record(f"B-{number}-{each}")).encode() for each in range(ISSUED)]
            found.append(
                load(
                    server,
                    [request("/v1/certificates", token=made["token"], body=each) for each in bodies],
                    clients=CLIENTS,
                )
            )
            least.append(load(floor, [request("/", body=each) for each in bodies], clients=CLIENTS))
    return _row("issue by HTTP, 32 clients", found, least, required="40 %")


def _record(lot: str) -> dict[str, object]:
    composition = {"Nd": "0.857361", "O": "0.142639"}
    return {
        "oreprint": "production-record/1",
        "run": f"RUN-{lot}",
        "producer": MAKER,
        "facility": PLANT,
        "step": "blending",
        "period": {"start": "2026-03-01", "end": "2026-03-02"},
        "allocation": {"method": "mass", "mass_key": "REO"},
        "excluded": [{"what": "electricity", "why": "it is blended by hand"}],
        "materials": [
            {
                "name": "bought",
                "mass": "10 kg",
                "factor": "materials/tap-water.cn.2019",
                "composition": composition,
            }
        ],
        "outputs": [{"lot": lot, "kind": "oxide", "description": "oxide", "mass": "10 kg", "composition": composition}],
    }


def _in_turn(server: Server, floor: Server, ours: list[bytes], theirs: list[bytes]) -> tuple[list[Load], list[Load]]:
    found, least = [], []
    for _ in range(ROUNDS):
        found.append(load(server, ours, clients=4))
        least.append(load(floor, theirs, clients=4))
    return found, least


def _row(name: str, found: list[Load], least: list[Load], *, required: str) -> Row:
    shares = [one.rate / other.rate for one, other in zip(found, least, strict=True)]
    less = sum(each.processor for each in least) / sum(len(each.times) for each in least)
    more = sum(each.processor for each in found) / sum(len(each.times) for each in found)
    failed = sum(each.failed for each in found)
    measured = (
        f"{median(each.rate for each in found):,.0f}/s, p99 {median(each.at(0.99) for each in found) * 1000:.0f} ms"
    )
    measured += f", {failed} failed" if failed else ""
    return Row(
        name,
        measured,
        f"{median(each.rate for each in least):,.0f}/s",
        f"{median(shares):.0%}, processor {less / more:.0%}",
        required,
        "",
    )


if __name__ == "__main__":
    for each in rows():
        print(each)

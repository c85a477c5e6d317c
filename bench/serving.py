"""Serving: a report by HTTP, once seen and cold, and issuing with 32 clients, each over a bare FastAPI route.

Rules: the bare route returns the same bytes, or echoes the same body; each server is one process, both are asked by the
same client, in turn.  A ratio is told twice: of what was answered in a second, and of the processor time that an answer
took, which holds while others use the machine too.  A server makes the pages of its newest certificates before it is
ready; so of those the first answer after a start is measured, and beside it that of certificates which nobody and
nothing has looked at before.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import orjson

from api.app_state import MOST_WARMED
from bench.load import Load, Server, bare, load, process, request
from bench.table import Row
from cli.parts import passphrase_of_registry, runtime
from ledger.admin.init import open_book
from ledger.issuing.signing import Producer, Sealing, draft_run, sign_run
from ledger.registry.folder import Home
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.store.parties import facilities, issuers
from ledger.store.reading import certificates_logged
from ledger.tables import shipped_tables
from schemas.door import parse_document
from schemas.record import ProductionRecord
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.registry.registry import OpenRegistry

ROUNDS = 5
SEEN = 2000
WARMING = 20
COLD = 300
STARTS = 3
ISSUED = 640
CLIENTS = 32
MAKER = "did:web:separation-a.example"
PLANT = "https://separation-a.example/plants/1"


def rows() -> list[Row]:
    """Measure on a demo home made for it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        oreprint("demo", "--home", str(home))
        report = "/v1/certificates/{}/verification".format
        return [
            *seen_and_first(home, Path(folder), "report", report),
            _whole_chain(home, Path(folder), report(magnet(home))),
            never_seen(home, Path(folder), "report", report, issue_unwarmed(home)),
            *_issuing(home, Path(folder)),
        ]


def oreprint(*words: str) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run([sys.executable, "-m", "cli.main", *words], capture_output=True, text=True, check=True)
    return done.stdout


def serving(home: Path) -> tuple[list[str], int, dict[str, str]]:
    """Return the words, the port and the environment of a server of a home."""
    port = free_port()
    words = [sys.executable, "-m", "cli.main", "serve", "--home", str(home), "--port", str(port)]
    return words, port, dict(os.environ)


def magnet(home: Path) -> str:
    """Return the digest of the demo's magnet."""
    shown = oreprint("show", str(home / "certificates" / "MG-88.sdjwt"), "--json")
    return str(json.loads(shown)["digest"])


def token(home: Path, party: str, scope: str) -> str:
    """Return a fresh token of a party."""
    made = oreprint("tokens", "create", "--as", party, "--scope", scope, "--home", str(home), "--json")
    return str(json.loads(made)["token"])


def body(port: int, path: str, token: str = "") -> bytes:
    """Return a server's answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - our own server
        return bytes(answer.read())


def _book(home: Path) -> OpenRegistry:
    place = Home(home)
    return open_book(place, runtime(), passphrase=passphrase_of_registry(place))


def _digests(home: Path) -> list[str]:
    """Return the digests of all certificates, in the order in which they were issued."""
    with reading(_book(home).engine) as connection:
        logged = certificates_logged(connection, 0, latest_head(connection).size)
        return [certificate_digest_text(digest) for digest, _ in logged]


def issue_unwarmed(home: Path) -> list[str]:
    """Issue the simplest certificates, and return the digests of those that a server which starts doesn't look at."""
    secret, wanted = token(home, MAKER, "issue"), COLD + WARMING + MOST_WARMED
    words, port, environment = serving(home)
    with process(words, port, environment) as server:
        bodies = (json.dumps(_record(f"P-{each}")).encode() for each in range(wanted))
        load(server, [request("/v1/certificates", token=secret, body=each) for each in bodies], clients=CLIENTS)
    return _digests(home)[-wanted:-MOST_WARMED]


def seen_and_first(home: Path, folder: Path, what: str, path: Callable[[str], str]) -> list[Row]:
    """Compare what is served of the magnet, once seen, and of all that the demo issued, the first time after a
    start.
    """
    subject, asked = magnet(home), [request(path(each)) for each in _digests(home)]
    found, least = [], []
    seen: tuple[list[Load], list[Load]] = ([], [])
    for number in range(STARTS):
        words, port, environment = serving(home)
        with process(words, port, environment) as server, _same(folder, body(port, path(subject))) as floor:
            for each, quiet in ((server, "/healthz"), (floor, "/")):
                load(each, [request(quiet)] * WARMING, clients=1)
            found.append(load(server, asked, clients=1))
            least.append(load(floor, [request("/")] * COLD, clients=1))
            if not number:
                seen = _in_turn(server, floor, [request(path(subject))] * SEEN, [request("/")] * SEEN)
    return [
        _row(f"{what} of the magnet by HTTP, once seen", *seen, required="50 %"),
        _row(f"{what} of the demo by HTTP, the first after a start", found, least, required="20 %"),
    ]


def never_seen(home: Path, folder: Path, what: str, path: Callable[[str], str], others: list[str]) -> Row:
    """Compare what is served of certificates that nobody asked for and no start looked at."""
    found, least = [], []
    for _ in range(STARTS):
        words, port, environment = serving(home)
        with process(words, port, environment) as server, _same(folder, body(port, path(others[0]))) as floor:
            load(server, [request(path(each)) for each in others[:WARMING]], clients=1)
            load(floor, [request("/")] * WARMING, clients=1)
            found.append(load(server, [request(path(each)) for each in others[WARMING:]], clients=1))
            least.append(load(floor, [request("/")] * COLD, clients=1))
    return _row(f"{what} by HTTP, never looked at before", found, least, required="")


@contextmanager
def _same(folder: Path, answer: bytes) -> Iterator[Server]:
    """Run the bare server with an answer."""
    same = folder / "same"
    same.write_bytes(answer)
    with bare(same) as floor:
        yield floor


def _whole_chain(home: Path, folder: Path, path: str) -> Row:
    """Compare the report of the whole chain, once a start, after others, with the same bytes from a bare route."""
    maker = token(home, "did:web:magnet-a.example", "read")
    found, least = [], []
    for _ in range(STARTS):
        words, port, environment = serving(home)
        with process(words, port, environment) as server:
            load(server, [request("/healthz")] * WARMING, clients=1)
            found.append(load(server, [request(path, token=maker)], clients=1))
            with _same(folder, body(port, path, maker)) as floor:
                load(floor, [request("/")] * WARMING, clients=1)
                least.append(load(floor, [request("/")] * COLD, clients=1))
    return _row("report of the whole chain of 12 by HTTP, cold", found, least, required="")


def _issuing(home: Path, folder: Path) -> list[Row]:
    """Issue with many clients: from production records, and runs that their producer signed."""
    secret = token(home, MAKER, "issue")
    nothing = folder / "nothing"
    nothing.write_bytes(b"{}")
    written = [
        [json.dumps(_record(f"B-{number}-{each}")).encode() for each in range(ISSUED)] for number in range(STARTS)
    ]
    words, port, environment = serving(home)
    found: dict[str, list[tuple[Load, Load]]] = {"issue": [], "issue, signed by its producer": []}
    with process(words, port, environment) as server, bare(nothing) as floor:
        for bodies in written:
            signed = list(_signed(home, port, secret, len(bodies)))
            for what, each in zip(found, (bodies, signed), strict=True):
                asked = [request("/v1/certificates", token=secret, body=one) for one in each]
                ours = load(server, asked, clients=CLIENTS)
                found[what].append((ours, load(floor, [request("/", body=one) for one in each], clients=CLIENTS)))
    return [
        _row(f"{what} by HTTP, 32 clients", [one for one, _ in pairs], [other for _, other in pairs], required="40 %")
        for what, pairs in found.items()
    ]


_LOTS = itertools.count()


def _signed(home: Path, port: int, secret: str, count: int) -> Iterator[bytes]:
    """Yield runs that the producer computed, sealed and signed, at status places that the registry keeps for it."""
    registry, tables = _book(home), shipped_tables()
    with reading(registry.engine) as connection:
        producer = Producer(issuers(connection)[MAKER], facilities(connection)[PLANT][1], registry.signers[MAKER])
    sealing = Sealing(registry.did, registry.runtime.now_ms(), registry.runtime.random)
    for place in _places(port, secret, count):
        record = parse_document(ProductionRecord, json.dumps(_record(f"S-{next(_LOTS)}")).encode(), media="json")
        made = draft_run(record, [], facility=producer.facility, tables=tables)
        run = sign_run(record, made, [], producer=producer, places=[place], sealing=sealing)
        yield run.signed.model_dump_json().encode()


def _places(port: int, secret: str, count: int) -> Iterator[tuple[int, int]]:
    """Yield places in the status lists that are kept for the producer."""
    for _ in range(-(-count // PLACES)):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/status-entries",
            data=orjson.dumps({"count": PLACES}),
            headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked) as answer:  # noqa: S310 - our own server
            yield from ((each["list"], each["index"]) for each in json.loads(answer.read())["entries"])


PLACES = 64


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
                "factor": "defaults/rare-earth-goods.glo",
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

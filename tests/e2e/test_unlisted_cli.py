"""Whom `oreprint verify` contacts: a registry of the pinned trust list, at its own origin, and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.seal.digest import certificate_digest_text
from tests.support.http.hostile_servers import stranger

if TYPE_CHECKING:
    from tests.e2e.terminal import Files, Terminal

ROOT = Path(__file__).resolve().parents[2]
WATCHED = """
import json, sys
seen = []
def hook(event, args):
    if event.startswith("socket.") and event not in {"socket.__new__", "socket.bind"}:
        seen.append([event, str(args[1:] if event == "socket.connect" else args)])
sys.addaudithook(hook)
from cli.main import main
told, (sources, words) = {}, map(json.loads, sys.argv[1:])
for source in sources:
    seen.clear()
    sys.argv = ["oreprint", "verify", source, *words]
    told[source] = [main(), list(seen)]
print("TOLD", json.dumps(told))
"""
LINK = f"/c/{certificate_digest_text(bytes(32))}"
LISTED = f"https://one.example{LINK}"
LOOK_ALIKES = [
    "https://one.example.evil.example", "https://evil-one.example", "https://one.example.", "https://one.example:8443", "https://one.example:80",
    "http://one.example", "https://оne.example", "https://one.ехаmple", "https://one\u200b.example", "https://one.example\u200b", "https://one\u3002example",
    "https://xn--ne-emb.example", "https://one.example@evil.example", "https://evil.example#@one.example", "https://evil.example/https://one.example",
    "https://one.example\\@evil.example", "https://evil.example?one.example", "https://www.one.example", "https://0ne.example", "https://ONE.example",
    "https://one-example", "https://127.0.0.1", "http://127.0.0.1", "http://localhost", "http://[::1]", "https://[::ffff:127.0.0.1]", "https://0x7f000001",
]  # fmt: skip


def watched(files: Files, sources: list[str], *options: str) -> dict[str, tuple[int, list[list[str]]]]:
    """Return for each source the exit code of `verify`, and every look-up and connection that Python was asked for."""
    words = ["--trust", files.trust, *options]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps(sources), json.dumps(words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("TOLD ")] or [done.stderr]
    return {source: (code, seen) for source, (code, seen) in json.loads(line.removeprefix("TOLD ")).items()}


def test_a_look_alike_is_neither_looked_up_nor_connected_to(files: Files) -> None:
    """Hard use 20: only the exact origin of a listed registry is contacted; a look-alike isn't even looked up."""
    sources = [f"{origin}{LINK}{seal}" for origin in LOOK_ALIKES for seal in ("", "#seal")]
    found = watched(files, [*sources, LISTED])
    code, seen = found.pop(LISTED)
    assert [event for event, args in seen if event == "socket.getaddrinfo" and "one.example" in args], "the hook sees"
    assert code == 3
    assert {source: seen for source, (_, seen) in found.items() if seen} == {}
    assert {source: code for source, (code, _) in found.items() if code == 0} == {}


PATHS = [LINK, f"{LINK}#seal", "/", "", "/v1/certificates/x/bundle", "/checkpoint"]


def test_no_request_reaches_a_machine_that_no_trust_list_names(files: Files) -> None:
    """Hard use 17: `verify http://127.0.0.1/...` sends nothing there, unless it was named.

    A label's link may lead to this machine. Its seal is judged without asking anybody, and this one is none.
    """
    with stranger("silent") as server:
        sources = [server.address + path for path in PATHS]
        assert watched(files, sources) == {each: (1 if each.endswith("#seal") else 3, []) for each in sources}
        assert server.asked == []
        named = watched(files, sources, "--ask", f"http://127.0.0.1:{server.port + 1}")
        assert {each: seen for each, (_, seen) in named.items()} == {each: [] for each in sources}
        assert server.asked == []


def test_an_origin_is_named_only_where_an_address_is_asked(terminal: Terminal, files: Files) -> None:
    for words in ((files.bundle,), ("https://one.example/x", "--offline")):
        done = terminal.run("verify", *words, "--trust", files.trust, "--ask", "https://one.example")
        assert (done.code, done.problem) == (3, "usage.idle")

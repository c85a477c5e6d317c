"""Every outbound call has one deadline and one bound on bytes, whatever the other side does with its socket."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from ledger.client.links import fetched, named_origin
from ledger.remote.client import ANSWER_SECONDS, RemoteServer
from ledger.remote.objects import ObjectStore
from schemas.problem import InputError, OreprintError, StateError
from tests.faults.victim import FORKS
from tests.support.http.hostile_servers import WAYS, Stranger, stranger

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from ledger.trust.pinned import Trust


GIVEN_UP_SECONDS = 20
"""Far more than the second that these calls may take, far less than the minutes that they took."""
KEYS: dict[str, object] = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "aws_region": "us-east-1"}
MOST = 1 << 20


class Address(NamedTuple):
    """Where a stranger listens, as another process is told."""

    address: str


def bucket(server: Stranger | Address) -> ObjectStore:
    return ObjectStore.at("s3://bucket/x", {**KEYS, "aws_endpoint_url": server.address}, seconds=1)


def asked_link(server: Stranger | Address) -> object:
    """Fetch what an address leads to, as `oreprint verify --ask` does."""
    trust = cast("Trust", SimpleNamespace(registries=()))
    return fetched(f"{server.address}/x", trust=trust, named=[named_origin(server.address)], seconds=5)


CALLS: dict[str, Callable[[Stranger | Address], object]] = {
    "get": lambda server: RemoteServer.public(server.address, seconds=1, most=MOST).get("/x"),
    "post": lambda server: RemoteServer.public(server.address, seconds=1, most=MOST).send(
        "/x", bytes(1 << 18), media="x/y"
    ),
    "verify": asked_link,
    "read of a bucket": lambda server: bucket(server).read("x"),
    "put into a bucket": lambda server: bucket(server).put_new("x", bytes(1 << 18)),
}


@pytest.mark.parametrize("call", CALLS)
def test_nobody_waits_longer_than_was_said(call: str) -> None:
    """Hard use 3: a stranger that is slow, silent or endless is given up in time, in the head and in the body."""
    with ThreadPoolExecutor(len(WAYS)) as at_once:
        found = dict(zip(WAYS, at_once.map(partial(given_up, call), WAYS), strict=True))
    for way, (error, seconds) in found.items():
        assert seconds < GIVEN_UP_SECONDS, way
        assert error.code in {"remote.away", "publish.away", "file.kind"}, way
        reasons = ("within 1 seconds", "within 5 seconds", "too long", "no HTTP", "begins with {")
        assert any(word in str(error) for word in reasons), (way, str(error))


def given_up(call: str, way: str) -> tuple[OreprintError, float]:
    """Return how a call of a stranger is refused, and after how many seconds."""
    with stranger(way) as server:
        begun = time.monotonic()
        with pytest.raises((StateError, InputError)) as refused:
            CALLS[call](server)
        return refused.value, time.monotonic() - begun


def test_ten_seconds_unless_configured() -> None:
    """Hard use 3: the deadline that is documented is the one that holds."""
    assert RemoteServer.public("https://registry.example").seconds == ANSWER_SECONDS == 10


def test_a_tls_handshake_that_hangs_is_given_up() -> None:
    """Hard use 3: the deadline covers TLS."""
    for way in ("silent", "slow status line"):
        with stranger(way) as server, pytest.raises(StateError) as refused:
            RemoteServer.public(f"https://127.0.0.1:{server.port}", seconds=1).get("/")
        assert refused.value.code == "remote.away"


def test_a_name_that_nobody_knows_is_told() -> None:
    """Hard use 3: a name that can't be looked up is no traceback."""
    with pytest.raises(StateError) as refused:
        RemoteServer.public("https://no-such-host.invalid", seconds=5).get("/")
    assert refused.value.code == "remote.away"


HANGING = """
import ctypes, socket, struct, fcntl, time
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any:  # bring the loopback up
    flags = struct.unpack("16sh", fcntl.ioctl(any, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
    fcntl.ioctl(any, 0x8914, struct.pack("16sh", b"lo", flags | 1))
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
from ledger.remote.client import RemoteServer
from schemas.problem import StateError
begun = time.monotonic()
try:
    RemoteServer.public("https://registry.example", seconds=1).get("/")
except StateError as error:
    print(error.code, "within 1 seconds" in str(error), time.monotonic() - begun < 4, flush=True)
"""


def test_a_resolver_that_never_answers_is_given_up(empty_network: list[str], tmp_path: Path, root: Path) -> None:
    """Hard use 3: the deadline covers the look-up of the name, which the system's resolver ends only after ten
    seconds.
    """
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    mounted = 'mount --bind "$1" /etc/resolv.conf && exec "$2" -c "$3"'
    words = [*empty_network, "-m", "sh", "-c", mounted, "sh", str(tmp_path / "resolv.conf"), sys.executable, HANGING]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    if "mount" in done.stderr:
        pytest.skip(f"no mount namespace here: {done.stderr}")
    assert done.stdout.split() == ["remote.away", "True", "True"], done.stderr


MOST_GROWN_MB = 100
MOST_KEPT_MB = 24
"""Far less than the 64 MB that a bundle from an address may have: it goes to a file."""
"""The largest object and as much again; without a bound it is more than a gigabyte in a second."""


def grown(told: Connection, call: str, servers: dict[str, Address]) -> None:
    """Tell for each stranger the code with which a call is refused, and how many megabytes more than ever before this
    process has needed meanwhile.
    """
    for way, server in servers.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            CALLS[call](server)
        except OreprintError as error:
            told.send((way, error.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024))


@pytest.mark.parametrize("call", CALLS)
def test_memory_is_bounded(call: str) -> None:
    """Hard use 3: an answer without end costs no memory without end, from a bucket either."""
    theirs, ours = FORKS.Pipe(duplex=False)
    ways = [way for way in WAYS if way.startswith("endless")]
    with ExitStack() as running:
        running.enter_context(ours)
        servers = {way: Address(running.enter_context(stranger(way)).address) for way in ways}
        process = FORKS.Process(target=grown, args=(ours, call, servers))
        process.start()
        for way in ways:
            assert theirs.poll(120), f"no answer: {way}"
            told, code, megabytes = theirs.recv()
            assert (told, code) in {(way, "remote.away"), (way, "publish.away"), (way, "file.kind")}
            assert megabytes < (MOST_KEPT_MB if call == "verify" else MOST_GROWN_MB), way
        process.join(120)


def test_what_is_no_record_is_not_read_to_its_end() -> None:
    with stranger("endless body") as server:
        begun = time.monotonic()
        with pytest.raises(InputError) as refused:
            asked_link(server)
        assert time.monotonic() - begun < GIVEN_UP_SECONDS
    assert refused.value.code == "file.kind"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Hard use 3: TLS is verified."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    made += [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(key),
        "-out",
        str(chain),
    ]
    subprocess.run(made, check=True, capture_output=True)
    script = (
        "import ssl, sys\nfrom http.server import HTTPServer, SimpleHTTPRequestHandler\n"
        "server = HTTPServer(('127.0.0.1', 0), SimpleHTTPRequestHandler)\n"
        "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\ncontext.load_cert_chain(sys.argv[1], sys.argv[2])\n"
        "server.socket = context.wrap_socket(server.socket, server_side=True)\n"
        "print(server.server_port, flush=True)\nserver.serve_forever()\n"
    )
    served = subprocess.Popen(
        [sys.executable, "-c", script, chain, key], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with served:
        try:
            assert served.stdout is not None
            port = int(served.stdout.readline())
            asked = (
                "from ledger.remote.client import RemoteServer; print(len(RemoteServer.public({!r}).get('/chain.pem')))"
            )
            root = Path(__file__).resolve().parents[2]

            def ask(host: str, **more: str) -> subprocess.CompletedProcess[str]:
                words = [sys.executable, "-c", asked.format(f"https://{host}:{port}")]
                return subprocess.run(
                    words, cwd=root, env=os.environ | more, capture_output=True, text=True, check=False
                )

            assert "certificate verify failed" in ask("localhost").stderr
            trusting = {"SSL_CERT_FILE": str(chain)}
            assert ask("localhost", **trusting).stdout == f"{chain.stat().st_size}\n"
            assert "certificate" in ask("127.0.0.1", **trusting).stderr, "the name must be the certificate's"
        finally:
            served.kill()


def test_no_redirect_is_followed_and_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 3: nothing but the address that was given is asked."""
    from tests.support.http.hostile_servers import saying

    with stranger("silent") as other:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other.address)
        moved = f"HTTP/1.1 302 Found\r\nLocation: {other.address}/x\r\nContent-Length: 0\r\n\r\n"
        with saying(moved.encode()) as address:
            assert RemoteServer.public(address).send("/x", b"", media="text/plain") == (302, b"")
        assert other.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.example@evil.example", "https://registry.example\\@evil.example", "https://registry.example:0",
        "https://registry.example:65536", "https://registry.example:x", "https://registry.example.", "https://Registry.example",
        "https://rеgistry.example", "https://registry\u200b.example", "https://regis\ttry.example", " https://registry.example",
        "https://registry.example/x?y", "https://registry.example/#x", "https://", "https:///x", "ftp://registry.example",
        "http://registry.example", "http://10.0.0.1", "https://[::1", "https://registry.example/\u00e9", "https://registry.example/a b",
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(url: str) -> None:
    """Hard use 20: what only looks like an address of a host is none."""
    with pytest.raises(InputError) as refused:
        RemoteServer.public(url)
    assert refused.value.code == "remote.url"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://registry.example", "https://registry.example"),
        ("https://registry.example:443/a/b/", "https://registry.example"),
        ("https://registry.example:8443", "https://registry.example:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert RemoteServer.public(url).origin.to_text() == origin


def test_a_token_that_is_no_header_is_not_shown() -> None:
    """Hard use 3: what the library says of a header that it can't send would show the token."""
    with stranger("silent") as server, pytest.raises(StateError) as refused:
        RemoteServer.at(server.address, "secret\r\nX: y", seconds=1).send("/x", b"", media="x/y")
    assert refused.value.code == "remote.unreachable"
    assert "secret" not in str(refused.value)
    assert server.asked in ([], [b""])

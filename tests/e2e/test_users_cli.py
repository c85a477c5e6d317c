"""`oreprint users` as an operator uses it, and the files of `serve --tls-cert`."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest

from cli.listening import tls_files
from schemas.problem import InputError
from tests.support.http.desk import desk, visitor
from tests.support.http.server import listening, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

MAKER = "did:web:separation-a.example"


@pytest.fixture
def home(demo: Demo, tmp_path: Path) -> str:
    """A copy of the home that the demo leaves."""
    return str(demo.copy(tmp_path / "home"))


def test_the_operator_invites_lists_recovers_and_ends_people(terminal: Terminal, home: str) -> None:
    own = ("--as", MAKER, "--home", home)
    assert "There are no people" in terminal.run("users", "list", *own).out
    invited = terminal.run("users", "invite", "Li Wei", "--role", "clerk", "--role", "sales", *own)
    assert invited.code == 0, invited.err
    assert "Li Wei (clerk, sales) signs in once" in invited.out
    assert invited.out.splitlines()[-1].startswith("https://registry.oreprint.example/desk/link/orei_")
    listed = json.loads(terminal.run("users", "list", *own, "--json").out)
    assert [(each["name"], each["roles"], each["signs_in_by"]) for each in listed] == [
        ("Li Wei", ["clerk", "sales"], [])
    ]
    assert "Li Wei  clerk, sales  invited" in terminal.run("users", "list", *own).out
    again = terminal.run("users", "recover", "li wei", *own, "--origin", "http://localhost:8080/", "--json")
    assert json.loads(again.out)["link"].startswith("http://localhost:8080/desk/link/orei_")
    assert terminal.run("users", "end", listed[0]["id"], *own).out == "Li Wei is ended and never signs in again.\n"
    assert terminal.run("users", "end", "Li Wei", *own).problem == "people.unknown"
    events = terminal.run("tokens", "events", "--of", MAKER, "--home", home).out
    for action in ("person add", "person link", "person recover", "person end"):
        assert f"operator    {MAKER}  {action}" in events


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("invite", "Li Wei", "--role", "king"), "people.role"),
        (("invite", " ", "--role", "clerk"), "people.name"),
        (("invite", "Li Wei", "--role", "clerk", "--plant", "https://other.example/1"), "people.plant"),
        (("recover", "Nobody"), "people.unknown"),
    ],
)
def test_what_cannot_be_is_refused(terminal: Terminal, home: str, words: tuple[str, ...], problem: str) -> None:
    assert terminal.run("users", *words, "--as", MAKER, "--home", home).problem == problem


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing; it makes the certificate of this test")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def test_the_server_speaks_tls_by_itself(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    files = tls_files(*certificate)
    with listening(serve(tmp_path).app, **files) as address:
        port = address.rpartition(":")[2]
        context = ssl.create_default_context(cafile=str(certificate[0]))
        with urllib.request.urlopen(f"https://localhost:{port}/desk/sign-in", context=context) as answer:
            assert answer.status == 200
            assert answer.headers["strict-transport-security"]
            assert b"Sign in" in answer.read()


def test_files_that_are_no_certificate_are_refused(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    assert tls_files(None, None) == {}
    other = tmp_path / "other.pem"
    other.write_text("no key")
    for given, code in (
        ((certificate[0], None), "serve.tls-half"),
        ((None, certificate[1]), "serve.tls-half"),
        ((certificate[0], other), "serve.tls"),
        ((tmp_path / "missing", certificate[1]), "serve.tls"),
    ):
        with pytest.raises(InputError) as refused:
            tls_files(*given)
        assert refused.value.code == code


def test_plain_http_is_refused_but_on_the_machine_itself(tmp_path: Path) -> None:
    from api.app import create_app
    from api.app_state import Parts
    from tests.support.http.server import Served, status, tables

    served = serve(tmp_path)
    for origin, code in (("http://10.0.0.5:8080", 403), ("http://localhost:8080", 200), ("https://10.0.0.5", 200)):
        app = create_app(Parts(served.registry, tables(), status(served), origin))
        with visitor(Served(served.home, served.registry, app, served.own)) as client:
            answer = client.get("/desk/sign-in")
            assert answer.status_code == code, origin
            assert ("--tls-cert" in answer.text) == (code == 403)
            assert ("__Host-" in answer.headers.get("set-cookie", "")) == (origin == "https://10.0.0.5")
    with desk(served, "clerk") as at:
        assert at.get("/desk").status_code == 200

"""`oreprint share` as a clerk uses it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.labels import drawn, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

MAKER = "did:web:separation-a.example"


@pytest.fixture
def home(demo: Demo, tmp_path: Path) -> str:
    """A copy of the home that the demo leaves."""
    return str(demo.copy(tmp_path / "home"))


def test_a_link_is_made_listed_and_revoked(terminal: Terminal, home: str, tmp_path: Path) -> None:
    code = tmp_path / "link.svg"
    words = ("OX-17", "--as", MAKER, "--with", "Example Motors", "--days", "30", "--code", str(code), "--home", home)
    made = terminal.run("share", *words, "--json")
    assert made.code == 0, made.err
    told = json.loads(made.out)
    assert told["link"].startswith("https://registry.oreprint.example/c/zQm")
    assert read(drawn(code.read_bytes(), suffix="svg")) == [told["link"]]
    name = told["shared"]["id"]
    listed = terminal.run("share", "--as", MAKER, "--home", home)
    assert f"{name}  open until " in listed.out
    assert "Example Motors (customer)  not opened" in listed.out
    assert "#key=" not in listed.out
    assert terminal.run("share", "--revoke", name, "--as", MAKER, "--home", home).code == 0
    assert f"{name}  revoked" in terminal.run("share", "--as", MAKER, "--home", home).out
    again = terminal.run("share", "--revoke", name, "--as", MAKER, "--home", home)
    assert (again.code, again.problem) == (3, "share.unknown")


def test_the_link_begins_where_the_registry_is_served(
    terminal: Terminal, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_ORIGIN", "http://127.0.0.1:8080")
    made = terminal.run("share", "OX-17", "--as", MAKER, "--with", "Metal A", "--home", home)
    assert made.out.splitlines()[-1].startswith("http://127.0.0.1:8080/c/zQm")


def test_a_private_link_is_asked_at_a_known_address_only_and_a_wrong_one_is_told(terminal: Terminal, home: str) -> None:
    made = json.loads(terminal.run("share", "OX-17", "--as", MAKER, "--with", "A", "--home", home, "--json").out)[
        "link"
    ]
    origin, path = made.split("/c/")
    trust = ("--trust", f"{home}/trust.json")
    assert terminal.run("verify", f"http://127.0.0.1:9/c/{path}", *trust).problem == "verify.unlisted"
    away = terminal.run("verify", f"http://127.0.0.1:9/c/{path}", "--ask", "http://127.0.0.1:9", *trust)
    assert (away.problem, "signed" in away.err) == ("remote.away", False)
    for link in (made[:-1], made.partition("#")[0], f"{origin}/x/{path}"):
        assert terminal.run("share", "--received", link).problem == "share.link"
    assert terminal.run("share", "OX-17", "--received", made).problem == "usage.idle"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("OX-17", "--as", MAKER), "share.recipient"),
        (("OX-17", "--as", MAKER, "--with", "A", "--days", "0"), "document.too-small"),
        (("OX-17", "--as", MAKER, "--with", "A", "--for", "everybody"), "document.not-one-of"),
        (("NONE", "--as", MAKER, "--with", "A"), "life.lot-unknown"),
        (("OX-17", "--as", MAKER, "--with", "A", "--revoke", "3f9a0c51d2e7"), "usage.idle"),
        (("--as", MAKER, "--with", "A"), "usage.idle"),
    ],
)
def test_a_wrong_wish_is_refused_and_makes_no_link(
    terminal: Terminal, home: str, words: tuple[str, ...], problem: str
) -> None:
    refused = terminal.run("share", *words, "--home", home)
    assert (refused.code, refused.problem) == (3, problem)
    assert terminal.run("share", "--as", MAKER, "--home", home).out == "You have made no private links.\n"

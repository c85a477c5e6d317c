"""`oreprint changes` as a buyer uses it, against a registry that is served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import ledger.changes.following
from api.app import create_app
from api.app_state import Parts
from api.guard import Guard
from ledger.admin.init import refresh_status
from ledger.changes.share import create_share
from ledger.changes.withdraw import withdraw
from schemas.requests import ShareRequest
from tests.support.http.server import ORIGIN, listening
from tests.support.registries.lived_in import MAGNET_MAKER, PASSPHRASE, SEPARATION, SMELTER, TABLES, Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.terminal import Terminal

MINE = "did:web:north-concentrate.example"


@pytest.fixture
def life(tmp_path: Path) -> Life:
    life = a_life(tmp_path / "home")
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    return life


@pytest.fixture
def address(life: Life, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(
        Guard, "_told", lambda *_: None
    )  # the log of the server would stand between the command's lines
    with listening(create_app(Parts(life.registry, TABLES, life.status, ORIGIN))) as address:
        yield address


def test_a_buyer_is_told_of_a_recall_by_link_and_by_digest(terminal: Terminal, life: Life, address: str) -> None:
    wanted = ShareRequest(lot="MG-88", recipient="Example Motors", audience="customer", days=30)
    link = create_share(life.registry, wanted, party=MAGNET_MAKER, origin=address).link
    quiet = terminal.run("changes", link)
    assert (quiet.code, quiet.out.splitlines()[0]) == (0, "Nothing has changed.")
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="The assay was wrong.", status=life.status)
    digest = life.digests["MG-88"]
    for words in ((link,), (f"{address}/c/{digest}",), (digest, "--server", address)):
        told = terminal.run("changes", *words)
        assert told.code == 0, told.err
        text = " ".join(told.out.split())
        assert "An issuer withdrew a batch in the chain of MG-88." in text
        assert "The issuer's reason: The assay was wrong." in text
        assert "OX-16" not in text
    told = terminal.run("changes", link)
    found = json.loads(terminal.run("changes", link, "--json").out)
    (item,) = found["items"]
    assert item["_oreprint"]["change"] == "withdrawn"
    assert found["next"] < int(item["_oreprint"]["day"].replace("-", ""))
    assert f"--after {found['next']}" in told.out
    life.clock.now += 3 * 24 * 60 * 60 * 1000
    later = json.loads(terminal.run("changes", link, "--json").out)["next"]
    assert "Nothing has changed." in terminal.run("changes", link, "--after", str(later)).out


def test_all_pages_of_many_lots_are_read(
    terminal: Terminal, life: Life, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.changes.following, "PAGE", 3)
    for lot, issuer in (("CON-07", MINE), ("RC-11", MINE), ("OX-16", SEPARATION), ("ME-31", SMELTER)):
        withdraw(life.registry, lot, issuer=issuer, reason="A test.", status=life.status)
        life.clock.now += 24 * 60 * 60 * 1000
        refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    digests = [*life.digests.values()]
    items = json.loads(terminal.run("changes", *digests, "--server", address, "--json").out)["items"]
    few = [json.loads(terminal.run("changes", each, "--server", address, "--json").out)["items"] for each in digests]
    assert {item["id"] for item in items} == {item["id"] for each in few for item in each}
    assert len(items) == sum(map(len, few)) > 3 * 3, "there are several pages"


@pytest.mark.parametrize(
    ("lot", "problem"),
    [("MG-88", "remote.no-server"), ("https://registry.example/c/zQm", "remote.no-server")],
)
def test_what_names_no_registry_is_refused(terminal: Terminal, lot: str, problem: str) -> None:
    refused = terminal.run("changes", lot)
    assert (refused.code, refused.problem) == (3, problem)


def test_an_unknown_digest_and_an_ended_link_are_told(terminal: Terminal, life: Life, address: str) -> None:
    unknown = "zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"
    refused = terminal.run("changes", unknown, "--server", address)
    assert (refused.code, refused.problem) == (3, "remote.refused")
    assert unknown[:12] in refused.err
    stranger = f"{address}/c/{life.digests['MG-88']}#key=orev_{'0' * 43}"
    assert terminal.run("changes", stranger).problem == "remote.refused"
    assert terminal.run("changes", life.digests["MG-88"], "--server", "http://127.0.0.1:9").problem == "remote.away"

"""A copy of a registry whose original goes on with the same witnesses: it signs nothing, and says so; signing needs
a quorum that was heard.
"""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.app_state import Parts
from cli.parts import look_first
from ledger.admin.init import init, open_book, status_signer
from ledger.admin.tokens import create_token
from ledger.log.witness import WitnessReply
from ledger.registry.folder import Home
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.store.lots import lots_at
from ledger.witnessing.collect import AGAIN_MS, Cosigning
from ledger.witnessing.cosigners import cosigners, keep_cosigners, staying
from schemas.lot import normal_lot
from schemas.problem import StateError
from tests.support.http.processes import free_port
from tests.support.http.server import ANN, ORIGIN, PASSPHRASE, listening, plant, runtime, tables
from tests.support.http.visitor import Visitor
from tests.support.registries.outside_witnesses import NAMES, Outside, asked, one_lot, served_with, two_witnesses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with two_witnesses(tmp_path) as found:
        yield found


@dataclass(frozen=True)
class Copies:
    """A registry, and what was a copy of it at some time."""

    original: Home
    clone: Home

    def opened(self, home: Home) -> OpenRegistry:
        return open_book(home, runtime(), passphrase=PASSPHRASE)


@pytest.fixture
def copies(outside: Outside, tmp_path: Path) -> Copies:
    """A registry whose witnesses have cosigned all of it, and a copy of its whole home."""
    home = served_with(outside, tmp_path / "original")
    shutil.copytree(home.path, tmp_path / "clone")
    return Copies(home, Home(tmp_path / "clone"))


def size(registry: OpenRegistry) -> int:
    with reading(registry.engine) as connection:
        return latest_head(connection).size


def refusal(registry: OpenRegistry, lot: str = "NOT-NOW") -> StateError:
    before = size(registry)
    with pytest.raises(StateError) as refused:
        one_lot(registry, lot)
    assert size(registry) == before
    return refused.value


@contextmanager
def visited(home: Home) -> Iterator[tuple[Visitor, OpenRegistry]]:
    """Start a server on a home, with everybody whom it asks."""
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    _, secret = create_token(registry, tenant=ANN, scopes=("read", "issue"), label="test")
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    app = create_app(
        Parts(registry, tables(), status, ORIGIN, cosigners(home, registry, passphrase=lambda: PASSPHRASE))
    )
    try:
        with listening(app) as address:
            yield Visitor(address, {"Authorization": f"Bearer {secret}"}), registry
    finally:
        app.state.server.watch.close()
        registry.engine.dispose()


def goes_on(copies: Copies, lot: str = "MEANWHILE") -> None:
    """Let the original log a lot, and its witnesses cosign that."""
    original = copies.opened(copies.original)
    one_lot(original, lot)
    asked(copies.original, original)
    original.engine.dispose()


def looked(home: Home, registry: OpenRegistry) -> StateError:
    with pytest.raises(StateError) as refused:
        look_first(home, registry)
    return refused.value


def test_a_clone_whose_original_went_on_refuses_to_sign(copies: Copies, capsys: pytest.CaptureFixture[str]) -> None:
    goes_on(copies)
    clone = copies.opened(copies.clone)
    error = looked(copies.clone, clone)
    assert capsys.readouterr().err == ""
    assert error.code == refusal(clone).code == "cosign.ahead"
    assert "It signs nothing until you bring the newest database back." in str(error)
    facts = error.problems[0].facts
    assert (facts["name"] in NAMES, facts["here"], int(facts["size"]) > size(clone)) == (True, str(size(clone)), True)
    assert refusal(copies.opened(copies.clone)).code == "cosign.ahead", "another process knows it too"


def test_a_clone_that_signed_while_its_witnesses_were_away_signs_no_more(copies: Copies, outside: Outside) -> None:
    goes_on(copies)
    clone = copies.opened(copies.clone)
    for each in range(3):
        one_lot(clone, f"ALONE-{each}")
    with Cosigning(clone, cosigners(copies.clone, clone, passphrase=None)) as cosigning:
        assert cosigning.look() == []
    error = refusal(clone)
    assert error.code == "cosign.differs"
    assert "another history of this log" in str(error)
    assert size(clone) > size(copies.opened(copies.original))


def test_a_clone_that_idles_hears_of_it_before_it_signs(copies: Copies) -> None:
    off = [0]
    real = runtime()
    later = replace(real, now_ms=lambda: real.now_ms() + off[0])
    clone = open_book(copies.clone, later, passphrase=PASSPHRASE)
    with Cosigning(clone, cosigners(copies.clone, clone, passphrase=None)) as cosigning:
        assert cosigning.look() == []
        goes_on(copies)
        assert cosigning.round(wait_s=30) == {}, "they were asked just now"
        off[0] = AGAIN_MS
        assert {error.code for error in cosigning.round(wait_s=30).values()} == {"cosign.ahead"}
    assert refusal(clone).code == "cosign.ahead"


def test_a_server_on_a_clone_reads_and_is_back_with_the_newest_database(copies: Copies) -> None:
    goes_on(copies)
    clone = copies.opened(copies.clone)
    digest = _digest(clone)
    clone.engine.dispose()
    with visited(copies.clone) as (visitor, _):
        assert visitor.get(f"/v1/certificates/{digest}")[0] == 200
        status, problem = visitor.issue("NOT-NOW")
        assert (status, problem["code"], problem["problems"][0]["facts"]) == (
            503,
            "api.read-only",
            {"cause": "cosign.ahead"},
        )
        assert visitor.get("/readyz")[1]["checks"]["head"] == "cosign.ahead"
    for name in ("registry.db", "head"):
        shutil.copy(copies.original.path / name, copies.clone.path / name)
    with visited(copies.clone) as (visitor, _):
        visitor.assert_in_service("BACK")


def _digest(registry: OpenRegistry) -> str:
    with reading(registry.engine) as connection:
        (lot,) = lots_at(connection, [(plant(ANN), normal_lot("BEFORE"))]).values()
    assert lot.certificate is not None
    return certificate_digest_text(lot.certificate)


def unreachable() -> str:
    """Return an address of this machine at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def test_fewer_than_a_quorum_keep_a_command_from_signing_and_are_named(
    outside: Outside, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hard use 7: what nobody could be asked about is not signed; one of two is enough where the trust list says so."""
    home = served_with(outside, tmp_path / "original", least=1)
    outside.at["w1.example"], never = unreachable(), threading.Event()
    honest = outside.answers["w2.example"]
    outside.answers["w2.example"] = lambda _: WitnessReply(503, f"{never.wait(8)}\n")
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    keep_cosigners(home, outside.wanted(*NAMES))
    begun = time.monotonic()
    error = looked(home, registry)
    assert time.monotonic() - begun < 8
    assert_named(capsys, *NAMES)
    assert (error.code, refusal(registry).code) == ("cosign.too-few", "cosign.too-few")
    assert (
        "0 cosigners answered, but this registry needs answers of 1 before it signs. No answer came from w1.example, w2.example."
        in str(error)
    )
    outside.answers["w2.example"] = honest
    look_first(home, registry)
    assert_named(capsys, "w1.example")
    one_lot(registry, "GOES-ON")


def assert_named(capsys: pytest.CaptureFixture[str], *names: str) -> None:
    told = capsys.readouterr().err.splitlines()
    assert [name for name, line in zip(names, told, strict=True) if name in line] == [*names], told
    assert all(line.endswith("[cosign.not-asked]") for line in told)


def test_a_server_that_could_ask_too_few_reads_until_enough_answer(outside: Outside, tmp_path: Path) -> None:
    """Hard use 7: a server that starts while its witnesses are away signs nothing, and signs by itself once they
    answer.
    """
    home = served_with(outside, tmp_path / "original")
    honest = dict(outside.answers)
    outside.answers |= dict.fromkeys(NAMES, lambda _: WitnessReply(503, "away\n"))
    with visited(home) as (visitor, registry):
        status, problem = visitor.issue("NOT-NOW")
        assert (status, problem["problems"][0]["facts"]) == (503, {"cause": "cosign.too-few"})
        assert visitor.get("/readyz")[1]["checks"]["head"] == "cosign.too-few"
        outside.answers |= honest
        assert within(60, lambda: visitor.get("/readyz")[0] == 200)
        visitor.issued("BY-ITSELF")
        outside.answers |= dict.fromkeys(NAMES, lambda _: WitnessReply(503, "away again\n"))
        visitor.issued("GOES-ON")
        assert registry.cosigned.held() is None


def within(seconds: int, holds: Callable[[], bool]) -> bool:
    """Tell whether something holds before so many seconds have gone."""
    until = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def test_a_witness_that_is_wrong_is_forgotten_once_it_is_not_asked_any_more(outside: Outside, tmp_path: Path) -> None:
    home = served_with(outside, tmp_path / "original")
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    honest = outside.answers["w1.example"]
    outside.answers["w1.example"] = lambda _: WitnessReply(409, "1000000\n", "text/x.tlog.size")
    assert looked(home, registry).code == "cosign.ahead"
    assert refusal(registry).problems[0].facts["name"] == "w1.example"
    parties = outside.wanted("w2.example")
    assert [each.key.name for each in staying(home, registry, parties, passphrase=None)] == ["w2.example"]
    one_lot(init(home, parties, runtime(), passphrase=PASSPHRASE), "WITHOUT-IT")
    # one that was wrong and is right again needs nobody
    again = outside.wanted(*NAMES)
    registry = init(home, again, runtime(), passphrase=PASSPHRASE)
    assert looked(home, registry).code == "cosign.ahead"
    assert refusal(registry).code == "cosign.ahead"
    outside.answers["w1.example"] = honest
    look_first(home, registry)
    one_lot(registry, "RIGHT-AGAIN")

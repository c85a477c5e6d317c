"""A copy of a registry whose original goes on with the same witnesses: it signs nothing, says so, and who is away keeps nobody from signing."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.cosigner import create_cosigner
from api.desk import Parts
from cli.parts import look_first
from ledger.cosign import AGAIN_MS, Cosigning
from ledger.cosigners import cosigners, keep_cosigners, make_cosigner, staying
from ledger.home import Home
from ledger.init import init, open_book, status_signer
from ledger.issue import Issued, issue
from ledger.log.witness import Reply
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.lots import lots_at
from ledger.store.reading import latest_head
from ledger.tokens import create_token
from ledger.witness import Witness
from schemas.cosigners import Cosigner, WrittenQuorum
from schemas.door import validated
from schemas.lot import normal_lot
from schemas.parties import Parties
from schemas.problem import StateError
from tests.blending import blend
from tests.integration.test_service import Visitor
from tests.served import ANN, ORIGIN, PASSPHRASE, around, listening, plant, serve, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.book import Book
    from ledger.log.vkey import VerifierKey


@dataclass
class Outside:
    """Two witnesses on this machine, each at an address of its own, and what they answer."""

    keys: dict[str, VerifierKey]
    at: dict[str, str]
    answers: dict[str, Callable[[bytes], Reply]]

    def quorum(self, *names: str) -> WrittenQuorum:
        keys = tuple(Cosigner(key=self.keys[name].to_text(), at=self.at[name]) for name in names)
        return WrittenQuorum(keys=keys)

    def wanted(self, *names: str) -> Parties:
        """Return what is told to `init` so that these are asked from then on."""
        return validated(Parties, PARTIES | {"witnesses": self.quorum(*names).model_dump(exclude_none=True)})  # type: ignore[arg-type]


PARTIES = {
    "oreprint": "parties/1",
    "registry": "registry.example",
    "parties": [
        {
            "did": ANN,
            "names": [{"lang": "en", "text": "Ann"}],
            "facilities": [{"id": plant(ANN), "name": "Plant 1", "country": "CN"}],
            "kinds": ["oxide", "concentrate", "metal"],
        }
    ],
}
NAMES = ("w1.example", "w2.example")


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    made = {name: make_cosigner(Home(tmp_path / name), name, around(), passphrase=PASSPHRASE) for name in NAMES}
    answers: dict[str, Callable[[bytes], Reply]] = {}
    with ExitStack() as stack:
        at = {
            name: stack.enter_context(listening(create_cosigner(lambda body, name=name: answers[name](body))))  # type: ignore[misc]
            for name in NAMES
        }
        yield Outside({name: key for name, (key, _) in made.items()}, at, answers)


@dataclass(frozen=True)
class Copies:
    """A registry, and what was a copy of it at some time."""

    original: Home
    clone: Home

    def opened(self, home: Home) -> Book:
        return open_book(home, around(), passphrase=PASSPHRASE)


def served_with(outside: Outside, folder: Path) -> Home:
    quorum = outside.quorum(*NAMES)
    served = serve(folder, witnesses=quorum.model_dump(exclude_none=True))
    logs = {served.book.log.name: served.book.log}
    for name, key in outside.keys.items():
        own = folder.parent / name
        signer = Home(own).read_key("cosigner", kid=name, passphrase=PASSPHRASE)
        outside.answers[name] = Witness(own, key, signer.sign, logs, around().now_ms).add
    one_lot(served.book, "BEFORE")
    asked(served.home, served.book)
    served.book.engine.dispose()
    return served.home


@pytest.fixture
def copies(outside: Outside, tmp_path: Path) -> Copies:
    """A registry whose witnesses have cosigned all of it, and a copy of its whole home."""
    home = served_with(outside, tmp_path / "original")
    shutil.copytree(home.path, tmp_path / "clone")
    return Copies(home, Home(tmp_path / "clone"))


def one_lot(book: Book, lot: str) -> Issued:
    (made,) = issue(book, [blend(lot, "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    assert isinstance(made, Issued)
    return made


def asked(home: Home, book: Book) -> None:
    with Cosigning(book, cosigners(home, book, passphrase=None)) as cosigning:
        assert cosigning.round(wait_s=30) == {}


def size(book: Book) -> int:
    with reading(book.engine) as connection:
        return latest_head(connection).size


def refusal(book: Book, lot: str = "NOT-NOW") -> StateError:
    before = size(book)
    with pytest.raises(StateError) as refused:
        one_lot(book, lot)
    assert size(book) == before
    return refused.value


@contextmanager
def visited(home: Home) -> Iterator[tuple[Visitor, Book]]:
    """Start a server on a home, with everybody whom it asks."""
    book = open_book(home, around(), passphrase=PASSPHRASE)
    _, secret = create_token(book, tenant=ANN, scopes=("read", "issue"), label="test")
    status = status_signer(home, book.registry, passphrase=PASSPHRASE)
    app = create_app(Parts(book, tables(), status, ORIGIN, cosigners(home, book, passphrase=lambda: PASSPHRASE)))
    try:
        with listening(app) as address:
            yield Visitor(address, {"Authorization": f"Bearer {secret}"}), book
    finally:
        app.state.desk.watch.close()
        book.engine.dispose()


def goes_on(copies: Copies, lot: str = "MEANWHILE") -> None:
    """Let the original log a lot, and its witnesses cosign that."""
    original = copies.opened(copies.original)
    one_lot(original, lot)
    asked(copies.original, original)
    original.engine.dispose()


def test_a_clone_whose_original_went_on_refuses_to_sign(copies: Copies, capsys: pytest.CaptureFixture[str]) -> None:
    goes_on(copies)
    clone = copies.opened(copies.clone)
    look_first(copies.clone, clone)
    assert capsys.readouterr().err == ""
    error = refusal(clone)
    assert error.code == "cosign.ahead"
    assert "Nothing is signed here until the newest database is" in str(error)
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
    real = around()
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


def _digest(book: Book) -> str:
    with reading(book.engine) as connection:
        (lot,) = lots_at(connection, [(plant(ANN), normal_lot("BEFORE"))]).values()
    assert lot.certificate is not None
    return certificate_digest_text(lot.certificate)


def unreachable() -> str:
    """Return an address of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_who_is_away_or_slow_keeps_nobody_from_signing_and_is_named(
    outside: Outside, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = served_with(outside, tmp_path / "original")
    outside.at["w1.example"], never = unreachable(), threading.Event()
    outside.answers["w2.example"] = lambda _: Reply(503, f"{never.wait(8)}\n")
    book = open_book(home, around(), passphrase=PASSPHRASE)
    keep_cosigners(home, outside.wanted(*NAMES))
    begun = time.monotonic()
    look_first(home, book)
    assert time.monotonic() - begun < 8
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2, told
    assert all(
        name in line and "signing goes on without its word. [cosign.not-asked]" in line
        for name, line in zip(NAMES, told, strict=True)
    )
    one_lot(book, "GOES-ON")


def test_a_witness_that_is_wrong_is_forgotten_once_it_is_not_asked_any_more(outside: Outside, tmp_path: Path) -> None:
    home = served_with(outside, tmp_path / "original")
    book = open_book(home, around(), passphrase=PASSPHRASE)
    honest = outside.answers["w1.example"]
    outside.answers["w1.example"] = lambda _: Reply(409, "1000000\n", "text/x.tlog.size")
    look_first(home, book)
    assert refusal(book).problems[0].facts["name"] == "w1.example"
    parties = outside.wanted("w2.example")
    assert [each.key.name for each in staying(home, book, parties)] == ["w2.example"]
    one_lot(init(home, parties, around(), passphrase=PASSPHRASE), "WITHOUT-IT")
    # one that was wrong and is right again needs nobody
    again = outside.wanted(*NAMES)
    book = init(home, again, around(), passphrase=PASSPHRASE)
    look_first(home, book)
    assert refusal(book).code == "cosign.ahead"
    outside.answers["w1.example"] = honest
    look_first(home, book)
    one_lot(book, "RIGHT-AGAIN")

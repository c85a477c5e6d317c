"""Copies and restored homes as operators meet them: commands ask the cosigners before they sign, and have the new
head cosigned at their end.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import init, open_book
from ledger.log.witness import AddCheckpoint, WitnessReply
from ledger.registry.folder import Home
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.witnessing.cosigners import with_own
from schemas.checkpoint import Checkpoint
from schemas.door import validated
from schemas.note import Note
from schemas.parties import Parties
from tests.e2e.terminal import run_alone
from tests.support.http.server import ANN, BEN, PASSPHRASE, plant, runtime
from tests.support.registries.outside_witnesses import PARTIES, Outside, asked, one_lot, served_with, two_witnesses
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.terminal import Terminal

LOTS = ("WHOLE", "OFFERED", "HELD")


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with two_witnesses(tmp_path) as found:
        yield found


def recorded(folder: Path, lot: str, mass: str = "10 kg") -> str:
    """Write the record of one lot; return the file."""
    path = folder / f"{lot}.json"
    path.write_text(json.dumps(written(lot, mass, producer=ANN, plant=plant(ANN))), "utf-8")
    return str(path)


def stored(home: Path) -> tuple[int, str]:
    """Return size and note of the newest head in a home's database."""
    registry = open_book(Home(home), runtime(), passphrase=None)
    with reading(registry.engine) as connection:
        found = latest_head(connection)
    registry.engine.dispose()
    return found.size, found.note


def known(folder: Path) -> int:
    """Return how many entries the witness or monitor with this folder has cosigned."""
    (kept,) = (path for path in folder.iterdir() if len(path.name) == 64)
    return Checkpoint.parse(Note.parse(kept.read_bytes()).text).size


@pytest.fixture(scope="module")
def put_back(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `restored`, made once."""
    folder = tmp_path_factory.mktemp("put-back")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
        patch.setenv("OREPRINT_HOME", str(folder / "home"))
        put_one_command_back(folder)
    return folder


@pytest.fixture
def restored(put_back: Path, terminal: Terminal, tmp_path: Path) -> Path:
    """A home with witnesses of its own, whose database and head were put back to what they were one command before."""
    shutil.copytree(put_back, tmp_path, dirs_exist_ok=True)
    return tmp_path / "home"


def put_one_command_back(folder: Path) -> None:
    """Make the home of `restored` in a folder, with the files of its commands beside it."""
    home, out = folder / "home", str(folder / "out")
    parties = validated(Parties, PARTIES)  # type: ignore[arg-type]
    wanted = with_own(Home(home), parties, runtime(), passphrase=PASSPHRASE)
    init(Home(home), wanted, runtime(), passphrase=PASSPHRASE).engine.dispose()
    for lot in LOTS:
        run_alone("issue", recorded(folder, lot), "--out", out)
    run_alone("ship", "OFFERED", "--as", ANN, "--to", BEN)
    run_alone("suspend", "HELD", "--as", ANN, "--reason", "a second assay")
    with closing(sqlite3.connect(home / "registry.db")) as database:
        database.execute("VACUUM INTO ?", [str(folder / "registry.db")])
    shutil.copy(home / "head", folder)
    later = run_alone("issue", recorded(folder, "LATER"), "--out", out, "--json")
    digest = json.loads(later)["issued"][0]["certificates"][0]["digest"]
    newest = {"digest": digest, "head": (home / "head").read_text("utf-8")}
    (folder / "newest").write_text(json.dumps(newest), "utf-8")
    for path in home.glob("registry.db*"):
        path.unlink()
    for name in ("registry.db", "head"):
        shutil.copy(folder / name, home / name)
        (home / name).chmod(0o600)
    (folder / "parties.json").write_text(json.dumps(PARTIES | {"attestors": []}), "utf-8")


SIGNING = {
    "issue": ("issue", "{tmp}/NEW.json", "--out", "{tmp}/out"),
    "ship": ("ship", "WHOLE", "--as", ANN, "--to", BEN),
    "ship abroad": ("ship", "WHOLE", "--as", ANN, "--to", BEN, "--registry", "other.example", "-o", "{tmp}/file"),
    "accept": ("accept", "--as", BEN),
    "cancel": ("cancel", "--as", ANN),
    "revoke": ("revoke", "WHOLE", "--as", ANN, "--reason", "wrong assay"),
    "suspend": ("suspend", "WHOLE", "--as", ANN, "--reason", "wrong assay"),
    "lift": ("lift", "HELD", "--as", ANN, "--reason", "right again"),
    "correct": ("correct", "{tmp}/WHOLE.json", "--out", "{tmp}/out"),
    "undo": ("undo", "WHOLE", "--as", ANN),
    "bundle": ("bundle", "{tmp}/out/WHOLE.sdjwt", "-o", "{tmp}/file"),
    "export": ("export", "holdings", "--as", ANN, "-o", "{tmp}/leaving"),
    "keys add": ("keys", "add", f"{ANN}#key-2"),
    "keys end": ("keys", "end", f"{ANN}#key-1"),
    "log close": ("log", "close", "1"),
    "init": ("init", "{tmp}/parties.json"),
    "publish": ("publish", "{tmp}/public"),
}


@pytest.mark.parametrize("words", SIGNING.values(), ids=SIGNING)
def test_a_restored_home_signs_nothing(words: tuple[str, ...], restored: Path, terminal: Terminal) -> None:
    """Hard use 7: a home whose database and head are older than its witnesses know refuses every command that signs."""
    recorded(restored.parent, "NEW")
    before = stored(restored)
    done = terminal.run(*(word.format(tmp=restored.parent) for word in words))
    assert (done.code, done.problem) == (3, "cosign.ahead"), done
    assert stored(restored) == before
    assert not (restored.parent / "public").exists()
    assert terminal.run("holdings", "--as", ANN).code == 0, "what is there can be read"


def test_a_command_has_its_head_cosigned_before_it_ends(terminal: Terminal, tmp_path: Path) -> None:
    """Hard use 12: witnesses know the head of each command, so a copy from before it signs nothing."""
    home = tmp_path / "home"
    wanted = with_own(Home(home), validated(Parties, PARTIES), runtime(), passphrase=PASSPHRASE)  # type: ignore[arg-type]
    init(Home(home), wanted, runtime(), passphrase=PASSPHRASE).engine.dispose()
    terminal.run("issue", recorded(tmp_path, "FIRST"), "--out", str(tmp_path / "out"))
    for words in (
        ("issue", recorded(tmp_path, "SECOND"), "--out", str(tmp_path / "out")),
        ("revoke", "FIRST", "--as", ANN, "--reason", "wrong assay"),
        ("keys", "add", f"{ANN}#key-2"),
        ("log", "close", "1"),
    ):
        before, _ = stored(home)
        done = terminal.run(*words)
        assert (done.code, done.err) == (0, ""), done
        assert words[0] == "log" or stored(home)[0] > before
        for folder in (home / "witnesses" / "1", home / "witnesses" / "4", home / "monitor"):
            assert newest_known(folder) == stored(home)[1].split("\n")[:3], folder


def newest_known(folder: Path) -> list[str]:
    """Return origin, size and root of the head that a cosigner wrote down last, of any log."""
    kept = (path for path in folder.iterdir() if len(path.name) == 64)
    return max(kept, key=lambda path: path.stat().st_mtime_ns).read_text("utf-8").split("\n")[:3]


def away(_: bytes) -> WitnessReply:
    return WitnessReply(503, "away\n")


def test_a_command_says_when_its_head_is_not_cosigned(outside: Outside, terminal: Terminal, tmp_path: Path) -> None:
    """Hard use 12: witnesses that go away while a command runs; it says so, and the next one makes up for it."""
    home = served_with(outside, tmp_path / "original").path
    size, _ = stored(home)
    honest = dict(outside.answers)

    def leaving(name: str, body: bytes) -> WitnessReply:
        return (
            honest[name](body)
            if Checkpoint.parse(AddCheckpoint.parse(body).checkpoint.text).size <= size
            else away(body)
        )

    outside.answers |= {name: lambda body, name=name: leaving(name, body) for name in honest}  # type: ignore[misc]
    words = ("--home", str(home), "--out", str(tmp_path / "out"))
    done = terminal.run("issue", recorded(tmp_path, "NEW"), *words)
    assert done.code == 0
    assert [line.rpartition(" ")[2] for line in done.err.splitlines()] == ["[cosign.refused]"] * 2 + [
        "[cosign.not-cosigned]"
    ]
    outside.answers |= honest
    assert terminal.run("issue", recorded(tmp_path, "NEXT"), *words).err == ""
    assert {known(tmp_path / name) for name in honest} == {stored(home)[0]}


def test_of_two_copies_that_sign_at_once_one_goes_on_and_the_other_says_so(
    outside: Outside, terminal: Terminal, tmp_path: Path
) -> None:
    """Hard use 7: both ask, both sign, and the witness cosigns one of them; the other must not be used any more."""
    original = served_with(outside, tmp_path / "original", names=("w1.example",)).path
    clone, size = Home(shutil.copytree(original, tmp_path / "clone")), stored(original)[0]
    quicker = open_book(clone, runtime(), passphrase=PASSPHRASE)
    honest = outside.answers["w1.example"]

    def answer(body: bytes) -> WitnessReply:
        if Checkpoint.parse(AddCheckpoint.parse(body).checkpoint.text).size > size:
            outside.answers["w1.example"] = (
                honest  # the original has signed, and now the clone, which asked as early, gets there first
            )
            one_lot(quicker, "CLONE")
            asked(clone, quicker)
        return honest(body)

    outside.answers["w1.example"] = answer
    words = ("--home", str(original), "--out", str(tmp_path / "out"))
    done = terminal.run("issue", recorded(tmp_path, "ORIGINAL"), *words)
    assert (done.code, done.problem) == (1, "cosign.forked"), done
    assert "Do not give the new certificates to anybody." in done.err
    assert terminal.run("issue", recorded(tmp_path, "NEXT"), *words).problem == "cosign.differs"
    one_lot(quicker, "GOES-ON")
    asked(clone, quicker)


def test_an_emptied_database_is_no_new_home(terminal: Terminal, tmp_path: Path) -> None:
    """Hard use 16: a home with a head, and without its database or with an empty one, says so; nothing makes a second
    registry there.
    """
    home = tmp_path / "home"
    (tmp_path / "parties.json").write_text(json.dumps(PARTIES), "utf-8")
    assert terminal.run("init", str(tmp_path / "parties.json")).code == 0
    assert terminal.run("issue", recorded(tmp_path, "FIRST"), "--out", str(tmp_path / "out")).code == 0
    head = (home / "head").read_bytes()
    for path in home.glob("registry.db*"):
        path.unlink()
    commands = (
        ("holdings", "--as", ANN),
        ("issue", recorded(tmp_path, "NEW"), "--out", str(tmp_path / "out")),
        ("publish", str(tmp_path / "public")),
        ("doctor",),
        ("audit",),
        ("backup", str(tmp_path / "backup.tar")),
        ("init", str(tmp_path / "parties.json")),
    )
    for words in commands:
        done = terminal.run(*words)
        assert (done.code, done.problem) == (3, "home.emptied"), done
    assert not list(home.glob("registry.db"))
    (home / "registry.db").touch(mode=0o600)
    for words in commands:
        done = terminal.run(*words)
        assert (done.code, done.problem) == (3, "home.emptied"), (words, done)
    assert (home / "head").read_bytes() == head


def test_a_database_of_an_unknown_form_is_a_fault_to_the_doctor(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "parties.json").write_text(json.dumps(PARTIES), "utf-8")
    assert terminal.run("init", str(tmp_path / "parties.json")).code == 0
    forms = {
        "UPDATE alembic_version SET version_num = '9999'": "store.unknown-form",
        "DELETE FROM alembic_version": "store.unreadable",
    }
    for statement, code in forms.items():
        with closing(sqlite3.connect(tmp_path / "home" / "registry.db")) as database:
            database.execute(statement)
            database.commit()
        done = terminal.run("doctor")
        assert (done.code, done.problem) == (3, code), (statement, done)


def test_what_reads_a_database_that_lost_entries_says_so(restored: Path, terminal: Terminal) -> None:
    """Hard use 16: on the command line, too, what is not found may have been lost."""
    newest = json.loads((restored.parent / "newest").read_text("utf-8"))
    (restored / "head").write_text(newest["head"], "utf-8")
    there = terminal.run("holdings", "--as", ANN)
    assert (there.code, there.problem) == (0, "home.behind-head")
    assert "an old or damaged copy" in there.err
    lost = terminal.run("show", newest["digest"])
    assert (lost.code, lost.problem) == (3, "home.behind-head")
    assert lost.err.splitlines()[-1].endswith("[store.record-missing]")
    assert terminal.run("publish", str(restored.parent / "public")).problem == "cosign.ahead"
    doctor = terminal.run("doctor")
    assert (doctor.code, doctor.problem) == (3, "home.behind-head")


def test_doctor_tells_of_a_sound_registry(terminal: Terminal, tmp_path: Path) -> None:
    """Hard use 13: until when the trust list is good, and what renews it."""
    assert terminal.run("doctor").out.count("\n") == 2, "where there is no registry nothing is said of one"
    (tmp_path / "parties.json").write_text(json.dumps(PARTIES), "utf-8")
    assert terminal.run("init", str(tmp_path / "parties.json")).code == 0
    told = terminal.run("doctor")
    assert (told.code, "The registry registry.example can sign. Its log has 1 entry." in told.out) == (0, True)
    known = json.loads(terminal.run("doctor", "--json").out)["registry"]
    assert (known["id"], known["size"], known["trust_expires"][:2]) == ("registry.example", 1, "20")

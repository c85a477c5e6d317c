"""Keys and passphrases are for their owner alone: what is refused, how it is told, and what Oreprint itself writes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.registry.folder import LEAST_PASSPHRASE, Home
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from tests.e2e.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
PARTIES = str(ROOT / "examples/bayan-obo/parties.yaml")
NORTH = "did:web:north-concentrate.example"
KEY = Path("home/keys/status.pem")
GOOD = "for a test alone"
COMMANDS = {
    "serve": ["serve", "--port", str(free_port())],
    "init": ["init", PARTIES],
    "revoke": ["revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay"],
    "holdings": ["holdings", "--as", NORTH],
    "keys": ["keys", "list"],
    "create": ["keys", "create", "did:web:other.example"],
    "log": ["log", "list"],
    "backup": ["backup", "registry.tar"],
    "publish": ["publish", "public"],
    "audit": ["audit"],
    "witness": ["witness", "--log", "x"],
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_command_refuses_a_key_that_others_can_read(by_hand: Terminal) -> None:
    """Hard use 8: serve and every command that opens a home refuse it, and nothing is done."""
    KEY.chmod(0o644)
    for words in COMMANDS.values():
        done = by_hand.run(*words)
        assert (done.code, done.problem) == (3, "home.exposed"), done.err
        assert f"{KEY}: The file has mode 0644" in done.err
        assert f"chmod 600 {KEY}" in done.err
    assert not Path("registry.tar").exists()
    assert not Path("public").exists()


@pytest.mark.parametrize("path", [KEY, Path("home/keys/passphrase")])
def test_what_group_or_others_can_read_or_write_is_refused(path: Path, by_hand: Terminal) -> None:
    """Hard use 8: keys and passphrase alike, read or write, group or others; the command that is told mends it."""
    if path != KEY:
        path.write_text(GOOD)
        path.chmod(0o600)
    for wrong in (0o640, 0o620, 0o604, 0o602, 0o777):
        path.chmod(wrong)
        done = by_hand.run("holdings", "--as", NORTH, "--json")
        (problem,) = json.loads(done.out)["problems"]
        assert (done.code, problem["code"], problem["place"]) == (3, "home.exposed", str(path))
        assert problem["facts"]["mode"] == f"{wrong:04o}"
        subprocess.run(problem["facts"]["command"].split(), check=True)
        assert mode(path) == 0o600
        assert by_hand.run("holdings", "--as", NORTH).code == 0


def test_all_files_that_others_can_read_are_told_at_once(by_hand: Terminal) -> None:
    """Hard use 8: who mends one file doesn't learn of the next only then."""
    for path in Path("home/keys").glob("*.pem"):
        path.chmod(0o644)
    done = by_hand.run("keys", "list", "--json")
    assert len(json.loads(done.out)["problems"]) == len(list(Path("home/keys").glob("*.pem"))) > 3


def test_a_link_is_judged_by_the_file_that_it_leads_to(by_hand: Terminal, tmp_path: Path) -> None:
    """Hard use 8: secrets that are mounted are links; the file that is read is the one that is judged."""
    secret = tmp_path / "mounted"
    secret.write_text(GOOD)
    secret.chmod(0o600)
    Path("home/keys/passphrase").symlink_to(secret)
    assert by_hand.run("holdings", "--as", NORTH).code == 0
    secret.chmod(0o444)
    assert by_hand.run("holdings", "--as", NORTH).problem == "home.exposed"


READ_EACH = """
import sys
from pathlib import Path
from ledger.registry.folder import read_private
for path in sys.argv[1:]:
    try:
        assert read_private(Path(path))
        print("read")
    except OSError as error:
        print(type(error).__name__)
    except Exception as error:
        print(error.code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can put a file there that is another's")
def test_a_group_may_read_what_root_mounts_for_a_process_that_is_not_roots(tmp_path: Path) -> None:
    """Hard use 8: kubernetes hands a secret to a group (`fsGroup`), 0440 and root's own; anything wider is refused.

    Of 0400 not even the group may read it.
    """
    modes = (0o440, 0o400, 0o444, 0o460)
    secrets = [tmp_path / f"{each:o}" for each in modes]
    for secret, each in zip(secrets, modes, strict=True):
        secret.write_text(GOOD)
        os.chown(secret, 0, 65534)
        secret.chmod(each)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/") and mode(folder) & 0o005 != 0o005:
            folder.chmod(mode(folder) | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", READ_EACH, *map(str, secrets)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        user=65534,
        group=65534,
        extra_groups=[],
    )
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip("this checkout is closed to other users of the machine")
    assert done.stdout.split() == ["read", "PermissionError", "home.exposed", "home.exposed"], done.stderr


@pytest.mark.parametrize("kept", ["file", "setting"])
def test_a_short_passphrase_is_refused(kept: str, by_hand: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 8: under 12 characters is refused by serve and every command that signs, told by where it comes from."""
    short = "x" * (LEAST_PASSPHRASE - 1)
    place = "OREPRINT_PASSPHRASE"
    if kept == "file":
        place = "home/keys/passphrase"
        Path(place).write_text(short + "\n")
        Path(place).chmod(0o600)
    else:
        monkeypatch.setenv(place, short)
    for name in ("serve", "init", "revoke", "create"):
        done = by_hand.run(*COMMANDS[name])
        assert (done.code, done.problem) == (3, "home.passphrase"), done.err
        assert f"{place}: The passphrase has 11 characters" in done.err


def test_no_key_is_made_under_a_short_passphrase(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 8: characters are counted, not bytes, and nothing is left behind."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "ääääää")  # 12 bytes
    for words in (("init", PARTIES), ("keys", "create", NORTH), ("keys", "cosigner", "w1.example")):
        assert terminal.run(*words).problem == "home.passphrase"
    assert not list(Path(os.environ["OREPRINT_HOME"]).rglob("*.pem"))
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "ääääääääääää")
    assert terminal.run("keys", "create", NORTH).code == 0


def test_what_is_written_is_private_from_the_first(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 8: whatever the umask, keys, passphrases and backups are their owner's alone as soon as they exist."""
    made: dict[str, int] = {}
    system_open = os.open

    def watched(path: str | os.PathLike[str], flags: int, given: int = 0o777, **more: int) -> int:
        descriptor = system_open(path, flags, given, **more)
        if flags & os.O_CREAT:
            made[Path(path).name] = stat.S_IMODE(os.fstat(descriptor).st_mode)
        return descriptor

    monkeypatch.setenv("OREPRINT_PASSPHRASE", GOOD)
    monkeypatch.chdir(Path(os.environ["OREPRINT_HOME"]).parent)
    monkeypatch.setattr(os, "open", watched)
    before = os.umask(0)
    try:
        assert terminal.run("init", PARTIES).code == 0
        assert terminal.run("keys", "create", NORTH, "--home", "own").code == 0
        assert terminal.run("keys", "cosigner", "w1.example", "--home", "witness").code == 0
        assert terminal.run("backup", "registry.tar").code == 0
        assert terminal.run("restore", "registry.tar", "--home", "again").code == 0
    finally:
        os.umask(before)
    private = {name: at for name, at in made.items() if name.endswith((".pem.new", ".tar.new", "passphrase.new"))}
    assert len(private) > 5
    assert set(private.values()) == {0o600}
    for home in ("home", "own", "witness", "again"):
        assert mode(Path(home, "keys")) == 0o700
        assert {mode(path) for path in Path(home, "keys").iterdir()} == {0o600}


def test_a_homes_own_passphrase_goes_before_the_setting(by_hand: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 29: what is exported for one home doesn't lock another that keeps its own passphrase."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "that of another home")
    revoke = COMMANDS["revoke"]
    refused = by_hand.run(*revoke)
    assert (refused.problem, "OREPRINT_PASSPHRASE" in refused.err) == ("seal.key-file", True)
    own = Path("home/keys/passphrase")
    own.touch(mode=0o600)
    own.write_text(GOOD + "\n")
    assert by_hand.run(*revoke).code == 0


def _typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))


@pytest.mark.parametrize("kept", [True, False])
def test_a_home_gets_another_passphrase(kept: bool, by_hand: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 8: a home that was made with a short passphrase isn't locked out: its keys get a longer one."""
    home, own = Home(Path("home")), Path("home/keys/passphrase")
    short, good = b"short", "twelve or more"
    with monkeypatch.context() as before:
        before.setattr("ledger.registry.folder.LEAST_PASSPHRASE", 1)
        assert home.change_passphrase(GOOD.encode(), short) == len(home.key_names())
    if kept:
        own.touch(mode=0o600)
        own.write_bytes(short)
    else:
        monkeypatch.setenv("OREPRINT_PASSPHRASE", short.decode())
    assert by_hand.run(*COMMANDS["revoke"]).problem == "home.passphrase"
    _typed(monkeypatch, "elevenchars\n")
    assert by_hand.run("keys", "passphrase").problem == "home.passphrase"
    # as far as one comes that is killed early: some keys have the new one
    first = home.key_names()[0]
    signer = home.read_key(first, kid=first, passphrase=short)
    home.write_key("copy", signer, passphrase=good.encode())
    Path("home/keys/copy.pem").replace(f"home/keys/{first}.pem")
    _typed(monkeypatch, good + "\n")
    done = by_hand.run("keys", "passphrase", "--json")
    assert json.loads(done.out) == {"keys": len(home.key_names()), "passphrase": str(own) if kept else None}
    if not kept:
        assert by_hand.run(*COMMANDS["revoke"]).problem == "home.passphrase"
        monkeypatch.setenv("OREPRINT_PASSPHRASE", good)
    assert by_hand.run(*COMMANDS["revoke"]).code == 0
    assert {mode(path) for path in Path("home/keys").iterdir()} == {0o600}

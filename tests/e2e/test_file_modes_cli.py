"""Files that commands leave: what belongs to a plant is its owner's alone, what is published anybody reads."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ledger.files.atomic import write_durably
from ledger.registry.folder import Home
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.terminal import Demo, Terminal

ROOT: Final = Path(__file__).resolve().parents[2]
NORTH: Final = "did:web:north-concentrate.example"
A: Final = "did:web:separation-a.example"
STRANGER: Final = 65534
COMMANDS: Final = (
    ("init", str(ROOT / "examples/bayan-obo/parties.yaml")),
    ("issue", str(ROOT / "examples/bayan-obo/01-BEN-2026-01.yaml"), "--out", "out"),
    ("bundle", "out/CON-07.sdjwt", "-o", "public.oreprint", "--for", "public"),
    ("bundle", "out/CON-07.sdjwt", "-o", "auditor.oreprint", "--for", "auditor"),
    ("bundle", "out/CON-07.sdjwt", "-o", "mine.oreprint", "--as", NORTH),
    ("present", "out/CON-07.sdjwt", "-o", "public.sdjwt", "--for", "public"),
    ("present", "out/CON-07.sdjwt", "-o", "auditor.sdjwt", "--for", "auditor"),
    ("label", "out/CON-07.sdjwt", "--out", "."),
    ("sheet", "auditor.oreprint", "--format", "pdf", "-o", "sheet.pdf"),
    ("list", "--as", NORTH, "--format", "xlsx", "-o", "list.xlsx"),
    ("log", "proof", "out/CON-07.sdjwt", "-o", "proof"),
    ("share", "CON-07", "--as", NORTH, "--with", "Separation A", "--code", "link.svg"),
    ("ship", "CON-07", "--as", NORTH, "--to", A),
    ("export", "holdings", "--as", NORTH, "-o", "leaving"),
    ("factors", "export", "materials", "-o", "materials.csv"),
    ("keys", "create", NORTH, "--home", "own"),
    ("keys", "cosigner", "w1.example", "--home", "witness"),
    ("keys", "did", NORTH, "-o", "did.json"),
    ("users", "invite", "Li Wei", "--role", "clerk", "--as", NORTH),
    ("audit",),
    ("backup", "registry.tar"),
    ("restore", "registry.tar", "--home", "again"),
    ("publish", "site"),
    ("migrate", "--try"),
    ("keys", "rotate", "status"),
    ("keys", "rotate", "vault"),
    ("example", "separation", "-o", "record.yaml"),
)
FOR_ANYBODY: Final = {"public.oreprint", "public.sdjwt", "CON-07.svg", "proof", "did.json"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """The umask that a test names."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.parametrize("umask", [0o000, 0o077], indirect=True)
@pytest.mark.usefixtures("umask")
def test_files_have_their_modes_whatever_the_umask(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After a life of commands: folders of homes 0700, files 0600; the web server's files 0644 in 0755."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    refused = {words[:2]: done.err for words in COMMANDS if (done := terminal.run(*words)).code not in {0, 1}}
    assert not refused
    for home in ("home", "own", "witness", "again", "out", "leaving"):
        everything = [Path(home), *Path(home).rglob("*")]
        assert everything[0].is_dir()
        assert {
            str(path): oct(mode(path)) for path in everything if mode(path) != (0o700 if path.is_dir() else 0o600)
        } == {}
    site = [Path("site"), *Path("site").rglob("*")]
    assert len(site) > 10
    assert {str(path): oct(mode(path)) for path in site if mode(path) != (0o755 if path.is_dir() else 0o644)} == {}
    files = [path for path in (*Path().glob("*"), *Path("out").glob("*")) if path.is_file()]
    assert len(files) >= 15
    assert {path.name for path in files if path.name not in FOR_ANYBODY and mode(path) != 0o600} == set()


def enterable(folder: Path) -> None:
    """Let other users into a folder, through all those that it lies in."""
    for each in (folder, *folder.parents):
        if each != Path("/") and mode(each) & 0o005 != 0o005:
            each.chmod(mode(each) | 0o055)


WALK = """
import os, sys
for place in sys.argv[1:]:
    for folder, _, names in os.walk(place, onerror=lambda error: print("closed", error.filename)):
        for name in names:
            try:
                open(os.path.join(folder, name), "rb").read()
                print("read", os.path.join(folder, name))
            except OSError:
                print("closed", os.path.join(folder, name))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look as another user")
def test_another_user_reads_what_is_for_anybody_and_nothing_else(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another user walks every file that the commands left; the folder of the home is opened, so modes alone hold."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    for words in COMMANDS:
        terminal.run(*words)
    for folder in [path for path in (tmp_path, *tmp_path.rglob("*")) if path.is_dir()]:
        folder.chmod(0o755)
    enterable(tmp_path)
    done = subprocess.run(
        [str(Path(sys.base_prefix, "bin", "python3")), "-I", "-c", WALK, "."],
        capture_output=True,
        text=True,
        check=True,
        user=STRANGER,
        group=STRANGER,
        extra_groups=[],
    )
    lines = [line.split(" ./", 1) for line in done.stdout.splitlines()]
    readable = {path for what, path in lines if what == "read"}
    assert "home/registry.db" in {path for what, path in lines if what == "closed"}
    assert {path for path in readable if not path.startswith("site/")} <= FOR_ANYBODY
    assert len([path for path in readable if path.startswith("site/")]) > 5


@pytest.mark.parametrize("wrong", ["home", "home/registry.db"])
def test_doctor_and_serve_refuse_a_home_that_others_can_read(wrong: str, by_hand: Terminal) -> None:
    """The remedy that they tell, pasted into a shell, is enough."""
    assert by_hand.run("doctor").code == 0
    Path(wrong).chmod(mode(Path(wrong)) | 0o055)
    for words in (("doctor",), ("serve", "--port", str(free_port()))):
        done = by_hand.run(*words)
        assert (done.code, done.problem) == (3, "home.open"), done.err
        assert "chmod -R go= home" in done.err
    subprocess.run("chmod -R go= home", shell=True, check=True)  # noqa: S602 - the remedy as a person pastes it
    assert by_hand.run("doctor").code == 0


def test_the_demo_leaves_nothing_open(demo: Demo) -> None:
    """Keys and memories of its witnesses and its monitor, certificates and labels, a bundle."""
    everything = [demo.home, *demo.home.rglob("*")]
    assert {str(path) for path in everything if "labels" not in path.parts and mode(path) & 0o077} == set()
    assert demo.home / "monitor" / "followed.db" in everything


def test_a_linked_home_is_judged_by_the_folder_that_it_leads_to(by_hand: Terminal) -> None:
    """A link has no mode of its own."""
    Path("linked").symlink_to("home")
    assert by_hand.run("doctor", "--home", "linked").code == 0
    Path("home").chmod(0o711)
    assert by_hand.run("doctor", "--home", "linked").problem == "home.open"


@pytest.mark.usefixtures("by_hand")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_home_of_another_user_is_refused(tmp_path: Path) -> None:
    """Its owner could read and change all of it, whatever the mode; who may not even enter it learns why."""
    os.chown("home", STRANGER, STRANGER)
    enterable(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main())", "doctor"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        user=STRANGER - 1,
        group=STRANGER - 1,
        extra_groups=[],
    )
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip("this checkout is closed to other users of the machine")
    assert "[home.other-owner]" in done.stderr
    assert f"chown -R {STRANGER - 1} home" in done.stderr


def test_a_linked_database_is_judged_where_it_lies(by_hand: Terminal, tmp_path: Path) -> None:
    """A remedy for the home would not reach what a link leads to."""
    elsewhere = tmp_path / "the big disk"
    elsewhere.mkdir()
    for path in Path("home").glob("registry.db*"):
        path.rename(elsewhere / path.name)
    Path("home/registry.db").symlink_to(elsewhere / "registry.db")
    assert by_hand.run("doctor").code == 0
    (elsewhere / "registry.db").chmod(0o644)
    done = by_hand.run("doctor")
    assert done.problem == "home.open"
    assert f"chmod -R go= '{elsewhere}/registry.db'" in done.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_that_root_replaces_stays_its_owners(tmp_path: Path) -> None:
    """An operator's `sudo oreprint issue` does not take the head away from the user who serves."""
    head = tmp_path / "head"
    write_durably(head, b"one")
    os.chown(head, STRANGER, STRANGER)
    write_durably(head, b"two")
    assert (head.stat().st_uid, head.stat().st_gid, mode(head)) == (STRANGER, STRANGER, 0o600)


def test_an_empty_folder_that_becomes_a_home_is_closed(tmp_path: Path) -> None:
    """Who makes the folder first by `mkdir` gets a private home too; a folder with files stays as it is."""
    for name, content, wanted in (("empty", None, 0o700), ("keys first", "keys", 0o700), ("used", "notes.txt", 0o755)):
        home = tmp_path / name
        home.mkdir()
        home.chmod(0o755)
        if content:
            (home / content).touch()
        Home(home).make()
        assert mode(home) == wanted

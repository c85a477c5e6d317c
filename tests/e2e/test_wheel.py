"""The wheel in an environment of its own: what it holds and says of itself, the demo and the tutorial without a
checkout.

The dependencies are those of this environment, read from where they are; nothing else of it, and nothing of the
checkout, is on the path.
"""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests.e2e.pages import readme_block

if TYPE_CHECKING:
    from email.message import Message

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "ledger", "api", "cli")
LIBRARY = "oreprint"
"""The module for programs, which lies deeper in the sources (docs/adr/0040)."""
COMMAND = re.compile(r"^    (.+)$", re.MULTILINE)
USER = """
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import oreprint


def figure(path: Path) -> Decimal | None:
    try:
        report: oreprint.Report = oreprint.verify(path, trust=[Path("trust.json"), b"..."], at=datetime.now(timezone.utc))
    except oreprint.RefusedError as error:
        code: str = error.code
        raise SystemExit(code) from error
    return None if report.footprint is None else Decimal(report.footprint.kg_co2e_per_kg)


def lots(client: oreprint.Client) -> list[str]:
    offer: oreprint.MoveAnswer = client.ship("MG-88", "did:web:a.example", mass="1 kg", key="7")
    issued: oreprint.IssueAnswer = client.issue({"oreprint": "production-record/1"})
    print(offer.shipments[0].mass_kg, issued.certificates[0].digest, [each.kind for each in client.notices(after=3)])
    return [each.lot for each in client.certificates(kind="magnet")]
"""
"""What a user's script may say under `mypy --strict`."""
WRONG = """
import oreprint

report = oreprint.verify(7, trust="trust.json")
report.verdict = "genuine"
oreprint.Client("https://registry.example").certificates(kind="gold")
"""

TYPED = """
import gc, os, shlex, sys
import cli.commands.issue
from cli.main import main

def run():
    code = 1
    try:
        code = main()
        sys.stdout.flush()
    finally:
        os._exit(code)

for line in sys.stdin:
    words = [os.path.expandvars(word) for word in shlex.split(line)]
    if words[0] == "export":
        os.environ.update(word.split("=", 1) for word in words[1:])
        continue
    assert words[0] == "oreprint", line
    sys.argv = words
    if words[1] == "demo":
        code = main()
        gc.collect()
    else:
        code = os.waitstatus_to_exitcode(os.waitpid(os.fork() or run(), 0)[1])
    if code:
        sys.exit(f"{code}: {line}")
"""
"""Python that types lines into a shell of its own: each command is forked off a process that has loaded `oreprint`, and
that ran the demo itself, which leaves the later ones less to compile.
"""


def run(words: list[str], folder: Path, *, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        words, cwd=folder, input=typed, capture_output=True, text=True, check=False, env=environment, timeout=500
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources, so that a build leaves nothing in the checkout."""
    sources, made = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for name in (*PACKAGES, "examples"):
        shutil.copytree(ROOT / name, sources / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    words = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(made),
        ".",
    ]
    done = run(words, sources)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = made.glob("oreprint-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment with the wheel in it."""
    place = tmp_path_factory.mktemp("environment") / "env"
    venv.create(place, symlinks=True)
    programs = place / "bin"
    words = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(programs / "python"),
        "install",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    done = run(words, place)
    assert done.returncode == 0, done.stdout + done.stderr
    (packages,) = place.glob("lib/python*/site-packages")
    # A path in a .pth file is searched; the .pth files in it, such as the one that leads to the checkout, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    where = run([str(programs / "python"), "-c", "import cli, ledger; print(cli.__file__, ledger.__file__)"], place)
    assert where.returncode == 0, where.stderr
    assert all(each.startswith(str(packages)) for each in where.stdout.split())
    return programs


def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Hard use 25: classifiers, licence metadata, and a marker of types in each package."""
    told = metadata(wheel)
    assert (told["Name"], told["License-Expression"]) == ("oreprint", "Apache-2.0")
    assert told.get_all("License-File") == [
        "LICENSE",
        *(str(each.relative_to(ROOT)) for each in sorted((ROOT / "api/web/static/vendor").glob("*.LICENSE"))),
    ]
    classifiers = told.get_all("Classifier", [])
    assert {"Typing :: Typed", "Framework :: FastAPI"} <= set(classifiers)
    assert [each for each in classifiers if each.startswith("Programming Language :: Python :: 3.")]
    assert told["Description-Content-Type"] == "text/markdown"
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"{package}/py.typed" for package in (*PACKAGES, LIBRARY)} <= names
    assert {each.split("/")[0] for each in names if ".dist-info/" not in each} == {*PACKAGES, LIBRARY}


def test_every_file_of_the_packages_and_the_example_is_in_the_wheel(wheel: Path) -> None:
    """Hard use 25: nothing that the code reads is left out."""
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    kept = {
        path.relative_to(ROOT).as_posix().removeprefix("cli/library/")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".po"
    }
    files = [path.relative_to(ROOT / "examples") for path in (ROOT / "examples").rglob("*") if path.is_file()]
    example = {f"ledger/desk/shipped/{path.as_posix()}" for path in files}
    assert len(example) > 20
    assert sorted((kept | example) - names) == []
    assert (ROOT / "ledger" / "desk" / "shipped").resolve() == ROOT / "examples"


def test_the_demo_and_the_tutorial_work_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Hard use 25: `oreprint demo` in an empty folder, with no checkout anywhere, and the tutorial's commands with the
    example's records that the wheel brings.
    """
    copied = run([str(installed / "oreprint"), "demo", "--copy", "examples"], tmp_path)
    assert (copied.returncode, copied.stdout) == (0, "The example's records are in examples/bayan-obo.\n")
    again = run([str(installed / "oreprint"), "demo", "--copy", "examples"], tmp_path)
    assert (again.returncode, "[demo.copied]" in again.stderr) == (3, True)
    demo = (
        "oreprint demo --home demo",
        "oreprint verify demo/magnet.oreprint --trust demo/trust.json --offline",
        "oreprint doctor",
    )
    commands = COMMAND.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    tutorial = [each for each in commands if "--copy" not in each]
    assert sum(each.count("oreprint ") for each in tutorial) >= 14
    done = run([str(installed / "python"), "-I", "-c", TYPED], tmp_path, typed="\n".join((*demo, *tutorial)))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for words in ("GENUINE RECORD: MG-88", "unchanged CON-07", "GENUINE RECORD: OX-16"):
        assert words in done.stdout


def test_a_program_and_its_type_checker_find_the_module(installed: Path, tmp_path: Path) -> None:
    script = "from pathlib import Path\n\nimport oreprint\n\nprint(Path(oreprint.__file__).parts[-3:-1])\n"
    script += "report: oreprint.Report = oreprint.verify('demo/magnet.oreprint', trust='demo/trust.json')\n"
    script += "print(report.verdict, report.chain.certificates)\n"
    (tmp_path / "check.py").write_text(script)
    assert run([str(installed / "oreprint"), "demo", "--home", "demo"], tmp_path).returncode == 0
    done = run([str(installed / "python"), "check.py"], tmp_path)
    assert (done.returncode, done.stdout) == (0, "('site-packages', 'oreprint')\ngenuine 12\n"), done.stderr
    (tmp_path / "readme.py").write_text(readme_block("python: a test runs it"))
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "wrong.py").write_text(WRONG)
    words = ["-m", "mypy", "--strict", "--config-file", "", "--python-executable", str(installed / "python")]
    done = run([sys.executable, *words, "check.py", "readme.py", "user.py", "wrong.py"], tmp_path)
    found = re.findall(r"^(.*?):.*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert found == [("wrong.py", "arg-type"), ("wrong.py", "misc"), ("wrong.py", "arg-type")], done.stdout


def test_copying_goes_with_nothing_else(installed: Path, tmp_path: Path) -> None:
    refused = run([str(installed / "oreprint"), "demo", "--copy", "examples", "--home", "demo"], tmp_path)
    assert (refused.returncode, "[usage.idle]" in refused.stderr) == (3, True)
    assert not list(tmp_path.iterdir())

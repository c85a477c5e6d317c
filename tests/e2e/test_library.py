"""`import oreprint` as a program uses it: from files, without a network, from the README and the page."""

from __future__ import annotations

import ast
import doctest
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import oreprint
from tests.e2e.pages import readme_block

if TYPE_CHECKING:
    from tests.e2e.terminal import Demo, Files, Terminal

ROOT = Path(__file__).resolve().parents[2]


def python(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the module where `.ci/setup` lets it be found."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def test_the_ten_lines_of_the_readme_print_what_it_says(demo: Demo, tmp_path: Path) -> None:
    demo.copy(tmp_path / "build" / "demo")
    lines = readme_block("python: a test runs it")
    assert len([line for line in lines.splitlines() if line]) <= 10
    done = python("-c", lines, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, readme_block("python output")), done.stderr
    (tmp_path / "build" / "demo" / "magnet.oreprint").write_text("no bundle")
    done = python("-c", lines, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("build/demo/magnet.oreprint: This is not a certificate")
    assert "[file.kind]" in done.stderr


def test_the_report_is_that_of_the_command(terminal: Terminal, files: Files) -> None:
    done = terminal.run(*files.judged(files.bundle), "--json")
    report = oreprint.verify(files.bundle, trust=files.trust, at=files.now, offline=True)
    assert report.to_text() == done.out.strip()
    at = datetime.fromisoformat(files.now)
    for source in (files.bundle, Path(files.bundle), Path(files.bundle).read_bytes()):
        for trust in trust_in_every_form(files):
            assert oreprint.verify(source, trust=trust, at=at.astimezone(UTC)) == report


def trust_in_every_form(files: Files) -> list[oreprint.TrustSource | list[oreprint.TrustSource]]:
    path, content = Path(files.trust), Path(files.trust).read_bytes()
    note = ast.literal_eval(content.decode())["note"]
    return [files.trust, path, content, content.decode(), note, note.encode(), [path], [path, content]]


def test_a_stricter_policy_and_received_goods(files: Files, demo: Demo) -> None:
    alone = oreprint.verify(files.certificate, trust=files.trust, at=files.now)
    assert (alone.verdict, alone.chain.certificates) == ("incomplete", 1)
    magnet, trust = demo.home / "magnet.oreprint", demo.home / "trust.json"
    came = oreprint.verify(magnet, trust=trust, received="498.2 kg", receiver="did:web:motor-works.example")
    assert came.received is not None
    assert came.received.difference_percent == "-0.36"


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ({"source": "nowhere.oreprint"}, "file.missing", "nowhere.oreprint"),
        ({"source": "MG-88"}, "file.no-source", "MG-88"),
        ({"source": "."}, "file.unreadable", "."),
        ({"source": b""}, "file.empty", "the given bytes"),
        ({"source": b"%PDF-1.7\n"}, "pdf.form", "the given bytes"),
        ({"source": "https://registry.example/c/x"}, "verify.unlisted", ""),
        (
            {"source": "https://registry.example/c/x#key=s", "offline": True},
            "verify.offline",
            "https://registry.example/c/x",
        ),
        ({"source": "https://registry.example/c/x", "ask": "registry"}, "remote.url", "ask"),
        ({"trust": ()}, "verify.trust-missing", "trust"),
        ({"trust": "none.json"}, "file.missing", "none.json"),
        ({"trust": b"{}"}, "document.missing-member", "trust: note"),
        ({"trust": b"\n\xe2\x80\x94 x y\n"}, "log.note-form", ""),
        ({"at": "yesterday"}, "quantity.instant", "at"),
        ({"at": datetime(2026, 3, 1)}, "quantity.instant", "at"),  # noqa: DTZ001 - it has no zone
        ({"received": "498.2 kg"}, "verify.received", "received"),
        ({"received": "498.2", "receiver": "did:web:a.example"}, "quantity.no-unit", "received"),
        ({"received": "498.2 kg", "receiver": "motor works"}, "document.pattern", "receiver"),
        ({"factors": ["none.csv"]}, "file.missing", "none.csv"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_place(
    files: Files, given: dict[str, object], code: str, place: str
) -> None:
    with pytest.raises(oreprint.OreprintError) as refused:
        oreprint.verify(**{"source": files.bundle, "trust": files.trust, **given})  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.place) == (code, place)
    assert str(refused.value).startswith(place)


def test_a_file_is_judged_in_an_empty_network(demo: Demo, empty_network: list[str], tmp_path: Path) -> None:
    script = f"import oreprint; print(oreprint.verify({str(demo.home / 'magnet.oreprint')!r}, trust={str(demo.home / 'trust.json')!r}).verdict)"
    done = subprocess.run(
        [*empty_network, sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert (done.returncode, done.stdout) == (0, "genuine\n"), done.stderr


def test_it_loads_no_server_no_terminal_and_no_database(demo: Demo, tmp_path: Path) -> None:
    demo.copy(tmp_path / "demo")
    script = (
        "import oreprint, sys; oreprint.verify('demo/magnet.oreprint', trust='demo/trust.json'); print(*sys.modules)"
    )
    done = python("-c", script, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "ledger" in loaded
    assert not loaded & {"api", "alembic", "fastapi", "psycopg", "rich", "sqlalchemy", "sqlite3", "starlette", "typer"}


def test_another_owner_of_a_name_stops_the_import(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").touch()
    done = python("-c", "import oreprint", folder=tmp_path)
    assert done.returncode == 1
    assert "ImportError: schemas: this top-level package would come from" in done.stderr


def test_the_examples_in_docstrings_run(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo.home)
    for each in (oreprint, oreprint.verify):
        (found,) = doctest.DocTestFinder(recurse=False).find(each, "oreprint", globs={"oreprint": oreprint})
        assert len(found.examples) >= 2
        assert doctest.DocTestRunner(verbose=False).run(found).failed == 0

"""The page's own verifier finds what the verification in Python finds, on the same vectors."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from api.web.assets import ASSETS
from ledger.trust.pinned import sign_trust
from tests.support.worlds.key_places import PLACES, quorum, with_registry
from tests.support.worlds.parties import cast, key, vkey

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "tests" / "golden" / "browser"


@pytest.mark.parametrize("name", ["make_browser.py", "make_forms.py"])
def test_the_files_are_what_their_generator_makes(root: Path, name: str) -> None:
    script = root / "tests/golden" / name
    subprocess.run([sys.executable, script, "--check"], check=True, cwd=root, env={"PYTHONPATH": str(root)})


def test_the_vectors_hold_every_verdict_and_every_step_failed(folder: Path) -> None:
    cases = json.loads((folder / "vectors.json").read_text())["cases"]
    assert {case["verdict"] for case in cases} == {
        "genuine", "superseded", "expired", "withdrawn", "incomplete", "do-not-rely",
    }  # fmt: skip
    failed = {step for case in cases for step, result in enumerate(case["steps"], 1) if result == "failed"}
    assert failed == set(range(1, 7))


@pytest.mark.parametrize("way", ["native", "vendored"])
def test_the_page_s_verifier_agrees(folder: Path, way: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is missing; `make test` installs it where it may")
    done = subprocess.run(["node", folder / "check.mjs", way], capture_output=True, text=True, check=False)
    count = len(json.loads((folder / "vectors.json").read_text())["cases"])
    assert count >= 33
    assert done.stdout.splitlines()[-1:] == [f"{count} cases, 0 wrong"], done.stdout + done.stderr


def test_the_page_s_verifier_opens_the_trust_lists_that_python_opens(root: Path) -> None:
    """Hard use 9: a key with two roles, and a quorum that can't be reached, are refused in the browser, too."""
    if shutil.which("node") is None:
        pytest.skip("node is missing; `make test` installs it where it may")
    shared = key("shared").public
    few = with_registry(cast().listed, witnesses=quorum("w.example", shared, least=2))
    lists = {"": cast().listed, "trust.quorum": few}
    lists |= {f"alone as {one}": change(cast().listed, shared) for one, change in PLACES.items()}
    for one, other in combinations(PLACES, 2):
        lists[f"trust.key-shared as {one} and {other}"] = PLACES[other](PLACES[one](cast().listed, shared), shared)
    signer = [(vkey("trust.example"), key("trust.example").sign)]
    script = (
        f"import {{ openTrust }} from {json.dumps(str(root / 'api/web/static/verify.js'))};"
        "import { readFileSync } from 'node:fs';"
        "for (const note of JSON.parse(readFileSync(0, 'utf8')))"
        " console.log(await openTrust(note).then(() => '', (error) => error.code ?? String(error)));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps([sign_trust(listed, signer) for listed in lists.values()]),
        capture_output=True,
        text=True,
        check=True,
    )
    due = [name.partition(" ")[0] if name.startswith("trust.") else "" for name in lists]
    assert dict(zip(lists, done.stdout.split("\n")[:-1], strict=True)) == dict(zip(lists, due, strict=True))


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads(ASSETS["vendor/manifest.json"].plain)
    assert {f"vendor/{name}" for name in manifest} | {"vendor/manifest.json"} == {
        name for name in ASSETS if name.startswith("vendor/")
    }
    for name, told in manifest.items():
        assert hashlib.sha256(ASSETS[f"vendor/{name}"].plain).hexdigest() == told["sha256"], name


def test_vendored_files_are_byte_for_byte_those_of_the_npm_package(npm_checkers: Path) -> None:
    for name, told in json.loads(ASSETS["vendor/manifest.json"].plain).items():
        package = npm_checkers / "node_modules" / told["package"]
        if not package.is_dir():
            pytest.skip(f"{told['package']} is not installed; `make test` installs it where npm exists")
        assert json.loads((package / "package.json").read_text())["version"] == told["version"]
        assert (package / told["file"]).read_bytes() == ASSETS[f"vendor/{name}"].plain, name

"""What may not be committed: addresses in locks, registry hosts, to-do marks, secrets."""

from __future__ import annotations

import json
import re

import pytest

from tests.architecture.sources import ROOT, committed_files

LOCKS = ["requirements.txt", "requirements-dev.txt", "tests/conformance/npm/package-lock.json"]

# In pieces, so that this file does not hold what it forbids.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("debian", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
]
TO_DO_MARKS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
PRIVATE_KEY = re.compile("-----BEGIN (?:[A-Z]+ )*PRIVATE " + "KEY-----")
OTHER_PEOPLES_TEXT = ("tests/conformance/vectors/", "api/web/static/vendor/", "LICENSE")
LARGEST_FILE_BYTES = 2 * 1024 * 1024


def texts() -> list[tuple[str, str]]:
    """Return path and text of every text file of the repository."""
    found = []
    for path in committed_files():
        raw = (ROOT / path).read_bytes()
        if b"\0" not in raw[:8192]:
            found.append((path, raw.decode("utf-8", "replace")))
    return found


@pytest.mark.parametrize("path", LOCKS)
def test_locks_hold_no_address(path: str) -> None:
    assert "://" not in (ROOT / path).read_text()


def test_every_locked_package_has_a_hash() -> None:
    for path in LOCKS[:2]:
        entries = re.split(r"\n(?=[a-z0-9])", (ROOT / path).read_text())
        assert len(entries) > 10
        assert not [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    packages = json.loads((ROOT / LOCKS[2]).read_bytes())["packages"]
    assert not [name for name, package in packages.items() if name and "sha512-" not in package["integrity"]]


def test_no_registry_host_in_any_file() -> None:
    assert not [(path, host) for path, text in texts() for host in REGISTRY_HOSTS if host in text]


def test_no_other_lock_formats() -> None:
    assert not {"uv.lock", "poetry.lock", "pylock.toml", "Pipfile.lock"} & {
        path.rsplit("/", 1)[-1] for path in committed_files()
    }


def test_no_to_do_marks() -> None:
    assert not [
        f"{path}:{number}"
        for path, text in texts()
        if not path.startswith(OTHER_PEOPLES_TEXT)
        for number, line in enumerate(text.splitlines(), 1)
        if TO_DO_MARKS.search(line)
    ]


def test_no_private_key() -> None:
    assert not [path for path, text in texts() if PRIVATE_KEY.search(text)]


def test_no_large_file() -> None:
    assert not [path for path in committed_files() if (ROOT / path).stat().st_size > LARGEST_FILE_BYTES]

"""Files that stay are made in one module, which gives them their modes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from tests.architecture.sources import python_files, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

MAKERS: Final = frozenset({"mkdir", "makedirs", "touch", "write_text", "write_bytes", "mkstemp", "mkdtemp", "mkfifo"})
WRITING: Final = frozenset("wax")
KNOWN: Final = {
    "cli/files.py:mkdir": "the folder of a file that is for anybody, with its mode",
    "cli/main.py:open": "the null device",
    "ledger/admin/backup.py:mkdir": "a copied home, with its mode",
    "ledger/admin/backup.py:open": "a file that `make_private_file` made",
    "cli/records.py:open": "a file that `make_private_file` made",
    "ledger/desk/leaving.py:open": "a member of an archive, in memory",
}
"""Calls that make a file elsewhere, each with its reason."""


def makers(path: str) -> Iterator[str]:
    """Yield each call in a module that may make a file with the mode of whoever runs it."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        texts = {each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)}
        writes = name == "open" and any(len(each) <= 3 and WRITING & set(each) for each in texts)
        if name in MAKERS or writes:
            yield f"{path}:{name}"


def test_only_one_module_makes_files_that_stay() -> None:
    """A new command can't leave a file that others read: it has to write by `ledger.files.atomic`."""
    rooms = [path for room in ("schemas", "ledger", "api", "cli") for path in python_files(room)]
    found = {call for path in rooms if path != "ledger/files/atomic.py" for call in makers(path)}
    assert found == KNOWN.keys()

"""Find the owner of the top-level names `schemas`, `ledger`, `api` and `cli` in this environment.

Rules: Oreprint is an application with fixed top-level packages (docs/adr/0001), so it must be alone with these
names.  Start-up looks only where each name would be imported from (microseconds); `doctor` reads the file lists
of all installed distributions and so also sees one whose files were laid into our own folders.
"""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from importlib.metadata import Distribution

    from schemas.problem import Problem

NAMES: Final = ("schemas", "ledger", "api", "cli")
"""The top-level packages of the application, in the order of imports."""

OWNED: Final = (*NAMES, "oreprint")
"""These, and the module for Python programs: nobody else may lay files under one of them."""

DISTRIBUTION: Final = "oreprint"

REMEDY: Final = "Install Oreprint in its own virtual environment, with pipx or uv tool, or in a container."


def shadowed() -> str | None:
    """Return the sentence that says which name would be imported from elsewhere than beside this package, or None.

    It asks nothing of `schemas`, which may be the very name that somebody else owns.
    """
    home = PurePath(__file__).parent.parent
    for name in NAMES:
        spec = _find(name)
        origin = spec.origin if spec else None
        if origin is None or PurePath(origin).parent.parent != home:
            return f"{name}: this top-level package would come from {origin or 'nowhere'}, not from Oreprint. {REMEDY}"
    return None


def foreign_owners() -> list[Problem]:
    """Return one problem for each other distribution that installed files under one of the names."""
    from importlib.metadata import distributions

    from schemas.problem import Problem

    owners = {(name, each.metadata["Name"]) for each in distributions() for name in _names_of_ours(each)}
    return [
        Problem.at("install.name-taken", name=name, owner=owner, remedy=REMEDY)
        for name, owner in sorted(owners, key=lambda each: (OWNED.index(each[0]), each[1]))
        if owner != DISTRIBUTION
    ]


def _names_of_ours(distribution: Distribution) -> set[str]:
    """Return which of the names a distribution declares or, if it declares none, has files under."""
    from inspect import getmodulename

    declared = (distribution.read_text("top_level.txt") or "").split()
    if declared:
        return {*OWNED} & {*declared}
    listed = f"\n{distribution.read_text('RECORD') or ''}"
    if listed != "\n" and not any(f"\n{name}{end}" in listed for name in OWNED for end in "/."):
        return set()  # so most end: to look at each of their files takes a second
    files = [each.parts for each in distribution.files or ()]
    return {*OWNED} & {parts[0] if len(parts) > 1 else getmodulename(parts[0]) for parts in files}


def _find(name: str) -> ModuleSpec | None:
    """Return the import spec of a module without loading it (``importlib.util`` alone costs 3 ms)."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None)
        if spec is not None:
            return spec
    return None

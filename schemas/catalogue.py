"""Every stable code with its English sentence: one catalogue for errors, checks and reports.

Rules: a code is ``area.reason`` in lower case with hyphens and never changes its meaning; a sentence says
what is wrong and, where there is one, the remedy; ``{names}`` are facts.  `docs/reference/codes.md` documents
each code (a test compares the two).  Kept in alphabetical order within an area.
"""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    # json: the strict door for JSON
    # yaml: the strict door for YAML
    # document: a readable document that says something impossible
    # quantity: amounts, units, times
    # chemistry
    # seal
    # log
    # trust
    # holding
    # footprint and rule
    # install: the installation itself
    "install.name-taken": (
        "The top-level package {name} comes from {owner}, not from Oreprint, which needs an environment of its own; "
        "install it apart (a new virtual environment, pipx, uv tool or a container)."
    ),
    # store and home
    # verify: check codes of the report
}

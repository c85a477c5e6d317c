"""`oreprint doctor`: says whether this installation is sound.

What it does not do: it changes nothing and opens no socket.
"""

from __future__ import annotations

import json
import platform
from typing import Annotated

import typer

from cli import __version__
from cli.names import NAMES, foreign_owners
from schemas.problem import StateError


def command(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say whether this installation is sound, and what would mend it.

    Example: oreprint doctor
    """
    problems = foreign_owners()
    if problems:
        raise StateError(*problems)
    if as_json:
        print(json.dumps({"oreprint": __version__, "python": platform.python_version(), "names": list(NAMES)}))
        return
    print(f"oreprint {__version__} on Python {platform.python_version()}")
    print(f"The top-level names {', '.join(NAMES)} belong to Oreprint alone.")

"""`oreprint demo`: the five-minute story on the Bayan Obo example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.parts import DatabaseOption, home_of

DEFAULT_HOME = Path("build") / "demo"


def command(
    home: Annotated[
        Path, typer.Option("--home", metavar="DIR", help="Where the demo leaves its files.")
    ] = DEFAULT_HOME,
    examples: Annotated[
        Path | None,
        typer.Option("--examples", metavar="DIR", help="The example's records; default those of this checkout."),
    ] = None,
    database_url: DatabaseOption = None,
) -> None:
    """Tell the five-minute story: ten producers, fifteen certified lots, one magnet, one forgery, one altered figure, one recall.

    Starts afresh each time. All plants, lots and amounts are invented.

    Example: oreprint demo --home build/demo
    """
    from cli.story import Story

    Story.begin(home_of(home, database_url), examples).tell()

"""`oreprint pin`: believe the trust list of another registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_trust_note
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from ledger.transfers.receive import pin


def command(
    trust: Annotated[Path, typer.Argument(metavar="FILE", help="Its trust.json, from a source that you trust.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Pin the trust list of another registry, so that its transfers can be accepted here.

    A newer list replaces the pinned one only if the pinned list's keys signed it.

    Example: oreprint pin other/trust.json
    """
    names = pin(open_to_read(home), read_trust_note(trust))
    reply({"registries": list(names)}, f"Pinned the trust list of {', '.join(names)}.", as_json=as_json)

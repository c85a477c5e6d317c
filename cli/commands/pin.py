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
    accept: Annotated[
        bool, typer.Option("--accept", help="Take it even if it skips versions or weakens what you rely on.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Pin the trust list of another registry, so that its transfers can be accepted here.

    A newer list replaces the pinned one only if it is the next version, the pinned list's keys signed it, and it
    weakens nothing: for example, it may not drop witnesses. A refusal names each such change. With --accept you take
    it on your own word.

    Example: oreprint pin other/trust.json
    """
    names = pin(open_to_read(home), read_trust_note(trust), accept=accept)
    reply({"registries": list(names)}, f"Pinned the trust list of {', '.join(names)}.", as_json=as_json)

"""`oreprint pin` and `oreprint unpin`: believe the trust list of another registry, or no more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_trust_file
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from ledger.transfers.receive import pin, unpin


def command(
    trust: Annotated[Path, typer.Argument(metavar="FILE", help="Its trust.json, from a source that you trust.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Pin the trust list of another registry, so that its transfers can be accepted here.

    A newer list replaces the pinned one only if it is the next version, the pinned list's keys signed it, it weakens
    nothing, and it is logged where the witnesses of before see it, too: take it from /trust/N of its registry. For
    example, it may not drop witnesses. A refusal names each such change. `oreprint trust accept` takes it on your own
    word. What a list says of a registry whose own list is pinned here counts for nothing.

    Example: oreprint pin other/trust.json
    """
    file = read_trust_file(trust)
    names = pin(open_to_read(home), file.note, file.logged)
    reply({"registries": list(names)}, f"Pinned the trust list of {', '.join(names)}.", as_json=as_json)


def unpin_command(
    registry: Annotated[str, typer.Argument(metavar="REGISTRY", help="The domain of the other registry.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Forget the pinned trust list of another registry. Its transfers are then refused here.

    Example: oreprint unpin registry.example
    """
    unpin(open_to_read(home), registry)
    reply({"registry": registry}, f"The trust list of {registry} is pinned no more.", as_json=as_json)

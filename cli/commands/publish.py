"""`oreprint publish`: put tiles, checkpoint, status lists and public certificates where anybody can read them.

What it does not do: it signs nothing; status lists are renewed by `oreprint serve`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cli import settings
from cli.parts import DatabaseOption, HomeOption, JsonOption, ask_cosigners, home_of, runtime
from cli.progress import counted


def command(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A folder, or an address such as s3://bucket/prefix.")],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Put everything public that a place lacks; the checkpoint comes last, and what never changes is never replaced.

    Witnesses and monitors of the home are asked first. If one of them knows more of the log than is here, nothing is
    put.

    Keys and endpoint of a store come from the environment, as its own tools read them: AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and so on.

    Example: oreprint publish s3://registry-example
    """
    from cli.output import print_json
    from ledger.admin.init import open_book
    from ledger.remote.objects import ObjectStore
    from ledger.transfers.mirror import mirror

    own = home_of(home, database_url)
    registry = open_book(own, runtime(), passphrase=None)
    ask_cosigners(own, registry)
    done = mirror(registry, ObjectStore.at(place, seconds=settings.remote_seconds()), progress=counted("objects"))
    if as_json:
        print_json({"place": place, "size": done.size, "before": done.before, "new": done.new})
        return
    print(f"{place} has the log up to {done.size} entries; {done.new} objects are new since {done.before}.")

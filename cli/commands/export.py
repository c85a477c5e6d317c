"""`oreprint export`: all that a party holds, in files that verify alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.parts import HomeOption, JsonOption, ask_cosigners, home_of, open_to_sign, passphrase_of


def command(
    what: Annotated[Literal["holdings"], typer.Argument(help="What to write.")],
    owner: Annotated[str, typer.Option("--as", metavar="DID", help="Whose holdings.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write into.")],
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="DOMAIN", help="Move all of it to this registry first.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write every unused holding of a party with certificate, disclosures and whole way, a file a lot.

    With --registry all of it is moved there first, and the files are what the other side accepts. Without, nothing changes hands, and
    the files are a copy to keep: each says, as of today, what is held, and verifies without this registry.

    Example: oreprint export holdings --as did:web:metal-a.example -o leaving --registry other.example
    """
    del what  # the one thing there is to write so far
    from cli.files import write_lines
    from cli.output import print_json
    from ledger.init import refresh_status
    from ledger.transfer import holdings_of, leave, transfer_lines

    book, place = open_to_sign(home), home_of(home)
    ask_cosigners(place, book)  # what nobody has looked at doesn't leave
    held = holdings_of(book, owner) if registry is None else leave(book, owner, registry=registry)
    refresh_status(place, book, passphrase=passphrase_of(place))
    ask_cosigners(place, book)
    files = []
    for number, (lot, texts) in enumerate(held.items(), 1):
        file = output / f"{number:04}-{lot.lot_normal}.oreprint"
        write_lines(file, transfer_lines(book, texts, audience="auditor"))
        files.append(str(file))
    if as_json:
        print_json({"owner": owner, "registry": registry, "files": files})
        return
    print(f"Wrote the holdings of {len(files)} lots into {output}; whoever has them can show what {owner} holds.")

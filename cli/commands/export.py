"""`oreprint export`: all that a party holds, in files that verify alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.acting import acting
from cli.files import make_folder, new_folder, write_lines
from cli.output import reply
from cli.parts import HomeOption, JsonOption, ask_cosigners, home_of, open_to_sign, passphrase_of
from cli.source import check_id
from cli.terminal import plural
from cli.unused_options import refuse_unused
from ledger.admin.init import refresh_status
from ledger.transfers.export import audience_of, holdings_of, leave, left_out, transfer_lines
from ledger.transfers.ship import check_abroad
from schemas.lot import lot_file_stem
from schemas.problem import InputError, MissingError


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    what: Annotated[
        Literal["holdings", "transfers", "everything"],
        typer.Argument(
            help="holdings: what the party holds here. transfers: what it moved from here to --registry, once more."
            " everything: all that it owns and may see, into a new folder."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", "--out", metavar="DIR", help="The folder to write to.")],
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot or digest. Default: all.")] = None,
    registry: Annotated[
        str | None,
        typer.Option(
            "--registry",
            metavar="DOMAIN",
            help="Move the holdings to this registry first. With transfers: the registry that they went to.",
        ),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(
            "--as",
            "--party",
            metavar="PARTY",
            help="Who acts: a DID or a name. Default: OREPRINT_AS, or the only party.",
        ),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write every unused holding of a party with its certificate, disclosures and whole path, one file for each lot.

    With --registry it moves all of them there first, and the other side accepts the files. Run again, it moves
    what was left and writes all files again. Without it, nothing changes hands, and the files are a copy to keep: each
    shows what is held today, and verifies without this registry.

    With transfers it moves nothing. It writes the earlier transfers from here to a party in --registry once more, for
    a transfer file that was lost or never written. Nothing can be accepted twice.

    With everything it moves nothing and writes all that a party owns or may see: certificates, bundles, recipes,
    workbooks, shipments, people, events. README.md in the folder explains each file, SHA256SUMS has their hashes.
    The folder is there as a whole or not at all, and only its owner can read it.

    Example: oreprint export holdings --as did:web:metal-a.example -o leaving --registry other.example
    """
    acts = acting(owner, home)
    moved = what == "transfers"
    if moved and registry is None:
        raise InputError.at("abroad.where", "--registry")
    if what == "everything":
        refuse_unused(context, "with everything", "lot", "registry")
        _everything(acts, output, home, as_json=as_json)
        return
    this_registry, place = open_to_sign(home), home_of(home)
    if registry is not None:
        check_id(registry, "--registry", "registry")
        check_abroad(this_registry, registry)
    make_folder(output)  # before anything moves: who can't write it moves nothing
    ask_cosigners(place, this_registry)  # what nobody has looked at doesn't leave
    if registry is None or moved:
        held = holdings_of(this_registry, acts, registry=registry, lot=lot, offered=not moved)
    else:
        held = leave(this_registry, acts, registry=registry, lot=lot)
    if moved and not held:
        raise MissingError.at("abroad.none-moved", owner=acts, registry=registry)
    # A crash from here on: the same command writes the files again.
    refresh_status(place, this_registry, passphrase=passphrase_of(place))
    ask_cosigners(place, this_registry)
    files = [output / f"{number:04}-{lot_file_stem(each.lot_normal)}.oreprint" for number, each in enumerate(held, 1)]
    for file, (each, texts) in zip(files, held.items(), strict=True):
        audience = audience_of(this_registry, each, acts)
        write_lines(file, transfer_lines(this_registry, texts, audience=audience))
    lots, others = plural(len(files), "lot"), {} if moved or lot else left_out(this_registry, acts, held)
    told = [f"Wrote the holdings of {lots} to {output}. Whoever has these files can show what {acts} holds."]
    if registry is not None:
        told = [f"Wrote {lots} to {output}. They were moved to {acts} in {registry}."]
        told += ["Whoever has these files can accept the mass there in their name."]
    told += [f"Not written, {reason}: {', '.join(names)}." for reason, names in others.items()]
    document = {"owner": acts, "registry": registry, "files": [*map(str, files)], "left_out": others}
    reply(document, *told, as_json=as_json)


def _everything(party: str, output: Path, home: Path | None, *, as_json: bool) -> None:
    """Write all that a party owns and may see into a new folder."""
    from ledger.desk.leaving import MANIFEST, party_files

    registry, place = open_to_sign(home), home_of(home)
    refresh_status(place, registry, passphrase=passphrase_of(place))
    ask_cosigners(place, registry)
    number = 0
    with new_folder(output) as folder:
        for name, pieces in party_files(registry, party):
            write_lines(folder / name, pieces)
            number += 1
    told = (
        f"Wrote {plural(number, 'file')} to {output}: all that {party} owns and may see here. README.md explains them."
    )
    check = f"To check that none is missing or changed: cd {output} && sha256sum -c {MANIFEST}"
    reply({"owner": party, "folder": str(output), "files": number}, told, check, as_json=as_json)

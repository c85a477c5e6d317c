"""`oreprint log`: the logs of a registry, proof of what is in one, and closing one so that the next is opened.

Tell the keepers of witnesses and monitors the next log's key, so that they pin it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.files import write_lines
from cli.output import reply
from cli.parts import (
    DatabaseOption,
    HeadStoreOption,
    HomeOption,
    JsonOption,
    ask_cosigners,
    home_of,
    open_to_change,
    open_to_read,
    passphrase_of_registry,
    runtime,
)
from cli.source import digest_of
from cli.terminal import plural
from ledger.admin.init import open_book
from ledger.admin.rollover import KnownLog, close_log, logs_of, prepare_next
from ledger.files.atomic import READABLE
from ledger.registry.proofs import log_proof
from ledger.registry.registry import OpenRegistry
from schemas.checkpoint import Checkpoint
from schemas.problem import placed

command = typer.Typer(rich_markup_mode=None)

_SAID: Final = {
    "logged": "only the registry signed its last head",
    "witnessed": "witnesses have cosigned its last head",
    "monitored": "witnesses and a monitor have cosigned its last head",
}


@command.callback()
def log() -> None:
    """List a registry's logs, prove an entry, or close the open log and open the next.

    Example: oreprint log list --home build/demo
    """


@command.command("list")
def list_logs(home: HomeOption = None, database_url: DatabaseOption = None, *, as_json: JsonOption = False) -> None:
    """List the registry's logs, oldest first: number, key, size, and whether it is closed.

    Example: oreprint log list --home build/demo
    """
    registry = open_to_read(home, database_url)
    _tell(registry, as_json=as_json)


@command.command("proof")
def proof(
    source: Annotated[
        str, typer.Argument(metavar="DIGEST|FILE", help="The certificate's digest, zQm…, or the certificate itself.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The proof to write, FILE.tlog-proof.")
    ],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a C2SP tlog-proof that a certificate's record is logged, for programs that read such logs.

    For `oreprint verify`, write a bundle: it proves more. The file's extra bytes are the logged entry, the leaf
    of the proof.

    Example: oreprint log proof certificates/MG-88.sdjwt -o MG-88.tlog-proof
    """
    digest = digest_of(source, home)
    registry = open_to_read(home, database_url)
    with placed(digest):
        found = log_proof(registry, digest)
    write_lines(output, [found.to_text().encode()], mode=READABLE)
    head = Checkpoint.parse(found.checkpoint.text)
    reply(
        {"proof": str(output), "log": head.origin, "index": found.index, "size": head.size},
        f"Wrote {output}: entry {found.index} of {head.origin}, "
        f"under its head of {plural(head.size, 'entry', 'entries')}.",
        as_json=as_json,
    )


@command.command("prepare")
def prepare(home: HomeOption = None, database_url: DatabaseOption = None, *, as_json: JsonOption = False) -> None:
    """Create the key of the next log and show it. Run again to show it again. Nothing else changes.

    Give it to your witnesses before you close the open log, so that they witness the next one from its
    first entry.

    Example: oreprint log prepare --home build/demo
    """
    place = home_of(home, database_url)
    passphrase = passphrase_of_registry(place)
    registry = open_book(place, runtime(), passphrase=passphrase)
    key = prepare_next(place, registry, passphrase=passphrase)
    reply(
        {"key": key.to_text()},
        key.to_text(),
        "Witnesses need this key before they cosign that log: oreprint witness --log KEY"
        " with the options for the logs that they know.",
        as_json=as_json,
    )


@command.command("close")
def close(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", min=1, help="The number of the log, as in `oreprint log list`.")
    ],
    compromised: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="The time from which others may have had its key, in UTC: 2026-03-31T17:05:00Z."
        ),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Close the open log permanently and open the next. Holdings, marks, lots and status lists continue.

    Its last entry is the trust list that says where it ends. Running servers continue with the next log
    by themselves. Repeating it is safe: a closed log stays closed, and the cosigners are asked again about its last
    head.

    With --compromised, heads of this log count only if your witnesses cosigned them before that time, or if they are
    its last head. You can say so of a log that is closed already.

    Example: oreprint log close 1 --home build/demo
    """
    place, registry, passphrase = open_to_change(home, database_url, head_store)
    close_log(place, registry, number, compromised=compromised, passphrase=passphrase)
    ask_cosigners(place, registry)
    _tell(registry, as_json=as_json)
    if not as_json:
        print(f"\nThe trust list names all of them. Verifiers, witnesses and monitors now pin {place.trust}.")


def _tell(registry: OpenRegistry, *, as_json: bool) -> None:
    known = logs_of(registry)
    reply(
        {"logs": [_as_json(registry, each) for each in known]},
        *(line for each in known for line in _lines(registry, each)),
        as_json=as_json,
    )


def _as_json(registry: OpenRegistry, known: KnownLog) -> dict[str, object]:
    return {
        "number": known.number,
        "key": known.key.to_text(),
        "size": known.head.size,
        "closed": known.closed,
        "state": registry.state(known.head.size - 1, known.head),
        "checkpoint": registry.head_for(known.head.end, known.head).note,
    }


def _lines(registry: OpenRegistry, known: KnownLog) -> Iterator[str]:
    state = "closed at" if known.closed else "open, with"
    said = _SAID[registry.state(known.head.size - 1, known.head)]
    yield f"{known.number}  {known.key.name}: {state} {plural(known.head.size, 'entry', 'entries')}; {said}"
    yield f"   {known.key.to_text()}"

"""`oreprint monitor`: read everything public that a registry logs, and cosign only a correct head.

Rules: exit 0 when all was read and cosigned, 1 when something is wrong, 2 when the registry couldn't be read (with
``--once``; without it the command goes on until it is told to stop).
"""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread
from typing import Annotated, Final, NamedTuple

import typer

from cli.files import read_trust
from cli.listening import address, listening
from cli.output import print_json
from cli.parts import HomeOption, JsonOption, TrustOption, home_folder, home_of, now_ms, passphrase_of
from cli.progress import counted
from cli.public import public_reader, registry_named
from cli.terminal import tell, wrapped
from cli.unused_options import refuse_unused
from ledger.witnessing.cosigners import own_cosigner
from ledger.witnessing.monitor import Monitor
from schemas.problem import OreprintError

EXIT_WRONG: Final = 1
EXIT_UNREAD: Final = 2


class Round(NamedTuple):
    """The result of one check of a registry: its exit code and its output."""

    code: int
    sentence: str


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    place: Annotated[
        str, typer.Argument(metavar="URL|FOLDER", help="The registry's address, or where `oreprint publish` put it.")
    ],
    trust: TrustOption = None,
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="NAME", help="The registry, if the list names several.")
    ] = None,
    home: HomeOption = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="Also answer requests of the registry, on this port.")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    every: Annotated[int, typer.Option("--every", min=1, help="Seconds between two checks.")] = 30,
    *,
    once: Annotated[bool, typer.Option("--once", help="Check once and exit.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Follow a registry's log. Cosign it while nothing is used twice, removed or misstated.

    Create its key with `oreprint keys cosigner`. After a stop it continues where it was.

    Exit codes with --once: 0 read and cosigned; 1 a fault; 2 the log couldn't be read; 3 wrong usage.

    Example: oreprint monitor https://registry.example --home my-monitor --trust trust.json --port 8091
    """
    if once:
        refuse_unused(context, "with --once", "port", "host", "every")
    else:
        refuse_unused(context, "without --once", "as_json")
    if port is None:
        refuse_unused(context, "without --port", "host")
    monitor = _monitor(place, trust or home_folder(home) / "trust.json", registry, home)
    if once:
        found = look(monitor)
        _tell(found, monitor, as_json=as_json)
        raise typer.Exit(found.code)
    if port is None:
        _follow(monitor, every)
        return
    _serve(monitor, every, host, port)


def look(monitor: Monitor) -> Round:
    """Check a registry once."""
    try:
        reply = monitor.follow()
    except OreprintError as error:
        return Round(EXIT_UNREAD, error.problems[0].sentence())
    if reply is None:
        return Round(1 if monitor.evidence() else 0, "There are no new entries.")
    if reply.status != 200:
        return Round(EXIT_UNREAD if reply.status == 503 else EXIT_WRONG, reply.body.strip())
    size = monitor.followed.place().noted.size
    return Round(0, f"All {size} entries of {monitor.log.key.name} are correct. The monitor cosigned the head.")


def _tell(found: Round, monitor: Monitor, *, as_json: bool) -> None:
    files = [str(path) for path in monitor.evidence()]
    if as_json:
        place = monitor.followed.place()
        print_json(
            {
                "origin": monitor.log.key.name,
                "read": place.frontier.size,
                "cosigned": place.noted.size,
                "holds": found.code == 0,
                "sentence": found.sentence,
                "evidence": files,
            }
        )
        return
    tell(wrapped(found.sentence))
    tell([f"Evidence, for `oreprint verify`: {path}" for path in files])


def _follow(monitor: Monitor, every: int) -> None:
    told = None
    while True:
        found = look(monitor)
        if found != told:
            _tell(found, monitor, as_json=False)
            told = found
        time.sleep(every)


def _serve(monitor: Monitor, every: int, host: str, port: int) -> None:
    from api.cosigner import create_cosigner
    from api.server import serve

    listening(port, host).close()  # told before it is said to serve
    Thread(target=_follow, args=(monitor, every), daemon=True).start()
    print(f"{monitor.key.name} also answers at {address(port, host)}/add-checkpoint until Ctrl-C.", flush=True)
    serve(create_cosigner(monitor.add), host=host, port=port)


def _monitor(place: str, trust: Path, name: str | None, home: Path | None) -> Monitor:
    pinned = read_trust(trust)
    own = home_of(home)
    key, signer = own_cosigner(own, passphrase=passphrase_of(own))
    return Monitor(
        own.path,
        key,
        signer.sign,
        pinned,
        registry_named(pinned, name),
        public_reader(place),
        now_ms,
        counted("entries"),
    )

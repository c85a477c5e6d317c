"""Run commands with `--server`: the remote registry, the key in the home, and the outbox for signed bytes.

Rules:

1. The token comes from a setting, never from the command line, where other users of the machine could read it.
2. Signed bytes are kept in the folder `outbox` of the home, which only its owner can read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cli import settings
from cli.files import keep, kept
from cli.parts import home_folder, open_with_status, own_key, runtime
from ledger.client.answers import answer
from ledger.client.drafts import Asked
from ledger.client.registry import RegistryClient
from ledger.client.statements import accept_at, say_at
from ledger.issuing.signing import Sealing
from ledger.remote.client import RemoteServer
from schemas.answers.life import MoveAnswer, StatusAnswer, UndoAnswer
from schemas.requests import AcceptRequest

if TYPE_CHECKING:
    _Answer = TypeVar("_Answer", MoveAnswer, StatusAnswer, UndoAnswer)

ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="Sign here with your own key and send it to that registry."),
]
AskedOption = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Ask that registry, with the token in OREPRINT_TOKEN.")
]


def remote_at(server: str) -> RemoteServer:
    """Return the registry at an address, spoken to with the token of the setting; raise InputError `remote.url`."""
    return RemoteServer.at(server, settings.read("OREPRINT_TOKEN") or "", seconds=settings.remote_seconds())


def client_at(server: str, home: Path | None) -> RegistryClient:
    """Return the client of the registry at an address, with the outbox of a home."""
    folder = home_folder(home) / "outbox"
    return RegistryClient(
        remote_at(server),
        runtime(),
        partial(keep, folder),
        partial(kept, folder),
        lambda name: (folder / name).unlink(missing_ok=True),
    )


def say(
    server: str | None, home: Path | None, party: str, asked: Asked | AcceptRequest, kind: type[_Answer]
) -> _Answer:
    """Do what a party requests, in the registry of a home or at the `server`; return the answer, which is of a `kind`.

    Raises:
        OreprintError: as `ledger.client.answers.answer`; with a server as `say_at` and `accept_at`.
    """
    if server is None:
        registry, status = open_with_status(home)
        made = answer(registry, asked, party=party, status=status)
    elif isinstance(asked, AcceptRequest):
        made = accept_at(client_at(server, home), party, asked)
    else:
        made = say_at(client_at(server, home), own_key(home, party), asked, kind)
    if not isinstance(made, kind):
        raise TypeError(kind)
    return made


def sealing(registry: str) -> Sealing:
    """Return what a seal needs besides a record: registry, time and randomness."""
    now = runtime()
    return Sealing(registry, now.now_ms(), now.random)

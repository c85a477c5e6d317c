"""Commands with `--server`: the remote registry, the key in the home, and the outbox for signed bytes.

Rules: the token is read from a setting, never from the command line, where other users of the machine could read it;
what is signed is kept in the folder `outbox` of the home, for its owner's eyes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli import settings
from cli.files import keep, kept
from cli.parts import home_folder, own_key, runtime

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.client.registry import RegistryClient
    from ledger.issuing.signing import Sealing
    from ledger.remote.client import RemoteServer
    from ledger.seal.signer import SoftwareSigner

ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="Sign here with your own key and send it to that registry."),
]
AskedOption = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Ask that registry, with the token in OREPRINT_TOKEN.")
]


def remote_at(server: str) -> RemoteServer:
    """Return the registry at an address, spoken to with the token of the setting; raise InputError `remote.url`."""
    from ledger.remote.client import RemoteServer

    return RemoteServer.at(server, settings.read("OREPRINT_TOKEN") or "", seconds=settings.remote_seconds())


def client_at(server: str, home: Path | None) -> RegistryClient:
    """Return the client of the registry at an address, with the outbox of a home."""
    from ledger.client.registry import RegistryClient

    folder = home_folder(home) / "outbox"
    return RegistryClient(
        remote_at(server),
        runtime(),
        partial(keep, folder),
        partial(kept, folder),
        lambda name: (folder / name).unlink(missing_ok=True),
    )


def own_client(server: str, home: Path | None, did: str) -> tuple[RegistryClient, SoftwareSigner]:
    """Return the client of a registry, and the key in a home that signs for a party."""
    return client_at(server, home), own_key(home, did)


def sealing(registry: str) -> Sealing:
    """Return what seals for a registry now."""
    from ledger.issuing.signing import Sealing

    now = runtime()
    return Sealing(registry, now.now_ms(), now.random)

"""A registry served over HTTP, for tests: real keys, a real database, the real application, with and without a
socket.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from api.app import create_app
from api.app_state import Parts as ServerParts
from api.server import config
from ledger.admin.init import init, make_key, open_book, status_signer
from ledger.admin.tokens import create_token
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.digest import to_base64url
from ledger.tables import shipped_tables
from schemas.door import validated
from schemas.parties import Parties
from schemas.person import Scope
from tests.support.http.client import Client
from tests.support.registries.databases import Template, with_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastapi import FastAPI
    from starlette.applications import Starlette

    from ledger.factors.tables import FactorTables
    from ledger.seal.signer import SoftwareSigner

ANN, BEN, CID = (f"did:web:{name}.example" for name in ("ann", "ben", "cid"))
"""Ann and Ben leave their keys with the registry; Cid keeps its own."""
PASSPHRASE = b"a test has no secrets"
ORIGIN = "https://registry.example"
ALL: tuple[Scope, ...] = ("read", "issue", "move", "withdraw")


@cache
def tables() -> FactorTables:
    return shipped_tables()


def plant(did: str) -> str:
    return f"https://{did.removeprefix('did:web:')}/plants/1"


def runtime() -> Runtime:
    return Runtime(lambda: time.time_ns() // 1_000_000, os.urandom)


@dataclass(frozen=True)
class Served:
    """A home, its open registry, and the application that serves it."""

    home: Home
    registry: OpenRegistry
    app: FastAPI
    own: Home

    def token(self, tenant: str, *scopes: Scope) -> dict[str, str]:
        """Return the header of a fresh token."""
        _, secret = create_token(self.registry, tenant=tenant, scopes=scopes or ALL, label="test")
        return {"Authorization": f"Bearer {secret}"}

    def beside(self, *, warmed: int = 0) -> Served:
        """Return the registry as another process has it that serves it at the same time: nothing in memory is
        shared.
        """
        registry = open_book(self.home, runtime(), passphrase=PASSPHRASE)
        return replace(self, registry=registry, app=application(self.home, registry, warmed=warmed))

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Give a client that speaks to the application without a socket."""
        with Client(self.app, ORIGIN) as client:
            yield client

    @contextmanager
    def running(self) -> Iterator[str]:
        """Give the address of a real server on this machine."""
        with listening(self.app) as address:
            yield address


def application(home: Home, registry: OpenRegistry, *, warmed: int = 0) -> FastAPI:
    """Return the application that serves a registry; of the newest lots `warmed` have their pages made first."""
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    return create_app(ServerParts(registry, tables(), status, ORIGIN, warmed=warmed))


def serve(
    folder: Path,
    database: str | None = None,
    *,
    plants: Mapping[str, Mapping[str, str]] | None = None,
    warmed: int = 0,
    **more: object,
) -> Served:
    """Make a registry in a folder, its database there or at the address `database`, and Cid's own home beside it.

    `plants` are further members of the plant of each party, by its DID; `more` those of the parties file, such as its
    witnesses. `warmed` is for `application`.

    What was once made of the same parties is copied, keys and all, into a folder and a database where nothing is yet.
    """
    home, own = Home(folder / "registry", database), Home(folder / "cid")
    if _template(json.dumps([plants or {}, more])).copied(folder, database):
        registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    else:
        registry = _made(home, own, plants or {}, more)
    return Served(home, registry, application(home, registry, warmed=warmed), own)


@lru_cache(maxsize=16)
def _template(wanted: str) -> Template:
    """Return a registry as it is made of the arguments of `serve`, in JSON."""
    plants, more = json.loads(wanted)
    with tempfile.TemporaryDirectory() as folder:
        home, own = with_tables(Home(Path(folder, "registry"))), Home(Path(folder, "cid"))
        return Template.taken(Path(folder), _made(home, own, plants, more))


def _made(home: Home, own: Home, plants: Mapping[str, Mapping[str, str]], more: Mapping[str, object]) -> OpenRegistry:
    """Make a registry in a home, and the key of Cid in another."""
    signer = make_key(own, CID, runtime(), passphrase=PASSPHRASE)
    parties = {
        "oreprint": "parties/1",
        "registry": "registry.example",
        "parties": [
            {
                "did": did,
                "names": [{"lang": "en", "text": did[8:11].title()}],
                "facilities": [
                    {
                        "id": plant(did),
                        "name": "Plant 1",
                        "country": "CN",
                        "region": "CN-NM",
                        **plants.get(did, {}),
                    }
                ],
                "kinds": ["oxide", "concentrate", "metal"],
                **({"public": to_base64url(signer.public)} if did == CID else {}),
            }
            for did in (ANN, BEN, CID)
        ],
        **more,
    }
    return init(with_tables(home), validated(Parties, parties), runtime(), passphrase=PASSPHRASE)  # type: ignore[arg-type]


@contextmanager
def listening(app: Starlette, *, proxies: Sequence[str] = (), **more: str) -> Iterator[str]:
    """Run uvicorn as `oreprint serve` does, in a thread; it is stopped in good order.

    `more` is for uvicorn, such as files for TLS.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config(app, host="127.0.0.1", port=0, proxies=proxies, **more))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            until = time.monotonic() + 60
            while not server.started and time.monotonic() < until:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)
    assert not thread.is_alive(), "the server did not stop"


def status(served: Served) -> SoftwareSigner:
    return status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)

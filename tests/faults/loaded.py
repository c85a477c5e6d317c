"""What every process has loaded and done once before it is forked off, so that its start takes a tenth of a second.

A registry has been served and asked: what Python, SQLAlchemy and the templates make when they first need it is there.
"""

from __future__ import annotations

import gc
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy

import api.app
import api.server
import cli.commands.issue
import cli.commands.serve
import cli.files
import ledger.admin.init
import ledger.audit.everything
import ledger.issuing.issue
import ledger.transfers.ship
import tests.support.registries.databases
import tests.support.registries.lived_in
import tests.support.registries.two_homes
from api.web.words import LANGUAGES
from tests.support.http.server import ANN, plant, serve
from tests.support.registries.compiled import share_compiled_statements
from tests.support.worlds.blends import written

__all__ = ["api", "cli", "ledger", "pytest", "sqlalchemy", "tests"]


def _serve_once(folder: Path) -> None:
    """Issue a lot at a registry that is served, and look at it."""
    served = serve(folder)
    with served.client() as client:
        lot = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
        made = client.post("/v1/certificates", json=lot, headers=served.token(ANN)).json()["certificates"][0]
        for path in ("/readyz", "/checkpoint"):
            assert client.get(path).status_code == 200
        for language in LANGUAGES:
            page = client.get(f"/c/{made['digest']}", headers={"Accept": "text/html", "Accept-Language": language})
            assert page.status_code == 200
    served.registry.engine.dispose()


share_compiled_statements()
with TemporaryDirectory(prefix="oreprint-warm-") as made, redirect_stdout(StringIO()):
    _serve_once(Path(made))
gc.collect()  # no process inherits an open database
gc.freeze()  # and none looks for garbage in what it inherits, which would copy it

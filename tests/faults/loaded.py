"""What every victim has loaded before it is forked, so that a run takes a fraction of a second."""

from __future__ import annotations

import api.app
import api.server
import cli.commands.issue
import cli.commands.serve
import cli.files
import ledger.admin.init
import ledger.issuing.issue
import ledger.transfers.ship
from tests.support.http.server import tables

__all__ = ["api", "cli", "ledger"]
tables()

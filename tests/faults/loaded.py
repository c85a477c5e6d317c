"""What every victim has loaded before it is forked, so that a run takes a fraction of a second."""

from __future__ import annotations

import api.app
import api.server
import cli.commands.issue
import cli.commands.serve
import cli.files
import ledger.init
import ledger.issue
import ledger.ship
from tests.served import tables

__all__ = ["api", "cli", "ledger"]
tables()

"""What every process has loaded before it is forked off, so that its start takes a fraction of a second."""

from __future__ import annotations

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
from tests.support.http.server import tables

__all__ = ["api", "cli", "ledger", "pytest", "sqlalchemy", "tests"]
tables()

"""What runs declare of other runs, under audit: no run has less than it and all others that name it take at least.

Rules: the rows are compared with the runs one by one (`ledger.audit.issuance`); here they are added up as they stand
now.  A run that was withdrawn or undone since is no fault of whoever named it before; its page says so.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.audit.faults import Faults
from ledger.factors.tables import FactorTables
from ledger.lots.named_runs import NamedRuns
from ledger.plausibility.elsewhere import amount_text
from ledger.store.memory import runs_leaned_on
from ledger.verify.tables import NamedTables
from schemas.problem import OreprintError


def check_leans(connection: Connection, tables: FactorTables, faults: Faults) -> None:
    """Check that of no run more is taken than it has above its own needs."""
    for first in list(runs_leaned_on(connection)):
        place = f"leans[on_run=x'{first.hex()}']"
        try:
            for each in NamedRuns(connection, NamedTables(tables)).overdrawn(first):
                found, possible = amount_text(each.pool, each.has), amount_text(each.pool, each.need)
                faults.at("audit.leans", place, pool=each.pool, found=found, possible=possible)
        except OreprintError as error:
            faults.error(place, error)

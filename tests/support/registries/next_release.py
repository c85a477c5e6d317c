"""An invented next release: our migrations and one more."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.store import migrate
from ledger.store.forms import FORMS, REVISION

if TYPE_CHECKING:
    import pytest

MIGRATIONS: Final = Path(migrate.__file__).with_name("migrations")
NEXT: Final = "0014_ffffffffffff"
NEXT_MIGRATION: Final = '''"""An invented migration: a table that is filled from the certificates."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "NEXT", "REVISION"


def upgrade() -> None:
    remarks = op.create_table("remarks", sa.Column("certificate", sa.LargeBinary, primary_key=True), sa.Column("size", sa.Integer))
    connection = op.get_bind()
    for digest, jws in connection.execute(sa.text("SELECT digest, jws FROM certificates")).all():
        connection.execute(sa.insert(remarks).values(certificate=digest, size=len(jws)))
'''


def next_release(folder: Path) -> str:
    """Return a folder with our migrations and an invented later one."""
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "0014_remarks.py").write_text(
        NEXT_MIGRATION.replace("NEXT", NEXT).replace("REVISION", REVISION)
    )
    return str(folder)


def as_next_release(monkeypatch: pytest.MonkeyPatch, scripts: str) -> None:
    """Make this process the invented later release."""
    monkeypatch.setattr("ledger.store.migrate._SCRIPTS", scripts)
    monkeypatch.setattr("ledger.store.forms.FORMS", (*FORMS, NEXT))
    for module in ("ledger.store.forms", "ledger.store.migrate"):
        monkeypatch.setattr(f"{module}.REVISION", NEXT)

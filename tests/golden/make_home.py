"""Write `homes/FORM.tar.xz`: a small home of each form of the database, for `tests/integration/test_forms.py`.

A new form of a release adds one. Homes of released forms are never written again; until the first release all are,
since certificates of the unreleased engine must follow its rules. The keys' salts are drawn, so the bytes differ.
"""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from ledger.admin.init import open_book
from ledger.admin.tokens import create_token
from ledger.desk.hooks import create_hook
from ledger.desk.people import add_person
from ledger.registry.approval import OPERATOR
from ledger.store.engine import writing
from ledger.store.forms import FORMS
from tests.support.registries.history import MINE, PASSPHRASE, a_history, world

if TYPE_CHECKING:
    from ledger.registry.folder import Home

HOMES: Final = Path(__file__).with_name("homes")
BACK: Final = {"0001": ("ALTER TABLE outbox DROP COLUMN digest",)}
"""The statements that bring this release's tables back to an earlier form."""


def stamp(home: Home, form: str, *more: str) -> None:
    """Give a database another stamp, and change it by `more` statements."""
    with writing(home.as_it_is()) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :form"), {"form": form})
        for each in more:
            connection.execute(text(each))
        connection.commit()


def pack(home: Home, form: str) -> None:
    """Write the archive of a home of a form, without its passphrase."""
    smallest = home.path / "smallest.db"
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("VACUUM INTO ?", (str(smallest),))
    with tarfile.open(HOMES / f"{form}.tar.xz", "w:xz", preset=9) as archive:
        archive.add(smallest, "home/registry.db", filter=_plain)
        for path in (home.head, home.trust, *sorted((home.path / "keys").glob("*.pem"))):
            archive.add(path, Path("home", path.relative_to(home.path)), filter=_plain)
    smallest.unlink()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    """Make a home with a little of everything, and write it in each form, the newest first."""
    with tempfile.TemporaryDirectory() as folder:
        home = a_history(Path(folder, "home"))
        registry = open_book(home, world(8), passphrase=PASSPHRASE)
        add_person(registry, party=MINE, name="Ann", roles=["quality"], by=OPERATOR)
        create_token(registry, tenant=MINE, scopes=["read"])
        create_hook(registry, party=MINE, address="mailto:ann@north-concentrate.example")
        registry.engine.dispose()
        for form in reversed(FORMS):
            stamp(home, form, *BACK.get(form, ()))
            pack(home, form)


if __name__ == "__main__":
    main()

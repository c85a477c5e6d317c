"""The home of a registry: ``registry.db``, ``keys/<name>.pem``, ``head``, ``trust.json`` in one folder.

Rules: the database may lie on a server instead, and the last signed head in an object store; several processes then share the folder for
the rest.  Keys are encrypted PKCS#8, readable by their owner alone.  What this module does not do: it reads no environment and asks
for no passphrase.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ledger.durable import replacing
from ledger.heads import FileHeadStore, ObjectHeadStore
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import open_engine, shown_url
from ledger.store.migrate import form, upgrade
from schemas.problem import InputError, StateError, placed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from ledger.book import HeadStore
    from ledger.log.vkey import VerifierKey

_KEY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that is, or will be, the home of a registry.

    `server` is its database's address, where that isn't in the folder; `bucket` that of the object store with the last signed head.
    """

    path: Path
    server: str | None = None
    bucket: str | None = None

    @property
    def database(self) -> Path:
        """The file of the database, where it lies in the folder."""
        return self.path / "registry.db"

    @property
    def where(self) -> str:
        """How the place of the database is told, without a password."""
        return str(self.path) if self.server is None else shown_url(self.server)

    @property
    def head(self) -> Path:
        """The file of the last signed head, where that is in the folder."""
        return self.path / "head"

    def heads(self, log: VerifierKey) -> HeadStore:
        """Return where the last signed head of a log is kept; raise InputError `home.bucket`."""
        return FileHeadStore(self.head, log) if self.bucket is None else ObjectHeadStore.at(self.bucket, log)

    @property
    def trust(self) -> Path:
        """The file of the registry's own trust list."""
        return self.path / "trust.json"

    @property
    def made(self) -> bool:
        """Whether there is a registry; raise as `as_it_is`, and StateError `store.unreadable`."""
        return self.database.is_file() if self.server is None else form(self.as_it_is()) is not None

    def engine(self) -> Engine:
        """Return an engine on the database, made or brought up to date.

        Raises:
            InputError: `store.url`.
            StateError: `store.newer`, `store.unreadable`, `store.unwritable`, `store.server`.

        """
        self.path.mkdir(parents=True, exist_ok=True)
        engine = self.as_it_is()
        upgrade(engine)
        return engine

    def as_it_is(self) -> Engine:
        """Return an engine on the database, whatever form that has; raise InputError `store.url`.

        On a disk that is mounted read-only SQLite can't make the files by which processes agree; nobody can write there, so none are needed.
        """
        if self.server is None and self._frozen():
            return open_engine(f"sqlite:///file:{quote(str(self.database.absolute()))}?immutable=1&uri=true")
        return open_engine(self.server or f"sqlite:///{self.database.absolute()}")

    def _frozen(self) -> bool:
        """Tell whether the database lies on a disk mounted read-only, with nothing in its write-ahead log."""
        log = self.database.with_name(f"{self.database.name}-wal")
        return (
            self.database.is_file()
            and bool(os.statvfs(self.path).f_flag & os.ST_RDONLY)
            and not (log.exists() and log.stat().st_size)
        )

    def write_key(self, name: str, signer: SoftwareSigner, *, passphrase: bytes) -> None:
        """Keep a key under `name`; one that is there already, or that another makes meanwhile, is never overwritten.

        Raises:
            InputError: `home.name`, `home.passphrase`.
            StateError: `home.exists`.

        """
        if not passphrase:
            raise InputError.at("home.passphrase", path=str(self.path))
        path = self._key(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path, mode=0o600) as file:  # of those who write it one at a time comes here
            if path.exists():
                raise StateError.at("home.exists", path=str(path))
            file.write(signer.to_pem(password=passphrase))

    def read_key(self, name: str, *, kid: str, passphrase: bytes) -> SoftwareSigner:
        """Return the key kept under `name`, as the signer of `kid`.

        Raises:
            InputError: `home.name`; `seal.key-file` for a wrong passphrase.
            StateError: `home.key-missing`.

        """
        try:
            pem = self._key(name).read_bytes()
        except FileNotFoundError as error:
            raise StateError.at("home.key-missing", name=name, path=str(self.path)) from error
        with placed(str(self._key(name))):
            return SoftwareSigner.from_pem(kid, pem, password=passphrase)

    def key(self, name: str, *, kid: str, passphrase: bytes, random: Callable[[int], bytes]) -> SoftwareSigner:
        """Return the key kept under `name`, as the signer of `kid`, made of fresh random bytes where there is none.

        Of several that make it at once, all get the same one.

        Raises:
            InputError: `home.name`, `home.passphrase`; `seal.key-file` for a wrong passphrase.

        """
        with suppress(StateError):
            return self.read_key(name, kid=kid, passphrase=passphrase)
        signer = SoftwareSigner.from_raw(kid, random(32))
        try:
            self.write_key(name, signer, passphrase=passphrase)
        except StateError:  # another was quicker
            return self.read_key(name, kid=kid, passphrase=passphrase)
        return signer

    def key_names(self) -> list[str]:
        """Return the names of all keys that are kept."""
        return sorted(path.stem for path in (self.path / "keys").glob("*.pem"))

    def _key(self, name: str) -> Path:
        if not _KEY_NAME.fullmatch(name):
            raise InputError.at("home.name", name=name)
        return self.path / "keys" / f"{name}.pem"

"""The home of a registry: ``registry.db``, ``keys/<name>.pem``, ``head``, ``trust.json`` in one folder.

Rules: the database may lie on a server instead; several processes then share the folder for the rest.  Keys are encrypted PKCS#8, readable by their owner alone; the last signed head lies in a file of its own that is
replaced as a whole (write, fsync, rename, fsync of the folder), under a lock that all writers take.  What this module does
not do: it reads no environment and asks for no passphrase.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ledger.durable import locked, write_durably
from ledger.log.head import open_head
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import open_engine, shown_url
from ledger.store.migrate import form, upgrade
from schemas.problem import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from ledger.log.vkey import VerifierKey

_KEY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}", re.ASCII)
ROOM_BYTES: Final = 512 * 1024
"""What must be free for a registry to be called ready: two commits of one record each, as SQLite writes them."""


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that is, or will be, the home of a registry; `server` is its database's address, where that isn't in the folder."""

    path: Path
    server: str | None = None

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
        """The file of the last signed head."""
        return self.path / "head"

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
        """Keep a key under `name`; one that is there already is never overwritten.

        Raises:
            InputError: `home.name`, `home.passphrase`.
            StateError: `home.exists`.

        """
        if not passphrase:
            raise InputError.at("home.passphrase", path=str(self.path))
        path = self._key(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            raise StateError.at("home.exists", path=str(path))
        write_durably(path, signer.to_pem(password=passphrase), mode=0o600)

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
        return SoftwareSigner.from_pem(kid, pem, password=passphrase)

    def _key(self, name: str) -> Path:
        if not _KEY_NAME.fullmatch(name):
            raise InputError.at("home.name", name=name)
        return self.path / "keys" / f"{name}.pem"


@dataclass(frozen=True, slots=True)
class FileHeadStore:
    """The last signed head in a file; `log` is the key that its notes must be signed with."""

    path: Path
    log: VerifierKey

    def read(self) -> str:
        """Return the last head's note.

        Raises:
            StateError: `home.head-missing`, `home.unwritable`.

        """
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise StateError.at("home.head-missing", path=str(self.path)) from error
        except OSError as error:
            raise self._refused(error) from error

    def begin(self, note: str) -> None:
        """Put the first head where there is none; raise StateError `home.behind-head` where there is another."""
        with self._locked():
            if not self.path.exists():
                write_durably(self.path, note.encode())
        there = self.read()
        if there != note:
            raise StateError.at("home.behind-head", signed=open_head(there, self.log).size, stored=0)

    def advance(self, known: str, note: str) -> None:
        """Replace `known` by `note`, unless another writer has already put a larger head there.

        Raises:
            StateError: `home.behind-head`, when what is there is neither `known` nor larger than `note`; `home.unwritable`.

        """
        with self._locked():
            there = self.read()
            if there == known:
                write_durably(self.path, note.encode())
                return
            signed, ours = open_head(there, self.log), open_head(note, self.log)
            if there != note and signed.size <= ours.size:
                raise StateError.at("home.behind-head", signed=signed.size, stored=ours.size)

    def check_room(self) -> None:
        """Raise StateError `home.unwritable` where no further head could be kept now: asked of the disk, without writing to it."""
        with self._locked():
            room = self.path.with_name("head.room")
            descriptor = os.open(room, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, ROOM_BYTES)
            finally:
                os.close(descriptor)
                room.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of all writers, which a process that dies lets go of; what the disk refuses is `home.unwritable`."""
        try:
            with locked(self.path.with_name("head.lock")):
                yield
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> StateError:
        return StateError.at("home.unwritable", path=str(self.path), reason=error.strerror or str(error))

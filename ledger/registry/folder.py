"""The home of a registry: ``registry.db``, ``keys/<name>.pem``, ``head``, ``trust.json`` in one folder.

Rules: the database may lie on a server instead, and the last signed head in an object store; several processes then
share the folder for the rest.  Keys are encrypted PKCS#8, and they and the passphrase are for their owner alone: a file
that others can read or change is refused, as ssh does (`read_private`).
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from sqlalchemy import Engine

from ledger.files.atomic import make_private_folder, replacing, write_durably
from ledger.log.vkey import VerifierKey
from ledger.registry.head_store import FileHeadStore, ObjectHeadStore
from ledger.registry.registry import HeadStore
from ledger.seal.signer import SoftwareSigner, check_pem
from ledger.store.engine import open_engine, shown_url
from ledger.store.forms import check_form, form
from ledger.store.migrate import upgrade
from schemas.problem import InputError, Problem, Sentence, StateError, placed

LEAST_PASSPHRASE: Final = 12
"""Characters of a passphrase: whoever has the files of the keys can try as many as a machine can."""
_Answer = TypeVar("_Answer")
_KEY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,199}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that is, or will be, the home of a registry.

    `server` is its database's address, where that isn't in the folder; `bucket` that of the object store with the last
    signed head.
    """

    path: Path
    server: str | None = None
    bucket: str | None = None

    def make(self) -> None:
        """Make the folder for its owner alone; close one that others can enter while it holds nothing but keys."""
        make_private_folder(self.path)
        if {each.name for each in self.path.iterdir()} <= {"keys"}:
            with suppress(OSError):  # a mounted folder is another's; `check_closed` tells who serves it
                self.path.chmod(0o700)

    @property
    def database(self) -> Path:
        """The file of the database, where it lies in the folder."""
        return self.path / "registry.db"

    @property
    def where(self) -> str:
        """The printable address of the database, without a password."""
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
    def passphrase(self) -> Path:
        """The file of the passphrase, where the home has one."""
        return self.path / "keys" / "passphrase"

    @property
    def made(self) -> bool:
        """Return whether there is a registry. Raise as `as_it_is` does, and StateError `store.unreadable`."""
        return self._asked(form) is not None

    def check_made(self) -> None:
        """Check that there is a registry in this release's form. Raise as `made`, `check_form`, `no_registry` say."""
        if self._asked(check_form) is None:
            raise self.no_registry()

    def no_registry(self) -> StateError:
        """Return the problem of a home without a registry: `home.missing`, or `home.emptied` beside a signed head."""
        signed = self.bucket is None and self.head.is_file()
        if signed and "\n0\n" not in self.head.read_bytes().decode(errors="replace"):
            return StateError.at("home.emptied", path=self.where, head=self.head)
        return StateError.at("home.missing", path=self.where)

    def _asked(self, question: Callable[[Engine], _Answer]) -> _Answer | None:
        """Return the answer of the database, or None where there is no file of one, which asking would make."""
        if self.server is None and not self.database.is_file():
            return None
        engine = self.as_it_is()
        try:
            return question(engine)
        finally:
            engine.dispose()

    def engine(self) -> Engine:
        """Return an engine on the database, with all tables created where there were none.

        Raises:
            InputError: `store.url`.
            StateError: as `check_form`; `store.unwritable`, `store.server`.
        """
        self.make()
        engine = self.as_it_is()
        if check_form(engine) is None:
            upgrade(engine)
        return engine

    def opened(self) -> Engine | None:
        """Return `engine`, or None if there is no database yet or it is empty; raise as `engine` does."""
        if self.server is None and not self.database.is_file():
            return None
        engine = self.as_it_is()
        if check_form(engine) is not None:
            return engine
        engine.dispose()
        return None

    def as_it_is(self) -> Engine:
        """Return an engine on the database, whatever form that has; raise InputError `store.url`.

        On a disk that is mounted read-only SQLite can't make the files by which processes agree; nobody can write
        there, so none are needed.
        """
        if self.server is None and self._frozen():
            return open_engine(f"sqlite:///file:{quote(str(self.database.absolute()))}?immutable=1&uri=true")
        return open_engine(self.server or f"sqlite:///{self.database.absolute()}")

    def _frozen(self) -> bool:
        """Return whether the database lies on a disk mounted read-only, with nothing in its write-ahead log."""
        log = self.database.with_name(f"{self.database.name}-wal")
        return (
            self.database.is_file()
            and bool(os.statvfs(self.path).f_flag & os.ST_RDONLY)
            and not (log.exists() and log.stat().st_size)
        )

    def check_private(self) -> None:
        """Refuse to work with a home of which others can read or change a key or the passphrase.

        Raises:
            StateError: `home.exposed`, for each such file.
        """
        found = []
        for path in (*sorted((self.path / "keys").glob("*.pem")), self.passphrase):
            with suppress(OSError):  # who may not look at it, or finds it gone, is told when it is to be read
                found += _exposed(path, path.stat())
        if found:
            raise StateError(*found)

    def check_closed(self) -> None:
        """Refuse a home that another user can look into: the database holds recipes and people in clear.

        A link is judged by what it leads to.  What lies deeper is closed by the folder.

        Raises:
            StateError: `home.open`, for the folder and each file of the database; `home.other-owner`.
        """
        database = self.database
        with suppress(PermissionError):  # who may not look into it learns whose it is
            if not (database.is_file() or (self.path / "keys").is_dir()):
                return  # no home yet
            database = database.resolve() if database.is_symlink() else database
        found = []
        for path in (self.path, *(database.with_name(f"{database.name}{each}") for each in ("", "-wal", "-shm"))):
            with suppress(OSError):
                found += self._seen_by_others(path, path.stat())
        if found:
            raise StateError(*found)

    def _seen_by_others(self, path: Path, found: os.stat_result) -> list[Problem]:
        close = self.path if path.is_relative_to(self.path) else path
        target = shlex.quote(str(close.resolve() if close.is_symlink() else close))
        if os.geteuid() != 0 and found.st_uid not in {0, os.geteuid()}:
            command = Sentence(f"chown -R {os.geteuid()} {target}")
            return [Problem.at("home.other-owner", str(path), owner=found.st_uid, user=os.geteuid(), command=command)]
        if not _open_to_others(found):
            return []
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        return [Problem.at("home.open", str(path), mode=mode, command=Sentence(f"chmod -R go= {target}"))]

    def write_key(self, name: str, signer: SoftwareSigner, *, passphrase: bytes) -> None:
        """Keep a key under `name`; one that is there already, or that another makes meanwhile, is never overwritten.

        Raises:
            InputError: `home.name`, `home.passphrase`.
            StateError: `home.exists`.
        """
        check_passphrase(passphrase, str(self.path))
        path = self._key(name)
        make_private_folder(path.parent)
        with replacing(path) as file:  # of those who write it one at a time comes here
            if path.exists():
                raise StateError.at("home.exists", path=str(path))
            file.write(signer.to_pem(password=passphrase))

    def read_key(self, name: str, *, kid: str, passphrase: bytes, public: bytes | None = None) -> SoftwareSigner:
        """Return the key kept under `name`, as the signer of `kid`; its public key must be `public`, if that is known.

        Raises:
            InputError: `home.name`; `seal.key-damaged`; `seal.key-file` for a wrong passphrase.
            StateError: `home.key-missing`, `home.key-other`, `home.exposed`.
        """
        path = self._kept(name)
        with placed(str(path)):
            signer = SoftwareSigner.from_pem(kid, read_private(path), password=passphrase)
        if public not in {None, signer.public}:
            raise StateError.at("home.key-other", str(path), kid=kid)
        return signer

    def check_keys(self, needed: Iterable[str]) -> None:
        """Check that the `needed` keys are there, and that each file is an encrypted key. No passphrase is needed.

        Raises:
            InputError: `seal.key-damaged`; StateError: `home.key-missing`, `home.exposed`.
        """
        for name in sorted({*needed, *self.key_names()}):
            path = self._kept(name)
            with placed(str(path)):
                check_pem(read_private(path))

    def _kept(self, name: str) -> Path:
        """Return the file of a key that is kept; raise StateError `home.key-missing`, InputError `home.name`."""
        if not self.has_key(name):
            raise StateError.at("home.key-missing", name=name, path=str(self.path))
        return self._key(name)

    def key(self, name: str, *, kid: str, passphrase: bytes, random: Callable[[int], bytes]) -> SoftwareSigner:
        """Return the key kept under `name`, as the signer of `kid`, made of fresh random bytes where there is none.

        Of several that make it at once, all get the same one.

        Raises:
            InputError: `home.name`, `home.passphrase`; `seal.key-file` for a wrong passphrase.
            StateError: `home.exposed`.
        """
        if self.has_key(name):
            return self.read_key(name, kid=kid, passphrase=passphrase)
        signer = SoftwareSigner.from_raw(kid, random(32))
        try:
            self.write_key(name, signer, passphrase=passphrase)
        except StateError:  # another was quicker
            return self.read_key(name, kid=kid, passphrase=passphrase)
        return signer

    def has_key(self, name: str) -> bool:
        """Return whether a key is kept under `name`; raise InputError `home.name`."""
        return self._key(name).exists()

    def key_names(self) -> list[str]:
        """Return the names of all keys that are kept."""
        return sorted(path.stem for path in (self.path / "keys").glob("*.pem"))

    def _key(self, name: str) -> Path:
        if not _KEY_NAME.fullmatch(name):
            raise InputError.at("home.name", name=name)
        return self.path / "keys" / f"{name}.pem"

    def change_passphrase(self, old: bytes, new: bytes) -> int:
        """Encrypt every key by a new passphrase, and put it where the old one is kept; return how many keys there are.

        After a crash some keys have the new one: the same again goes on.  Nothing is changed where a key opens by
        neither.

        Raises:
            InputError: `home.passphrase`; `seal.key-file` for a wrong passphrase.
            StateError: `home.exposed`.
        """
        check_passphrase(new, str(self.path))
        opened = {name: self._either(name, old, new) for name in self.key_names()}
        for name, signer in opened.items():
            write_durably(self._key(name), signer.to_pem(password=new))
        if self.passphrase.exists():
            write_durably(self.passphrase, new + b"\n")
        return len(opened)

    def _either(self, name: str, old: bytes, new: bytes) -> SoftwareSigner:
        with suppress(InputError):
            return self.read_key(name, kid=name, passphrase=new)
        return self.read_key(name, kid=name, passphrase=old)


def check_passphrase(passphrase: bytes, place: str) -> None:
    """Refuse a passphrase that can be found by trying; raise InputError `home.passphrase`."""
    count = len(passphrase.decode(errors="replace"))
    if count < LEAST_PASSPHRASE:
        raise InputError.at("home.passphrase", place, count=count, least=LEAST_PASSPHRASE)


def read_private(path: Path) -> bytes:
    """Return the content of a secret file if only its owner can read it.

    Raises:
        FileNotFoundError: where there is none.
        StateError: `home.exposed`.
    """
    with path.open("rb") as file:
        problems = _exposed(path, os.fstat(file.fileno()))
        if problems:
            raise StateError(*problems)
        return file.read()


def _exposed(path: Path, found: os.stat_result) -> list[Problem]:
    """Return the fault in the mode of a secret file."""
    if not _open_to_others(found):
        return []
    mode = f"{stat.S_IMODE(found.st_mode):04o}"
    command = Sentence(f"chmod 600 {shlex.quote(str(path))}")
    return [Problem.at("home.exposed", str(path), mode=mode, command=command)]


def _open_to_others(found: os.stat_result) -> bool:
    """Return whether users beside its owner can read or change a file or folder.

    A group may read what root has put there for a process that isn't root's, and may write into such a folder: so
    Kubernetes hands out secrets and volumes (`fsGroup`).
    """
    mounted = found.st_uid == 0 != os.geteuid()
    group = stat.S_IRWXG if stat.S_ISDIR(found.st_mode) else stat.S_IRGRP
    allowed = group if mounted else 0
    return bool(found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~allowed)

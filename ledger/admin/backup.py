"""A backup of a registry in one file, made while it runs, and a registry made of a backup.

Rules:

1. A backup is one snapshot: the database as a SQLite file, whatever database it comes from, the encrypted keys, the
   trust list, who is asked to cosign, the producer's own factor tables, and the head as of then.  A passphrase is in
   none.
2. A registry made of a backup knows less than the world does.  It signs nothing until it is told the newest head that
   anybody has seen - a published checkpoint, a witness's, a monitor's - and then only if that is its own: over a head
   that is lost, another history would be signed.  Reading needs no head.
3. The backup may know what was ended since. So nobody is signed in to what was restored, no link signs anybody in or
   claims goods, and tokens, private links and hooks are held until they are resumed.
4. What is restored goes into an empty place only, and a file that is not as it was written is refused as a whole.

A backup does not hold what is logged after it.
"""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, Engine

from ledger.desk.hooks import hold_all
from ledger.files.atomic import make_private_file, make_private_folder, replacing, write_durably
from ledger.log.head import open_head
from ledger.log.origin import number_of
from ledger.log.vkey import VerifierKey
from ledger.registry.folder import Home
from ledger.registry.head_store import kept_head
from ledger.registry.registry import Runtime
from ledger.seal.digest import to_base64url
from ledger.store.duplicate import copy_older, duplicate
from ledger.store.engine import open_engine, reading, writing
from ledger.store.forms import REVISION, check_stamp, form, form_in
from ledger.store.logs import latest_head
from ledger.store.migrate import upgrade
from ledger.store.outbox import RESTORED, hooks
from ledger.store.parties import registry
from ledger.store.people import forget_all_sessions
from ledger.store.restored import held_counts, hold_secrets
from schemas.document import Document
from schemas.identifier import Digest, Index, RegistryId
from schemas.instant import Instant, epoch_ms, time_text
from schemas.problem import InputError, MissingError, OreprintError, StateError

MANIFEST: Final = "backup.json"
DATABASE: Final = "registry.db"
_NAME: Final = re.compile(
    r"(?:keys|factors|factors/former)/[A-Za-z0-9][A-Za-z0-9._-]{0,199}|(?:trust|cosigners)\.json", re.ASCII
)
_NEVER: Final = frozenset({"keys/passphrase"})
MOST_FILE_BYTES: Final = 16 * 1024 * 1024
"""Of a key, a list or a table in a backup."""


class Manifest(Document):
    """The description at the start of a backup."""

    oreprint: Literal["backup/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry that was backed up."""
    taken: Instant
    """Second of the backup, in UTC."""
    form: str
    """Revision of the database schema."""
    database: Digest
    """SHA-256 of the database."""
    size: Index
    """Number of entries in the log."""
    head: str
    """Latest signed checkpoint of the log (C2SP)."""


def back_up(home: Home, engine: Engine, runtime: Runtime, file: Path) -> Manifest:
    """Write a backup of a registry to a file, which is there as a whole or not at all, and on disk on return.

    Raises:
        StateError: `store.unreadable`; InputError `backup.unwritable`.
    """
    with TemporaryDirectory(prefix="oreprint-") as folder:
        database = Path(folder) / DATABASE
        copy = open_engine(f"sqlite:///{database}")
        if form(engine) == REVISION:
            upgrade(copy)
            duplicate(engine, copy)
        else:
            copy_older(engine, copy)
        with reading(copy) as connection:
            known, head, found = registry(connection), latest_head(connection), form_in(connection)
        copy.dispose()  # the last connection to close brings all of it into the one file
        manifest = Manifest(
            oreprint="backup/1",
            registry=known.id,
            taken=time_text(runtime.now_ms()),
            form=found or REVISION,
            database=_digest(database),
            size=head.size,
            head=head.note,
        )
        _write(file, manifest, database, home)
    return manifest


def copy_home(source: Home, engine: Engine, target: Home) -> None:
    """Copy a registry with its keys, witnesses and monitor into an empty place, for an experiment.

    Two copies that both sign are two histories of one log.
    """
    target.path.mkdir(mode=0o700)
    duplicate(engine, target.engine())
    for path in (source.head, source.trust, source.path / "cosigners.json"):
        shutil.copy(path, target.path)
    for name in ("keys", "witnesses", "monitor"):
        shutil.copytree(source.path / name, target.path / name)


def _write(file: Path, manifest: Manifest, database: Path, home: Home) -> None:
    try:
        with replacing(file) as written, tarfile.open(fileobj=written, mode="w") as archive:
            _add(archive, MANIFEST, manifest.to_bytes())
            archive.add(database, DATABASE, filter=_plain)
            for name, path in _files(home):
                _add(archive, name, path.read_bytes())
    except OSError as error:
        raise InputError.at("backup.unwritable", str(file), reason=error.strerror or "no place to write") from error


def _files(home: Home) -> Iterator[tuple[str, Path]]:
    for path in sorted(home.path.rglob("*")):
        name = path.relative_to(home.path).as_posix()
        if path.is_file() and _NAME.fullmatch(name) and name not in _NEVER:
            yield name, path


def restore(file: Path, home: Home, *, newest_head: str | None = None) -> tuple[Manifest, bool]:
    """Make a registry of a backup, in a place where there is none.

    Return what the backup says, and whether it may sign.

    `newest_head` is the newest checkpoint that anybody has seen; without it the registry only reads (rule 2).

    Raises:
        InputError: `backup.file`; StateError `home.exists`, `store.newer`, `backup.older-head`, `backup.other-log`,
            `home.behind-log`.
    """
    if home.path.is_dir() and any(home.path.iterdir()):
        raise StateError.at("home.exists", path=home.where)
    with TemporaryDirectory(prefix="oreprint-") as folder:
        manifest = _unpacked(file, Path(folder))
        copy = open_engine(f"sqlite:///{Path(folder) / DATABASE}")
        upgrade(copy)
        log = _log_of(copy, manifest)
        head = None if newest_head is None else _head_to_keep(manifest.size, manifest.head, log, newest_head)
        engine = home.engine()
        with reading(engine) as connection:
            begun = _has_registry(connection)
        if begun:
            raise StateError.at("home.exists", path=home.where)
        with writing(copy) as connection:  # rule 3; much of what waits for hooks was sent since the backup
            taken_ms = epoch_ms(manifest.taken)
            hold_all(connection, now_ms=taken_ms)
            hold_secrets(connection, taken_ms=taken_ms)
            forget_all_sessions(connection)
            connection.commit()
        duplicate(copy, engine)
        copy.dispose()
        for name, path in _files(Home(Path(folder))):
            make_private_folder((home.path / name).parent)
            write_durably(home.path / name, path.read_bytes())
    # A crash before here: there is no head, so the registry reads and signs nothing, and restoring again says
    # that it exists.
    if head is None:
        return manifest, False
    home.heads(log).begin(head)
    return manifest, head == manifest.head


class HeldBack(NamedTuple):
    """Numbers of tokens, private links and hooks that are held in a restored registry until they are resumed."""

    tokens: int
    links: int
    hooks: int


def held_back(home: Home) -> HeldBack:
    """Return how much of a restored registry is held (rule 3); raise as `Home.engine`."""
    with reading(home.engine()) as connection:
        return HeldBack(*held_counts(connection), sum(each.off_reason == RESTORED for each in hooks(connection)))


def _unpacked(file: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder; nothing is believed that the manifest or the names don't allow."""
    try:
        with tarfile.open(file, "r:") as archive:
            first = archive.next()
            if first is None or first.name != MANIFEST or first.size > MOST_FILE_BYTES:
                raise InputError.at("backup.file", str(file), reason="it does not begin with backup.json")
            manifest = Manifest.from_text(_content(archive, first))
            for member in archive:
                if member is not first:
                    _unpack(archive, member, folder, file)
    except OSError as error:
        raise InputError.at("backup.file", str(file), reason=error.strerror or "it can't be read") from error
    except (tarfile.TarError, EOFError) as error:
        raise InputError.at("backup.file", str(file), reason=str(error) or "it can't be read") from error
    check_stamp(manifest.form)
    if not (folder / DATABASE).is_file() or _digest(folder / DATABASE) != manifest.database:
        raise InputError.at("backup.file", str(file), reason="its database is not the one that was backed up")
    return manifest


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, file: Path) -> None:
    name = member.name
    if name in {MANIFEST, *_NEVER} or not member.isfile() or not (name == DATABASE or _NAME.fullmatch(name)):
        raise InputError.at("backup.file", str(file), reason=f"{name} does not belong in it")
    path = folder / name
    if path.exists() or (name != DATABASE and member.size > MOST_FILE_BYTES):
        raise InputError.at("backup.file", str(file), reason=f"{name} is there twice, or too large")
    make_private_folder(path.parent)
    make_private_file(path)
    source = archive.extractfile(member)
    if source is None:
        raise InputError.at("backup.file", str(file), reason=f"{name} can't be read")
    with path.open("wb") as target:
        while part := source.read(1 << 20):
            target.write(part)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = archive.extractfile(member)
    return b"" if source is None else source.read()


def _log_of(engine: Engine, manifest: Manifest) -> VerifierKey:
    """Return the key of the log in a database, which must hold just the head that the manifest tells."""
    with reading(engine) as connection:
        log = VerifierKey.parse(registry(connection).log_key)
        stored = latest_head(connection)
    if (stored.size, stored.note) != (manifest.size, manifest.head):
        raise InputError.at("backup.file", reason="its head is not that of its database")
    open_head(manifest.head, log)
    return log


def tell_head(home: Home, newest: str) -> bool:
    """Give a registry that was restored without a head the newest head that anybody has seen.

    Return whether it may sign now.

    Raises:
        StateError: `backup.older-head`, `backup.other-log`, `home.behind-log`, `backup.head-known` where a head is
            there.
    """
    with reading(home.engine()) as connection:
        log, stored = VerifierKey.parse(registry(connection).log_key), latest_head(connection)
    heads = home.heads(log)
    if kept_head(heads) is not None:
        raise StateError.at("backup.head-known", path=home.bucket or str(home.head))
    head = _head_to_keep(stored.size, stored.note, log, newest)
    heads.begin(head)
    return head == stored.note


def _head_to_keep(size: int, note: str, log: VerifierKey, newest: str) -> str:
    """Return the head to put into the head store: the newest that anybody has seen; of one size, the database's own."""
    origin = newest.partition("\n")[0]
    if number_of(origin) > number_of(log.name):
        raise StateError.at("home.behind-log", origin=origin, here=log.name)
    try:
        told = open_head(newest, log)
    except OreprintError as error:
        raise StateError.at("backup.other-log", log=log.name) from error
    if told.size < size:
        raise StateError.at("backup.older-head", told=told.size, here=size)
    same = told.size == size and told.root == open_head(note, log).root
    return note if same else newest


def _has_registry(connection: Connection) -> bool:
    try:
        registry(connection)
    except MissingError:
        return False
    return True


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return to_base64url(found.digest())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = _plain(tarfile.TarInfo(name))
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member that says nothing of the machine it comes from."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode, member.mtime = 0o600, 0
    return member

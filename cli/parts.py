"""The composition root: the home, the clock, randomness and keys, put together for a command.

Rules: only here are a real clock and real randomness handed to the ledger; a passphrase comes from the file
``keys/passphrase`` of the home, else from the setting ``OREPRINT_PASSPHRASE``, never from the command line, where other
users of the machine could read it.  The file goes first: it is that home's, and the setting may be another's.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import settings
from cli.ending import at_end
from cli.main import EXIT_FAILED
from schemas.problem import Problem, StateError

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from ledger.registry.folder import Home
    from ledger.registry.registry import OpenRegistry, Runtime
    from ledger.seal.signer import SoftwareSigner
    from ledger.trust.pinned import Trust
    from schemas.parties import Parties

COSIGN_SECONDS: Final = 15
"""How long a command waits for those who cosign."""
NANOSECONDS_PER_MS: Final = 1_000_000

HomeOption = Annotated[
    Path | None, typer.Option("--home", metavar="DIR", help="The registry's folder. Default: OREPRINT_HOME.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="postgresql://user@host/name, instead of the file in the home. Default: OREPRINT_DATABASE_URL.",
    ),
]
HeadStoreOption = Annotated[
    str | None,
    typer.Option(
        "--head-store",
        metavar="URL",
        help="s3://bucket/prefix for the last signed head, instead of a file. Default: OREPRINT_HEAD_STORE.",
    ),
]
CertificatesFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the certificates.")]
TrustOption = Annotated[
    Path | None,
    typer.Option("--trust", metavar="FILE", help="The trust list you pinned. Default: trust.json in the home."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def home_of(path: Path | None, database: str | None = None, head_store: str | None = None) -> Home:
    """Return the home that was asked for: the options, else the settings, else the platform's data folder.

    Raises:
        StateError: `home.exposed`, when others can read or change its keys or its passphrase.
    """
    from ledger.registry.folder import Home

    server = database or settings.read("OREPRINT_DATABASE_URL")
    home = Home(home_folder(path), server, head_store or settings.read("OREPRINT_HEAD_STORE"))
    home.check_private()
    return home


def home_folder(path: Path | None) -> Path:
    """Return the folder of `home_of`, for a command that opens no registry and so loads no database."""
    if path is not None:
        return path
    setting = settings.read("OREPRINT_HOME")
    return Path(setting) if setting else Path.home() / ".local" / "share" / "oreprint"


def factors_folder(path: Path | None) -> Path:
    """Return the folder of a home where a producer's own factor tables are."""
    return home_folder(path) / "factors"


def tables_of(path: Path | None) -> FactorTables:
    """Return the factor tables that ship with Oreprint and those of a home."""
    from ledger.tables import tables_in

    return tables_in(factors_folder(path))


def runtime(*, vouched: bool = False) -> Runtime:
    """Return the real clock, for which a person may have `vouched`, and real randomness."""
    from ledger.registry.registry import Runtime

    drift = Drift()
    return Runtime(now_ms, os.urandom, drift, drift.settle, settings.remote_seconds(), vouched)


class Drift:
    """By how many ms the clock has jumped since a beginning, against the machine's own count, which nobody sets."""

    def __init__(self) -> None:
        self._begun: int | None = now_ms() - _steady_ms()

    def __call__(self) -> int:
        """Return the drift since the beginning."""
        now, begun = now_ms() - _steady_ms(), self._begun  # once: another thread may settle meanwhile
        if begun is None:
            self._begun = begun = now
        return now - begun

    def settle(self) -> None:
        """Begin anew when the drift is next asked for: the clock was wrong before, or is."""
        self._begun = None


def _steady_ms() -> int:
    """Return a count of ms that goes on while the machine sleeps, where the system has one."""
    steady = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(steady) // NANOSECONDS_PER_MS


def now_ms() -> int:
    """Return the time in ms since 1970 UTC."""
    return time.time_ns() // NANOSECONDS_PER_MS


def passphrase_of(home: Home) -> bytes:
    """Return the passphrase of a home's keys: that of its file, else of the setting.

    Raises:
        StateError: `home.locked`, when there is none; `home.exposed`.
        InputError: `home.passphrase`, when it is too short.
    """
    from ledger.registry.folder import check_passphrase

    found, place = passphrase_as_it_is(home)
    check_passphrase(found, place)
    return found


def passphrase_as_it_is(home: Home) -> tuple[bytes, str]:
    """Return the passphrase of a home's keys, of any length, and where it is kept; raise as `passphrase_of`."""
    from ledger.registry.folder import read_private

    with suppress(FileNotFoundError, NotADirectoryError):
        return read_private(home.passphrase).rstrip(b"\n"), str(home.passphrase)
    setting = settings.read("OREPRINT_PASSPHRASE")
    if setting is None:
        raise StateError.at("home.locked")
    return setting.encode(), "OREPRINT_PASSPHRASE"


def passphrase_of_registry(home: Home) -> bytes:
    """Return `passphrase_of` a registry that is there; raise StateError as `check_made` does, and `home.locked`."""
    home.check_made()
    return passphrase_of(home)


def open_to_read(path: Path | None, database: str | None = None) -> OpenRegistry:
    """Return the registry of a home, unable to sign; where its database lost entries, say so on stderr."""
    from ledger.admin.init import open_book
    from ledger.registry.readiness import check_entries

    registry = open_book(home_of(path, database), runtime(), passphrase=None)
    try:
        check_entries(registry)
    except StateError as error:
        if error.code == "store.unreadable":
            raise
        _tell(error.problems)
    return registry


def open_to_sign(path: Path | None, database: str | None = None) -> OpenRegistry:
    """Return the registry of a home with all its keys; its witnesses and monitors were asked whether they know more."""
    return open_to_change(path, database)[1]


def open_to_change(
    path: Path | None, database: str | None = None, head_store: str | None = None
) -> tuple[Home, OpenRegistry, bytes]:
    """Return a home, its registry as `open_to_sign` opens it, and the passphrase of its keys."""
    from ledger.admin.init import open_book

    home = home_of(path, database, head_store)
    passphrase = passphrase_of_registry(home)
    registry = open_book(home, runtime(), passphrase=passphrase)
    look_first(home, registry)
    return home, registry, passphrase


def open_with_status(path: Path | None) -> tuple[OpenRegistry, SoftwareSigner]:
    """Return the registry of a home with all its keys, and the key that signs its status lists."""
    registry = open_to_sign(path)
    return registry, status_of(registry)


def status_of(registry: OpenRegistry) -> SoftwareSigner:
    """Return the key that signs the status lists of a registry that was opened with its keys."""
    if registry.status is None:
        raise StateError.at("home.locked")
    return registry.status


def own_key(home: Path | None, did: str) -> SoftwareSigner:
    """Return the newest key that a party keeps in its own home (`oreprint keys`)."""
    from ledger.admin.init import key_name, newest_kid

    place = home_of(home)
    kid = newest_kid(place, did)
    return place.read_key(key_name(kid), kid=kid, passphrase=passphrase_of(place))


def trust_at_hand(path: Path | None, home: Path | None) -> Trust | None:
    """Return the trust list that was named, else the home's own, else none."""
    from cli.files import read_trust

    chosen = path or home_folder(home) / "trust.json"
    return read_trust(chosen) if path is not None or chosen.exists() else None


def look_first(home: Home, registry: OpenRegistry, wanted: Parties | None = None) -> None:
    """Ask the cosigners whether they know a newer head, and have them cosign what the command logs at its end.

    Who couldn't be asked is told on stderr.

    Raises:
        StateError: `cosign.ahead`, `cosign.differs`, `cosign.too-few`: nothing may be signed.
    """
    from ledger.registry.readiness import check_cosigners, check_entries, newest_head
    from ledger.witnessing.collect import Cosigning
    from ledger.witnessing.cosigners import cosigners, staying

    check_entries(registry)
    passphrase = partial(passphrase_of, home)
    found = (
        staying(home, registry, wanted, passphrase=passphrase)
        if wanted
        else cosigners(home, registry, passphrase=passphrase)
    )
    if found:
        with Cosigning(registry, found) as cosigning:
            _tell(cosigning.look())
    head = newest_head(registry)
    check_cosigners(registry, head)
    at_end(_cosigned(home, registry, head.note))


def cosign_at_end(home: Home, registry: OpenRegistry) -> None:
    """Ask the cosigners, at the end of the command, to sign its last head; `look_first` does so, too."""
    at_end(_cosigned(home, registry, before=None))


@contextmanager
def _cosigned(home: Home, registry: OpenRegistry, before: str | None) -> Iterator[None]:
    """Ask the cosigners to sign whatever is logged in here after the head `before`, also if a refusal ends it.

    Raises:
        typer.Exit: `EXIT_FAILED`, where somebody has cosigned another history.
    """
    try:
        yield
    except Exception:
        _have_cosigned(home, registry, before)
        raise
    if not _have_cosigned(home, registry, before):
        raise typer.Exit(EXIT_FAILED)


def _have_cosigned(home: Home, registry: OpenRegistry, before: str | None) -> bool:
    """Ask the cosigners to sign the newest head; return False if somebody has cosigned another history."""
    from ledger.registry.readiness import newest_head
    from ledger.witnessing.collect import AHEAD, Cosigning
    from ledger.witnessing.cosigners import cosigners

    asked = cosigners(home, registry, passphrase=partial(passphrase_of, home))
    head = newest_head(registry)
    if not asked:
        return True
    with Cosigning(registry, asked) as cosigning:
        if cosigning.vouched(head):
            return True
        failed = cosigning.round(wait_s=COSIGN_SECONDS)
        vouched = cosigning.vouched(head)
    others = [error.problems[0] for error in failed.values() if error.code in AHEAD]
    if others and before != head.note:
        others = [Problem.at("cosign.forked", name=each.facts["name"]) for each in others]
    if not (vouched or others):
        others_failed = [error.problems[0] for error in failed.values()]
        _tell([*others_failed, Problem.at("cosign.not-cosigned", size=head.size)])
    _tell(others)
    return not others


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"oreprint: {problem.sentence()} [{problem.code}]", file=sys.stderr)


def ask_cosigners(home: Home, registry: OpenRegistry) -> None:
    """Ask a home's witnesses and monitors to cosign its newest head, and say on stderr who didn't, and why.

    Raises:
        StateError: `cosign.ahead`, `cosign.differs`.
    """
    from ledger.witnessing.collect import AHEAD, Cosigning
    from ledger.witnessing.cosigners import cosigners

    asked = cosigners(home, registry, passphrase=partial(passphrase_of, home))
    with Cosigning(registry, asked) as cosigning:
        failed = cosigning.round(wait_s=COSIGN_SECONDS) if asked else {}
    for error in failed.values():
        if error.code in AHEAD:
            raise error
    _tell(error.problems[0] for error in failed.values())

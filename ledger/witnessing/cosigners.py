"""The witnesses and monitors of a home: who they are, where they are asked, and those that a home runs by itself.

Rules: the trust list says who counts, the file ``cosigners.json`` of the home where each is asked: at an address, or,
as in a demo, in a folder of the home with a key and a memory of its own.  Such a one does everything that any other
does and vouches to nobody, since who keeps the registry keeps it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from ledger.files.atomic import refusals_told, write_durably
from ledger.log.vkey import KeyType, VerifierKey
from ledger.log.witness import WitnessReply
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.remote.client import RemoteServer
from ledger.remote.cosigner import MOST_REPLY_BYTES, RemoteCosigner
from ledger.seal.signer import SoftwareSigner
from ledger.transfers.mirror import public_file
from ledger.trust.pinned import cosigner_key
from ledger.witnessing.collect import CosignerClient, own_registry, own_trust
from ledger.witnessing.monitor import Monitor
from ledger.witnessing.witness import Witness
from schemas.cosigners import Cosigner, Cosigners, WrittenQuorum
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.problem import MissingError, StateError
from schemas.trust import Quorum

KEY: Final = "cosigner"
"""The name of a cosigner's key in its own home."""
VKEY: Final = "vkey"
"""The file of its public half, with its name."""
OWN_WITNESSES: Final = 4
_ADDRESS: Final = re.compile(r"https?://")


def make_cosigner(home: Home, name: str, runtime: Runtime, *, passphrase: bytes) -> tuple[VerifierKey, SoftwareSigner]:
    """Return the key of a witness or monitor. Create it in its home if there is none.

    Raises:
        InputError: `log.key-name`, `home.passphrase`; `seal.key-file` for a wrong passphrase.
        StateError: `home.cosigner-other`, since whoever pinned the name that the key has would not know it by another.
    """
    if (home.path / VKEY).is_file() and (known := _named(home).name) != name:
        raise StateError.at("home.cosigner-other", path=home.path, known=known)
    signer = home.key(KEY, kid=name, passphrase=passphrase, random=runtime.random)
    key = VerifierKey(name, signer.public, KeyType.COSIGNATURE)
    write_durably(home.path / VKEY, f"{key.to_text()}\n".encode())
    return key, signer


def own_cosigner(home: Home, *, passphrase: bytes) -> tuple[VerifierKey, SoftwareSigner]:
    """Return the key of the witness or monitor of a home.

    Raises:
        StateError: `home.key-missing`.
        InputError: `seal.key-file` for a wrong passphrase; `log.vkey*`.
    """
    try:
        key = _named(home)
    except FileNotFoundError as error:
        raise StateError.at("home.key-missing", name=KEY, path=home.path) from error
    return key, home.read_key(KEY, kid=key.name, passphrase=passphrase)


def _named(home: Home) -> VerifierKey:
    """Return the public half that a home's key was given with its name."""
    return cosigner_key((home.path / VKEY).read_text("utf-8").rstrip("\n"))


def with_own(home: Home, parties: Parties, runtime: Runtime, *, passphrase: bytes) -> Parties:
    """Return a demo's parties with four witnesses and a monitor that its home runs by itself, their keys made there."""

    def made(folder: str, name: str) -> Cosigner:
        key, _ = make_cosigner(Home(home.path / folder), name, runtime, passphrase=passphrase)
        return Cosigner(key=key.to_text(), at=folder)

    witnesses = tuple(made(f"witnesses/{n}", f"witness-{n}.oreprint.example") for n in range(1, OWN_WITNESSES + 1))
    monitor = made("monitor", "monitor.oreprint.example")
    return parties.model_copy(
        update={"witnesses": WrittenQuorum(keys=witnesses), "monitors": WrittenQuorum(keys=(monitor,))}
    )


def quorum(wanted: WrittenQuorum, *, majority: bool) -> Quorum:
    """Return a quorum as the trust list names it; where it isn't said how many, a `majority` of them, else one.

    Raises:
        InputError: `log.vkey*`, `seal.key*`.
    """
    keys = tuple(cosigner_key(each.key).to_text() for each in wanted.keys)
    least = wanted.least or (len(keys) // 2 + 1 if majority else 1)
    return Quorum(least=least, keys=keys)


def keep_cosigners(home: Home, wanted: Parties) -> None:
    """Store the addresses of the given cosigners. Others do not change."""
    if wanted.witnesses is not None or wanted.monitors is not None:
        write_durably(_file(home), _wanted(home, wanted).model_dump_json(indent=2).encode() + b"\n")


def forget_cosigner(home: Home, name: str) -> None:
    """Ask a witness or monitor no more."""
    known = _known(home)
    kept = {
        role: tuple(each for each in getattr(known, role) if cosigner_key(each.key).name != name)
        for role in ("witnesses", "monitors")
    }
    if _file(home).exists():
        write_durably(_file(home), known.model_copy(update=kept).model_dump_json(indent=2).encode() + b"\n")


def addresses(home: Home) -> dict[tuple[str, str], str]:
    """Return where each witness and monitor of a home is asked, as `ledger.trust.changes` compares it."""
    return _addresses(_known(home))


def wanted_addresses(home: Home, wanted: Parties) -> dict[tuple[str, str], str]:
    """Return `addresses` as a parties file wants them."""
    return _addresses(_wanted(home, wanted))


def _addresses(known: Cosigners) -> dict[tuple[str, str], str]:
    return {("address of", cosigner_key(each.key).name): each.at for each in (*known.witnesses, *known.monitors)}


def staying(
    home: Home, registry: OpenRegistry, wanted: Parties, *, passphrase: Callable[[], bytes] | None
) -> list[CosignerClient]:
    """Return the cosigners that are still asked. Forget the answers of the others.

    A witness that is wrong must not keep a registry from signing for ever.

    Raises:
        as `cosigners`.
    """
    kept = _wanted(home, wanted)
    names = {cosigner_key(each.key).name for each in (*kept.witnesses, *kept.monitors)}
    registry.cosigned.forget(registry.cosigned.ahead().keys() - names)
    return [each for each in cosigners(home, registry, passphrase=passphrase) if each.key.name in names]


def _wanted(home: Home, wanted: Parties) -> Cosigners:
    known = _known(home)
    return Cosigners(
        oreprint="cosigners/1",
        witnesses=wanted.witnesses.keys if wanted.witnesses else known.witnesses,
        monitors=wanted.monitors.keys if wanted.monitors else known.monitors,
    )


def cosigners(
    home: Home, this_registry: OpenRegistry, *, passphrase: Callable[[], bytes] | None
) -> list[CosignerClient]:
    """Return everybody whom a home asks to cosign.

    `passphrase` is asked for the keys of its own ones, which are left out where it is None.

    One of its own whose folder is gone, as in a restored copy, is not asked: it must not forget what it cosigned.

    Raises:
        InputError: `document.*`, `remote.url`, `log.vkey*`.
        StateError: `home.key-missing`, for one of the home's own.
        MissingError: `cosign.unknown`, for a key that the trust list doesn't name.
    """
    known = _known(home)
    if not (known.witnesses or known.monitors):
        return []
    registry = own_registry(this_registry)
    trusted = {key.to_text() for key in (*registry.witnesses, *registry.monitors)}
    for each in (*known.witnesses, *known.monitors):
        if each.key not in trusted:
            raise MissingError.at("cosign.unknown", name=each.key)
    elsewhere = [
        remote
        for each in (*known.witnesses, *known.monitors)
        if (remote := _remote(each, this_registry.runtime.remote_seconds)) is not None
    ]
    if passphrase is None:
        return [*elsewhere]
    return [
        *elsewhere,
        *(_own_witness(home, this_registry, each, passphrase()) for each in known.witnesses if _there(home, each)),
        *(_own_monitor(home, this_registry, each, passphrase()) for each in known.monitors if _there(home, each)),
    ]


def own_homes(home: Home) -> list[Home]:
    """Return the homes of the witnesses and monitors that a home runs by itself; their keys have its passphrase."""
    known = _known(home)
    return [Home(home.path / each.at) for each in (*known.witnesses, *known.monitors) if _there(home, each)]


def _file(home: Home) -> Path:
    return home.path / "cosigners.json"


def _known(home: Home) -> Cosigners:
    try:
        return parse_document(Cosigners, _file(home).read_bytes(), media="json")
    except FileNotFoundError:
        return Cosigners(oreprint="cosigners/1", witnesses=(), monitors=())


def _there(home: Home, each: Cosigner) -> bool:
    return not _ADDRESS.match(each.at) and (home.path / each.at).is_dir()


def _remote(each: Cosigner, seconds: int) -> RemoteCosigner | None:
    if not _ADDRESS.match(each.at):
        return None
    remote = RemoteServer.public(each.at, seconds=seconds, most=MOST_REPLY_BYTES)
    return RemoteCosigner(cosigner_key(each.key), remote)


@dataclass(frozen=True, slots=True)
class _Own:
    """A cosigner that a home runs itself, made for each question with the logs of the trust list."""

    key: VerifierKey
    folder: Path
    as_of_now: Callable[[], CosignerClient]

    def add(self, body: bytes) -> WitnessReply:
        """Answer a request to cosign; raise StateError `home.unwritable`."""
        with refusals_told(self.folder):
            return self.as_of_now().add(body)


def _own_witness(home: Home, registry: OpenRegistry, each: Cosigner, passphrase: bytes) -> CosignerClient:
    key, own = cosigner_key(each.key), Home(home.path / each.at)
    signer = own.read_key(KEY, kid=key.name, passphrase=passphrase)

    def as_of_now() -> Witness:
        logs = {origin: log.key for origin, log in own_registry(registry).logs.items()}
        return Witness(own.path, key, signer.sign, logs, registry.runtime.now_ms)

    return _Own(key, own.path, as_of_now)


def _own_monitor(home: Home, registry: OpenRegistry, each: Cosigner, passphrase: bytes) -> CosignerClient:
    key, own = cosigner_key(each.key), Home(home.path / each.at)
    signer = own.read_key(KEY, kid=key.name, passphrase=passphrase)

    def as_of_now() -> Monitor:
        trust = own_trust(registry)
        return Monitor(
            own.path,
            key,
            signer.sign,
            trust,
            trust.registry(registry.did),
            partial(public_file, registry),
            registry.runtime.now_ms,
        )

    return _Own(key, own.path, as_of_now)

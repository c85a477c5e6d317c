"""The auditors that a home runs by itself: three of a demo, and the registry's own, which makes the registry's record.

Rules: they do everything that any other auditor does, over the registry at hand, with a memory of their own in the
home.  They vouch to nobody, since who keeps the registry keeps them too.  The registry's own record is signed with its
status key; verifiers tell it apart and never count it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from ledger.auditing.auditor import MEMORY_FOLDER, Auditor
from ledger.bundles.build import step_lines
from ledger.changes.audited import post_audit
from ledger.factors.tables import FactorTables
from ledger.registry.folder import Home
from ledger.registry.pinned import trusted
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.digest import to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.transfers.mirror import public_file
from ledger.trust.registries import TrustedRegistry
from schemas.name import Name
from schemas.parties import Parties, WrittenAttestor, WrittenAuditors
from schemas.problem import MissingError
from schemas.sent_audit import SentAudit

FOLDER: Final = "auditors"
"""The folder of the home where each has its own."""
OWN_FOLDER: Final = "own-audits"
"""The folder of the home with the memory behind the registry's own record."""
NAMES: Final = {f"did:web:auditor-{letter}.example": f"Example Auditor {letter.upper()}" for letter in "abc"}
LEAST: Final = 2
"""How many of them must have found a chain right."""
PAGE_BYTES: Final = 4 * 1024 * 1024
"""No step begins behind so many bytes of one page."""


def with_own_auditors(home: Home, parties: Parties, runtime: Runtime, *, passphrase: bytes) -> Parties:
    """Return a demo's parties with three auditors, of whom two are needed, their keys made in the home."""

    def made(did: str, name: str) -> WrittenAttestor:
        own = _home_of(home, did)
        signer = own.key(_name(did), kid=_kid(did), passphrase=passphrase, random=runtime.random)
        names = (Name(lang="en", text=name),)
        return WrittenAttestor(did=did, names=names, public=to_base64url(signer.public), scopes=("chain",))

    auditors = WrittenAuditors(least=LEAST, parties=tuple(NAMES))
    attestors = (*parties.attestors, *(made(did, name) for did, name in NAMES.items()))
    return parties.model_copy(update={"attestors": attestors, "auditors": auditors})


def own_auditors(home: Home, registry: OpenRegistry, tables: FactorTables, *, passphrase: bytes) -> list[Auditor]:
    """Return the auditors that a home runs by itself, over its open registry."""

    def auditor(did: str) -> Auditor:
        own = _home_of(home, did)
        signer: SoftwareSigner = own.read_key(_name(did), kid=_kid(did), passphrase=passphrase)
        return _over(registry, own.path / MEMORY_FOLDER, signer, tables)

    return [auditor(did) for did in NAMES]


def registrys_auditor(home: Home, registry: OpenRegistry, tables: FactorTables, status: SoftwareSigner) -> Auditor:
    """Return the auditor that makes the registry's own record, signed by its `status` key."""
    return _over(registry, home.path / OWN_FOLDER, status, tables)


def _over(registry: OpenRegistry, folder: Path, signer: SoftwareSigner, tables: FactorTables) -> Auditor:
    """Return an auditor over an open registry; of other registries it can read nothing."""
    trust, did = trusted(registry), signer.kid.partition("#")[0]

    def read(of: TrustedRegistry) -> Callable[[str], bytes]:
        if of.listed.id != registry.did:
            raise MissingError.at("store.record-missing")
        return partial(public_file, registry)

    return Auditor(
        folder=folder,
        signer=signer,
        trust=trust,
        tables=tables,
        registry=trust.registry(registry.did),
        read=read,
        steps=lambda after, most: b"".join(step_lines(registry, after, most=most, most_bytes=PAGE_BYTES)),
        send=lambda body: post_audit(registry, SentAudit.parse(body), auditor=did),
        now_ms=registry.runtime.now_ms,
        random=registry.runtime.random,
    )


def _home_of(home: Home, did: str) -> Home:
    return Home(home.path / FOLDER / did.removeprefix("did:web:"))


def _kid(did: str) -> str:
    return f"{did}#key-1"


def _name(did: str) -> str:
    """Return the name under which the home keeps the key, as `oreprint keys create` gives it."""
    return f"{did.removeprefix('did:').replace(':', '.')}.key-1"

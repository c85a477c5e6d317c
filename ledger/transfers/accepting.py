"""Take a trust list of another registry on one's own word, and go back where its watchers object.

Rules: a person sees what changes first (`accepted_changes`).  The list before is kept in ``accepted/REGISTRY.json`` of
the home, so that an objection brings it back (`ledger.trust.objections`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger.files.atomic import make_private_folder, write_durably
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry
from ledger.store.abroad import keep_trust, pinned_notes
from ledger.store.engine import reading, writing
from ledger.transfers.receive import pin, spoken_for
from ledger.trust.changes import TrustChange, changes, signed_facts
from ledger.trust.objections import objectors
from ledger.trust.pinned import Trust, note_in, open_trust, succeed
from schemas.problem import CheckError, MissingError, OreprintError, Problem
from schemas.trust import ListProof, TrustFile

ACCEPTED: Final = "accepted"


class Accepting(NamedTuple):
    """What a list changes in those pinned here, why it isn't taken by itself, and who objected to it by name."""

    changes: list[TrustChange]
    reasons: list[Problem]
    objectors: list[str]


def accepted_changes(
    registry: OpenRegistry, note: str, proof: ListProof | None = None, objections: Sequence[str] = ()
) -> Accepting:
    """Return what a person must see before taking a list; nothing where it is new.

    Raises:
        CheckError: `list.objected`, where a quorum of watchers of before objected; `list.no-objection`.
        InputError, CheckError: as `open_trust`.
    """
    listed = open_trust(note).listed
    with reading(registry.engine) as connection:
        pinned = pinned_notes(connection)
        names = spoken_for(registry, note, pinned)
    found = Accepting([], [], [])
    for known in (open_trust(each) for each in dict.fromkeys(pinned[name] for name in names if name in pinned)):
        who, stopped = objectors(known.listed, listed, objections)
        if stopped:
            raise CheckError.at("list.objected", number=listed.number, names=", ".join(who))
        found.objectors.extend(who)
        found.changes.extend(changes(signed_facts(known.listed), signed_facts(listed)))
        found.reasons.extend(_reasons(known, note, proof))
    return found


def _reasons(known: Trust, note: str, proof: ListProof | None) -> Sequence[Problem]:
    try:
        if known.listed != open_trust(note).listed:
            succeed(known, note, proof)
    except OreprintError as error:
        return error.problems
    return ()


def accept(home: Home, registry: OpenRegistry, note: str) -> tuple[str, ...]:
    """Pin a list on the caller's own word, and keep the one before; return its registries. Raise as `pin`."""
    with reading(registry.engine) as connection:
        before = pinned_notes(connection)
    names = pin(registry, note, accept=True)
    for name in names:
        if name in before and before[name] != note:
            # A crash before this: the list is taken, and an objection finds nothing to go back to; pin the one before.
            make_private_folder(_file(home, name).parent)
            write_durably(_file(home, name), TrustFile(note=before[name]).to_bytes() + b"\n")
    return names


def go_back(home: Home, registry: OpenRegistry, objections: Sequence[str]) -> tuple[str, ...]:
    """Pin the list before one that was accepted, to which a quorum of its watchers objected; return its registries.

    Raises:
        MissingError: `list.not-accepted`; CheckError: `list.few-objections`, `list.no-objection`.
        InputError: `log.note-*`.
    """
    gone = []
    with writing(registry.engine) as connection:
        pinned = pinned_notes(connection)
        for file in sorted((home.path / ACCEPTED).glob("*.json")):
            if file.stem in pinned:
                before, listed = note_in(file.read_bytes()), open_trust(pinned[file.stem]).listed
                who, stopped = objectors(open_trust(before).listed, listed, objections)
                if not stopped:
                    raise CheckError.at("list.few-objections", number=listed.number, names=", ".join(who))
                keep_trust(connection, file.stem, before)
                gone.append(file)
        if not gone:
            raise MissingError.at("list.not-accepted")
        connection.commit()
    for file in gone:
        file.unlink(missing_ok=True)
    return tuple(file.stem for file in gone)


def _file(home: Home, name: str) -> Path:
    return home.path / ACCEPTED / f"{name}.json"

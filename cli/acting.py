"""Who acts, and for whom: a party by its DID, by its name, or the only one that there is.

Rules: what was given goes before the setting ``OREPRINT_AS``; that before the only party of the home. Where there are
several, a person at a terminal is asked, and a program is told their names.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import settings
from cli.parts import open_to_read
from cli.remote_registry import remote_at
from cli.source import check_id
from cli.terminal import picked
from ledger.desk.contacts import list_contacts
from ledger.registry.parties import names_of_parties
from schemas.answers.contacts import Contacts
from schemas.door import parse_document
from schemas.problem import InputError, MissingError, Sentence

AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="PARTY", help="Who acts: a DID or a name. Default: OREPRINT_AS, or the only party."),
]
_MOST_NAMED: Final = 12
"""Parties that a message lists."""


def acting(given: str | None, home: Path | None, *, server: str | None = None) -> str:
    """Return the DID of the party that acts.

    Raises:
        InputError: `party.several`, `party.name-twice`, `party.unsaid` with a server, `document.*` for no DID.
        MissingError: `party.none`, `party.unknown-name`.
    """
    said = given or settings.read("OREPRINT_AS")
    if said is not None:
        return party_of(said, home, "--as")
    if server is not None:
        raise InputError.at("party.unsaid", "--as")
    parties = _parties(home)
    if not parties:
        raise MissingError.at("party.none", "--as")
    if len(parties) == 1:
        return next(iter(parties))
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _asked(parties)
    raise InputError.at("party.several", "--as", parties=_listed(parties))


def party_of(text: str, home: Path | None, option: str) -> str:
    """Return the DID that a text is, or that of the party of the home with this name.  Errors: as `acting`."""
    if text.startswith("did:"):
        check_id(text, option, "did")
        return text
    parties = _parties(home)
    found = [did for did, names in parties.items() if text.casefold() in {name.casefold() for name in names}]
    if len(found) > 1:
        raise InputError.at("party.name-twice", option, name=text, parties=Sentence(", ".join(found)))
    if not found:
        raise MissingError.at("party.unknown-name", option, name=text, parties=_listed(parties))
    return found[0]


def consignee_of(text: str, home: Path | None, *, sender: str, server: str | None = None) -> str:
    """Return the DID of who takes goods of the sender's: a DID, a contact of the sender's, or a party by its name.

    Raises:
        InputError, MissingError: as `acting`; InputError: `party.name-twice`, also where a contact and another party
            have the name.
    """
    if text.startswith("did:"):
        return party_of(text, home, "--to")
    contacts = _contacts_at(server) if server is not None else _contacts(home, sender)
    parties = {} if server is not None else _parties(home)
    found = {did for name, did in contacts if name.casefold() == text.casefold()}
    found |= {did for did, names in parties.items() if text.casefold() in map(str.casefold, names)}
    if len(found) > 1:
        raise InputError.at("party.name-twice", "--to", name=text, parties=Sentence(", ".join(sorted(found))))
    if not found:
        known = {did: [name] for name, did in contacts} | dict(parties)
        raise MissingError.at("party.unknown-name", "--to", name=text, parties=_listed(known))
    return found.pop()


def _contacts(home: Path | None, party: str) -> list[tuple[str, str]]:
    return [(each.name, each.did) for each in list_contacts(open_to_read(home), party).contacts]


def _contacts_at(server: str) -> list[tuple[str, str]]:
    return [(each.name, each.did) for each in parse_document(Contacts, remote_at(server).get("/v1/contacts")).contacts]


def _parties(home: Path | None) -> Mapping[str, Sequence[str]]:
    return names_of_parties(open_to_read(home))


def _listed(parties: Mapping[str, Sequence[str]]) -> Sentence:
    """Return names and DIDs as a message lists them."""
    told = [f"{names[0]} ({did})" if names else did for did, names in parties.items()]
    more = len(told) - _MOST_NAMED
    return Sentence(", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "") or "none")


def _asked(parties: Mapping[str, Sequence[str]]) -> str:
    """Ask a person which party acts."""
    told = [f"{names[0] if names else did}  {did}" for did, names in parties.items()]
    return list(parties)[picked(told, "Who acts?")]

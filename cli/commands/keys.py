"""`oreprint keys`: a producer's own key, and the keys of a registry's parties."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cli.files import read_trust, write_lines
from cli.output import print_json, reply
from cli.parts import (
    DatabaseOption,
    HeadStoreOption,
    HomeOption,
    JsonOption,
    ask_cosigners,
    home_of,
    open_to_change,
    open_to_read,
    passphrase_as_it_is,
    passphrase_of,
    runtime,
)
from cli.terminal import plural
from ledger.admin.holders import holder_on_token, make_holder
from ledger.admin.init import is_registry, make_key, open_book
from ledger.admin.keys import PartyKey, add_key, end_key, own_document
from ledger.files.atomic import READABLE
from ledger.registry.did_documents import is_served, registered_document, trusted_document
from ledger.registry.folder import Home, check_passphrase
from ledger.registry.registry import OpenRegistry
from ledger.seal.did import did_url
from ledger.seal.digest import to_base64url
from ledger.witnessing.cosigners import make_cosigner, own_homes
from schemas.answers.did import DidDocument
from schemas.instant import instant_text
from schemas.problem import InputError

KidArgument = Annotated[str, typer.Argument(metavar="KID", help="The key, such as did:web:smelter-a.example#key-1.")]
EndedArgument = Annotated[
    str,
    typer.Argument(
        metavar="KID", help="The key, such as did:web:smelter-a.example#key-1, or the name of a witness or monitor."
    ),
]

_NEW_SECRETS: Final = (
    "Each webhook has a new secret. Give it to its receiver. Until then its earlier secret still verifies messages:"
)

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def keys() -> None:
    """Create your own key, so that no registry signs for you. As an operator, list, add and end parties' keys.

    Example: oreprint keys list --home build/demo
    """


@command.command("create")
def create(
    name: Annotated[
        str, typer.Argument(metavar="DID|KID", help="Your DID, or the id of another key of yours, DID#key-2.")
    ],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create your key, encrypted in HOME/keys, and show its public key for a registry. Run again to show it again.

    Example: oreprint keys create did:web:smelter-a.example --home my-keys
    """
    place = home_of(home)
    signer = make_key(place, name, runtime(), passphrase=passphrase_of(place))
    public = to_base64url(signer.public)
    reply(
        {"kid": signer.kid, "public": public},
        f"{signer.kid}\npublic: {public}",
        "Give both to the registry. It adds them to its list of parties or with `oreprint keys add`. The private key stays here.",
        as_json=as_json,
    )


@command.command("cosigner")
def cosigner(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The name of the witness or monitor, such as w1.example.")
    ],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create the key of a witness or monitor, and show its public key for trust lists. Run again to show it again.

    Example: oreprint keys cosigner witness.example/w1 --home my-witness
    """
    place = home_of(home)
    key, _ = make_cosigner(place, name, runtime(), passphrase=passphrase_of(place))
    reply({"key": key.to_text()}, key.to_text(), as_json=as_json)


@command.command("holder")
def holder(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the holder, such as society.example/list.")],
    key: Annotated[
        str | None, typer.Option("--key", metavar="URI", help="A key on a PKCS#11 token, pkcs11:… Then none is made.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create your key for signing a registry's trust list, and show its public key. Run again to show it again.

    A key on a PKCS#11 token stays there. Name it in the same way when you sign: `oreprint trust sign --key URI`.

    Example: oreprint keys holder society.example/list --home my-key
    """
    place = home_of(home)
    if key is None:
        made = make_holder(place, name, runtime(), passphrase=passphrase_of(place))
    else:
        made = holder_on_token(name, key)
    reply({"key": made.to_text()}, made.to_text(), as_json=as_json)


@command.command("passphrase")
def change_passphrase(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Change the passphrase of all keys in a home: 12 characters or more, one line on standard input, or typed twice.

    If the home keeps its passphrase in keys/passphrase, the new one is written there. Restart a running
    server.

    Example: head -c 24 /dev/urandom | base64 | oreprint keys passphrase --home my-keys
    """
    place = home_of(home)
    old, _ = passphrase_as_it_is(place)
    new = _new_passphrase()
    check_passphrase(new, "standard input")
    # A crash in between: run the command again. The home's own file comes last, since it says what the old one was.
    count = sum(each.change_passphrase(old, new) for each in (*own_homes(place), place))
    kept = place.passphrase.exists()
    where = f"{place.passphrase} has it" if kept else "set OREPRINT_PASSPHRASE to it"
    reply(
        {"keys": count, "passphrase": str(place.passphrase) if kept else None},
        f"{plural(count, 'key has', 'keys have')} the new passphrase; {where}. Backups made earlier keep the old one.",
        as_json=as_json,
    )


def _new_passphrase() -> bytes:
    """Return the passphrase that is typed twice at a terminal, or the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True)).encode()
    return sys.stdin.buffer.readline().rstrip(b"\n")


@command.command("list")
def list_keys(home: HomeOption = None, database_url: DatabaseOption = None, *, as_json: JsonOption = False) -> None:
    """List the keys of a registry's parties with their validity, ended keys too.

    Example: oreprint keys list --home build/demo
    """
    from ledger.admin.keys import list_keys

    found = list_keys(open_to_read(home, database_url))
    reply({"keys": list(map(_as_json, found))}, *(f"{key.kid}  {_state(key)}" for key in found), as_json=as_json)


@command.command("add")
def add(
    kid: KidArgument,
    public: Annotated[
        str | None, typer.Option(metavar="KEY", help="The public key, of a party that keeps its own keys.")
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Register the next key of a party in the trust list. Without --public the key is created and kept here.

    From then on the registry, also a running server, signs for the party with its newest key. Earlier keys stay
    valid until you end them.

    Example: oreprint keys add did:web:metal-a.example#key-2 --home build/demo
    """
    place, registry, passphrase = open_to_change(home, database_url, head_store)
    _tell(place, registry, add_key(place, registry, kid, public=public, passphrase=passphrase), as_json=as_json)


@command.command("end")
def end(
    kid: EndedArgument,
    compromised: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The time from which others may have had it, in UTC: 2026-03-31T17:05:00Z."),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End a key permanently, now. With --compromised, say that it leaked: entries logged since then do not count.

    Entries logged before still verify. You can report a leak of a key that has already ended. A witness or monitor is
    named as in the trust list: what it cosigned before still counts, and nothing of a key that leaked.

    Example: oreprint keys end did:web:metal-a.example#key-1 --home build/demo
    """
    from ledger.admin.rotation import end_cosigner

    place, registry, passphrase = open_to_change(home, database_url, head_store)
    ending = end_key if kid.startswith("did:") else end_cosigner
    found = ending(place, registry, kid, compromised=compromised, passphrase=passphrase)
    _tell(place, registry, found, as_json=as_json)


@command.command("rotate")
def rotate(
    which: Annotated[
        Literal["status", "trust", "vault"],
        typer.Argument(
            help="status signs status lists, trust signs the trust list, vault seals secrets and makes those of webhooks."
        ),
    ],
    compromised: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="For status and trust: the time from which others may have had the key before, in UTC."
        ),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Replace a key of the registry itself. What the key before signed or sealed stays good.

    A running server takes the new key by itself. For keys of parties see `oreprint keys add`, for that of the log
    `oreprint log close`.

    Example: oreprint keys rotate vault --home build/demo
    """
    from ledger.admin.rotation import rotate_status, rotate_trust, rotate_vault

    if compromised is not None and which == "vault":
        raise InputError.at("key.not-leaked", "compromised", which=which)
    place, registry, passphrase = open_to_change(home, database_url, head_store)
    if which == "vault":
        told = rotate_vault(place, registry, passphrase=passphrase)
        reply(
            {"key": "vault", "hooks": [each._asdict() for each in told]},
            "Secrets are sealed with a new vault key. Keep the earlier files: they open what they sealed.",
            *([_NEW_SECRETS] if told else []),
            *(f"{each.hook}  {each.party}  {each.address}  {each.secret}" for each in told),
            as_json=as_json,
        )
        return
    if which == "status":
        key = rotate_status(place, registry, compromised=compromised, passphrase=passphrase).kid
    else:
        key = rotate_trust(place, registry, compromised=compromised, passphrase=passphrase)
    ask_cosigners(place, registry)
    reply(
        {"key": key, "trust": str(place.trust)},
        key,
        f"The trust list now says so. Give {place.trust} to everyone who verifies: an older list does not say it.",
        as_json=as_json,
    )


@command.command("did")
def did_document(
    did: Annotated[str, typer.Argument(metavar="DID", help="The party, such as did:web:smelter-a.example.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The file to write. Default: print it.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Use the keys in this trust list, instead of a home's.")
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a party's DID document, where any verifier finds its keys.

    Put it at the printed address, on the party's own domain. A registry serves the documents of
    did:web:<registry>:parties:<name> itself.

    Example: oreprint keys did did:web:metal-a.example --home build/demo
    """
    url = did_url(did)
    found, served = _document(did, trust, home_of(home, database_url))
    document = found.to_members()
    text = json.dumps(document, indent=2)
    if output is not None:
        write_lines(output, [text.encode(), b"\n"], mode=READABLE)
    if as_json:
        print_json({"did": did, "url": url, "document": document})
        return
    if output is None:
        print(text)
    told = f"Its registry serves it at {url}." if served else f"Put it at {url}, where verifiers look for it."
    print(told, file=sys.stderr if output is None else sys.stdout)


def _document(did: str, trust: Path | None, place: Home) -> tuple[DidDocument, bool]:
    """Return a party's document, and whether the registry of the home serves it."""
    if trust is not None:
        return trusted_document(read_trust(trust), did), False
    if is_registry(place):
        registry = open_book(place, runtime(), passphrase=None)
        return registered_document(registry, did), is_served(registry, did)
    return own_document(place, did, passphrase=passphrase_of(place)), False


def _tell(place: Home, registry: OpenRegistry, key: PartyKey, *, as_json: bool) -> None:
    """Ask the cosigners to sign the trust list, and print the state of a key."""
    ask_cosigners(place, registry)
    reply(
        _as_json(key) | {"trust": str(place.trust)},
        f"{key.kid}  {_state(key)}",
        f"The trust list now says so. Give {place.trust} to everyone who verifies: an older list does not say it.",
        as_json=as_json,
    )


def _state(key: PartyKey) -> str:
    found = _as_json(key)
    if found["compromised"]:
        return f"compromised: entries logged since {found['compromised']} do not count"
    return (
        f"valid since {found['since']}"
        if found["until"] is None
        else f"valid from {found['since']} to {found['until']}"
    )


def _as_json(key: PartyKey) -> dict[str, str | None]:
    def told(time_ms: int | None) -> str | None:
        return None if time_ms is None else instant_text(time_ms)

    return {
        "kid": key.kid,
        "party": key.party,
        "public": to_base64url(key.public),
        "since": told(key.since_ms),
        "until": told(key.until_ms),
        "compromised": told(key.compromised_ms),
    }

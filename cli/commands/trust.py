"""`oreprint trust`: who may sign a registry's trust list, how a change of it is signed, and how a reader takes one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cli.files import opened, read_bytes, read_document, read_trust, read_trust_file, read_trust_note, write_lines
from cli.list_changes import agree, change_line, differences, readers_refuse
from cli.output import as_document, reply
from cli.parts import (
    DatabaseOption,
    HomeOption,
    JsonOption,
    TrustOption,
    ask_cosigners,
    home_of,
    now_ms,
    open_to_change,
    open_to_read,
    passphrase_as_it_is,
    passphrase_of,
    passphrase_of_registry,
    runtime,
)
from cli.terminal import plural, printable
from ledger.admin.holders import add_signature, given_signature, holder_key, own_holder
from ledger.admin.init import open_book, planned
from ledger.admin.proposing import change_holders, publish_proposal
from ledger.files.token import is_on_token, token_signature
from ledger.log.vkey import VerifierKey
from ledger.registry.folder import read_private
from ledger.seal.signer import SoftwareSigner
from ledger.transfers.accepting import accept as accept_list
from ledger.transfers.accepting import accepted_changes, go_back
from ledger.trust.pinned import Trust, open_trust, proposed_list
from schemas.note import MAX_NOTE_BYTES
from schemas.parties import Parties
from schemas.problem import CheckError, InputError, Problem
from schemas.sentences import CAUSES
from schemas.trust import TrustFile, TrustList

command = typer.Typer(rich_markup_mode=None)

SIGNATURE_BYTES: Final = 64
ListArgument = Annotated[Path, typer.Argument(metavar="LIST", help="The proposed list, a file trust-N.json.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Agree without being asked.")]


@command.callback()
def trust() -> None:
    """Let others hold keys of your trust list. Propose, sign and publish it. As a reader, accept a newer one.

    Example: oreprint trust holders --home build/demo
    """


@command.command("holders")
def holders(
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="KEY", help="The key of a new holder. Repeat for several.")
    ] = None,
    end: Annotated[
        list[str] | None, typer.Option("--end", metavar="NAME", help="A holder that signs no more. Repeat for several.")
    ] = None,
    least: Annotated[
        int | None, typer.Option("--least", metavar="N", help="How many must sign. Default: as before.")
    ] = None,
    compromised: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --end: the time from which others may have had the keys, in UTC."),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List who holds keys of the trust list. Add holders, end them, and say how many must sign.

    A holder makes its key on its own machine with `oreprint keys holder NAME`, and sends you the printed line. Replace
    a holder with --end and --add in one command.

    Example: oreprint trust holders --add "society.example+…" --least 2
    """
    if not (add or end or least):
        _tell_holders(_own_list(home, database_url), as_json=as_json)
        return
    place, registry, passphrase = open_to_change(home, database_url)
    known = open_trust(read_trust_note(place.trust)).listed
    ended = set(end or ())
    keys = [text for text in known.keys if VerifierKey.parse(text).name not in ended]
    if unknown := ended - {VerifierKey.parse(text).name for text in known.keys}:
        raise InputError.at("list.holder-unknown", "--end", name=", ".join(sorted(unknown)))
    listed = change_holders(
        place,
        registry,
        keys=[*keys, *(add or ())],
        least=least or known.threshold,
        leaked=compromised,
        passphrase=passphrase,
    )
    ask_cosigners(place, registry)
    _tell_holders(listed, as_json=as_json)


@command.command("propose")
def propose(
    parties: Annotated[Path, typer.Argument(metavar="PARTIES", help="The parties and plants: a parties/1 file.")],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the trust list that `oreprint init PARTIES` would publish, for others to sign first. Nothing else changes.

    Holders sign a copy with `oreprint trust sign`. Witnesses and monitors of before sign it with `oreprint witness
    endorse`: readers then take a change that they would refuse else. Bring the copies home with `oreprint trust
    publish`.

    Example: oreprint trust propose parties.yaml
    """
    place = home_of(home, database_url)
    wanted = read_document(Parties, parties)
    plan = planned(place, wanted, runtime(), passphrase=passphrase_of_registry(place), propose=True)
    warnings = readers_refuse(plan.harm)
    reply(
        {
            "list": str(plan.file),
            "changes": [
                {name: fact for name, fact in each._asdict().items() if fact is not None} for each in plan.changes
            ],
            "warnings": [as_document(each) for each in warnings],
        },
        *(printable(change_line(each, to_come=True)) for each in plan.changes),
        *(printable(each.sentence()) for each in warnings),
        f"Proposed: {plan.file}. Send a copy to those who sign. Then: oreprint trust publish COPY",
        as_json=as_json,
    )


@command.command("sign")
def sign(  # noqa: PLR0913 - a parameter an option
    proposed: ListArgument,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="FILE|URI",
            help="Your key: an encrypted PKCS#8 file, or pkcs11:… on a token. Default: the one in the home.",
        ),
    ] = None,
    signature: Annotated[
        Path | None,
        typer.Option("--signature", metavar="FILE", help="64 bytes that a token signed over --text, instead of a key."),
    ] = None,
    text: Annotated[
        Path | None, typer.Option("--text", metavar="FILE", help="Only write the bytes that a token must sign.")
    ] = None,
    pinned: TrustOption = None,
    home: HomeOption = None,
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sign a proposed list as one of its holders, after you have read what it changes. The file gets your signature.

    A PKCS#11 token is named by its URI, with its library as module-path; its PIN is the passphrase. Another device
    signs the bytes that --text writes (Ed25519, raw), and --signature takes its answer.

    Example: oreprint trust sign trust-7.json --trust trust.json --home my-key
    """
    note, place = read_trust_note(proposed), home_of(home)
    listed = proposed_list(note)
    if text is not None:
        write_lines(text, [f"{listed.to_text()}\n".encode()])
        reply({"text": str(text)}, f"Wrote the bytes to sign: {text}", as_json=as_json)
        return
    known = read_trust(pinned or place.trust)
    changed, harm = differences(known, note)
    agree(changed, harm, "Sign this list?", yes=yes, as_json=as_json)
    if signature is not None:
        with opened(signature) as file:
            signed, by = given_signature(note, file.read(SIGNATURE_BYTES + 1), _keys(known, listed))
    elif key is not None and is_on_token(key):
        made = token_signature(key, f"{listed.to_text()}\n".encode(), pin=passphrase_as_it_is(place)[0])
        signed, by = given_signature(note, made, _keys(known, listed))
    else:
        signer = own_holder(place, passphrase=passphrase_of(place)) if key is None else _signer_in(Path(key), home)
        by = _named(signer, _keys(known, listed))
        signed = add_signature(note, by, signer.sign, now_ms=now_ms())
    _tell_signed(proposed, signed, by, as_json=as_json)


@command.command("publish")
def publish(
    proposed: ListArgument,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take the signatures on a copy of a proposed list home, and publish the list once enough have signed.

    Run it for each copy. A list for a key or a log is published by the command that asked for it: run that again.

    Example: oreprint trust publish trust-7.json
    """
    place = home_of(home, database_url)
    passphrase = passphrase_of_registry(place)
    listed, done = publish_proposal(place, runtime(), read_trust_note(proposed), passphrase=passphrase)
    if done:
        ask_cosigners(place, open_book(place, runtime(), passphrase=passphrase))
    reply(
        {"number": listed.number, "published": done},
        f"Published version {listed.number} of the trust list: {place.trust}"
        if done
        else f"Enough have signed version {listed.number}. Run the command that asked for it again.",
        as_json=as_json,
    )


@command.command("accept")
def accept(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its trust.json, from a source that you trust.")],
    objections: Annotated[
        list[Path] | None, typer.Option("--objection", metavar="FILE", help="An objection to it. Repeat for several.")
    ] = None,
    home: HomeOption = None,
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a newer trust list of another registry on your own word, though it skips versions or drops watchers.

    It shows what changes, and why your pinned list does not follow by itself. Ask the watchers of before first: a
    registry that cheats drops them. For 30 days they may object; `oreprint trust object` then takes you back. That
    nobody objects accepts nothing.

    Example: oreprint trust accept other/trust.json
    """
    registry, taken = open_to_read(home), read_trust_file(file)
    found = accepted_changes(registry, taken.note, taken.logged, list(map(_objection, objections or ())))
    warned = [Problem.at("list.objection", name=name) for name in found.objectors]
    agree(found.changes, [*found.reasons, *warned], "Take this list on your own word?", yes=yes, as_json=as_json)
    names = accept_list(home_of(home), registry, taken.note)
    reply({"registries": list(names)}, f"Pinned the trust list of {', '.join(names)}.", as_json=as_json)


@command.command("object")
def take_objections(
    objections: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Objections of witnesses and monitors.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Go back to the list before one that you accepted, because its witnesses or monitors object.

    As many must object as the list before asks for to cosign. Each objects with `oreprint witness object`, within 30
    days after the version was made.

    Example: oreprint trust object w1.objection w2.objection w3.objection
    """
    names = go_back(home_of(home), open_to_read(home), list(map(_objection, objections)))
    told = f"The trust list of before is pinned again for {', '.join(names)}."
    reply({"registries": list(names)}, told, as_json=as_json)


def _objection(file: Path) -> str:
    """Return the note of an objection; what is none is refused as such by who reads it."""
    return read_bytes(file, most=MAX_NOTE_BYTES).decode(errors="replace")


def _own_list(home: Path | None, database_url: str | None) -> TrustList:
    place = home_of(home, database_url)
    place.check_made()
    return open_trust(read_trust_note(place.trust)).listed


def _tell_holders(listed: TrustList, *, as_json: bool) -> None:
    keys = [VerifierKey.parse(text) for text in listed.keys]
    reply(
        {"number": listed.number, "least": listed.threshold, "keys": list(listed.keys)},
        *(f"{key.name}  {key.to_text()}" for key in keys),
        f"{plural(listed.threshold, 'holder', 'holders')} of {len(keys)} must sign each version of the trust list.",
        *([] if len(keys) > 1 else [CAUSES["one-key"]]),
        as_json=as_json,
    )


def _keys(known: Trust, listed: TrustList) -> list[VerifierKey]:
    return [holder_key(text) for text in dict.fromkeys((*known.listed.keys, *listed.keys))]


def _named(signer: SoftwareSigner, keys: list[VerifierKey]) -> VerifierKey:
    """Return the key of the list that a signer has; raise CheckError `list.not-holder`."""
    found = next((key for key in keys if key.public == signer.public), None)
    if found is None:
        raise CheckError.at("list.not-holder")
    return found


def _signer_in(file: Path, home: Path | None) -> SoftwareSigner:
    return SoftwareSigner.from_pem(str(file), read_private(file), password=passphrase_of(home_of(home)))


def _tell_signed(place: Path, note: str, by: VerifierKey, *, as_json: bool) -> None:
    write_lines(place, [TrustFile(note=note).to_bytes() + b"\n"])
    reply({"list": str(place), "by": by.name}, f"{by.name} signed {place}. Send it back.", as_json=as_json)

"""`oreprint witness`: cosign the checkpoints of the logs one knows, over HTTP, as c2sp.org/tlog-witness has it.

`oreprint witness endorse` agrees to a newer trust list, as a person.

`oreprint monitor` looks into a log. A proxy in front does TLS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_trust, read_trust_note, write_lines
from cli.list_changes import agree, differences
from cli.listening import PORT, address, listening
from cli.output import reply
from cli.parts import HomeOption, JsonOption, home_folder, home_of, now_ms, passphrase_of
from ledger.admin.holders import add_signature
from ledger.log.vkey import VerifierKey, cosign_note
from ledger.registry.folder import Home
from ledger.seal.signer import SoftwareSigner
from ledger.trust.objections import objection_text
from ledger.trust.pinned import Trust, proposed_list
from ledger.witnessing.cosigners import own_cosigner
from ledger.witnessing.witness import Witness
from schemas.note import Note
from schemas.problem import CheckError, InputError
from schemas.trust import TrustFile

command = typer.Typer(rich_markup_mode=None)


@command.callback(invoke_without_command=True)
def witness(
    context: typer.Context,
    logs: Annotated[
        list[str] | None, typer.Option("--log", metavar="VKEY", help="The key of a log to witness. Repeat for several.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A trust list. All of its logs are witnessed.")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, PORT] = 8090,
    home: HomeOption = None,
) -> None:
    """Cosign logs that only grew, as a C2SP witness: answer POST /add-checkpoint until Ctrl-C.

    Create its key with `oreprint keys cosigner`. The home remembers what it cosigned. Never restore it from a
    backup.

    Example: oreprint witness --home my-witness --trust trust.json --port 8090
    """
    if context.invoked_subcommand is not None:
        return
    from api.cosigner import create_cosigner
    from api.server import serve

    place = home_of(home)
    key, signer = own_cosigner(place, passphrase=passphrase_of(place))
    known = _known(logs or [], trust)
    listening(port, host).close()  # told before it is said to serve
    answering = Witness(home_folder(home), key, signer.sign, known, now_ms)
    print(f"{key.name} witnesses {', '.join(known)} at {address(port, host)}/add-checkpoint until Ctrl-C.", flush=True)
    serve(create_cosigner(answering.add), host=host, port=port)


@command.command("endorse")
def endorse(
    proposed: Annotated[Path, typer.Argument(metavar="LIST", help="The newer list: a proposal, or a trust.json.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="FILE", help="The trust list that you pinned.")],
    home: HomeOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Agree to a newer trust list as a witness or monitor of the pinned one, after you have read what it changes.

    Readers take a list that drops watchers only if enough of the watchers of before have agreed. The file gets your
    signature. Send it back to the registry.

    Example: oreprint witness endorse trust-7.json --trust trust.json --home my-witness
    """
    place, note, known = home_of(home), read_trust_note(proposed), read_trust(trust)
    key, signer = _watcher(place, known)
    changed, harm = differences(known, note)
    agree(changed, harm, "Endorse this list?", yes=yes, as_json=as_json)
    signed = add_signature(note, key, signer.sign, now_ms=now_ms())
    write_lines(proposed, [TrustFile(note=signed).to_bytes() + b"\n"])
    reply({"list": str(proposed), "by": key.name}, f"{key.name} endorsed {proposed}. Send it back.", as_json=as_json)


@command.command("object")
def object_to(
    version: Annotated[Path, typer.Argument(metavar="LIST", help="The newer list: a proposal, or a trust.json.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="FILE", help="The trust list that you pinned.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The objection to write.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Object to a newer trust list as a witness or monitor of the pinned one, within 30 days after it was made.

    Give the file to readers. They bring it with `oreprint trust accept --objection`, or with `oreprint trust object`
    after they accepted the list.

    Example: oreprint witness object trust-7.json --trust trust.json -o w1.objection --home my-witness
    """
    place, note, known = home_of(home), read_trust_note(version), read_trust(trust)
    key, signer = _watcher(place, known)
    listed = proposed_list(note)
    line = cosign_note(objection_text(listed), key, time_s=now_ms() // 1000, sign=signer.sign)
    write_lines(output, [Note(objection_text(listed), (line,)).to_text().encode()])
    told = f"{key.name} objects to version {listed.number}: {output}"
    reply({"objection": str(output), "by": key.name}, told, as_json=as_json)


def _watcher(place: Home, known: Trust) -> tuple[VerifierKey, SoftwareSigner]:
    """Return the key of the cosigner in a home; raise CheckError `list.not-watcher` if the list does not name it."""
    key, signer = own_cosigner(place, passphrase=passphrase_of(place))
    watching = {each.public for of in known.registries.values() for each in (*of.witnesses, *of.monitors)}
    if key.public not in watching:
        raise CheckError.at("list.not-watcher", key=key.name)
    return key, signer


def _known(texts: list[str], trust: Path | None) -> dict[str, VerifierKey]:
    """Return the logs to witness, by origin; raise InputError `witness.no-logs` where there is none."""
    keys = [VerifierKey.parse(text) for text in texts]
    if trust is not None:
        keys += [log.key for each in read_trust(trust).registries.values() for log in each.logs.values()]
    if not keys:
        raise InputError.at("witness.no-logs")
    return {key.name: key for key in keys}

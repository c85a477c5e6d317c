"""`oreprint witness`: cosign the checkpoints of the logs one knows, over HTTP, as c2sp.org/tlog-witness has it.

`oreprint monitor` looks into a log. A proxy in front does TLS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_trust
from cli.listening import PORT, address, listening
from cli.parts import HomeOption, home_folder, home_of, now_ms, passphrase_of
from ledger.log.vkey import VerifierKey
from ledger.witnessing.cosigners import own_cosigner
from ledger.witnessing.witness import Witness
from schemas.problem import InputError


def command(
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
    from api.cosigner import create_cosigner
    from api.server import serve

    place = home_of(home)
    key, signer = own_cosigner(place, passphrase=passphrase_of(place))
    known = _known(logs or [], trust)
    listening(port, host).close()  # told before it is said to serve
    witness = Witness(home_folder(home), key, signer.sign, known, now_ms)
    print(f"{key.name} witnesses {', '.join(known)} at {address(port, host)}/add-checkpoint until Ctrl-C.", flush=True)
    serve(create_cosigner(witness.add), host=host, port=port)


def _known(texts: list[str], trust: Path | None) -> dict[str, VerifierKey]:
    """Return the logs to witness, by origin; raise InputError `witness.no-logs` where there is none."""
    keys = [VerifierKey.parse(text) for text in texts]
    if trust is not None:
        keys += [log.key for each in read_trust(trust).registries.values() for log in each.logs.values()]
    if not keys:
        raise InputError.at("witness.no-logs")
    return {key.name: key for key in keys}

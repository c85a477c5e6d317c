"""`oreprint keys`: a producer's own key, kept in its own home."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.parts import HomeOption, JsonOption, home_of, passphrase_of, surroundings

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def keys() -> None:
    """Make a key of your own, so that no registry signs for you.

    Example: oreprint keys create did:web:smelter-a.example --home my-keys
    """


@command.command("create")
def create(
    did: Annotated[str, typer.Argument(metavar="DID", help="Who you are.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make your key, encrypted in HOME/keys, and show its public half for a registry to enter; again shows the same.

    Example: oreprint keys create did:web:smelter-a.example --home my-keys
    """
    from cli.output import print_json
    from ledger.init import make_key
    from ledger.seal.digest import to_base64url

    place = home_of(home)
    signer = make_key(place, did, surroundings(), passphrase=passphrase_of(place))
    public = to_base64url(signer.public)
    if as_json:
        print_json({"kid": signer.kid, "public": public})
        return
    print(f"{signer.kid}\npublic: {public}")
    print("Give the registry this line for its list of parties; the key itself stays here.")


@command.command("cosigner")
def cosigner(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the witness or monitor is called, such as w1.example.")
    ],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make the key of a witness or a monitor, and show its public half for trust lists to pin; again shows the same.

    Example: oreprint keys cosigner witness.example/w1 --home my-witness
    """
    from cli.output import print_json
    from ledger.cosigners import make_cosigner

    place = home_of(home)
    key, _ = make_cosigner(place, name, surroundings(), passphrase=passphrase_of(place))
    if as_json:
        print_json({"key": key.to_text()})
        return
    print(key.to_text())

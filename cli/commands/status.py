"""What `revoke`, `suspend` and `lift` share: open the home to sign, say it of a lot, tell what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.parts import home_of, open_to_sign, passphrase_of
from cli.remote_registry import own_client

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.changes.withdraw import StatusChangeKind
    from ledger.registry.registry import OpenRegistry
    from ledger.seal.signer import SoftwareSigner
    from schemas.answers.life import StatusAnswer

LotArgument = Annotated[
    str, typer.Argument(metavar="LOT|DIGEST", help="The lot as printed, or its certificate's digest.")
]
IssuerOption = Annotated[str, typer.Option("--as", metavar="DID", help="Who issued it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in one line; it is logged and can be read.")]


def open_with_status(path: Path | None) -> tuple[OpenRegistry, SoftwareSigner]:
    """Return the registry of a home with all its keys, and the key that signs its status lists."""
    from ledger.admin.init import status_signer

    registry, home = open_to_sign(path), home_of(path)
    return registry, status_signer(home, registry.did, passphrase=passphrase_of(home))


def change(
    kind: StatusChangeKind, lot: str, *, issuer: str, reason: str, home: Path | None, server: str | None, as_json: bool
) -> None:
    """Say something of a lot's status, publish it, and print what was said."""
    from cli.output import print_json

    made = (
        _changed_here(kind, lot, issuer=issuer, reason=reason, home=home)
        if server is None
        else _changed_there(server, kind, lot, issuer=issuer, reason=reason, home=home)
    )
    if as_json:
        print_json(_document(made))
        return
    attested = made.lot in made.certificates  # a lot has a name of its own, an attestation is called by its digest
    print((_OF_AN_ATTESTATION if attested else _OF_A_LOT)[kind].format(lot=made.lot))
    if attested:
        return
    for digest in made.certificates:
        print(f"  {digest}")


def _changed_here(kind: StatusChangeKind, lot: str, *, issuer: str, reason: str, home: Path | None) -> StatusAnswer:
    from ledger.changes.withdraw import lift, suspend, withdraw
    from ledger.client.answers import changed

    registry, status = open_with_status(home)
    verb = {"withdraw": withdraw, "suspend": suspend, "lift": lift}[kind]
    return changed(verb(registry, lot, issuer=issuer, reason=reason, status=status))


def _changed_there(
    server: str, kind: StatusChangeKind, lot: str, *, issuer: str, reason: str, home: Path | None
) -> StatusAnswer:
    from ledger.client.statements import change_at
    from schemas.door import validated
    from schemas.requests import StatusRequest

    asked = validated(StatusRequest, {"statement": kind, "lot": lot, "reason": reason})
    return change_at(*own_client(server, home, issuer), asked)


def _document(made: StatusAnswer) -> dict[str, object]:
    return {
        "lot": made.lot,
        "kind": made.state,
        "certificates": list(made.certificates),
        "statements": list(made.statements),
    }


_OF_A_LOT = {
    "withdraw": "Withdrawn for ever: {lot}. Nothing of it can be used any more; the status lists say so from now on.",
    "suspend": "Suspended: {lot}. Nothing of it can be used until that is lifted; the status lists say so from now on.",
    "lift": "Lifted: {lot} can be used again; the status lists say so from now on.",
}
_OF_AN_ATTESTATION = {
    "withdraw": "Withdrawn for ever: {lot} does not count any more; the status lists say so from now on.",
    "suspend": "Suspended: {lot} does not count until that is lifted; the status lists say so from now on.",
    "lift": "Lifted: {lot} counts again; the status lists say so from now on.",
}

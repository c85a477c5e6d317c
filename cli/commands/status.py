"""`oreprint revoke`, `suspend` and `lift`: change the status of a lot, or of an attestation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.output import reply
from cli.parts import HomeOption, JsonOption
from cli.remote_registry import ServerOption, say
from ledger.changes.withdraw import StatusChangeKind
from schemas.answers.life import StatusAnswer
from schemas.door import validated
from schemas.requests import StatusRequest

LotArgument = Annotated[
    str, typer.Argument(metavar="LOT|DIGEST", help="The lot as printed, or its certificate's digest.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="The reason, in one line. It is logged and public.")]

_OF_A_LOT = {
    "withdraw": "Withdrawn: {lot}. It can no longer be used. The status lists now say so.",
    "suspend": "Suspended: {lot}. It cannot be used until you lift the suspension. The status lists now say so.",
    "lift": "Lifted: {lot} can be used again. The status lists now say so.",
}
_OF_AN_ATTESTATION = {
    "withdraw": "Withdrawn: {lot} no longer counts. The status lists now say so.",
    "suspend": "Suspended: {lot} does not count until you lift the suspension. The status lists now say so.",
    "lift": "Lifted: {lot} counts again. The status lists now say so.",
}


def _command(kind: StatusChangeKind, words: str) -> Callable[..., None]:
    """Return the command that signs and logs a change of status and prints what was done; `words` are its help."""

    def command(
        lot: LotArgument,
        reason: ReasonOption,
        issuer: AsOption = None,
        home: HomeOption = None,
        server: ServerOption = None,
        *,
        as_json: JsonOption = False,
    ) -> None:
        asked = validated(StatusRequest, {"statement": kind, "lot": lot, "reason": reason})
        changed = say(server, home, acting(issuer, home, server=server), asked, StatusAnswer)
        # a lot has a name of its own, an attestation is named by its digest
        attested = changed.lot in changed.certificates
        reply(
            {
                "lot": changed.lot,
                "kind": changed.state,
                "certificates": list(changed.certificates),
                "statements": list(changed.statements),
            },
            (_OF_AN_ATTESTATION if attested else _OF_A_LOT)[kind].format(lot=changed.lot),
            *(() if attested else (f"  {digest}" for digest in changed.certificates)),
            as_json=as_json,
        )

    command.__doc__ = words
    return command


revoke = _command(
    "withdraw",
    """Withdraw a lot permanently. Its unused mass is frozen. Everything made of it shows how much is affected.

    Example: oreprint revoke OX-16 --as did:web:separation-a.example --reason "wrong assay"
    """,
)
suspend = _command(
    "suspend",
    """Suspend a lot: its unused mass is frozen until you lift the suspension.

    Example: oreprint suspend OX-16 --as did:web:separation-a.example --reason "assay under review"
    """,
)
lift = _command(
    "lift",
    """Lift the suspension of a lot. A withdrawn lot stays withdrawn.

    Example: oreprint lift OX-16 --as did:web:separation-a.example --reason "assay confirmed"
    """,
)

"""`oreprint lift`: end the suspension of a lot."""

from __future__ import annotations

from cli.parts import HomeOption, JsonOption
from cli.status import IssuerOption, LotArgument, ReasonOption, change
from cli.there import ServerOption


def command(
    lot: LotArgument,
    issuer: IssuerOption,
    reason: ReasonOption,
    home: HomeOption = None,
    server: ServerOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End the suspension of a lot; what was withdrawn stays withdrawn.

    Example: oreprint lift OX-16 --as did:web:separation-a.example --reason "assay confirmed"
    """
    change("lift", lot, issuer=issuer, reason=reason, home=home, server=server, as_json=as_json)

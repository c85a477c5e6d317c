"""`oreprint revoke`: withdraw a lot for ever."""

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
    """Withdraw a lot for ever: what is unused of it is frozen, and all that was made of it shows how much of it is affected.

    Example: oreprint revoke OX-16 --as did:web:separation-a.example --reason "wrong assay"
    """
    change("withdraw", lot, issuer=issuer, reason=reason, home=home, server=server, as_json=as_json)

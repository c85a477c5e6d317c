"""`oreprint suspend`: suspend a lot until that is lifted."""

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
    """Suspend a lot: what is unused of it is frozen until the suspension is lifted.

    Example: oreprint suspend OX-16 --as did:web:separation-a.example --reason "assay under review"
    """
    change("suspend", lot, issuer=issuer, reason=reason, home=home, server=server, as_json=as_json)

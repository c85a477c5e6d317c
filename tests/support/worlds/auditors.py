"""Auditors of a world: parties of the trust list with keys of their own, and the rules that it accepts."""

from __future__ import annotations

from typing import Final

from ledger.seal.digest import to_base64url
from ledger.tables import release_digest
from schemas.document import replace
from schemas.name import Name
from schemas.trust import Attesting, Auditors, Party, PartyKey, TrustList
from tests.support.worlds.key_places import with_registry
from tests.support.worlds.parties import did, key

EVA: Final = "eva"
FAY: Final = "fay"
GUS: Final = "gus"
RULES: Final = release_digest()


def auditor(name: str) -> Party:
    """Return an auditor as a trust list names it."""
    own = PartyKey(kid=key(name).kid, public=to_base64url(key(name).public), since="2020-01-01T00:00:00Z")
    return Party(
        did=did(name),
        names=(Name(lang="en", text=name.title()),),
        keys=(own,),
        facilities=(),
        kinds=(),
        statements=(),
        custodial=False,
        attests=Attesting(scopes=("chain",), since="2020-01-01T00:00:00Z"),
    )


def with_auditors(listed: TrustList, *names: str, least: int = 1) -> TrustList:
    """Return a trust list whose first registry has these auditors."""
    found = replace(listed, parties=(*listed.parties, *map(auditor, names)))
    return with_registry(found, auditors=Auditors(least=least, parties=tuple(map(did, names)), rules=(RULES,)))

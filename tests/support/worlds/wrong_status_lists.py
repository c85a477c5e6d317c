"""Status lists made wrong on purpose, for the tests of what a verifier holds a list to; all are rightly signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.jws import CREDENTIAL_TYPE, sign_jws
from schemas.document import replace
from schemas.instant import instant_text
from tests.support.worlds.parties import cast, did, key

if TYPE_CHECKING:
    from schemas.trust import TrustList
    from tests.support.worlds.parties import Cast

REGISTRY: Final = "one.example"
DAY: Final = "2026-05-01T00:00:00Z"
DAY_LATER: Final = "2026-05-02T00:00:00Z"
WRONG: Final[dict[str, dict[str, str]]] = {
    "another issuer": {"issuer": "did:web:ann.example"},
    "no issuer": {"issuer": ""},
    "of another day": {"validFrom": DAY, "validUntil": DAY_LATER},
    "from before its end": {"validFrom": DAY},
    "until the end of the century": {"validUntil": "2099-01-01T00:00:00Z"},
    "ended before it began": {"validUntil": DAY},
}
"""Members of the credential that say another thing than its signature and its entry."""


def relisted(jws: str, *, left_out: str = "", **members: str) -> str:
    """Return a status list with members changed or one left out, signed with the registry's status key as every list
    is.
    """
    payload = json.loads(from_base64url(jws.split(".")[1]))
    changed = {name: members.get(name, value) for name, value in payload.items() if name != left_out}
    text = json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode()
    return sign_jws(text, typ=CREDENTIAL_TYPE, signer=key(REGISTRY))


def key_ended(member: str, at_ms: int) -> Cast:
    """Return the usual cast, where the registry's status key ended at a time, by its `until` or its `compromised`."""

    def changed(listed: TrustList) -> TrustList:
        one, *others = listed.registries
        status_key = replace(one.status_key, **{member: instant_text(at_ms)})
        return replace(listed, registries=(replace(one, status_key=status_key), *others))

    return cast().changed(changed)


def key_followed(at_ms: int) -> Cast:
    """Return the usual cast, where another status key followed the registry's at a time."""

    def changed(listed: TrustList) -> TrustList:
        one, *others = listed.registries
        ended, next_key = replace(one.status_key, until=instant_text(at_ms)), key("status of a later day")
        present = replace(one.status_key, kid=f"{did(REGISTRY)}#k-2", public=to_base64url(next_key.public))
        return replace(listed, registries=(replace(one, status_key=present, former_status_keys=(ended,)), *others))

    return cast().changed(changed)

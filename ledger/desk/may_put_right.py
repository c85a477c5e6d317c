"""Tell who may put an issued run right.

Rules: whoever may withdraw also corrects and replaces. Whoever issued a run may replace it within a day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ledger.desk.drafts import digest_about
from ledger.lots.lineage import lot_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.drafts import DraftAct, DraftRow
from ledger.store.engine import reading
from ledger.store.events import first_author
from schemas.instant import DAY_MS
from schemas.problem import AccessError

if TYPE_CHECKING:
    from ledger.desk.people import Person

REPLACE_MS: Final = DAY_MS
"""How long whoever issued a run may replace it."""


def check_may(registry: OpenRegistry, who: Person, digest: str, act: DraftAct) -> None:
    """Check that a person may correct or replace the run of a certificate.

    Raises:
        AccessError: `desk.role`, `replace.late` for somebody who issued it more than a day ago or not at all.
    """
    if "withdraw" in who.scopes:
        return
    if act != "replace" or "issue" not in who.scopes:
        raise AccessError.at("desk.role", scope="withdraw")
    with reading(registry.engine) as connection:
        lot = lot_of(connection, certificate_digest_bytes(digest))
        issued = None if lot is None else first_author(connection, who.party, lot.issuance)
    if issued is None or issued[0] != who.author or registry.runtime.now_ms() - issued[1] > REPLACE_MS:
        raise AccessError.at("replace.late")


def check_may_change(registry: OpenRegistry, who: Person, row: DraftRow) -> None:
    """Check that a person may change a draft and do its act; raise AccessError as `check_may`."""
    if row.act != "issue":
        check_may(registry, who, digest_about(row), row.act)
    elif "issue" not in who.scopes:
        raise AccessError.at("desk.role", scope="issue")


def may(registry: OpenRegistry, who: Person, digest: str, act: DraftAct) -> bool:
    """Return whether a person may correct or replace a run."""
    return _allowed(check_may, registry, who, digest, act)


def may_change(registry: OpenRegistry, who: Person, row: DraftRow) -> bool:
    """Return whether a person may change a draft and do its act."""
    return _allowed(check_may_change, registry, who, row)


def _allowed(check: Callable[..., None], *of: object) -> bool:
    try:
        check(*of)
    except AccessError:
        return False
    return True

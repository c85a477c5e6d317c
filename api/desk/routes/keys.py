"""Keys: with which keys certificates of the party are signed, to read. Changing them is the operator's."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import Admin, desk_router
from api.desk.render import page
from ledger.admin.keys import keys_of_party
from schemas.instant import time_text

router = desk_router()


@router.get("/desk/admin/keys", name="keys")
def keys(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Return the keys of the party, ended ones too."""
    found = keys_of_party(server.registry, visit.party)
    now = server.registry.runtime.now_ms()
    lines = [
        (each, each.good(now), time_text(each.since_ms), time_text(each.until_ms), time_text(each.compromised_ms))
        for each in found.keys
    ]
    return page(request, visit, "keys.html", custodial=found.custodial, lines=lines)

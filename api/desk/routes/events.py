"""Events: who did what for the party, people and programs and the registry's operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import SignedIn, desk_router
from api.desk.render import page
from ledger.desk.people import names_of
from ledger.registry.idempotency import author_of, happened
from schemas.instant import time_text

router = desk_router()

_SHOWN: Final = 200
"""Events of one page."""


@router.get("/desk/admin/events")
def events(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Show the newest events of the party, the newest first, with the names of people."""
    registry, party = server.registry, visit.party
    found = happened(registry, last=_SHOWN, tenant=party)
    names = names_of(registry, party)
    told = [
        {
            "at": time_text(each.at_ms),
            "who": author_of(each),
            "action": each.action,
            "subject": each.subject,
            "outcome": _with_names(each.outcome, names),
            "before": each.before.hex() if each.before else None,
            "after": each.after.hex() if each.after else None,
        }
        for each in reversed(found)
    ]
    return page(request, visit, "events.html", events=told, names=names)


def _with_names(outcome: str, names: Mapping[str, str]) -> str:
    """Return an outcome with the name of who approved it."""
    return next((outcome.replace(author, name) for author, name in names.items() if outcome.endswith(author)), outcome)

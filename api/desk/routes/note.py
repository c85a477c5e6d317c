"""The delivery note of a shipment, to print from the browser."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import Mover, desk_router, posted
from api.desk.render import page
from ledger.carrier.link import resolver_of
from ledger.desk.note import print_note
from schemas.requests import MOST_STATEMENTS

router = desk_router()
PATH: Final = "/desk/shipments/{shipment}/note"


@router.post(PATH, name="delivery-note")
async def note(request: Request, server: AppStateDep, shipment: str, visit: Mover) -> Response:
    """Return the note; each print is noted, and all but the first are marked as copies."""
    form = await posted(request, visit, fields=("link",))
    links = [each for each in form.getlist("link") if isinstance(each, str)][:MOST_STATEMENTS]
    made = await server.tenants(
        print_note,
        server.registry,
        visit.party,
        shipment,
        links=links,
        resolver=resolver_of(server.parts.origin),
        trust=server.verifier.trust(),
        tables=server.parts.tables,
        by=visit.author,
    )
    return page(request, visit, "note.html", note=made, shipment=made.shipment, drawn=Markup)  # drawn by us, escaped

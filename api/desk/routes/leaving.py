"""What leaves the plant: every member of the documents by who sees it, as a page and as a PDF."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import SignedIn, desk_router
from api.desk.render import FRAGMENT_HEADERS, page
from ledger.papers.leaving import leaving_paper
from ledger.papers.make import PDF
from ledger.seal.audiences import READERS, tables

router = desk_router()
PATH = "/desk/admin/leaving"


@router.get(PATH)
def leaving(request: Request, visit: SignedIn, document: str | None = None) -> Response:
    """Show the documents with who sees all or some of each, or the members of one."""
    found = dict(tables())
    return page(
        request,
        visit,
        "leaving.html",
        tables=found,
        chosen=document if document in found else None,
        readers=READERS,
        all_of={
            name: frozenset(READERS).intersection(*(each.readers for each in rows)) for name, rows in found.items()
        },
        some_of={name: frozenset[str]().union(*(each.readers for each in rows)) for name, rows in found.items()},
    )


@router.get(f"{PATH}.pdf")
def leaving_pdf(server: AppStateDep, _visit: SignedIn) -> Response:
    """Return the table as a PDF, with the same table as CSV inside."""
    registry = server.registry
    day = datetime.fromtimestamp(registry.runtime.now_ms() / 1000, UTC).date()
    made = leaving_paper(day, author=registry.did, link=server.parts.origin)
    name = {"content-disposition": 'attachment; filename="what-leaves-the-plant.pdf"'}
    return Response(made, media_type=PDF, headers={**FRAGMENT_HEADERS, **name})

"""How to add a factor of a grid that no table has."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Final

from fastapi import Path, Query, Request
from starlette.responses import Response

from api.app_state import AppStateDep
from api.desk.access import SignedIn, desk_router
from api.desk.render import page
from ledger.factors.factor import COLUMNS
from schemas.instant import time_text

router = desk_router()

GridCode = Annotated[str, Path(pattern="^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$")]
Line = Annotated[int, Query(ge=0, le=999)]
DECLARED: Final = ("publisher", "url", "document", "year")
"""The fields of a factor that no shipped table has, as `schemas.written.WrittenDeclaredGrid` does."""


@router.get("/desk/grids/{grid}")
async def grid_help(request: Request, server: AppStateDep, visit: SignedIn, grid: GridCode, line: Line = 0) -> Response:
    """Show how to write a table with a factor of a grid, who adds it, and what the line of electricity then says."""
    year = int(time_text(server.registry.runtime.now_ms())[:4]) - 1
    factor = f"mine/location.{grid.lower()}.{year}"
    places = [f"run.electricity[{line}].factor", *(f"run.electricity[{line}].declared.{each}" for each in DECLARED)]
    return page(
        request, visit, "grid.html", grid=grid, table=table_of(grid, year), factor=factor, year=year, places=places
    )


def table_of(grid: str, year: int) -> str:
    """Return a table of one factor of a grid, with words in capitals to be replaced."""
    row = {
        "flow": "location",
        "label": f"Electricity, {grid}, location-based average",
        "geography": grid,
        "year": str(year),
        "per": "kWh",
        "values": "CO2e=0.000",
        "gwp_set": "AR6",
        "set": "direct",
        "boundary": "generation",
        "status": "read",
        "quality": "2",
        "licence": "LICENCE",
        "source": "SOURCE, DATE, PAGE",
    }
    held = io.StringIO(newline="")
    writer = csv.DictWriter(held, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return held.getvalue()

"""The log as C2SP tlog-tiles lays it out: the checkpoint, tiles of hashes, bundles of entries.

Rules: one spelling of a path; a full tile never changes and may be kept for ever, a checkpoint for seconds.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import FOR_EVER, FOR_SECONDS
from api.desk import AtDesk
from api.direct import Direct
from ledger.log.tile import Tile
from ledger.store.engine import reading
from ledger.store.reading import latest_head, tile_content
from schemas.problem import InputError

router = APIRouter(tags=["log"], route_class=Direct)


@router.get("/checkpoint", summary="The newest head of the log that witnesses have cosigned", response_class=Response)
async def checkpoint(desk: AtDesk) -> Response:
    """Return a C2SP checkpoint: origin, size, root, signed as a note; where nobody is asked to cosign, the newest of all."""

    def found() -> str:
        with reading(desk.book.engine) as connection:
            return desk.book.published(latest_head(connection)).note

    return Response(await run_in_threadpool(found), headers=FOR_SECONDS, media_type="text/plain; charset=utf-8")


@router.get("/tile/{path:path}", summary="A tile of hashes, or a bundle of entries", response_class=Response)
async def tile(
    request: Request,
    desk: AtDesk,
    path: Annotated[str, Path(description="As C2SP tlog-tiles writes it.", examples=["0/000.p/7", "entries/000.p/7"])],
) -> Response:
    """Return up to 256 hashes of 32 bytes, or entries each with its length in two bytes before it."""
    wanted = f"tile/{path}"
    if request.scope.get("raw_path", wanted.encode()).lstrip(b"/") != wanted.encode():
        raise InputError.at("log.tile-path", path=path)  # an escaped path is a second spelling
    named = Tile.parse(wanted)

    def found() -> bytes:
        with reading(desk.book.engine) as connection:
            return tile_content(connection, named)

    return Response(await run_in_threadpool(found), headers=FOR_EVER, media_type="application/octet-stream")

"""The logs as C2SP tlog-tiles lays them out: the checkpoint, tiles of hashes, bundles of entries.

Rules: one spelling of a path; a full tile never changes and may be kept for ever, a checkpoint for seconds. The first
log is read at the root, each that was opened when another was closed under its number, whichever is open now.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import FOR_EVER, FOR_SECONDS
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.openapi import text_answer
from ledger.log.tile import Tile
from ledger.transfers.mirror import public_file
from schemas.problem import InputError

router = APIRouter(tags=["log"], route_class=FastRoute)


Number = Annotated[str, Path(description="Which of the registry's logs.", pattern=r"^(?:[2-9]|[1-9][0-9]{1,5})$")]
CHECKPOINT: Final = text_answer("A signed note.", "text/plain")
TILE: Final = text_answer("Hashes or entries.", "application/octet-stream", binary=True)


@router.get(
    "/checkpoint",
    summary="The newest head of the log that witnesses have cosigned",
    response_class=Response,
    responses=CHECKPOINT,
)
async def checkpoint(server: AppStateDep) -> Response:
    """Return a C2SP checkpoint: origin, size and root, signed as a note. Without witnesses it is the newest of all."""
    return await _checkpoint(server, "checkpoint")


@router.get(
    "/log/{number}/checkpoint", summary="The newest head of a later log", response_class=Response, responses=CHECKPOINT
)
async def checkpoint_of(server: AppStateDep, number: Number) -> Response:
    """Return a C2SP checkpoint as `/checkpoint` does, of the log that was opened when another was closed."""
    return await _checkpoint(server, f"log/{number}/checkpoint")


async def _checkpoint(server: AppState, path: str) -> Response:
    def whole() -> bytes:
        server.watch.check_whole()  # a smaller checkpoint than was signed before would be another history to whoever saw that
        return public_file(server.registry, path)

    found = await run_in_threadpool(whole)
    return Response(found, headers=FOR_SECONDS, media_type="text/plain; charset=utf-8")


@router.get(
    "/tile/{path:path}", summary="A tile of hashes, or a bundle of entries", response_class=Response, responses=TILE
)
async def tile(
    request: Request,
    server: AppStateDep,
    path: Annotated[str, Path(description="As C2SP tlog-tiles writes it.", examples=["0/000.p/7", "entries/000.p/7"])],
) -> Response:
    """Return up to 256 hashes of 32 bytes, or entries each with its length in two bytes before it."""
    return await _tile(request, server, "", path)


@router.get("/log/{number}/tile/{path:path}", summary="A tile of a later log", response_class=Response, responses=TILE)
async def tile_of(
    request: Request,
    server: AppStateDep,
    number: Number,
    path: Annotated[str, Path(description="As C2SP tlog-tiles writes it.", examples=["0/000.p/7", "entries/000.p/7"])],
) -> Response:
    """Return hashes or entries as `/tile` does, of the log that was opened when another was closed."""
    return await _tile(request, server, f"log/{number}/", path)


async def _tile(request: Request, server: AppState, prefix: str, path: str) -> Response:
    wanted = f"{prefix}tile/{path}"
    if request.scope.get("raw_path", wanted.encode()).lstrip(b"/") != wanted.encode():
        raise InputError.at("log.tile-path", path=path)  # an escaped path is a second spelling
    Tile.parse(f"tile/{path}")
    found = await run_in_threadpool(public_file, server.registry, wanted)
    return Response(found, headers=FOR_EVER, media_type="application/octet-stream")

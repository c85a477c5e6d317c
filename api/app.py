"""The HTTP application: routes, refusals, and the work beside requests.

Rules:

1. The command line makes the parts.  Every refusal is a problem of one form.  Trailing slashes do not redirect.
2. While it runs, status lists are published at once when a statement changed one, also by another process, and before
   they grow old.
3. Witnesses and monitors are asked to cosign each new head, whichever process made it, also before anything is signed.
4. Notices are sent as soon as they are committed, whichever process wrote them (`ledger.desk.outbox`).
5. Held runs are signed when they are due (`ledger.desk.held`).
6. Where nothing can be signed, it still starts and serves reads; writes are refused with `api.read-only`.  Causes are a
   head that is missing or newer than the database, a head that only a witness knows, a full or read-only disk, and a
   clock that jumped.  Each write is tried, so service is back as soon as the cause is gone.
7. A mistake of ours is logged with its trace and ends no work; what it prevented is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.app_state import AppState, Parts
from api.desk.access import AnsweredError
from api.desk.render import refused as desk_refused
from api.desk.routes import ROUTERS as DESK_ROUTERS
from api.guard import Guard
from api.lanes import SHORT
from api.problems import problem_response
from api.query import QUERY_CODES
from api.routes import (
    approvals,
    attestations,
    audit,
    certificates,
    changes,
    contacts,
    corrections,
    documentation,
    drafts,
    holdings,
    identifiers,
    labels,
    log,
    notices,
    operations,
    papers,
    parties,
    recipes,
    registry,
    resolver,
    runs,
    shares,
    statements,
    uploads,
    verify,
)
from api.web import routes as web
from api.web.pages import Pages
from api.web.template import warm
from ledger.desk.forgetting import forget_due
from ledger.desk.outbox import keep_house
from ledger.registry.idempotency import forget
from ledger.registry.readiness import check_clock
from ledger.witnessing.collect import Cosigning
from schemas.door.faults import fault_of
from schemas.problem import AccessError, InputError, MissingError, OreprintError, Sentence, StateError

ROUTERS: Final = (
    web.router,
    operations.router,
    certificates.router,
    runs.router,
    corrections.router,
    labels.router,
    papers.router,
    verify.router,
    holdings.router,
    parties.router,
    drafts.router,
    statements.router,
    shares.router,
    shares.receipts,
    notices.router,
    changes.router,
    changes.hooks,
    contacts.router,
    recipes.router,
    uploads.router,
    attestations.router,
    approvals.router,
    audit.router,
    identifiers.router,
    resolver.router,
    log.router,
    registry.router,
    documentation.router,
    *DESK_ROUTERS,
)
API_VERSION: Final = "1"
LOOK_SECONDS: Final = 1
"""Longest delay, in seconds, before a status change of another process is published here."""
USES_SECONDS: Final = 60
"""Seconds between notes of when tokens were used last."""
HOUSE_SECONDS: Final = 3600
"""Seconds between looks for keys and trust lists that end soon."""
PUBLISH_SECONDS: Final = 600
"""Seconds between checks of status lists that have not changed."""
PUBLISHED: Final = (
    "/tile/",
    "/log/",
    "/status/",
    "/published/",
    "/static/",
    "/trust.json",
    "/trust/",
    "/checkpoint",
    "/.well-known/",
)
"""Prefixes of the addresses of files. A missing file there is not a missing record."""
LOG: Final = structlog.get_logger("oreprint.api")


def create_app(parts: Parts) -> FastAPI:
    """Return the application that serves a registry."""
    server = AppState(parts)
    app = FastAPI(
        title="Oreprint",
        version=API_VERSION,
        summary="From ore to magnet, a footprint anyone can check.",
        description=(
            "Certificates of rare-earth batches: issue, verify, hold and move them, and read the log that holds them. "
            "Public views need no token. Errors are RFC 9457 problems whose `type` ends in a stable code."
        ),
        openapi_url=None,  # `api.routes.documentation` has it
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.server, app.state.pages = server, Pages(server)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # flat: routers within routers cost as much as many an answer
    app.add_middleware(Guard, server=server)
    app.add_exception_handler(OreprintError, _refused)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(AnsweredError, _answered)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep the status lists fresh while the application runs."""
    server: AppState = app.state.server
    with Cosigning(server.registry, server.parts.cosigners) as cosigning:
        await _begin(server, cosigning)
        to_thread.current_default_thread_limiter().total_tokens = SHORT
        await asyncio.to_thread(warm)
        await run_in_threadpool(app.state.pages.warm)  # where routes work too, so that those threads are there
        tasks = (_keep_published(server), _keep_delivered(server), _keep_signed(server))
        work = [asyncio.create_task(each) for each in tasks]
        if server.parts.cosigners:
            work.append(asyncio.create_task(_keep_cosigned(cosigning)))
        LOG.info("ready", registry=server.registry.did, origin=server.parts.origin)
        yield
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        server.notices.close()
    LOG.info("stopped", registry=server.registry.did)


async def _begin(server: AppState, cosigning: Cosigning) -> None:
    """Ask the cosigners whether they know more than is here, then publish the status lists that are due."""
    try:
        await asyncio.to_thread(server.watch.check_whole)
        for problem in await asyncio.to_thread(cosigning.look):
            LOG.warning("not asked", code=problem.code, reason=problem.sentence())
        await asyncio.to_thread(check_clock, server.registry)
        await asyncio.to_thread(server.publish)
    except StateError as error:
        LOG.error("read-only", code=error.code, reason=str(error))  # noqa: TRY400 - an operator reads the sentence, not our frames


async def _keep_published(server: AppState) -> None:
    seen, waited = None, 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS
        try:
            await asyncio.to_thread(server.watch.check_whole)
            now = await asyncio.to_thread(_standing, server)
            if now != seen or waited >= PUBLISH_SECONDS:
                await asyncio.to_thread(server.publish)
                await asyncio.to_thread(forget, server.registry)
                seen, waited = await asyncio.to_thread(_standing, server), 0
        except OreprintError as error:
            LOG.warning("not published", code=error.code)
        except Exception:
            LOG.exception("not published")


async def _keep_delivered(server: AppState) -> None:
    """Send notices that are due; note each minute which tokens were used, and look each hour for what ends soon."""
    clock = asyncio.get_running_loop().time
    noted, looked = clock(), clock() - HOUSE_SECONDS
    while True:
        moved = 0
        try:
            if clock() - noted >= USES_SECONDS:
                await asyncio.to_thread(server.keep_uses)
                noted = clock()
            if clock() - looked >= HOUSE_SECONDS:
                await asyncio.to_thread(keep_house, server.registry)
                await asyncio.to_thread(forget_due, server.registry)
                looked = clock()
            moved = await asyncio.to_thread(server.deliver)
        except OreprintError as error:
            LOG.warning("not delivered", code=error.code)
        except Exception:
            LOG.exception("not delivered")
        if not moved:
            await asyncio.sleep(LOOK_SECONDS)


async def _keep_signed(server: AppState) -> None:
    """Sign held runs when they are due; what can't be signed now is tried again."""
    while True:
        try:
            while signed := await asyncio.to_thread(server.sign_due):
                for each in signed:
                    LOG.info("held run", run=each.name, state=each.row.state)
        except OreprintError as error:
            LOG.warning("held runs not signed", code=error.code)
        except Exception:
            LOG.exception("held runs not signed")
        await asyncio.sleep(LOOK_SECONDS)


async def _keep_cosigned(cosigning: Cosigning) -> None:
    """Ask witnesses and monitors about each new head; say once what keeps one of them from cosigning."""
    told: dict[str, str] = {}
    while True:
        try:
            failed = await asyncio.to_thread(cosigning.round, wait_s=LOOK_SECONDS)
        except OreprintError as error:
            LOG.warning("not cosigned", code=error.code, reason=str(error))
        except Exception:
            LOG.exception("not cosigned")
        else:
            for name, why in failed.items():
                if told.get(name) != why.code:
                    LOG.warning("not cosigned", by=name, code=why.code, reason=str(why))
            told = {name: why.code for name, why in failed.items()}
        await asyncio.sleep(LOOK_SECONDS)


def _standing(server: AppState) -> tuple[int | None, int]:
    found = server.watch.standing()
    return found.bit, found.lists


# -- refusals ----------------------------------------------------------------------------------------------------------


async def _refused(request: Request, error: Exception) -> Response:
    server: AppState = request.app.state.server
    if not isinstance(error, OreprintError):
        raise error
    if request.url.path == "/desk" or request.url.path.startswith("/desk/"):
        return desk_refused(request, error)
    told = await run_in_threadpool(_lost, server, error) if isinstance(error, MissingError) else error
    if isinstance(told, MissingError) and request.url.path.startswith(PUBLISHED):
        told = MissingError.at("api.not-found")
    answer = problem_response(told, origin=server.parts.origin)
    if answer.status_code >= 500:
        LOG.error("cannot", code=told.code, reason=str(told))
    if told.code == "api.incomplete" and web.asks_for_page(request):
        return web.page_of_loss(request)
    if answer.status_code in web.LED_ASTRAY and told.code not in QUERY_CODES and web.asks_for_page(request):
        return web.page_of_nothing(request, told, answer.status_code)
    return answer


async def _answered(_request: Request, error: Exception) -> Response:
    """Send the answer that a dependency of the desk gave."""
    if not isinstance(error, AnsweredError):
        raise error
    return error.response


def _lost(server: AppState, error: OreprintError) -> OreprintError:
    """Return why something is not here: `error`, or that the database lost entries, among which it may be."""
    if error.code in {"api.no-code", "api.no-route", "api.not-found"}:  # there is no such path, whatever was lost
        return error
    try:
        server.watch.check_whole()
    except StateError as lost:
        return lost
    return error


async def _unfit(request: Request, error: Exception) -> Response:
    """Answer a parameter of a path, query or header that is not as the route says."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where, name = first["loc"][:2]  # behind them is the place in a list
    if where == "path":
        mistyped = InputError.at("seal.certificate-digest") if name == "digest" else MissingError.at("api.no-route")
        return await _refused(request, mistyped)
    reason = Sentence("It is missing." if first["type"] == "missing" else fault_of(first).sentence())
    return await _refused(request, InputError.at("api.parameter", name, name=name, reason=reason))


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer where there is no route, or not for this method."""
    if not isinstance(error, HTTPException):
        raise error
    server: AppState = request.app.state.server
    match error.status_code:
        case 405:
            allowed = (error.headers or {}).get("Allow", "")
            allowed += ", HEAD" if "GET" in allowed and "HEAD" not in allowed else ""
            return problem_response(InputError.at("api.method"), origin=server.parts.origin, headers={"Allow": allowed})
        case 401 | 403:
            return problem_response(AccessError.at("api.token"), origin=server.parts.origin)
        case _:
            return await _refused(request, MissingError.at("api.no-route"))

"""A person's own account: the ways in which it signs in."""

from __future__ import annotations

from typing import Final

import qrcode
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import (
    SignedIn,
    Visit,
    desk_router,
    keep_session,
    passkey_site,
    posted,
    prove_first,
    session_secret,
)
from api.desk.forms import FormReader
from api.desk.render import KEYS_COOKIE, keep_choice, page, see_other
from ledger.desk.account import Account, account_of
from ledger.desk.passkeys import MOST_ANSWER, add_passkey, options_to_add, relying_party, remove_passkey
from ledger.desk.passwords import MOST_PASSWORD, begin_setup, new_recovery_codes, set_password
from schemas.problem import OreprintError, Problem

router = desk_router()
PATH: Final = "/desk/account"
MOST_SEALED: Final = 400
MOST_LABEL: Final = 60


@router.get(PATH, name="account")
async def account(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the ways in which the person signs in, and the changes that it may make."""
    return await _account(request, server, visit)


@router.post(f"{PATH}/keys", name="choose-keys")
async def choose_keys(request: Request, visit: SignedIn) -> Response:
    """Turn the search key on or off in this browser."""
    form = await posted(request, visit, fields=("keys",))
    answer = see_other(PATH)
    keep_choice(answer, request, KEYS_COOKIE, "off" if form.get("keys") == "off" else "on")
    return answer


@router.get(f"{PATH}/password", name="password")
async def password(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the form for a new password and the code for the app."""
    await _prove(server, visit, f"{PATH}/password")
    return _setup(request, server, visit)


@router.post(f"{PATH}/password", name="set-password")
async def set_new_password(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Set password and app; show the recovery codes this once."""
    await _prove(server, visit, f"{PATH}/password")
    reader = FormReader(await posted(request, visit, fields=("password", "again", "code", "sealed", "username")))
    sealed = reader.text("sealed", most=MOST_SEALED)
    wanted = reader.text("password", most=MOST_PASSWORD)
    if wanted != reader.text("again", most=MOST_PASSWORD):
        reader.add(Problem.at("people.password-again", "again"))
    code = reader.text("code")
    session = session_secret(request, server) or ""
    try:
        reader.check()
        made, codes = await server.passwords(
            set_password,
            server.registry,
            server.vault,
            visit.person,
            password=wanted,
            sealed=sealed,
            code=code,
            session=session,
        )
    except OreprintError as error:
        if error.code == "api.busy":
            raise
        return _setup(request, server, visit, sealed=sealed, problems=error.problems)
    return _codes(request, server, visit, made, codes)


@router.post(f"{PATH}/recovery", name="recovery")
async def recovery(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Replace the recovery codes; show the new ones this once."""
    await _prove(server, visit, PATH)
    await posted(request, visit, fields=())
    session = session_secret(request, server) or ""
    made, codes = await run_in_threadpool(new_recovery_codes, server.registry, visit.person, session=session)
    return _codes(request, server, visit, made, codes)


@router.post(f"{PATH}/passkeys/options", name="passkey-options")
async def passkey_options(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the options with which a browser makes a passkey."""
    await posted(request, visit, fields=())
    site = passkey_site(server)
    options = await run_in_threadpool(options_to_add, server.registry, site, visit.person, visit.csrf)
    return Response(options, media_type="application/json")


@router.post(f"{PATH}/passkeys", name="add-passkey")
async def new_passkey(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Keep the passkey that the browser made."""
    await _prove(server, visit, PATH)
    reader = FormReader(await posted(request, visit, fields=("passkey", "label")))
    answer, label = reader.text("passkey", most=MOST_ANSWER), reader.text("label", most=MOST_LABEL)
    site = passkey_site(server)
    session = session_secret(request, server) or ""
    try:
        reader.check()
        made = await run_in_threadpool(
            add_passkey, server.registry, site, visit.person, answer, label=label, browser=visit.csrf, session=session
        )
    except OreprintError as error:
        return await _account(request, server, visit, problems=error.problems)
    return keep_session(see_other(PATH), server.parts.origin, made)


@router.post(f"{PATH}/passkeys/remove", name="remove-passkey")
async def drop_passkey(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Remove a passkey."""
    await _prove(server, visit, PATH)
    reader = FormReader(await posted(request, visit, fields=("passkey",)))
    passkey = reader.text("passkey", most=MOST_ANSWER)
    session = session_secret(request, server) or ""
    try:
        reader.check()
        made = await run_in_threadpool(remove_passkey, server.registry, visit.person, passkey, session=session)
    except OreprintError as error:
        return await _account(request, server, visit, problems=error.problems)
    return keep_session(see_other(PATH), server.parts.origin, made)


async def _prove(server: AppState, visit: Visit, back: str) -> None:
    """Ask for a fresh proof; who came by a link and has nothing to prove it by sets that up first."""
    if not visit.fresh and (await run_in_threadpool(account_of, server.registry, visit.person)).is_set_up:
        prove_first(visit, back)


async def _account(request: Request, server: AppState, visit: Visit, *, problems: tuple[Problem, ...] = ()) -> Response:
    found: Account = await run_in_threadpool(account_of, server.registry, visit.person)
    passkeys = relying_party(server.parts.origin) is not None
    status = 422 if problems else 200
    return page(
        request,
        visit,
        "account.html",
        status=status,
        problems=problems,
        account=found,
        possible=passkeys,
        company=server.parts.openid,
    )


def _setup(
    request: Request, server: AppState, visit: Visit, *, sealed: str | None = None, problems: tuple[Problem, ...] = ()
) -> Response:
    setup = begin_setup(server.registry, server.vault, visit.person, sealed=sealed)
    shown = {"setup": setup, "path": _svg_path(setup.uri)}
    return page(request, visit, "password.html", status=422 if problems else 200, problems=problems, **shown)


def _svg_path(text: str) -> tuple[str, int]:
    """Return a QR code as the path of an SVG, one unit a module, and its width; a page takes no image of data."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return "".join(dark), len(rows)


def _codes(request: Request, server: AppState, visit: Visit, made: str, codes: list[str]) -> Response:
    return keep_session(page(request, visit, "codes.html", codes=codes), server.parts.origin, made)

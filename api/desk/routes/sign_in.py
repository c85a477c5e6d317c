"""Signing in and out, proving again who is signed in, and the desk's own files."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import (
    SignedIn,
    Visit,
    desk_router,
    drop_cookie,
    keep_session,
    passkey_site,
    posted,
    session_secret,
    way_back,
)
from api.desk.browser import bound_form, bound_page, browser_of
from api.desk.forms import FormReader
from api.desk.render import ASSETS, VERSION, page, see_other
from api.rates import address_of
from api.web.routes import PAGE_HEADERS
from ledger.desk.passkeys import MOST_ANSWER, options_to_sign_in, relying_party, sign_in_by_passkey
from ledger.desk.passwords import MOST_PASSWORD, TypedSignIn, WrongCodeError, sign_in_by_password
from ledger.desk.people import MOST_NAME, folded
from ledger.desk.sessions import link_opens, sign_in_by_link, sign_out
from schemas.problem import AccessError, InputError, MissingError

router = desk_router()
FIELDS: Final = ("name", "password", "code", "passkey", "next")
MOST_CODE: Final = 40


@router.get("/desk/sign-in", name="sign-in")
async def sign_in(request: Request, server: AppStateDep, next: str = "/desk") -> Response:  # noqa: A002 - as in the address
    """Return the sign-in page."""
    return bound_page(request, "sign-in.html", **_shown(server, next, FormData()))


@router.post("/desk/sign-in", name="use-sign-in")
async def use_sign_in(request: Request, server: AppStateDep) -> Response:
    """Sign somebody in by a passkey, or by name, password and code."""
    form = await bound_form(request, *FIELDS)
    try:
        made = await _proven(request, server, form, None)
    except (AccessError, InputError) as error:
        if error.code == "api.rate":
            raise
        return bound_page(
            request, "sign-in.html", status=403, problems=error.problems, **_shown(server, str(form.get("next")), form)
        )
    return keep_session(see_other(way_back(str(form.get("next")))), server.parts.origin, made)


@router.post("/desk/sign-in/challenge", name="challenge")
async def challenge(request: Request, server: AppStateDep) -> Response:
    """Return the options with which a browser asks for a passkey."""
    await bound_form(request)
    server.rates.count("challenge", address_of(request))
    options = await run_in_threadpool(options_to_sign_in, server.registry, passkey_site(server), browser_of(request))
    return Response(options, media_type="application/json")


@router.get("/desk/prove", name="prove")
async def prove(request: Request, server: AppStateDep, visit: SignedIn, next: str = "/desk") -> Response:  # noqa: A002 - as above
    """Ask who is signed in to prove it again, before something that can't be undone."""
    return page(request, visit, "prove.html", **_shown(server, next, FormData()))


@router.post("/desk/prove", name="use-proof")
async def use_proof(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Take the proof, and give the session a new secret."""
    form = await posted(request, visit, fields=FIELDS)
    try:
        made = await _proven(request, server, form, visit)
    except (AccessError, InputError) as error:
        if error.code == "api.rate":
            raise
        shown = _shown(server, str(form.get("next")), form)
        return page(request, visit, "prove.html", status=403, problems=error.problems, **shown)
    return keep_session(see_other(way_back(str(form.get("next")))), server.parts.origin, made)


@router.post("/desk/prove/challenge", name="proof-challenge")
async def proof_challenge(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the options with which a browser asks for a passkey, in the session."""
    await posted(request, visit, fields=())
    server.rates.count("challenge", address_of(request))
    options = await run_in_threadpool(options_to_sign_in, server.registry, passkey_site(server), visit.csrf)
    return Response(options, media_type="application/json")


async def _proven(request: Request, server: AppState, form: FormData, visit: Visit | None) -> str:
    """Return the secret of the session of somebody whose proof holds.

    Raises:
        AccessError: `people.sign-in`, `people.passkey`, `api.rate`; InputError: ``desk.field-*``.
    """
    reader, before, address = FormReader(form), session_secret(request, server), address_of(request)
    passkey = reader.text("passkey", most=MOST_ANSWER, required=False)
    if passkey:
        reader.check()
        return await run_in_threadpool(
            sign_in_by_passkey,
            server.registry,
            passkey_site(server),
            passkey,
            browser=browser_of(request) if visit is None else visit.csrf,
            before=before,
            again=None if visit is None else visit.person,
        )
    name = reader.text("name", most=MOST_NAME) if visit is None else visit.person.name
    given = TypedSignIn(name, reader.text("password", most=MOST_PASSWORD), reader.text("code", most=MOST_CODE))
    reader.check()
    account = f"{folded(name)} {address}"
    rates, person = server.rates, folded(name)
    suspect = rates.is_past("wrong sign-in", address) or rates.is_past("wrong account", account)
    lane = server.suspects if suspect else server.passwords
    try:
        return await lane(
            sign_in_by_password,
            server.registry,
            server.vault,
            given,
            before=before,
            again=visit is not None,
            codes_held=partial(rates.is_past, "wrong code", person),
        )
    except AccessError as error:
        if isinstance(error, WrongCodeError) and not rates.is_past("wrong code", person):
            rates.count("wrong code", person)
        server.rates.count("wrong sign-in", address)
        server.rates.count("wrong account", account)
        raise


def _shown(server: AppState, back: str, form: FormData) -> dict[str, Any]:
    """Return the values of the sign-in pages: where to go next, whether passkeys work, and the typed name."""
    return {
        "next": way_back(back),
        "passkeys": relying_party(server.parts.origin) is not None,
        "company": server.parts.openid is not None,
        "name": form.get("name", ""),
    }


# -- links, and leaving --------------------------------------------------------------------------------------------


@router.get("/desk/link/{secret}", name="link")
def link(request: Request, server: AppStateDep, secret: str) -> Response:
    """Return the button that uses up a link: programs which look at the links in mails don't press it."""
    opens = link_opens(server.registry, secret)
    return bound_page(request, "link.html", status=200 if opens else 410, opens=opens)


@router.post("/desk/link/{secret}", name="use-link")
async def use_link(request: Request, server: AppStateDep, secret: str) -> Response:
    """Use up a link, and sign its person in."""
    await bound_form(request)
    before = session_secret(request, server)
    made = await run_in_threadpool(sign_in_by_link, server.registry, secret, before=before)
    return keep_session(see_other("/desk"), server.parts.origin, made)


@router.post("/desk/sign-out", name="sign-out")
async def leave(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """End the session."""
    await posted(request, visit, fields=())
    await run_in_threadpool(sign_out, server.registry, session_secret(request, server) or "")
    answer = see_other("/desk/sign-in")
    drop_cookie(answer, server.parts.origin)
    return answer


@router.get("/desk/static/{version}/{name:path}", name="desk-static")
async def static(version: str, name: str) -> Response:
    """Return a file of the desk's pages."""
    asset = ASSETS.get(name)
    if asset is None or version != VERSION:
        raise MissingError.at("api.not-found")
    headers = {**PAGE_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
    return Response(asset.plain, media_type=asset.media_type, headers=headers)

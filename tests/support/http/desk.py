"""The desk of a served registry, with people who are signed in: without a socket, and in a browser."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from typing import TYPE_CHECKING, Final

import uvicorn
from pyotp import TOTP
from starlette.testclient import TestClient

from api.app import create_app
from api.app_state import Parts
from api.server import config
from ledger.desk.people import Person, add_person, one_time_link
from tests.support.http.server import ANN, ORIGIN, Served, serve, status, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from httpx2 import Response
    from playwright.sync_api import Browser, Page, ViewportSize

_TOKEN: Final = re.compile(r'name="csrf" value="([^"]+)"')
_NUMBERS: Final = count(1)


@dataclass
class Desk:
    """A person at the desk: a client that keeps the cookies, and sends forms as a browser does."""

    client: TestClient
    person: Person
    origin: str = ORIGIN
    _tokens: dict[object, str] = field(default_factory=dict)

    def get(self, path: str, **more: object) -> Response:
        """Return a page; redirects are followed."""
        return self.client.get(path, **more)  # type: ignore[arg-type]

    def token(self, path: str = "/desk") -> str:
        """Return the token in the forms of a page; all pages of a session have the same one."""
        session = tuple(sorted((each.name, each.value) for each in self.client.cookies.jar))
        if session not in self._tokens:
            self._tokens[session] = form_token(self.client.get(path).text)
        return self._tokens[session]

    def post(
        self,
        path: str,
        data: Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        follow: bool = False,
    ) -> Response:
        """Send a form as a page of the desk does; a redirect is not followed unless `follow`."""
        sent = {"csrf": self.token() if token is None else token, **(data or {})}
        own = {"origin": self.origin, "sec-fetch-site": "same-origin", **(headers or {})}
        return self.client.post(path, data=sent, headers=own, follow_redirects=follow)


def form_token(html: str) -> str:
    """Return what the first form of a page carries."""
    found = _TOKEN.search(html)
    assert found is not None, html
    return found[1]


def text_of(page: str) -> str:
    """Return what people read of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>|[\u2068\u2069]", "", page)))


def send_workbook(clerk: Desk, content: bytes, name: str = "day.xlsx", *, token: str | None = None) -> Response:
    """Send a workbook as the form of the page does."""
    form = {"csrf": clerk.token("/desk/uploads") if token is None else token}
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    files = {"file": (name, content, "application/octet-stream")}
    return clerk.client.post("/desk/uploads", data=form, files=files, headers=headers, follow_redirects=False)


def until(clerk: Desk, path: str, words: str) -> str:
    """Return a page once it says something, asked for again and again."""
    for _ in range(300):
        text = clerk.get(path).text
        if words in text:
            return text
        time.sleep(0.1)
    raise AssertionError(clerk.get(path).text)


def filled(page: str) -> dict[str, str]:
    """Return the fields of the form of a run as it is filled in."""
    found = dict(re.findall(r'<input id="f-[^"]+" name="([^"]+)" value="([^"]*)"', page))
    revision = re.search(r'name="revision" value="([0-9]+)"', page)
    assert revision is not None, page
    return {name: unescape(text) for name, text in found.items()} | {"revision": revision[1]}


def person(
    served: Served, *roles: str, party: str = ANN, name: str | None = None, plants: tuple[str, ...] = ()
) -> Person:
    """Add a person of a party; with several roles it may do what any of them may."""
    told = name or f"Person {next(_NUMBERS)}"
    return add_person(served.registry, party=party, name=told, roles=roles or ("clerk",), plants=plants, by="operator")


@contextmanager
def visitor(served: Served) -> Iterator[TestClient]:
    """Give a browser without scripts, in which nobody is signed in."""
    with served.client() as client:
        yield client


def sign_in(served: Served, client: TestClient, who: Person) -> Desk:
    """Sign a person in by a one-time link, as a browser does: it opens the link and presses the button."""
    link = f"/desk/link/{one_time_link(served.registry, who.id, by='operator')}"
    token = form_token(client.get(link).text)
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    answer = client.post(link, data={"csrf": token}, headers=headers, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return Desk(client, who)


PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - a test has no secrets


def set_up(at: Desk, password: str = PASSWORD, *, now_ms: int | None = None) -> tuple[TOTP, list[str]]:
    """Set password and app of who is signed in, as the page leads to it; return the app, and the recovery codes.

    `now_ms` is the time of the registry, where that is not the machine's.
    """
    page = at.get("/desk/account/password").text
    app = TOTP(_found(r'<code class="secret">([A-Z2-7]+)</code>', page))
    sealed = _found(r'name="sealed" value="([^"]+)"', page)
    fields = {
        "sealed": sealed,
        "code": app.now() if now_ms is None else app.at(now_ms // 1000),
        "password": password,
        "again": password,
        "username": "x",
    }
    answer = at.post("/desk/account/password", fields, token=form_token(page))
    assert answer.status_code == 200, answer.text
    codes = re.findall(r"<li><code>([A-Z2-7-]+)</code>", answer.text)
    assert len(codes) == 10
    return app, codes


def type_in(client: TestClient, name: str, password: str, code: str) -> Response:
    """Fill in the sign-in page and send it; a redirect is not followed."""
    fields = {"name": name, "password": password, "code": code, "next": "/desk"}
    token = form_token(client.get("/desk/sign-in").text)
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    return client.post("/desk/sign-in", data={**fields, "csrf": token}, headers=headers, follow_redirects=False)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]


@contextmanager
def desk(served: Served, *roles: str, party: str = ANN, name: str | None = None) -> Iterator[Desk]:
    """Give the desk of a new person with these roles, signed in, without a socket."""
    with visitor(served) as client:
        yield sign_in(served, client, person(served, *roles, party=party, name=name))


@dataclass
class DeskSite:
    """A desk on a real socket, at ``http://localhost:<port>``, for browsers."""

    served: Served
    origin: str
    _signed: dict[str, str] = field(default_factory=dict)

    def link(self, who: Person) -> str:
        """Return the address of a new link that signs a person in."""
        return f"{self.origin}/desk/link/{one_time_link(self.served.registry, who.id, by='operator')}"

    @contextmanager
    def page(
        self,
        browser: Browser,
        who: Person,
        *,
        size: ViewportSize | None = None,
        scripts: bool = True,
        language: str = "en",
    ) -> Iterator[Page]:
        """Give a page of a browser of its own in which a person is signed in, on Today; its scripts must not fail."""
        more = {} if size is None else {"viewport": size}
        context = browser.new_context(java_script_enabled=scripts, locale=language, **more)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(15_000)
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(self.link(who))
        page.click("main button")
        page.wait_for_url("**/desk")
        yield page
        context.close()
        assert failures == []


@contextmanager
def site(served: Served) -> Iterator[DeskSite]:
    """Serve the desk of a registry at ``http://localhost``, where browsers allow passkeys without TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://localhost:{listener.getsockname()[1]}"
        app = create_app(Parts(served.registry, tables(), status(served), origin, warmed=0))
        server = uvicorn.Server(config(app, host="127.0.0.1", port=0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            until = time.monotonic() + 60
            while not server.started and time.monotonic() < until:
                time.sleep(0.01)
            yield DeskSite(served, origin)
        finally:
            server.should_exit = True
            thread.join(60)


def served_desk(folder: Path, database: str | None = None) -> Served:
    """Return a registry of three parties whose desk is at `ORIGIN`."""
    return serve(folder, database)

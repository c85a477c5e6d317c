"""A client that speaks to an application without a socket, and takes each answer whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx2
from starlette.testclient import TestClient

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

PEER = ("testclient", 50000)
"""Who asks, as Starlette's client has it."""


class Client(TestClient):
    """Starlette's client, with one turn of the application's event loop for a request and its answer, not eight: half
    of what a short answer costs.

    A request that breaks the application is answered with status 500.
    """

    def __init__(self, app: ASGIApp, base_url: str, **more: Any) -> None:  # noqa: ANN401 - Starlette's own
        super().__init__(app, base_url, raise_server_exceptions=False, **more)
        self._transport: httpx2.BaseTransport = _Whole(self)


class _Whole(httpx2.BaseTransport):
    """Hand requests to the application of a client that is entered."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:  # type: ignore[explicit-override]
        assert self._client.portal is not None, "the client isn't entered"
        body = request.read()
        status, headers, content = self._client.portal.call(self._answered, _scope(request), body)
        whole = httpx2.ByteStream(b"" if request.method == "HEAD" else content)
        return httpx2.Response(status, headers=headers, stream=whole, request=request)

    async def _answered(self, scope: dict[str, Any], body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Return the status, the headers and the body of an answer."""
        told: list[Message] = []
        asked = iter([{"type": "http.request", "body": body, "more_body": False}])
        over = asyncio.Event()

        async def receive() -> Message:
            for message in asked:
                return message
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            told.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                over.set()

        try:
            await self._client.app({**scope, "state": self._client.app_state.copy()}, receive, send)
        except Exception:  # noqa: BLE001 - whatever it is, a server answers 500
            if not told:  # else the application has said what there is to say
                return 500, [], b""
        begun, *rest = told
        return begun["status"], list(begun["headers"]), b"".join(each.get("body", b"") for each in rest)


def _scope(request: httpx2.Request) -> dict[str, Any]:
    """Return a request as ASGI tells it."""
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?", 1)[0],
        "root_path": "",
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": PEER,
        "server": (url.host, url.port or {"http": 80, "https": 443}[url.scheme]),
        "extensions": {},
    }

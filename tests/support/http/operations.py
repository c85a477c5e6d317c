"""The operations of the OpenAPI document, each asked with values that name nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.support.http.door import Door

UNKNOWN = "zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"
BODIES: dict[str, tuple[str, bytes]] = {
    "/v1/certificates": ("application/json", b"{}"),
    "/v1/splits": ("application/json", b'{"lot":"A-1","mass":"1 kg"}'),
    "/v1/status-entries": ("application/json", b'{"count":1}'),
    "/v1/statements": ("application/json", b'{"statement":"cancel"}'),
    "/v1/drafts": ("application/json", b'{"statement":"cancel"}'),
    "/v1/attestations": (
        "application/json",
        b'{"certificate":"%s","scopes":["composition"],"criteria":["an assay"]}' % UNKNOWN.encode(),
    ),
    "/v1/recipes/{recipe}/decisions": (
        "application/json",
        b'{"decision":"approve","digest":"%s"}' % (b"0" * 64),
    ),
    "/v1/verify": ("application/vc+sd-jwt", b"x"),
}


def operations(door: Door) -> list[tuple[str, str]]:
    document = door.client.get("/openapi.json").json()
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def filled(path: str) -> str:
    """Return a path with values in it; where it has none for a name, the path ends."""
    return filled_wholly(path, others=None)


def filled_wholly(path: str, *, others: str | None = "2") -> str:
    """Return a path with a value for each name."""
    values = {
        "digest": UNKNOWN,
        "name": "revocation-0",
        "path": "0/000.p/1",
        "code": "api.token",
        "share": "3f9a0c51d2e7",
        "hook": "8f0c2d4e6a10",
        "contact": "3f9a0c51d2e7",
        "approval": "3f9a0c51d2e7",
        "recipe": "SC-NdFeB",
        "upload": "3f9a0c51d2e73f9a0c51d2e7",
        "shipment": "3f9a0c51d2e7",
    }
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path.split("{")[0] if others is None else re.sub(r"\{\w+\}", others, path)


def ask(door: Door, method: str, path: str, headers: dict[str, str] | None = None) -> Response:
    kind, body = BODIES.get(path, ("application/json", b"{}"))
    more = {"content-type": kind} if method == "POST" else {}
    return door.client.request(
        method, filled(path), content=body if method == "POST" else None, headers={**(headers or {}), **more}
    )

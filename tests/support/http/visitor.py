"""Whoever asks and writes at a running server while something fails there."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.http.server import ANN, Served, listening, plant
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Visitor:
    """Who speaks to a running server over a socket."""

    address: str
    token: dict[str, str]

    def get(self, path: str) -> tuple[int, Any]:
        return self._ask(urllib.request.Request(f"{self.address}{path}"))  # noqa: S310 - our own server

    def issue(self, lot: str) -> tuple[int, Any]:
        record = json.dumps(written(lot, "10 kg", producer=ANN, plant=plant(ANN))).encode()
        headers = {"Content-Type": "application/json", **self.token}
        return self._ask(urllib.request.Request(f"{self.address}/v1/certificates", record, headers))  # noqa: S310 - as above

    def issued(self, lot: str) -> str:
        status, answer = self.issue(lot)
        assert status == 201, answer
        return str(answer["certificates"][0]["digest"])

    def assert_reads(self, digest: str, *, whole: bool = True) -> None:
        """What is there is answered: the certificate, its verification, the log."""
        assert self.get(f"/v1/certificates/{digest}")[0] == 200
        status, report = self.get(f"/v1/certificates/{digest}/verification")
        assert (status, report["verdict"]) == (200, "genuine")
        assert self.get("/checkpoint")[0] == (200 if whole else 503)

    def assert_read_only(self, digest: str, *, whole: bool = True, **checks: str) -> None:
        """Reads work, writes are refused with the cause, and /readyz names it; without entries that were signed
        there is no checkpoint.
        """
        self.assert_reads(digest, whole=whole)
        status, problem = self.issue("NOT-NOW")
        assert (status, problem["code"]) == (503, "api.read-only"), problem
        assert "Try again later" in problem["detail"]
        status, ready = self.get("/readyz")
        assert (status, ready["ready"]) == (503, False)
        assert {name: ready["checks"][name] for name in checks} == checks

    def assert_in_service(self, lot: str) -> None:
        self.issued(lot)
        assert self.get("/readyz") == (
            200,
            {"ready": True, "checks": dict.fromkeys(("database", "keys", "head", "clock", "disk"), "ok")},
        )

    def _ask(self, request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:  # noqa: S310 - as above
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, content = error.code, error.read()
        return status, json.loads(content) if content.startswith(b"{") else content


@contextmanager
def visited(served: Served, token: dict[str, str]) -> Iterator[Visitor]:
    """Start a server on the home as it is now."""
    started = served.beside()
    try:
        with listening(started.app) as address:
            yield Visitor(address, token)
    finally:
        started.app.state.server.watch.close()
        started.registry.engine.dispose()


def first_lot(served: Served, token: dict[str, str]) -> str:
    with visited(served, token) as visitor:
        return visitor.issued("FIRST")

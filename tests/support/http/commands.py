"""Commands on the home of a registry, in processes of their own where they serve, and requests to the servers among
them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, redirect_stdout
from io import BytesIO, TextIOWrapper
from typing import IO, TYPE_CHECKING, Any

import pytest

from cli.main import main
from tests.support.forked import command
from tests.support.http.processes import ended, free_port
from tests.support.http.server import ANN, PASSPHRASE, Served, plant
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator


def oreprint(
    served: Served, *words: str, stderr: IO[bytes] | int | None = None, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OREPRINT_HOME": str(served.home.path), "OREPRINT_PASSPHRASE": PASSPHRASE.decode()}
    return subprocess.Popen([*command(), *words], env=environment, stderr=stderr, stdout=stdout)


@contextmanager
def running(served: Served) -> Iterator[str]:
    """Run `oreprint serve` on the registry's database; give its address."""
    port = free_port()
    database = ("--database-url", served.home.server) if served.home.server else ()
    words = ("serve", "--port", str(port), *database)
    with ended(oreprint(served, *words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"


def wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server is not ready")


def ask(address: str, path: str, *, token: str = "", body: object = None) -> tuple[int, bytes]:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", content, {"Content-Type": "application/json"})  # noqa: S310
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def token(served: Served, *scopes: str, party: str = ANN) -> str:
    words = [word for scope in scopes for word in ("--scope", scope)]
    made = oreprint(served, "tokens", "create", "--as", party, *words, "--json", stdout=subprocess.PIPE)
    output, _ = made.communicate(timeout=120)
    return str(json.loads(output)["token"])


def told(served: Served, *words: str) -> dict[str, Any]:
    """Return the JSON that a command prints, run in this process beside the server's."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(TextIOWrapper(BytesIO(), "utf-8")) as printed:
        patch.setattr(sys, "argv", ["oreprint", *words, "--json"])
        patch.setenv("OREPRINT_HOME", str(served.home.path))
        patch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
        main()
        printed.flush()
        found: dict[str, Any] = json.loads(printed.buffer.getvalue())
    return found


def issue(address: str, secret: str, record: dict[str, object], *, key: str = "") -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{address}/v1/certificates",
        json.dumps(record).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        | ({"Idempotency-Key": key} if key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def lot(name: str, mass: str, inputs: dict[str, str] | None = None) -> dict[str, object]:
    return written(name, mass, producer=ANN, plant=plant(ANN), inputs=inputs)

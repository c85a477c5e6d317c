"""The client of other servers, against servers that break off, send without end, or say nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.remote.client import RemoteServer
from schemas.problem import StateError
from tests.support.http.hostile_servers import PLAIN_HEAD, saying


def test_a_whole_answer_is_taken() -> None:
    with saying(PLAIN_HEAD + b"Content-Length: 3\r\n\r\n42\n") as address:
        assert RemoteServer.public(address).send("/add-checkpoint", b"", media="text/plain") == (200, b"42\n")


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN_HEAD + b"Content-Length: 3\r\n\r\n",
        PLAIN_HEAD + b"Content-Length: 3\r\n\r\n42",
        PLAIN_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n42",
        PLAIN_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n42\r\n",
        b"",
    ],
    ids=["no body", "half a body", "half a chunk", "no last chunk", "nothing"],
)
def test_an_answer_that_is_cut_off_is_none(raw: bytes) -> None:
    with saying(raw) as address, pytest.raises(StateError) as refused:
        RemoteServer.public(address).send("/add-checkpoint", b"", media="text/plain")
    assert refused.value.code.startswith("remote.")


def test_an_answer_that_is_too_long_or_never_ends_is_given_up() -> None:
    with saying(PLAIN_HEAD + b"Content-Length: 300000\r\n\r\n" + bytes(300_000)) as address, pytest.raises(StateError):
        replace(RemoteServer.public(address), most=200_000).send("/add-checkpoint", b"", media="text/plain")
    with saying(PLAIN_HEAD + b"Content-Length: 3\r\n\r\n4", ends=False) as address, pytest.raises(StateError):
        RemoteServer.public(address, seconds=1).send("/add-checkpoint", b"", media="text/plain")

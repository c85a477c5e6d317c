"""Errors of an object store, by a second S3 server that is not ours (`moto`): each is told, nothing is taken for
done that was not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from ledger.remote.objects import ObjectStore
from ledger.transfers.mirror import mirror
from schemas.problem import StateError
from tests.support.http.processes import ended, free_port
from tests.support.registries.lived_in import a_life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEYS = {"aws_access_key_id": "for-tests", "aws_secret_access_key": "for-tests-alone", "aws_region": "us-east-1"}
SIGNED = "AWS4-HMAC-SHA256 Credential=for-tests/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"
ENDLESS = 10**9


@contextmanager
def moto(*, allowed: int = ENDLESS) -> Iterator[Callable[[str], ObjectStore]]:
    """Run the server with the bucket ``registry``; it asks nobody's rights for so many requests, and then refuses
    all.
    """
    program = Path(sys.executable).parent / "moto_server"
    if not program.exists():
        pytest.skip("moto's server is not installed")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    refusing = {"INITIAL_NO_AUTH_ACTION_COUNT": str(allowed + 1)}  # one makes the bucket
    words = [str(program), "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(words, env=os.environ | refusing, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ended(server):
        _wait(f"{address}/moto-api/data.json")
        with urlopen(Request(f"{address}/registry", method="PUT", headers={"Authorization": SIGNED})):  # noqa: S310
            pass
        options = {**KEYS, "aws_endpoint_url": address, "client_options": {"allow_http": True}}
        yield lambda name: ObjectStore.at(name, {**options, "retry_config": {"max_retries": 0}})


def _wait(url: str) -> None:
    for _ in range(240):
        try:
            with urlopen(url):  # noqa: S310
                return
        except URLError:
            time.sleep(0.25)
    pytest.fail("moto's server did not start within a minute")


def refused(act: Callable[[], object]) -> StateError:
    with pytest.raises(StateError) as told:
        act()
    return told.value


def test_an_object_is_put_once_and_swapped_by_its_tag() -> None:
    with moto() as at:
        place = at("s3://registry/x")
        assert place.read("a") is None
        assert [place.put_new("a", b"1"), place.put_new("a", b"1")] == [True, False]
        assert refused(lambda: place.put_new("a", b"2")).code == "publish.differs"
        found = place.read_tagged("a")
        assert found is not None
        assert place.swap("a", '"another"', b"2") is None
        swapped = place.swap("a", found.tag, b"2")
        assert swapped is not None
        assert place.swap("a", found.tag, b"3") is None
        assert place.swap("nothing", found.tag, b"3") is None
        assert place.read_tagged("a") == swapped


def test_a_bucket_that_is_not_there_is_named() -> None:
    with moto() as at:
        place = at("s3://nowhere/x")
        assert place.read("a") is None
        for act in (lambda: place.put_new("a", b"1"), lambda: place.replace("a", b"1")):
            told = refused(act)
            assert told.code == "publish.no-bucket"
            assert "s3://nowhere/x" in str(told)


def test_keys_that_lose_their_rights_on_the_way_are_told_by_every_call(tmp_path: Path) -> None:
    registry = a_life(tmp_path / "home").registry
    with moto(allowed=6) as at:
        place = at("s3://registry/x")
        told = refused(lambda: mirror(registry, place))
        # of a signed address moto can't check the rights: it answers 500 where S3 has 403
        assert (told.code, "it answers 500" in str(told)) == ("publish.away", True)
        for act in (
            lambda: place.read("checkpoint"),
            lambda: place.read_tagged("checkpoint"),
            lambda: place.put_new("a", b"1"),
            lambda: place.replace("a", b"1"),
            lambda: place.swap("a", '"tag"', b"1"),
        ):
            assert refused(act).code == "publish.away"

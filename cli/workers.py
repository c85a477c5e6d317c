"""The options `--jobs` and `--cluster` of commands that can share their work among processes."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cluster.workers import MOST_JOBS, Workers
from schemas.problem import InputError

JobsOption = Annotated[
    int, typer.Option("--jobs", min=1, max=MOST_JOBS, help="Share the work among this many processes on this machine.")
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="tcp://HOST:PORT", help="Share the work among the workers of this Dask scheduler."
    ),
]


def workers_of(jobs: int, cluster: str | None) -> Workers:
    """Return who does the work.

    Raises:
        InputError: `cluster.both`.
        StateError: `cluster.missing`.
    """
    if cluster is not None and jobs > 1:
        raise InputError.at("cluster.both", "--cluster")
    workers = Workers(jobs, cluster)
    workers.check()
    return workers

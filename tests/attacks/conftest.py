"""One served registry for the attacks over HTTP, with a small chain in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.rates import Rates
from tests.support.http.door import Door
from tests.support.http.server import ANN, BEN, serve
from tests.support.readers import forked_readers

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["forked_readers"]  # a fixture for all


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    served = serve(tmp_path_factory.mktemp("door"))
    with served.client() as client:
        opened = Door(served, client, served.token(ANN), served.token(BEN), "")
        yield Door(served, client, opened.ann, opened.ben, opened.issue("A-1", "100 kg")["digest"])


@pytest.fixture(autouse=True)
def fresh_rates(request: pytest.FixtureRequest) -> None:
    """Let each test at the session's door begin with fresh counts: together they send more wrong tokens than may be."""
    if "door" in request.fixturenames:
        door: Door = request.getfixturevalue("door")
        door.client.app.state.server.rates = Rates()  # type: ignore[attr-defined]

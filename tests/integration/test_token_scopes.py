"""The scopes `accept` and `share`, and what a token that was made before them may still do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.http.server import ANN, BEN, serve

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.person import Scope


@pytest.mark.parametrize(
    ("scope", "shares", "accepts", "moves"),
    [
        ("share", True, False, False),
        ("accept", False, True, False),
        ("move", True, True, True),
        ("issue", False, False, False),
    ],
)
def test_a_scope_opens_what_it_says(tmp_path: Path, scope: Scope, *, shares: bool, accepts: bool, moves: bool) -> None:
    served = serve(tmp_path)
    header = served.token(ANN, scope)
    with served.client() as client:
        shared = client.post("/v1/shares", json={"lot": "NONE", "recipient": "Metal A"}, headers=header)
        assert (shared.status_code != 403) == shares, shared.text
        for statement, allowed, more in (("accept", accepts, {}), ("move", moves, {"to": BEN})):
            said = {"statement": statement, "lot": "NONE", **more}
            answer = client.post("/v1/statements", json=said, headers=header)
            assert ("api.scope" not in answer.text) == allowed, answer.text

from __future__ import annotations

import pytest

from api.web.negotiation import chosen_type

TEXT, JSON, HTML = "application/vc+sd-jwt", "application/json", "text/html"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        ("application/*", TEXT),
        ("application/vc+sd-jwt", TEXT),
        ("Application/JSON", JSON),
        ("application/json;charset=utf-8", JSON),
        ("application/json, */*;q=0.1", JSON),
        ("application/json;q=0.2, application/vc+sd-jwt;q=0.3", TEXT),
        ("application/json, application/vc+sd-jwt", TEXT),
        ("text/*", HTML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("*/*, application/vc+sd-jwt;q=0", JSON),
        ("application/vc+sd-jwt;q=0, application/*", JSON),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("image/png", None),
        ("application/json;q=high", None),
    ],
)
def test_the_best_of_the_offered_types_that_a_client_takes(accepted: str | None, chosen: str | None) -> None:
    assert chosen_type((TEXT, JSON, HTML), accepted) == chosen

"""How answers are written: compact JSON by one writer, and how long others may keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

FOR_EVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
FOR_SECONDS: Final = {"cache-control": "public, max-age=5"}
"""What changes with every commit."""
FOR_A_MINUTE: Final = {"cache-control": "public, max-age=60"}
"""What a withdrawal may take to show through others' caches."""


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as a JSON answer."""
    return Response(orjson.dumps(value), status, headers, "application/json")

"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import lots, sign_in, today

ROUTERS: Final = (
    today.router,
    sign_in.router,
    lots.router,
)

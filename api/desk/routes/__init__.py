"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import drafts, new_run, sign_in, today

ROUTERS: Final = (
    today.router,
    new_run.router,
    drafts.router,
    sign_in.router,
)

"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import account, people, sign_in, today, uploads

ROUTERS: Final = (
    today.router,
    sign_in.router,
    account.router,
    people.router,
    uploads.router,
)

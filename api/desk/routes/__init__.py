"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import account, certificate, contacts, incoming, labels, lots, note, ship, sign_in, today

ROUTERS: Final = (
    today.router,
    sign_in.router,
    lots.router,
    incoming.router,
    labels.router,
    note.router,
    certificate.router,
    ship.router,
    contacts.router,
    account.router,
)

"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import (
    account,
    approvals,
    company,
    contacts,
    drafts,
    events,
    new_run,
    notices,
    party_rules,
    people,
    recipes,
    ship,
    sign_in,
    today,
    uploads,
)

ROUTERS: Final = (
    today.router,
    new_run.router,
    drafts.router,
    sign_in.router,
    ship.router,
    contacts.router,
    notices.router,
    account.router,
    company.router,
    recipes.router,
    people.router,
    approvals.router,
    events.router,
    party_rules.router,
    uploads.router,
)

"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import (
    account,
    approvals,
    certificate,
    company,
    contacts,
    drafts,
    events,
    grids,
    incoming,
    labels,
    lots,
    new_recipe,
    new_run,
    note,
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
    lots.router,
    incoming.router,
    labels.router,
    note.router,
    certificate.router,
    ship.router,
    contacts.router,
    notices.router,
    account.router,
    company.router,
    grids.router,
    new_recipe.router,
    recipes.router,
    people.router,
    approvals.router,
    events.router,
    party_rules.router,
    uploads.router,
)

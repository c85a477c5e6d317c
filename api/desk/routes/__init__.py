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
    incoming,
    keys,
    labels,
    lots,
    new_run,
    note,
    notices,
    operator_requests,
    party_rules,
    people,
    recipes,
    ship,
    sign_in,
    today,
    tokens,
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
    recipes.router,
    people.router,
    tokens.router,
    keys.router,
    operator_requests.router,
    approvals.router,
    events.router,
    party_rules.router,
    uploads.router,
)

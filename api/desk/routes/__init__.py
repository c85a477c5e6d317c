"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import account, approvals, drafts, events, new_run, party_rules, people, recipes, sign_in, today

ROUTERS: Final = (
    today.router,
    new_run.router,
    drafts.router,
    sign_in.router,
    account.router,
    recipes.router,
    people.router,
    approvals.router,
    events.router,
    party_rules.router,
)

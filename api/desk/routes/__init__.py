"""The screens of the desk, a file a screen."""

from __future__ import annotations

from typing import Final

from api.desk.routes import approvals, drafts, events, new_run, party_rules, sign_in, today

ROUTERS: Final = (
    today.router,
    new_run.router,
    drafts.router,
    sign_in.router,
    approvals.router,
    events.router,
    party_rules.router,
)

"""Answers about approvals: what waits for a second person, and what became of it."""

from __future__ import annotations

from typing import Literal

from schemas.answers import AnswerDocument
from schemas.answers.others import ProblemEntry
from schemas.instant import Instant

ApprovalState = Literal["waiting", "approved", "returned", "void", "used"]


class AwaitsApproval(AnswerDocument):
    """What was asked for waits for another person; nothing was issued or changed."""

    state: Literal["awaits-approval"] = "awaits-approval"
    """That it waits."""
    approval: str
    """Id of the approval, for `/v1/approvals/{id}`."""
    detail: str
    """What to do, in plain words."""
    next: str
    """Address of the approval. Once it says `approved`, send the same request again."""
    problems: tuple[ProblemEntry, ...]
    """Why it waits, with the stable code: `approval.needed`, `approval.changed` or `approval.expired`."""


class ApprovalDifference(AnswerDocument):
    """A value that differs from the last approved act of the same kind."""

    place: str
    """Place in the record, or what was computed."""
    was: str | None
    """Value in the last approved act; null where it had none."""
    now: str | None
    """Value in this act; null where it has none."""


class ApprovalAnswer(AnswerDocument):
    """An act that needs two persons."""

    id: str
    """Id of the approval."""
    state: ApprovalState
    """State: `waiting` for a decision, `approved` and not done yet, `used` once done, `returned` to its author, or
    `void` because its author asked for something else since."""
    verb: str
    """Act: issue, correct, replace, undo, withdraw, suspend, lift, attest, rule, roles or recipe."""
    subject: str
    """What it is about, such as the lots."""
    author: str
    """Who asks: `person:<id>` or `token:<id>`."""
    asked: Instant
    """When it was asked for."""
    approver: str | None
    """Who decided; null where nobody has."""
    decided: Instant | None
    """When it was decided; null where it was not."""
    expires: Instant | None
    """Until when an approval can be used; null where there is none."""
    note: str
    """Note of who returned it; else empty."""


class ApprovalDetails(ApprovalAnswer):
    """An act that needs two persons, with all that its approval binds."""

    parts: dict[str, object]
    """All that the approval binds: record, certificates that it resolves to, tables, figures, findings and the rule."""
    differences: tuple[ApprovalDifference, ...]
    """What differs from the last approved act of the same recipe, or of the same plant, step and products."""
    new_findings: tuple[str, ...]
    """Warnings that the last approved one did not have, by rule and place."""
    kg_co2e_per_kg_more: str | None
    """Largest change of a footprint against the last approved one, in kg CO2e/kg; null where there is none."""


class ApprovalList(AnswerDocument):
    """Approvals of a party, the oldest first."""

    approvals: tuple[ApprovalAnswer, ...]
    """At most 1000."""

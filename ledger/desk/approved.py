"""Carry out an act that another person has approved, when its author clicks once.

Rules:

1. The act is made of what the approval binds, so it is the very act that was approved. The verb judges it anew: if
   anything differs, it says what changed and asks again (`approval.changed`).
2. A draft is signed as a draft and the rows of a workbook as its rows, so that their states stay right. One click
   issues all approved rows of a workbook, and no others: those that are held keep their time.
3. Only its author does it, with the role that the act needs.
4. What a producer or an auditor signs with a key of its own, its program sends again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

import orjson

from ledger.changes.undo import undo
from ledger.changes.withdraw import change_status
from ledger.desk.approvals import Approval, listed, set_two_persons
from ledger.desk.drafts import OPEN, RunDraft, drafts_of
from ledger.desk.held import hold_draft, sign_lots
from ledger.desk.people import Person, change_person, end_person
from ledger.desk.putting_right import put_right
from ledger.desk.replace import replace_run
from ledger.factors.tables import FactorTables
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.registry.approval import APPROVED_MS, ByRecipe
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from ledger.store.uploads import ready_rows, rows_of, upload_names
from schemas.door import validated
from schemas.lot import normal_lot
from schemas.person import Scope
from schemas.problem import AccessError, OreprintError, RefusedError
from schemas.quantity import as_kept
from schemas.record import ProductionRecord

_NEEDED: Final[Mapping[str, frozenset[Scope]]] = {
    "issue": frozenset({"issue"}),
    "correct": frozenset({"withdraw"}),
    "replace": frozenset({"withdraw", "issue"}),  # whose run it is, was checked when it was asked for
    "undo": frozenset({"withdraw"}),
    "withdraw": frozenset({"withdraw"}),
    "suspend": frozenset({"withdraw"}),
    "lift": frozenset({"withdraw"}),
    "rule": frozenset({"admin"}),
    "roles": frozenset({"admin"}),
}
"""The scope that a person needs for each act that the desk can do again."""


class Place(NamedTuple):
    """Where an act was asked for or shows: a draft, an upload, a certificate's digest, the people or the rules."""

    kind: Literal["draft", "upload", "certificate", "people", "rules"]
    id: str = ""


class Request(NamedTuple):
    """A person's request: an act, or all rows of one workbook that are in the same state.

    `doable` if one click does it now.
    """

    row: Approval
    doable: bool
    rows: int = 1
    workbook: str = ""


def requests_of(registry: OpenRegistry, who: Person, upload_id: str | None = None) -> list[Request]:
    """Return what a person asked for and what is not done yet, the oldest first; rows of one workbook together.

    With an upload's id, only its rows.
    """
    asked = listed(registry, who.party, author=who.author)
    rows = [each for each in asked if each.used is None and each.state != "void"]
    uploads = _uploads(registry, who.party, rows)
    found: dict[tuple[str, str], Request] = {}
    for row in rows:
        upload = uploads.get(row.id)
        if upload_id is not None and (upload is None or upload.id != upload_id):
            continue
        key = (row.id, "") if upload is None or row.state == "returned" else (upload.id, row.state)
        known = found.get(key)
        if known is None:
            workbook = upload.name if upload is not None and row.state != "returned" else ""
            found[key] = Request(row, _is_doable(registry, who, row), 1, workbook)
        else:
            found[key] = known._replace(rows=known.rows + 1)
    return [*found.values()]


def to_do(registry: OpenRegistry, who: Person) -> list[Approval]:
    """Return the approved acts that a person can do now."""
    return [
        each for each in listed(registry, who.party, "approved", author=who.author) if _is_doable(registry, who, each)
    ]


def concerns_certificate(row: Approval, digest: str) -> bool:
    """Return whether an act ends or replaces a certificate."""
    return digest in (_parts(row).get("certificates") or ())


def concerns_draft(row: Approval, draft: RunDraft) -> bool:
    """Return whether an act is that of a draft, whatever was typed in it since."""
    if draft.row.act != row.verb:
        return False
    if draft.row.act == "replace" and draft.row.about is not None:
        return concerns_certificate(row, certificate_digest_text(draft.row.about))
    return normal_lot(draft.lot) in map(normal_lot, row.subject.split(", "))


def check_may_do(who: Person, row: Approval) -> None:
    """Check that the desk can do an act for a person (rules 3 and 4), or raise.

    Raises:
        AccessError: `approval.not-author`, `desk.role`; RefusedError: `approval.decided`, `approval.by-program`.
    """
    if row.author != who.author:
        raise AccessError.at("approval.not-author")
    if row.used is not None or row.state in {"returned", "void"}:
        raise RefusedError.at("approval.decided", state="used" if row.used else row.state)
    needed = _NEEDED.get(row.verb)
    if needed is None or (row.verb in {"issue", "correct", "replace"} and "record" not in _parts(row)):
        raise RefusedError.at("approval.by-program")
    if who.scopes.isdisjoint(needed):
        raise AccessError.at("desk.role", scope=min(needed))


def place_of(registry: OpenRegistry, row: Approval) -> Place | None:
    """Return the draft or the upload that an act belongs to, or None."""
    if row.verb in {"issue", "correct", "replace"}:
        for draft in drafts_of(registry, row.party, OPEN):
            if concerns_draft(row, draft):
                return Place("draft", draft.row.id)
    upload = _uploads(registry, row.party, [row]).get(row.id)
    return None if upload is None else Place("upload", upload.id)


def rows_to_issue(registry: OpenRegistry, row: Approval, who: Person, upload: str) -> frozenset[int]:
    """Return the numbers of the rows of an upload that one click issues: that of an act, and all approved ones."""
    runs = set(_runs([row, *to_do(registry, who)]).values())
    with reading(registry.engine) as connection:
        return frozenset(each.number for each in rows_of(connection, who.party, upload, ["ready"]) if each.run in runs)


def do_approved(
    registry: OpenRegistry, row: Approval, who: Person, *, tables: FactorTables, status: SoftwareSigner
) -> Place:
    """Do an act that was approved; return where to look at it. An upload's rows are issued by `issue_upload`.

    Raises:
        AccessError, RefusedError: as `check_may_do`; UnapprovedError: `approval.*` where it needs another approval;
            what the verb refuses.
    """
    check_may_do(who, row)
    for draft in drafts_of(registry, row.party, OPEN):
        if concerns_draft(row, draft):
            return _of_draft(registry, draft, who, tables=tables, status=status)
    if row.verb in {"issue", "correct", "replace"}:
        return Place("certificate", _signed(registry, row, tables=tables, status=status))
    parts, party, by = _parts(row), row.party, who.author
    if row.verb == "rule":
        set_two_persons(registry, parts["now"], party=party, by=by)
        return Place("rules")
    if row.verb == "roles":
        _change_roles(registry, parts, party=party, by=by)
        return Place("people")
    return Place("certificate", _ended(registry, row, status=status))


def _ended(registry: OpenRegistry, row: Approval, *, status: SoftwareSigner) -> str:
    """Undo a run, or change the status of a certificate; return the digest of its first certificate."""
    certificates, party, by = _parts(row)["certificates"], row.party, row.author
    digest: str = next(iter(certificates))
    match row.verb:
        case "undo":
            undo(registry, digest, producer=party, status=status, author=by)
        case "withdraw" | "suspend" | "lift" as kind:
            reason = certificates[digest]
            change_status(registry, digest, kind=kind, issuer=party, reason=reason, status=status, author=by)
        case _:
            raise RefusedError.at("approval.by-program")
    return digest


def _of_draft(
    registry: OpenRegistry, draft: RunDraft, who: Person, *, tables: FactorTables, status: SoftwareSigner
) -> Place:
    """Sign a draft. Its notice says what keeps it from being signed."""
    row = draft.row
    if row.act == "issue":
        hold_draft(registry, row.party, row.id, revision=row.revision, tables=tables, by=who.author, minutes=0)
    else:
        put_right(
            registry, draft, revision=row.revision, tables=tables, status=status, by=who.author, reason=row.reason
        )
    return Place("draft", row.id)


def _recipe(parts: Mapping[str, Any]) -> ByRecipe:
    """Return the recipe of a run that was approved; its findings are among those of plausibility rules."""
    findings = parts.get("findings", {})
    return ByRecipe(parts.get("recipe", ""), {each: findings[each] for each in findings if each.startswith("recipe.")})


def _signed(registry: OpenRegistry, row: Approval, *, tables: FactorTables, status: SoftwareSigner) -> str:
    """Issue, correct or replace by the record that was approved; return the digest of its first certificate."""
    parts, record = _parts(row), _record(_parts(row))
    recipe = _recipe(parts)
    sign_lots(registry, row.party, [each.lot for each in record.inputs if each.lot is not None], tables=tables)
    if row.verb == "correct":
        done = correct(registry, record, tables=tables, status=status, author=row.author, recipe=recipe)
        return done.certificates[0].digest
    if row.verb == "replace":
        old: str = next(iter(parts["certificates"]))
        made = replace_run(
            registry, old, record, producer=row.party, tables=tables, status=status, author=row.author,
            reason=parts.get("reason", ""), recipe=recipe,
        )  # fmt: skip
        return made.issued[0].digest
    (outcome,) = issue(registry, [record], tables=tables, author=row.author, recipes=[recipe])
    if isinstance(outcome, OreprintError):
        raise outcome
    return outcome.certificates[0].digest


def _change_roles(registry: OpenRegistry, parts: Mapping[str, Any], *, party: str, by: str) -> None:
    now = parts["now"]
    if now["roles"] == "none":
        end_person(registry, parts["person"], party=party, by=by)
    else:
        roles, plants = now["roles"].split(), now["plants"].split()
        change_person(registry, parts["person"], party=party, roles=roles, plants=plants, by=by)


def _record(parts: Mapping[str, Any]) -> ProductionRecord:
    """Return the record that was approved: its amounts are kept without their units."""
    with as_kept():
        return validated(ProductionRecord, parts["record"])


def _is_doable(registry: OpenRegistry, who: Person, row: Approval) -> bool:
    if row.state != "approved" or registry.runtime.now_ms() - (row.decided_ms or 0) > APPROVED_MS:
        return False
    try:
        check_may_do(who, row)
    except OreprintError:
        return False
    return True


def _runs(rows: Iterable[Approval]) -> dict[str, str]:
    """Return the name of the run in normal form that each act would issue, by the id of the act."""
    issuing = ((row.id, _parts(row)) for row in rows if row.verb == "issue")
    return {act: normal_lot(parts["record"]["run"]) for act, parts in issuing if "record" in parts}


class _Upload(NamedTuple):
    id: str
    name: str


def _uploads(registry: OpenRegistry, party: str, rows: list[Approval]) -> dict[str, _Upload]:
    """Return the upload in which the run of an act is a row that is ready, by the id of the act."""
    runs = _runs(rows)
    if not runs:
        return {}
    with reading(registry.engine) as connection:
        ready = ready_rows(connection, party, [*runs.values()])
        names = upload_names(connection, party, {*ready.values()})
    return {row: _Upload(ready[run], names[ready[run]]) for row, run in runs.items() if run in ready}


def _parts(row: Approval) -> dict[str, Any]:
    parts: dict[str, Any] = orjson.loads(row.parts)
    return parts

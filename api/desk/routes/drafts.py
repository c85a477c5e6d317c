"""Preview: what would be issued of a draft, and what a person does with it: issue, hold, sign now, take a version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from fastapi import Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Changer, Clerk, SignedIn, Visit, desk_router, posted, prove_first
from api.desk.render import page, part, see_other
from api.desk.routes.new_run import own_draft, previewed, recipes_of, revision_of
from ledger.desk.approved import concerns_draft, to_do
from ledger.desk.drafts import RunDraft, drafts_of, save_draft
from ledger.desk.form_fields import rests_of
from ledger.desk.held import hold_draft
from ledger.desk.may_put_right import may_change
from ledger.desk.people import names_of
from ledger.desk.preview import Preview, certificates_of_draft, preview_draft, wet_mass
from ledger.desk.putting_right import put_right, recipe_of_draft
from ledger.desk.upload_holds import held_uploads
from ledger.recipes.amounts import GROUPS, deciding, line_at
from ledger.recipes.differences import Difference
from ledger.registry.parties import names_of_parties
from schemas.instant import time_text
from schemas.problem import InputError, MissingError, OreprintError, Problem, RefusedError, StateError

router = desk_router()
LABELS: Final = "/desk/labels"
"""The screen that prints labels."""
_MOST_TODAY: Final = 50


class PreviewLine(NamedTuple):
    """A line of a run as the preview lists it; `asked` if a person typed its amount."""

    group: str
    name: str
    amount: str
    basis: str
    factor: str
    asked: bool


_LINE: Final = re.compile(r"([a-z_]+)(?:\.[a-z_]+)?\[(.+)\](?:\.([^\]]+))?")
"""The place of a value within a named line of a record."""


class ChangedValue(NamedTuple):
    """A value that putting right changes: the group and name of its line, its member, and what it was and is.

    `member` is empty for what decides the line: its mass or its amount.
    """

    group: str
    name: str
    member: str
    before: str | None
    after: str | None


class ShownLot(NamedTuple):
    """A certificate that would be issued: the lot, its masses in kg, its footprint, and its answers to claims."""

    lot: str
    net_kg: str
    scale_kg: str | None
    """The reading of a scale for moist goods; None for dry ones."""
    per_kg: str
    claims: dict[str, int]
    placeholders: int
    """Lines whose factor is a placeholder, or is not public."""


@router.get("/desk/drafts/{draft_id}", name="preview")
def preview(request: Request, server: AppStateDep, draft_id: str, visit: SignedIn) -> Response:
    """Return what would be issued of a draft; its form where it can't be issued; where it went if it is issued."""
    draft = own_draft(server, visit, draft_id)
    if draft.row.state == "issued":
        found = certificates_of_draft(server.registry, draft)
        return page(request, visit, "run-issued.html", draft=draft, certificates=found, labels=LABELS)
    shown = preview_draft(server.registry, draft, tables=server.parts.tables)
    if shown.rehearsed.problems and (shown.differences is None or draft.row.act != "issue"):
        return see_other(f"/desk/drafts/{draft_id}/edit")
    return _preview(request, server, visit, draft, shown)


@router.post("/desk/drafts/{draft_id}/issue", name="issue-run")
async def issue(request: Request, server: AppStateDep, draft_id: str, visit: Changer) -> Response:
    """Hold a draft. Sign it at once if labels are printed, the person wants it, or it corrects or replaces a run."""
    form = await posted(request, visit, fields=("revision", "then", "reason"))
    own = await run_in_threadpool(own_draft, server, visit, draft_id, change=True)
    then = str(form.get("then", ""))
    if own.row.act != "issue":
        prove_first(visit, f"/desk/drafts/{draft_id}")
        return await _put_right(request, server, visit, own, form)
    more = {"minutes": 0} if then in {"labels", "now"} else {}
    try:
        draft = await run_in_threadpool(
            hold_draft, server.registry, visit.party, draft_id,
            revision=revision_of(form), tables=server.parts.tables, by=visit.author, **more,
        )  # fmt: skip
    except InputError:
        return see_other(f"/desk/drafts/{draft_id}/edit")  # which tells what is wrong now
    except RefusedError as error:
        draft, shown = await run_in_threadpool(previewed, server, visit, draft_id)
        return await run_in_threadpool(_preview, request, server, visit, draft, shown, error.problems)
    return await _done(request, server, draft, labels=then == "labels")


async def _put_right(request: Request, server: AppState, visit: Visit, draft: RunDraft, form: FormData) -> Response:
    """Correct or replace the run of a draft."""
    reason = str(form.get("reason", ""))
    try:
        done = await run_in_threadpool(
            put_right, server.registry, draft, revision=revision_of(form), tables=server.parts.tables,
            status=server.parts.status, by=visit.author, reason=reason,
        )  # fmt: skip
    except OreprintError as error:
        if isinstance(error, MissingError | StateError):
            raise
        now, shown = await run_in_threadpool(previewed, server, visit, draft.row.id)
        if shown.rehearsed.problems and error.code != "draft.changed":
            return see_other(f"/desk/drafts/{draft.row.id}/edit")  # which tells what is wrong now
        return await run_in_threadpool(_preview, request, server, visit, now, shown, error.problems, reason=reason)
    return await _done(request, server, done, labels=form.get("then") == "labels")


@router.post("/desk/drafts/{draft_id}/sign", name="sign-run")
async def sign(request: Request, server: AppStateDep, draft_id: str, visit: Clerk) -> Response:
    """Sign a held run now."""
    form = await posted(request, visit, fields=("then",))
    draft = await run_in_threadpool(own_draft, server, visit, draft_id, change=True)
    draft = await run_in_threadpool(server.sign_held, draft)
    return await _done(request, server, draft, labels=form.get("then") == "labels")


@router.post("/desk/drafts/{draft_id}/version", name="take-version")
async def take_version(request: Request, server: AppStateDep, draft_id: str, visit: Changer) -> Response:
    """Go on with the newest version of the recipe, with everything that was typed."""
    form = await posted(request, visit, fields=("revision", "version"))
    draft, shown = await run_in_threadpool(previewed, server, visit, draft_id, change=True)
    if str(form.get("version")) == str(shown.newest):  # the one whose differences were shown
        await run_in_threadpool(
            save_draft, server.registry, visit.party, draft_id, draft.typed,
            revision=revision_of(form), by=visit.author, version=shown.newest,
        )  # fmt: skip
    return see_other(f"/desk/drafts/{draft_id}")


async def _done(request: Request, server: AppState, draft: RunDraft, *, labels: bool) -> Response:
    """Return where a run leads that was held or issued."""
    await run_in_threadpool(server.publish_new)
    paths = {getattr(each, "path", "") for each in request.app.routes}
    if labels and draft.row.state == "issued" and LABELS in paths:
        found = await run_in_threadpool(certificates_of_draft, server.registry, draft)
        return see_other(f"{LABELS}?{'&'.join(f'd={each.digest}' for each in found)}")
    return see_other(f"/desk/drafts/{draft.row.id}")


# -- what is shown ---------------------------------------------------------------------------------------------------


def _preview(
    request: Request,
    server: AppState,
    visit: Visit,
    draft: RunDraft,
    shown: Preview,
    problems: Sequence[Problem] = (),
    *,
    reason: str | None = None,
) -> Response:
    names = names_of_parties(server.registry).get(visit.party) or [visit.party]
    values: dict[str, Any] = {
        "draft": draft,
        "shown": shown,
        "goods": list(_goods(shown)),
        "lines": list(_lines(shown)),
        "rests": rests_of(shown.checked, shown.form, draft.typed),
        "party": names[0],
        "minutes": minutes_left(server, draft),
        "changed": [_changed(each) for each in shown.changes.values] if shown.changes is not None else [],
        "may_issue": may_change(server.registry, visit.person, draft.row),
        "reason": draft.row.reason if reason is None else reason,
        "approved": [each for each in to_do(server.registry, visit.person) if concerns_draft(each, draft)],
        "names": names_of(server.registry, visit.party),
        "at": time_text,
    }
    return page(request, visit, "preview.html", status=409 if problems else 200, problems=problems, **values)


def _changed(found: Difference) -> ChangedValue:
    """Return a difference as the preview lists it."""
    line = _LINE.fullmatch(found.place)
    group, name, member = line.groups() if line is not None else (found.place.partition(".")[0], "", found.place)
    if group == "outputs" and member == "lot":
        name, member = found.before or "", ""
    said = "" if member in {"mass", "amount", "reading", None} else member
    return ChangedValue(group, name, said, found.before, found.after)


def _goods(shown: Preview) -> Iterator[ShownLot]:
    foreseen, record = shown.rehearsed.foreseen, shown.rehearsed.record
    if foreseen is None or record is None:
        return
    for each in foreseen.draft.certified:
        moisture = each.batch.moisture
        answers = [claim.answer for claim in each.claims]
        net = each.batch.net_mass_kg
        yield ShownLot(
            each.batch.lot,
            net,
            wet_mass(net, moisture),
            each.footprint.per_kg.location,
            {answer: answers.count(answer) for answer in dict.fromkeys(answers)},
            each.footprint.placeholders,
        )


def _lines(shown: Preview) -> Iterator[PreviewLine]:
    """Yield the lines of the record that would be issued."""
    if shown.form.made is None:
        return
    run, typed = shown.form.made.record, shown.form.made.typed
    for line, decides in deciding(run).items():
        group = line.partition("[")[0]
        if group in GROUPS:
            held = line_at(run, line)
            factor = str(held.get("factor") or held.get("grid") or "")
            asked = typed.of(line).startswith(("readings.", "departures["))
            yield PreviewLine(group, str(held.get("name", "")), decides.text, str(held.get("basis", "")), factor, asked)


def minutes_left(server: AppState, draft: RunDraft) -> int | None:
    """Return in how many minutes a held run is signed, at least 0; None for a draft."""
    due = draft.row.due_ms
    return None if due is None else _minutes_until(server, due)


def _minutes_until(server: AppState, due_ms: int) -> int:
    return max(0, -(-(due_ms - server.registry.runtime.now_ms()) // 60_000))


# -- Today -----------------------------------------------------------------------------------------------------------


class RunToday(NamedTuple):
    """A draft or a held run on Today; `minutes` are those until it is signed."""

    draft: RunDraft
    minutes: int | None


def runs_today(request: Request, server: AppState, visit: Visit) -> Markup | None:
    """Return the drafts and held runs of the person's plants for Today, or None if the person may change none."""
    if not (visit.may("issue") or visit.may("withdraw")):
        return None
    kept = drafts_of(server.registry, visit.party)
    drafts = [each for each in kept if may_change(server.registry, visit.person, each.row)]
    if not drafts and not visit.may("issue"):
        return None
    if visit.person.plants:
        own = {each.checked.recipe.recipe for each in recipes_of(server, visit)}
        drafts = [each for each in drafts if each.row.recipe in own or _at_own_plant(server, visit, each)]
    found = [RunToday(each, minutes_left(server, each)) for each in drafts[:_MOST_TODAY]]
    uploads = [(each, _minutes_until(server, each.due_ms)) for each in held_uploads(server.registry, visit.party)]
    return part(request, visit, "today-runs.html", waiting=found, uploads=uploads)


def _at_own_plant(server: AppState, visit: Visit, draft: RunDraft) -> bool:
    """Return whether a run without a recipe is of a plant of the person."""
    if draft.row.recipe:
        return False
    recipe = recipe_of_draft(server.registry, draft.row, server.parts.tables)
    return recipe.record.facility in visit.person.plants

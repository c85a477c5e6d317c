"""The feed of changes of lots that the caller names or has a private link to, and the hooks of a private link.

Rules: an entry says what the report on the named lot tells the same caller, and nothing of any other lot
(`ledger.changes.following`). A digest that no certificate has is missing, as on every other route: whether a
certificate exists is no secret, and a slip must not read as "no changes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator, StringConstraints
from starlette.responses import Response

from api.access import Caller, LinkHolder, reader_of, tenant_of
from api.answers import ETAG, UNCHANGED, created, has_answer, json_response, tag_headers
from api.app_state import AppState, AppStateDep
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body, needs_no_key
from api.reports import weak_tag
from api.request_body import json_document
from api.routes.certificates import IdempotencyKey, IfNoneMatch
from ledger.admin.tokens import Token
from ledger.bundles.views import view_of
from ledger.changes.following import MOST_LOTS, ChangePage, LotChange, follow
from ledger.changes.share import Share
from ledger.desk.hooks import create_link_hook, end_link_hook, list_link_hooks
from ledger.registry.idempotency import Answer
from schemas.answers.changes import (
    ChangeFacts,
    ChangeFeed,
    ChangeItem,
    EndedUpstream,
    FeedFacts,
    LinkHooks,
    NewLinkHook,
)
from schemas.patterns import SHORT_ID
from schemas.problem import InputError
from schemas.report import Affected, Report
from schemas.requests import LinkHookRequest
from schemas.sentences import CHANGES, filled

router = APIRouter(prefix="/v1/changes", tags=["certificates"], route_class=FastRoute)
hooks = APIRouter(prefix="/v1/hooks", tags=["certificates"], route_class=FastRoute)
"""Of a private link: no token opens them, but the secret of the link."""

FEED: Final = "application/feed+json"
FED: Final = json_answer_of(ChangeFeed, description="A page of the feed.", media_type=FEED)
FED[200]["headers"] = ETAG
_DAY: Final = re.compile("2[01][0-9]{6}")
HOOK: Final = {"address": "https://erp.example/oreprint"}


def _day(number: int) -> int:
    """Return a day that was given as a number, or 0 for the beginning; raise ValueError for what is no day."""
    if number and not _DAY.fullmatch(str(number)):
        raise ValueError("it is no day such as 20260609")
    if number:
        date.fromisoformat(str(number))
    return number


LotDigest = Annotated[str, StringConstraints(pattern="^zQm[1-9A-HJ-NP-Za-km-z]{44}$")]


@router.get(
    "", summary="What changed for lots that you follow", response_class=Response, responses={**FED, **UNCHANGED}
)
async def changes(  # noqa: PLR0917 - each is a parameter
    request: Request,
    server: AppStateDep,
    token: Caller,
    lot: Annotated[
        list[LotDigest],
        Query(
            description="Digest of a certificate that you follow; may be repeated.",
            max_length=MOST_LOTS,
            default_factory=list,
        ),
    ],
    after: Annotated[
        int,
        Query(description="Only of days after this one, such as 20260609: `next` of before.", ge=0),
        AfterValidator(_day),
    ] = 0,
    skip: Annotated[int, Query(description="Lots and days to skip: `next_url` has it.", ge=0, le=1_000_000)] = 0,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return withdrawals, suspensions and their ends, undone runs and corrections, as JSON Feed 1.1.

    You name the lots, or send the secret of a private link, which names its own. Told is what the report on each of
    them tells you: of a hidden chain the share, the reason and the day. So `after` is a day, and what happened on a day
    that is not over is told again, under the same `id`. What another registry says of a lot stands in its report alone.
    """
    del if_none_match  # read by `has_answer`
    named = [*([token.certificate] if isinstance(token, Share) else ()), *lot]
    if not named:
        raise InputError.at("api.no-lot", "lot")
    page = await server.lane(token)(_page, server, token, named, after, skip)
    address = partial(_address, server.parts.origin, lot, after)
    feed = ChangeFeed(
        title="Oreprint: changes of the lots that you follow",
        home_page_url=server.parts.origin,
        feed_url=address(skip),
        next_url=address(skip + page.read) if page.more else None,
        items=tuple(_items(page.changes, server.parts.origin)),
        facts=FeedFacts(registry=server.registry.did, next=page.next),
    )
    text = feed.to_json()
    tag = weak_tag(text)
    headers = tag_headers(tag, public=token is None)
    if has_answer(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type=FEED)


def _page(server: AppState, token: Token | Share | None, lots: list[str], after: int, skip: int) -> ChangePage:
    reader, tenant = reader_of(token), tenant_of(token)

    def report_of(digest: str) -> Report:
        return server.reports.tell(digest, view_of(server.registry, digest, reader), tenant=tenant).report

    return follow(server.registry, lots, report_of, after=after, skip=skip)


def _address(origin: str, lots: Sequence[str], after: int, skip: int) -> str:
    asked = [*(("lot", each) for each in lots), ("after", after), *([("skip", skip)] if skip else [])]
    return f"{origin}/v1/changes?{urlencode(asked)}"


def _items(changes: tuple[LotChange, ...], origin: str) -> Iterator[ChangeItem]:
    """Yield changes as items of a feed."""
    for each in changes:
        sentences = [*_sentences(each)]
        facts = ChangeFacts(
            certificate=each.certificate,
            lot=each.lot,
            change=each.change,
            of="upstream" if each.is_upstream else "lot",
            day=each.day,
            reason=each.reason,
            upstream=None if each.upstream is None else _ended(each.upstream),
            corrected_by=each.corrected_by,
        )
        yield ChangeItem(
            id=each.id,
            url=f"{origin}/c/{each.certificate}",
            title=sentences[0],
            content_text=" ".join(sentences),
            date_published=each.at if each.at and len(each.at) > len(each.day) else f"{each.day}T00:00:00Z",
            facts=facts,
        )


def _ended(upstream: Affected) -> EndedUpstream:
    return EndedUpstream(
        lot=upstream.lot,
        digest=upstream.digest,
        mass_percent=upstream.mass_percent,
        mass_kg=upstream.mass_kg,
        elements=upstream.elements,
        path=upstream.path,
    )


def _sentences(each: LotChange) -> Iterator[str]:
    """Yield what a change is to people."""
    lot, upstream = each.lot, each.upstream
    yield filled(CHANGES[f"upstream-{each.change}" if each.is_upstream else each.change], {"lot": lot})
    if upstream is not None:
        if upstream.lot is not None:
            yield filled(CHANGES["batch"], {"batch": upstream.lot})
        key = "share-open" if upstream.mass_percent is None else "share"
        yield filled(CHANGES[key], {"lot": lot, "percent": upstream.mass_percent or "", "kg": upstream.mass_kg or ""})
    if each.reason is not None:
        yield filled(CHANGES["reason"], {"reason": each.reason})


@hooks.post(
    "",
    status_code=201,
    summary="Send the notices of a private link to a web address",
    responses=json_answer_of(NewLinkHook, description="The hook, and its secret. It is shown this once.", status=201),
    openapi_extra=json_body([LinkHookRequest], {"hook": HOOK}),
)
async def add_hook(request: Request, server: AppStateDep, link: LinkHolder, key: IdempotencyKey = None) -> Response:
    """Tell a web address when the lot of the private link, or a lot behind it, is withdrawn, suspended or stands again.

    The token is the secret of the link. The address must be https and lead to a public address of the internet. A link
    has at most three hooks, and they end with it.
    """
    del key  # read by `answer_once`
    wanted = await json_document(request, LinkHookRequest)

    def added() -> Answer:
        return created(create_link_hook(server.registry, link, address=wanted.address))

    return await answer_once(request, server, link, added, is_secret=True)


@hooks.get(
    "",
    summary="The hooks of a private link",
    responses=json_answer_of(LinkHooks, description="The hooks, without their secrets."),
)
def link_hooks(server: AppStateDep, link: LinkHolder) -> Response:
    """List the hooks of the private link whose secret is the token, with how they fare."""
    return json_response(list_link_hooks(server.registry, link))


@hooks.delete(
    "/{hook}",
    summary="Remove a hook of a private link",
    responses=json_answer_of(LinkHooks, description="The hooks that are left."),
    openapi_extra=needs_no_key("the address names the hook, and it is removed once."),
)
def remove_hook(
    server: AppStateDep,
    link: LinkHolder,
    hook: Annotated[str, Path(description="The hook's `id`.", pattern=SHORT_ID, examples=["8f0c2d4e6a10"])],
) -> Response:
    """Send nothing more to a hook of the private link, and forget what waits for it."""
    end_link_hook(server.registry, link, hook)
    return json_response(list_link_hooks(server.registry, link))

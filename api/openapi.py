"""The OpenAPI document: what FastAPI says of the routes, with what it can't know by itself.

Rules: routes read bodies by the strict door and write answers themselves, so the schemas of both are said here. All are
made together: each model is once under `components`, and two of one name get longer ones. An operation says which
scope a token needs, or that it needs none. All refusals have one form. Schemas are those by which documents are read,
for answers too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from api.access import BEARER, caller, is_scoped, link_holder, scope_of
from api.examples import NOTICE
from ledger.desk.outbox import NOTICE_WORDS
from schemas.answers.approvals import AwaitsApproval
from schemas.answers.others import NoticeMessage, ProblemDocument
from schemas.described import DescribedSchema
from schemas.struct import Struct

JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"
_MODELS: Final[dict[str, type[BaseModel | Struct]]] = {
    "ProblemDocument": ProblemDocument,
    "NoticeMessage": NoticeMessage,
}
"""Models of bodies and answers, by name: routes say them as they are declared."""

TAGS: Final = {
    "certificates": "Issue certificates, list what you have issued, and read a certificate as far as you may see it.",
    "verification": "Verify what somebody brings: a certificate, a presentation or a bundle.",
    "holdings": "What you hold, and what you do with it: split, move, withdraw, undo.",
    "contacts": "Your customers by name, what you shipped to them, and guests that this registry holds goods for.",
    "attestations": "What a third party says of somebody's certificate or run.",
    "recipes": "What the runs of a product have in common: versions that a second person approves.",
    "audit": "What auditors are shown, and what they say of all certificates at once.",
    "resolver": "GS1 Digital Links: from what is printed on a box to what is published of the lot.",
    "log": "The log as C2SP tlog-tiles lays it out.",
    "registry": "What verifiers need of a registry: its trust list, status lists and DID document.",
    "approvals": "What needs a second person, and that person's decision.",
    "notices": "What happened to a party's lots, shipments and approvals: messages to its webhooks, and a list for programs that ask.",
    "operations": "Is it alive, can it work, what has it done; and what a code means.",
}
"""What each group of operations is about, in the order in which they are shown."""
LINKS: Final = ("/01/", "/414/")
"""Where GS1 Digital Links begin, which lead elsewhere."""
LICENCE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


class OpenApiText(NamedTuple):
    """The document as it is served, and its entity tag."""

    content: bytes
    tag: str


def json_body(
    models: Sequence[type[BaseModel | Struct]], examples: Mapping[str, object], *, also: str | None = None
) -> dict[str, Any]:
    """Return the OpenAPI request body: JSON of one of `models`, or text of type `also`."""
    content: dict[str, Any] = {
        JSON: {"schema": _one_of(*models), "examples": {name: {"value": value} for name, value in examples.items()}}
    }
    if also is not None:
        content[also] = {"schema": {"type": "string"}}
    return {"requestBody": {"required": True, "content": content}}


IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_NO_KEY: Final = "x-needs-no-key"


def needs_no_key(why: str) -> dict[str, Any]:
    """Return what a write without an idempotency key says of itself: why twice is once."""
    return {_NO_KEY: why}


def _check_key(route: APIRoute, method: str) -> None:
    """Raise LookupError of a write that neither takes an idempotency key nor says why it needs none."""
    takes = any(each.alias == IDEMPOTENCY_KEY for each in route.dependant.header_params)
    says = _NO_KEY in (route.openapi_extra or {})
    if method != "GET" and takes == says:
        raise LookupError(f"{method} {route.path}: {'no key, and no reason' if not takes else 'a key, and a reason'}")


def text_body(*types: str) -> dict[str, Any]:
    """Return the OpenAPI request body of text of one of these types."""
    return {"requestBody": {"required": True, "content": {name: {"schema": {"type": "string"}} for name in types}}}


def binary_body(*kinds: str) -> dict[str, Any]:
    """Return the OpenAPI request body of bytes of one of these types."""
    schema = {"type": "string", "format": "binary"}
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}}


def text_answer(description: str, *types: str, binary: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI answer of text, or of bytes, of one of these types."""
    schema = {"type": "string", "format": "binary"} if binary else {"type": "string"}
    return {200: {"description": description, "content": {name: {"schema": schema} for name in types}}}


def json_answer_of(
    *models: type[BaseModel | Struct],
    description: str,
    status: int = 200,
    media_type: str = JSON,
) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI answer of one JSON document, of one of `models`."""
    return {status: {"description": description, "content": {media_type: {"schema": _one_of(*models)}}}}


def _one_of(*models: type[BaseModel | Struct]) -> dict[str, Any]:
    """Return the schema of one of `models`, which are kept to be described.

    Two models of one name are a programming mistake (LookupError).
    """
    for model in models:
        if _MODELS.setdefault(model.__name__, model) is not model:
            raise LookupError(model.__name__)
    schemas = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}


LIMITED: Final[dict[int | str, dict[str, Any]]] = {429: {"description": "Limited by address."}}
"""Marks a route that counts who asks without a token; `document` fills it in."""
RETRY_AFTER: Final = {
    "description": "Seconds until the limit is over.",
    "required": True,
    "schema": {"type": "integer"},
}
AWAITS: Final = json_answer_of(
    AwaitsApproval, description="It waits for a second person. Nothing was issued or changed.", status=202
)
"""The answer where the party's rule asks for a second person."""


def written(app: FastAPI, *, origin: str) -> OpenApiText:
    """Return the document of an application that serves at `origin`."""
    content = orjson.dumps(document(app, origin=origin))
    return OpenApiText(content, f'"{sha256(content).hexdigest()[:32]}"')


def document(app: FastAPI, *, origin: str) -> dict[str, Any]:
    """Return the document as JSON."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        license_info=LICENCE,
        servers=[{"url": origin, "description": "This registry"}],
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        routes=app.routes,
    )
    components = made.setdefault("components", {})
    components["schemas"] = _schemas()
    components["responses"] = {
        "Refused": _refused("A refusal: nothing was changed."),
        "Failed": _refused(_FAILED),
        "Limited": {**_refused(_LIMITED), "headers": {"Retry-After": RETRY_AFTER}},
    }
    made["webhooks"] = {kind: {"post": _webhook(kind, words)} for kind, words in NOTICE_WORDS.items()}
    given = _given()
    for route, method, operation in _operations(app, made["paths"]):
        _check_key(route, method)
        if why := operation.pop(_NO_KEY, None):
            operation["description"] += f"\n\nIt takes no `{IDEMPOTENCY_KEY}`: {why}"
        operation["operationId"] = route.name
        operation["security"] = _security(route)
        responses = operation["responses"]
        responses.pop("422", None)
        if route.path.startswith(LINKS):
            responses["307"] = {"description": "The address of what the link leads to is in `Location`."}
        for status, contents in given.get(f"{method} {route.path_format}", {}).items():
            answer = responses.setdefault(status, _refused("A refusal: nothing was changed."))
            for media_type, value in contents.items():
                answer["content"][media_type]["example"] = value
        if _is_limited(route):
            responses["429"] = {"$ref": "#/components/responses/Limited"}
        responses["4XX"] = {"$ref": "#/components/responses/Refused"}
        responses["5XX"] = {"$ref": "#/components/responses/Failed"}
    return made


_FAILED: Final = (
    "The registry can't do this now, or failed; a write may have happened, so ask again with the same Idempotency-Key."
)


_LIMITED: Final = (
    "Too many requests in this minute: of one address with wrong tokens or to verify, or of one token to write. Nothing "
    "was changed. `docs/reference/limits.md` has the limits."
)


def _is_limited(route: APIRoute) -> bool:
    """Return whether a route counts its callers (`api.rates`): by what it declares, or because it reads tokens."""
    calls = [each.call for each in route.dependant.dependencies]
    return 429 in route.responses or any(each in {caller, link_holder} or is_scoped(each) for each in calls)


def _webhook(kind: str, words: str) -> dict[str, Any]:
    """Return the message that a hook gets of one kind of notice (Standard Webhooks 1.0)."""
    content: dict[str, Any] = {"schema": {"$ref": _REF.format(model="NoticeMessage")}}
    if kind == NOTICE["type"]:
        content["example"] = NOTICE
    return {
        "operationId": f"notice-{kind}",
        "summary": words,
        "description": "Sent at least once, and again for a day until a status from 200 to 299 answers it. "
        "`docs/how-to/get-notices.md` tells how to verify it.",
        "tags": ["notices"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}
            for name, about in _WEBHOOK_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {JSON: content}},
        "responses": {
            "2XX": {"description": "Taken. Nothing of the answer is read."},
            "4XX": {"description": "Not taken: it comes again."},
        },
    }


_WEBHOOK_HEADERS: Final = {
    "webhook-id": "Id of the message: a repeated one has the same.",
    "webhook-timestamp": "Time of this try, in seconds since 1970 UTC.",
    "webhook-signature": "`v1,` and the HMAC-SHA-256 over id, time and body, in base64; one for each secret, with a space between.",
}


def _schemas() -> dict[str, Any]:
    """Return the schemas of bodies and answers, and of all that they refer to, by name."""
    adapters = [(name, "validation", TypeAdapter(model)) for name, model in _MODELS.items()]
    found: dict[str, Any] = TypeAdapter.json_schemas(
        adapters,  # type: ignore[arg-type] # the mode is a literal
        ref_template=_REF,
        schema_generator=DescribedSchema,
    )[1]["$defs"]
    if renamed := _MODELS.keys() - found.keys():  # one of them has the name of a part of another
        raise LookupError(renamed)
    return dict(sorted(found.items()))


def _refused(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemDocument")}}},
    }


def _given() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the answers that a registry once gave, by operation, status and media type.

    `python -m tests.golden.make_answers` writes them.
    """
    found: dict[str, dict[str, dict[str, Any]]] = orjson.loads(Path(__file__).with_name("answers.json").read_bytes())
    return found


def _operations(app: FastAPI, paths: Mapping[str, Any]) -> Iterator[tuple[APIRoute, str, dict[str, Any]]]:
    """Yield each route that is documented with each of its methods and the operation."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                yield route, method, paths[route.path_format][method.lower()]


def _security(route: APIRoute) -> list[dict[str, list[str]]]:
    """Return the token that a route needs: one with a scope, none, or one only to see more."""
    scope, name = scope_of(route), BEARER.scheme_name
    if scope != "public":
        return [{name: [] if scope == "any" else [scope]}]
    wider = any(each.call is caller for each in route.dependant.dependencies)
    return [{}, {name: []}] if wider else [{}]

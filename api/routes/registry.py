"""What verifiers need of a registry: status lists, its trust list, its DID document, its JSON-LD context."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import FOR_A_MINUTE, FOR_EVER, json_response
from api.app_state import AppStateDep
from api.fast_route import FastRoute
from api.openapi import json_answer_of, text_answer
from api.routes.log import Number
from ledger.registry.did_documents import did_of, registered_document
from ledger.registry.lists import published_list, published_trust
from ledger.registry.registry import OpenRegistry
from ledger.seal.context import REGISTRY_CONTEXT
from ledger.seal.did import PARTIES
from ledger.transfers.mirror import public_file
from schemas.answers.did import DidDocument, JsonLdContext
from schemas.instant import DAY_MS, time_text
from schemas.problem import MissingError
from schemas.trust import TrustFile
from schemas.vocabulary import PURPOSES

router = APIRouter(tags=["registry"], route_class=FastRoute)

_LIST: Final = re.compile(rf"({'|'.join(PURPOSES)})-(0|[1-9][0-9]{{0,9}})", re.ASCII)
DID_DOCUMENT: Final = json_answer_of(DidDocument, description="The document.")
TEXT: Final = "text/plain; charset=utf-8"
LIST: Final = text_answer("The list as it was signed.", "text/plain")
_CONTACT_DAYS: Final = 30
"""Days for which a contact may be relied on; RFC 9116 (2.5.5) recommends less than a year."""


@router.get(
    "/status/{name}",
    summary="A status list, as a signed credential",
    response_class=Response,
    responses=text_answer("The credential.", "application/vc+jwt"),
)
def status_list(
    server: AppStateDep,
    name: Annotated[str, Path(description="Purpose and number of the list.", examples=["revocation-0"])],
) -> Response:
    """Return a Bitstring Status List 1.0 credential (`vc+jwt`); purposes are revocation, suspension and refresh."""
    if not (named := _LIST.fullmatch(name)):
        raise MissingError.at("api.not-found")
    text = published_list(server.registry, "status", f"{named[1]}/{named[2]}")
    return Response(text, headers=FOR_A_MINUTE, media_type="application/vc+jwt")


@router.get(
    "/published/{index}",
    summary="The list that an entry of the log put in force",
    response_class=Response,
    responses=LIST,
)
def published(
    server: AppStateDep,
    index: Annotated[str, Path(description="The entry's place in the log.", pattern=r"^(?:0|[1-9][0-9]{0,9})$")],
) -> Response:
    """Return the version of a status list or of the trust list that entry `index` commits to, for monitors."""
    found = public_file(server.registry, f"published/{index}")
    return Response(found, headers=FOR_EVER, media_type=TEXT)


@router.get(
    "/log/{number}/published/{index}",
    summary="The list that an entry of a later log put in force",
    response_class=Response,
    responses=LIST,
)
def published_in(
    server: AppStateDep,
    number: Number,
    index: Annotated[str, Path(description="The entry's place in the log.", pattern=r"^(?:0|[1-9][0-9]{0,9})$")],
) -> Response:
    """Return a list as `/published` does, of the log that was opened when another was closed."""
    found = public_file(server.registry, f"log/{number}/published/{index}")
    return Response(found, headers=FOR_EVER, media_type=TEXT)


@router.get(
    "/trust.json",
    summary="The trust list that this registry judges by",
    responses=json_answer_of(TrustFile, description="The file to pin."),
)
def trust(server: AppStateDep) -> Response:
    """Return the signed note, to compare with the one you pinned. Pin it once, from somebody you trust."""
    found = published_trust(server.registry)
    return Response(found.to_bytes() + b"\n", headers=FOR_A_MINUTE, media_type="application/json")


@router.get(
    "/trust/{number}",
    summary="A version of the trust list, by its number",
    responses=json_answer_of(TrustFile, description="The version, as a file to pin."),
)
def trust_version(
    server: AppStateDep,
    number: Annotated[str, Path(description="The number of the version.", pattern=r"^[1-9][0-9]{0,9}$")],
) -> Response:
    """Return the signed note of one version. Readers follow the versions one by one, from the one that they pinned.

    `logged` is its place in the log, under the newest head that holds it.
    """
    found = published_trust(server.registry, int(number))
    return Response(found.to_bytes() + b"\n", headers=FOR_A_MINUTE, media_type="application/json")


@router.get("/.well-known/did.json", summary="The registry's DID document", responses=DID_DOCUMENT)
async def did(server: AppStateDep) -> Response:
    """Return the `did:web` document with the key that signs status lists."""
    return await _document(server.registry)


@router.get(
    "/.well-known/security.txt",
    summary="Where to report a flaw of this registry",
    response_class=Response,
    responses=text_answer("The contact, as RFC 9116 has it.", "text/plain"),
)
async def security(server: AppStateDep) -> Response:
    """Return the address that the operator named, in a file that programs for reports know; it is good for a month."""
    if server.parts.security_contact is None:
        raise MissingError.at("api.not-found")
    day = server.registry.runtime.now_ms() // DAY_MS
    lines = (
        f"Contact: {server.parts.security_contact}",
        f"Expires: {time_text((day + _CONTACT_DAYS) * DAY_MS)}",
        f"Canonical: {server.parts.origin}/.well-known/security.txt",
    )
    return Response("\n".join([*lines, ""]), headers=FOR_A_MINUTE, media_type=TEXT)


@router.get(
    "/parties/{name:path}/did.json", summary="The DID document of a party of this registry", responses=DID_DOCUMENT
)
async def party_did(
    server: AppStateDep,
    name: Annotated[str, Path(description="What follows `parties` in the party's DID, with slashes.", examples=["x"])],
) -> Response:
    """Return the document of `did:web:<registry>:parties:<name>`, with every key that the party ever registered."""
    return await _document(server.registry, PARTIES, *name.split("/"))


async def _document(registry: OpenRegistry, *path: str) -> Response:
    found = await run_in_threadpool(registered_document, registry, did_of(registry.did, *path))
    return json_response(found, headers=FOR_A_MINUTE)


@router.get(
    "/ns/v1",
    summary="The JSON-LD context of certificates, attestations and status lists",
    response_class=Response,
    responses=json_answer_of(JsonLdContext, description="The context.", media_type="application/ld+json"),
)
async def context() -> Response:
    """Return the terms that signed documents add to VCDM 2.0 and UNTP 0.7.0; no verifier needs to fetch it."""
    return Response(REGISTRY_CONTEXT, headers=FOR_A_MINUTE, media_type="application/ld+json")

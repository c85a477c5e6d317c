"""Nobody at the desk reaches anything of another party: its identifiers look like those of nothing."""

from __future__ import annotations

import re
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from api.desk.routes import ROUTERS
from ledger.admin.tokens import list_tokens
from ledger.changes.share import list_shares
from ledger.desk.hooks import list_hooks
from ledger.desk.incoming import list_incoming
from ledger.desk.leaving import party_files
from ledger.seal.digest import certificate_digest_text
from ledger.store.desk_schema import DESK
from ledger.store.engine import reading
from ledger.store.leaving import NOT_OWN, OWN
from ledger.store.schema import METADATA
from schemas.person import ROLES
from tests.support.http.desk import Desk, desk
from tests.support.http.full_desk import FullDesk, full_desk
from tests.support.http.server import ANN, BEN, Served

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN: Final = {
    "/desk/link/{secret}": "whoever has the secret is whom it was made for",
    "/desk/static/{version}/{name:path}": "a file that everybody loads",
    "/desk/export.{form}": "a kind of file; the rows are one's own",
    "/desk/grids/{grid}": "a country",
}
"""Routes whose parameter names nothing of a party."""
UNKNOWN: Final = {
    "digest": certificate_digest_text(bytes(32)),
    "recipe": "NOBODYS",
    "upload": "3f9a0c51d2e73f9a0c51d2e7",
    "draft_id": "3f9a0c51d2e73f9a0c51d2e7",
}
FORMS: Final = {
    "share": {"recipient": "x", "audience": "customer", "days": "9"},
    "status": {"change": "withdraw", "reason": "x"},
    "put-right": {"act": "correct"},
    "record": {"how": "correct"},
    "accept": {"scale": "1700"},
    "shut": {"reason": "x"},
    "decide": {"decision": "approve", "digest": "0" * 64},
    "send": {"digest": "0" * 64},
    "bands": {"digest": "0" * 64},
    "claims": {"claimant": BEN, "confirm": "yes"},
}
"""What the form of a route is filled in with, by the last word of its path."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullDesk]:
    with full_desk(tmp_path_factory.mktemp("tenants")) as found:
        yield found


def routes() -> list[tuple[str, str]]:
    """Return method and path of each route of the desk that names something of a party."""
    known = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    named = [route for route in known if "{" in route.path and route.path not in OPEN]
    return [(method, route.path) for route in named for method in sorted(route.methods or ())]


def identifiers(full: FullDesk) -> dict[str, str]:
    """Return an identifier of each kind that the party of the full desk has, by the name of the parameter."""
    registry, found = full.site.served.registry, dict[str, str]()
    for name, path in full.screens.items():
        route = name.partition(" ")[0]
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/?]+)", re.escape(route))
        if (match := re.match(pattern, path)) is not None:
            found = match.groupdict() | found
    found["share_id"] = next(each.id for each in list_shares(registry, ANN).links)
    found["token"] = next(each.id for each in list_tokens(registry, ANN))
    found["hook"] = next(each.id for each in list_hooks(registry, ANN))
    found["offer"] = list_incoming(registry, ANN)[0].offer
    return found


def kept(served: Served) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of the desk, but for who is at it, and for notices, which the server sends meanwhile."""
    apart = {"sessions", "events", "attempts", "outbox", "deliveries"}
    with reading(served.registry.engine) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in DESK.sorted_tables
            if table.name not in apart
        }


def asked(at: Desk, method: str, path: str, ids: dict[str, str]) -> tuple[int, str]:
    """Return how a route answers, and what it says without the identifiers."""
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, path
    form = FORMS.get(path.rpartition("/")[2], {})
    if method == "GET":
        answer = at.get(path)
    elif path.endswith("/record"):
        files = {"file": ("record.json", b"{}", "application/json")}
        headers = {"origin": at.origin, "sec-fetch-site": "same-origin"}
        answer = at.client.post(path, data={"csrf": at.token(), **form}, files=files, headers=headers)
    else:
        answer = at.post(path, form)
    said = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    text = said[0] if said is not None else answer.text
    for value in sorted(ids.values(), key=len, reverse=True):
        text = text.replace(value, "#")
    return answer.status_code, re.sub(r'name="(csrf|once)" value="[^"]*"', "", text)


def test_each_route_takes_an_identifier_of_another_party_for_one_of_nothing(full: FullDesk) -> None:
    ids = identifiers(full)
    unknown = {name: UNKNOWN.get(name, "3f9a0c51d2e7") for name in ids} | {"offer": "0" * len(ids["offer"])}
    served = full.site.served
    before = kept(served)
    wrong: list[object] = []
    with desk(served, *ROLES, party=BEN) as other:
        mine = kept(served)
        assert mine != before, "somebody of the other party is at the desk"
        for method, path in routes():
            found, nothing = asked(other, method, path, ids), asked(other, method, path, unknown)
            if "{digest}" in path:  # everybody may look up whether a certificate exists
                found, nothing = (found[0], ""), (nothing[0], "")
            if found[0] != 404 or found != nothing:
                wrong.append((method, path, found[0], nothing[0], found[1][-300:], nothing[1][-300:]))
        assert kept(served) == mine
    assert wrong == [], "\n".join(map(str, wrong))


def test_everything_that_leaves_is_the_partys_own_and_every_table_is_decided(full: FullDesk) -> None:
    """A new table of the schema belongs to `OWN` or `NOT_OWN`; no rows of others leave, and no secret."""
    decided = [each.table.name for each in OWN] + [each.name for each in NOT_OWN]
    assert sorted(decided) == sorted([*METADATA.tables, *DESK.tables])
    registry = full.site.served.registry
    found = {who: {name: b"".join(pieces) for name, pieces in party_files(registry, who)} for who in (ANN, BEN)}
    assert {"tables/people.csv", "tables/events.csv", "tables/shipments.csv", "tables/approvals.csv"} <= {*found[ANN]}
    for folder in ("certificates/", "bundles/", "recipes/", "workbooks/"):
        assert any(name.startswith(folder) for name in found[ANN]), folder
    assert b"Li Wei" in found[ANN]["tables/people.csv"]
    mine, others = (b"".join(found[who].values()) for who in (ANN, BEN))
    assert b"Li Wei" not in others
    with reading(registry.engine) as connection:
        secrets = [
            value
            for table, columns in ((DESK.tables["tokens"], ["digest"]), (DESK.tables["credentials"], ["secret"]))
            for row in connection.execute(select(*[table.c[name] for name in columns]))
            for value in row
        ]
    assert secrets
    assert not [each for each in secrets if each in mine or each.hex().encode() in mine]


def test_an_archive_of_everything_opens_for_who_runs_the_company_alone(full: FullDesk) -> None:
    served = full.site.served
    with served.client() as client:
        assert client.get("/v1/party/everything", headers=served.token(BEN, "read")).status_code == 403
        answer = client.get("/v1/party/everything", headers=served.token(BEN, "admin"))
    with ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        sums = archive.read("SHA256SUMS").decode().splitlines()
        assert len(sums) == len(archive.namelist()) - 1
        for line in sums:
            digest, _, name = line.partition("  ")
            assert sha256(archive.read(name)).hexdigest() == digest

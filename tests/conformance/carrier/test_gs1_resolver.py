"""The resolver against the statements of the GS1-Conformant resolver standard, as GS1's own test suite words and
checks them.

Its schema of link sets and its sample of a description file are read from the shared folder.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.support.http.server import ANN, ORIGIN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    from starlette.testclient import TestClient

GTIN, GLN = "04006381333931", "4006381333900"
LOT, PIECE, PART = f"/01/{GTIN}/10/A-1", f"/01/{GTIN}/10/A-1/21/7", f"/414/{GLN}/254/gate-2"
KNOWN = (f"/01/{GTIN}", LOT, PIECE, f"/01/{GTIN}/10/unknown", f"/414/{GLN}", PART)
VOCABULARY = "https://gs1.org/voc/"
NOT_LINK_TYPES = {"anchor", "itemDescription"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("gs1"))


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        client.follow_redirects = False
        headers = served.token(ANN)
        record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
        assert client.post("/v1/certificates", json=record, headers=headers).status_code == 201
        for body in ({"lot": "A-1", "gtin": GTIN}, {"facility": plant(ANN), "gln": GLN}):
            assert client.post("/v1/identifiers", json=body, headers=headers).status_code == 201
        yield client


def link_set(client: TestClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path, headers={"accept": "application/linkset+json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/linkset+json")
    (member, levels), *_ = answer.json().items()
    assert (member, len(answer.json())) == ("linkset", 1)
    return list(levels)


def default_of(client: TestClient, path: str) -> str:
    """Return where the most exact level of a path that has a default link leads."""
    found = [level[f"{VOCABULARY}defaultLink"] for level in link_set(client, path)]
    return str(found[0][0]["href"])


def location(answer: httpx2.Response) -> str:
    assert answer.status_code == 307, answer.text
    return str(answer.headers["location"])


@pytest.mark.parametrize("path", KNOWN)
def test_it_redirects_to_the_default_link_by_an_absolute_address(client: TestClient, path: str) -> None:
    """Hard use 24: the resolver SHALL redirect to the default link; Location is absolute, of the configured origin."""
    wanted = default_of(client, path)
    assert wanted.startswith(f"{ORIGIN}/")
    for host in ("registry.example", "evil.example"):
        assert location(client.get(path, headers={"host": host, "x-forwarded-host": host})) == wanted
    assert client.get(wanted.removeprefix(ORIGIN)).status_code == 200


@pytest.mark.parametrize("path", KNOWN)
def test_there_is_one_default_link_with_a_title_alone_and_a_descriptive_type(client: TestClient, path: str) -> None:
    """Hard use 24: the default link SHALL include a title and no other attribute, and SHALL have a descriptive link
    type, too.
    """
    for level in link_set(client, path):
        (default,) = level[f"{VOCABULARY}defaultLink"]
        assert set(default) == {"href", "title"}
        described = [
            link["href"]
            for name, links in level.items()
            if name not in NOT_LINK_TYPES and not name.endswith("/defaultLink")
            for link in links
        ]
        assert default["href"] in described


@pytest.mark.parametrize(
    ("path", "anchors"),
    [
        (PIECE, [LOT, f"/01/{GTIN}"]),
        (LOT, [LOT, f"/01/{GTIN}"]),
        (f"/01/{GTIN}/10/unknown/21/7", [f"/01/{GTIN}"]),
        (f"/01/{GTIN}/22/2A/10/A-1", [f"/01/{GTIN}"]),
        (f"/01/{GTIN}/235/any", [f"/01/{GTIN}"]),
        (PART, [f"/414/{GLN}"]),
    ],
)
def test_it_walks_up_and_lists_the_links_of_every_level(client: TestClient, path: str, anchors: list[str]) -> None:
    """Hard use 24: all qualifiers SHALL be supported, and the links of each level up to the primary key SHALL be in
    the link set.
    """
    assert [level["anchor"] for level in link_set(client, path)] == [f"{ORIGIN}{each}" for each in anchors]
    assert location(client.get(path)) == default_of(client, path)


def test_a_link_set_is_valid_and_says_how_it_is_linked_data(client: TestClient, shared: Path) -> None:
    """Hard use 24: asked for by linkType or Accept, the link set SHALL be the answer, valid, with a Link to its
    JSON-LD context.
    """
    schema = json.loads((shared / "standards/gs1/gs1-linkset-schema.json").read_text("utf-8"))
    for path in KNOWN:
        asked = [
            client.get(f"{path}?linkType=linkset"),
            client.get(f"{path}?linkType=all"),
            client.get(path, headers={"accept": "application/linkset+json"}),
        ]
        for answer in asked:
            assert answer.status_code == 200
            jsonschema.validate(answer.json(), schema)
            contexts = [each for each in answer.headers["link"].split(",") if "json-ld#context" in each]
            assert len(contexts) == 1
            assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in contexts[0]
        assert asked[0].json() == asked[1].json() == asked[2].json()


@pytest.mark.parametrize("path", KNOWN)
def test_every_link_type_that_is_listed_is_redirected_to(client: TestClient, path: str) -> None:
    """Hard use 24: if the requested type of link is available, the resolver SHALL redirect to it, by type and
    language of the
    request.
    """
    seen: set[str] = set()
    for level in link_set(client, path):
        for name in set(level) - NOT_LINK_TYPES - seen:
            seen.add(name)
            for link in level[name]:
                headers = {"accept": link.get("type", "*/*"), "accept-language": "".join(link.get("hreflang", ()))}
                short = name.removeprefix(VOCABULARY)
                for written_as in (f"gs1:{short}", name, f"https://ref.gs1.org/voc/{short}"):
                    answer = client.get(path, params={"linkType": written_as}, headers=headers)
                    assert location(answer) == link["href"], (name, link)
    assert f"{VOCABULARY}defaultLink" in seen


def test_a_link_type_that_is_not_there_is_not_found(client: TestClient) -> None:
    """Hard use 24: if the requested type of link is not available, the resolver SHALL return 404."""
    for wanted in ("gs1:nosuchlt", "gs1:recipeInfo", "pip", "https://evil.example/voc/pip", ""):
        for path in KNOWN:
            assert client.get(path, params={"linkType": wanted or "gs1:"}).status_code == 404
    assert client.get(f"/01/{GTIN}/10/unknown?linkType=gs1:certificationInfo").status_code == 404


def test_what_is_no_digital_link_is_400(client: TestClient) -> None:
    """Hard use 24: errors of syntax SHALL be reported with 400."""
    for path in KNOWN:
        assert client.get(f"{path}/foo").status_code == 400
        assert client.get(f"{path}/foo/bar").status_code == 400


@pytest.mark.parametrize("path", KNOWN)
def test_a_slash_at_the_end_is_tolerated(client: TestClient, path: str) -> None:
    """Hard use 24: the answer SHOULD be the same with a slash at the end."""
    assert location(client.get(f"{path}/")) == location(client.get(path))


@pytest.mark.parametrize("path", KNOWN)
def test_methods_origins_and_the_link_header(client: TestClient, path: str) -> None:
    """Hard use 24: GET, HEAD, OPTIONS and CORS SHALL be supported; the Link header points to the link set and
    repeats no other
    link.
    """
    for answer in (client.get(path), client.head(path)):
        assert location(answer)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["access-control-allow-methods"].split(", "))
        assert answer.headers["link"].count("rel=") == 1
        assert f'<{ORIGIN}{path}?linkType=linkset>; rel="linkset"' in answer.headers["link"]
    assert client.options(path).status_code == 204


def test_data_attributes_in_the_query_are_no_error_and_are_not_passed_on(client: TestClient) -> None:
    """Hard use 24: a Digital Link may carry attributes and other keys; each link says that it forwards none
    (`fwqs`).
    """
    assert location(client.get(f"{LOT}?17=261231&3103=000195&foo=bar")) == location(client.get(LOT))
    links = [
        link
        for level in link_set(client, LOT)
        for name, links in level.items()
        if name not in NOT_LINK_TYPES and not name.endswith("/defaultLink")
        for link in links
    ]
    assert links
    assert {link["fwqs"] for link in links} == {False}


def test_the_description_file_has_the_members_and_types_of_gs1s(client: TestClient, shared: Path) -> None:
    """Hard use 24: a resolver description file SHALL be provided, with the supported primary keys and the context of
    link sets.
    """
    sample = json.loads((shared / "standards/gs1/gs1resolver.json").read_text("utf-8"))
    told = client.get("/.well-known/gs1resolver").json()
    assert (told["resolverRoot"], told["supportedPrimaryKeys"]) == (ORIGIN, ["01", "414"])
    assert told["jsonLdContextLocation"].startswith("https://ref.gs1.org/")
    for name in set(told) & set(sample):
        assert type(told[name]) is type(sample[name]), name
    titled = told["activeLinkTypes"]["en"]
    listed = {
        f"gs1:{name.removeprefix(VOCABULARY)}"
        for path in KNOWN
        for level in link_set(client, path)
        for name in set(level) - NOT_LINK_TYPES
    }
    assert set(titled) == listed
    assert {key for each in titled.values() for key in each} == {"title", "description", "url"}


def test_a_person_who_scans_an_unknown_lot_reads_what_to_do(client: TestClient) -> None:
    """Hard use 24: the walk up ends at a page that does not pretend to know the lot."""
    led = client.get(f"/01/{GTIN}/10/unknown", headers={"accept": "text/html"})
    page = client.get(location(led).removeprefix(ORIGIN))
    assert (page.status_code, "no lot with a certificate here" in page.text) == (200, True)
    chinese = client.get(location(led).removeprefix(ORIGIN), headers={"accept-language": "zh-CN"})
    assert "请与标签核对批号" in chinese.text

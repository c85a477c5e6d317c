"""What is signed, read as JSON-LD by processors that are not ours: pyld and npm `jsonld` in safe mode agree on every
statement.

Nothing is fetched. The contexts of W3C come with pyld, UNTP's lies in the shared folder, and ours is the one that a
registry serves.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from pyld import jsonld  # type: ignore[import-untyped]
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader  # type: ignore[import-untyped]

from ledger.seal.attestation import attestation_payload
from ledger.seal.context import CREDENTIALS_CONTEXT, UNTP_CONTEXT
from ledger.seal.digest import from_base64url
from schemas.vocabulary import PURPOSES
from tests.golden.make_certificates import FOLDER
from tests.support.http.javascript import node
from tests.support.http.server import ANN, Served, plant, serve
from tests.support.registries.example import admit_everybody, chain, issue_all
from tests.support.registries.registry import open_registry
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Contexts = dict[str, Any]

OURS: Final = ("https://registry.example/ns/v1", "https://registry.oreprint.example/ns/v1")
RECORD: Final = "<urn:oreprint:v1:record>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("ld"))


@pytest.fixture(scope="module")
def registered(served: Served) -> Contexts:
    """The contexts that a status list names: W3C's and the registry's own, as it is served."""
    with served.client() as client:
        answer = client.get("/ns/v1")
    assert answer.headers["content-type"] == "application/ld+json"
    own = answer.json()
    return {
        CREDENTIALS_CONTEXT: json.loads(BUNDLED_CONTEXTS[CREDENTIALS_CONTEXT].read_text()),
        **dict.fromkeys(OURS, own),
    }


@pytest.fixture(scope="module")
def contexts(registered: Contexts, shared: Path) -> Contexts:
    """All contexts, UNTP's among them."""
    file = shared / "standards/untp-0.7.0/contexts/untp-0.7.0-context.jsonld"
    return {**registered, UNTP_CONTEXT: json.loads(file.read_text())}


def by_pyld(document: Mapping[str, Any], contexts: Contexts) -> str:
    """Return the canonical N-Quads of a document; raise where pyld would leave a member out."""

    def refuse(dropped: str | None) -> None:
        raise AssertionError(f"{dropped} means nothing in any context")

    frozen = FrozenDocumentLoader(documents=contexts)

    def loader(url: str, options: object) -> Contexts:
        return {**frozen(url, options), "tag": "static"}  # it never changes: processed once for all documents

    expanded = jsonld.expand(document, {"documentLoader": loader}, on_property_dropped=refuse)
    how = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loader}
    return str(jsonld.normalize(expanded, how))


def both(
    documents: list[dict[str, Any]], contexts: Contexts, npm: Path, *, by_npm: Contexts | None = None
) -> list[str]:
    """Return the N-Quads of documents, the same from both processors; `by_npm` are contexts for jsonld.js alone."""
    answers = node("check_jsonld.mjs", {"contexts": by_npm or contexts, "cases": documents}, npm)
    assert [answer.get("refused") for answer in answers] == [None] * len(documents)
    found = [by_pyld(document, contexts) for document in documents]
    assert [answer["nquads"] for answer in answers] == found
    return found


def cut_to(documents: list[dict[str, Any]], contexts: Contexts) -> Contexts:
    """Return contexts without the terms that no document names.

    jsonld.js copies all terms of a context at each typed object, which took it half a second a certificate.
    """
    named = {*words(documents)}

    def cut(context: object) -> object:
        if not isinstance(context, dict):
            return context
        kept = {term: cut(meaning) for term, meaning in context.items() if term.startswith("@") or term in named}
        return {term: meaning for term, meaning in context.items() if isinstance(meaning, str)} | kept

    return {url: cut(context) for url, context in contexts.items()}


def words(value: object) -> Iterator[str]:
    """Yield the names of all members of a document, and all its texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from words([*value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from words(each)


def signed(text: str) -> dict[str, Any]:
    """Return the payload of what is signed, as it was signed."""
    payload: dict[str, Any] = json.loads(from_base64url(text.split(".")[1]))
    return payload


def test_both_processors_read_every_certificate(tmp_path: Path, contexts: Contexts, npm_checkers: Path) -> None:
    """Hard use 23: certificates are JSON-LD to pyld and jsonld.js, which find the same statements.

    pyld reads all with the whole contexts, jsonld.js only the first.
    """
    registry = open_registry(tmp_path)
    admit_everybody(registry)
    made = [each.text for issued in issue_all(registry.opened, chain()) for each in issued.certificates]
    older = gzip.decompress((FOLDER / "1" / "bundle.oreprint.gz").read_bytes()).splitlines()
    kept = [json.loads(line)["certificate"] for line in older if line.startswith(b'{"t":"certificate"')]
    documents = [signed(text) for text in (*made, *kept, samples.sealed_certificate().text)]
    assert len(documents) == 15 + 3 + 1
    both(documents[:1], contexts, npm_checkers)
    all_found = both(documents, contexts, npm_checkers, by_npm=cut_to(documents, contexts))
    for document, found in zip(documents, all_found, strict=True):
        subject = document["credentialSubject"]["id"]
        assert f"<{document['id']}> <https://www.w3.org/2018/credentials#credentialSubject> <{subject}> ." in found
        assert f'<{document["id"]}> <https://www.iana.org/assignments/jwt#_sd_alg> "sha-256" .' in found
        assert f"<{document['id']}> {RECORD}" in found


def test_both_processors_read_attestations(contexts: Contexts, npm_checkers: Path) -> None:
    """Hard use 23: attestations too, of every kind and opinion."""
    digest = samples.sealed_certificate().digest
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"scopes": ("composition",), "level": None, "branches": None, "opinion": "unmodified", "note": None},
        {"opinion": "adverse", "run": None},
    )
    documents = [json.loads(attestation_payload(samples.attestation(digest, **change))) for change in changes]
    assert all(RECORD in found for found in both(documents, contexts, npm_checkers))


def test_both_processors_read_status_lists(served: Served, registered: Contexts, npm_checkers: Path) -> None:
    """Hard use 23: the member `oreprint` of a status list has a meaning."""
    from tests.support.worlds.blends import written

    with served.client() as client:
        record = written("LD-1", "10 kg", producer=ANN, plant=plant(ANN))
        assert client.post("/v1/certificates", json=record, headers=served.token(ANN)).status_code == 201
        documents = [signed(client.get(f"/status/{purpose}-0").text) for purpose in PURPOSES]
    for document, found in zip(documents, both(documents, registered, npm_checkers), strict=True):
        assert f"<{document['id']}> {RECORD}" in found
        bits = document["credentialSubject"]["encodedList"]
        assert f'<https://www.w3.org/ns/credentials/status#encodedList> "{bits}"' in found


def test_a_member_that_means_nothing_is_refused_by_both(registered: Contexts, npm_checkers: Path) -> None:
    """What the tests above would miss, if safe mode were off."""
    document = {"@context": [CREDENTIALS_CONTEXT], "id": "urn:x:1", "type": ["VerifiableCredential"], "unheard": "of"}
    (answer,) = node("check_jsonld.mjs", {"contexts": registered, "cases": [document]}, npm_checkers)
    assert "invalid property" in answer["refused"]
    with pytest.raises(AssertionError, match="unheard"):
        by_pyld(document, registered)

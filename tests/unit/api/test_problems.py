"""From a refusal to an answer: the status of every code, and what a stranger is told."""

from __future__ import annotations

import json

import pytest

from api.problems import STATUS_OF_AREA, STATUS_OF_CODE, TITLES, problem_response, status_of
from schemas.problem import (
    AccessError,
    CheckError,
    InputError,
    MissingError,
    OreprintError,
    Problem,
    RefusedError,
    StateError,
)
from schemas.sentences import CODES

ORIGIN = "https://registry.example"
CLASSES = (InputError, RefusedError, MissingError, AccessError, CheckError, StateError)


def test_every_refusal_has_a_status_with_a_title() -> None:
    found = {status_of(kind(Problem.at(code))) for kind in CLASSES for code in CODES}
    assert found == set(TITLES)


def test_the_table_names_codes_and_areas_that_exist() -> None:
    assert set(STATUS_OF_CODE) <= set(CODES)
    assert set(STATUS_OF_AREA) <= {code.partition(".")[0] for code in CODES}


def told(error: OreprintError) -> dict[str, object]:
    answer = problem_response(error, origin=ORIGIN)
    assert answer.media_type == "application/problem+json"
    found = json.loads(bytes(answer.body))
    assert (found["status"], found["type"]) == (answer.status_code, f"{ORIGIN}/problems/{found['code']}")
    return dict(found)


def test_all_problems_are_told_with_place_and_facts() -> None:
    found = told(
        InputError(
            Problem.at("quantity.negative", "mass", value="-1 kg"), Problem.at("quantity.empty", "outputs[0].mass")
        )
    )
    assert found["status"] == 422
    assert [each["place"] for each in found["problems"]] == ["mass", "outputs[0].mass"]  # type: ignore[attr-defined]
    assert "-1 kg" in str(found["detail"])


@pytest.mark.parametrize(
    ("error", "code", "facts"),
    [
        (StateError.at("store.unreadable", reason="/srv/registry.db: disk I/O error"), "api.unavailable", {}),
        (StateError.at("store.in-doubt", reason="/srv/head: no space"), "api.deadline", {}),
        (StateError.at("store.logged", reason="/srv/head: no space"), "api.logged", {}),
        *(
            (StateError.at(cause, path="/srv/head", reason="/srv is full"), "api.read-only", {"cause": cause})
            for cause in ("home.head-missing", "home.behind-head", "home.unwritable", "store.unwritable")
        ),
    ],
)
def test_what_is_the_operators_to_mend_tells_nothing_of_the_inside(
    error: StateError, code: str, facts: dict[str, str]
) -> None:
    answer = problem_response(error, origin=ORIGIN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert told(error)["code"] == code
    assert told(error)["problems"][0]["facts"] == facts  # type: ignore[index]
    assert b"/srv" not in bytes(answer.body)


def test_what_is_not_here_is_told_by_its_kind_and_without_what_was_asked() -> None:
    """Hard use 32: an unknown certificate, what can't be one, no such route, and a missing file say different
    things, with what
    to do.
    """
    found = [
        told(error)
        for error in (
            MissingError.at("store.record-missing"),
            InputError.at("seal.certificate-digest", value="CALLERTEXT"),
            MissingError.at("api.no-route"),
            MissingError.at("monitor.not-there", where="/srv/secret"),
        )
    ]
    assert {each["status"] for each in found} == {404}
    assert len({each["code"] for each in found}) == len({each["detail"] for each in found}) == len(found)
    assert "CALLERTEXT" not in str(found)
    assert "/srv" not in str(found)
    assert all(str(each["detail"]).count(". ") for each in found), "what to do stands after the fault"


def test_what_is_missing_and_what_is_hidden_are_told_alike() -> None:
    one, other = (
        told(MissingError.at("store.record-missing")),
        told(MissingError.at("attest.unknown", certificate="x")),
    )
    assert one == other


def test_who_is_not_known_learns_how_to_say_it() -> None:
    answer = problem_response(AccessError.at("api.token"), origin=ORIGIN)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    late = problem_response(AccessError.at("api.rate", seconds=7), origin=ORIGIN)
    assert (late.status_code, late.headers["retry-after"]) == (429, "7")

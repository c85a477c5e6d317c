from __future__ import annotations

import pytest

from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from schemas.problem import InputError
from tests.support.worlds import sample_records as samples

CERTIFICATE = samples.sealed_certificate()
INPUTS = ["run/inputs/0", "run/inputs/1"]
SOURCES = ["run/inputs/0", "run/inputs/0/source", "run/inputs/1", "run/inputs/1/source"]


def places(show: object) -> list[str]:
    shown = present(CERTIFICATE.text, show=show).text  # type: ignore[arg-type]
    opened = open_certificate(shown)
    assert opened.digest == CERTIFICATE.digest
    opened.verify(samples.public_key())
    return [*opened.shown]


def test_each_audience_sees_its_part() -> None:
    assert places("public") == []
    assert places("customer") == ["run", *INPUTS, "run/outputs/0"]
    assert places("partner") == ["run", *SOURCES, "run/outputs/0"]
    assert present(CERTIFICATE.text, show="auditor").text == CERTIFICATE.text


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ([], []),
        (["run"], ["run", "run/outputs/0"]),
        (["run/inputs/1/source"], ["run", "run/inputs/1", "run/inputs/1/source", "run/outputs/0"]),
        (["run/inventory/electricity"], ["run", "run/inventory/electricity", "run/outputs/0"]),
        (["run/outputs/1"], ["run", "run/outputs/0", "run/outputs/1"]),
        (["details/1"], ["details/1"]),
    ],
)
def test_a_path_brings_what_it_lies_in(paths: list[str], shown: list[str]) -> None:
    assert places(paths) == shown


@pytest.mark.parametrize("path", ["run/inputs/2", "run/inputs", "details", "", "run/", "oreprint", "run/made/0"])
def test_a_path_to_nothing_is_refused(path: str) -> None:
    with pytest.raises(InputError) as refused:
        present(CERTIFICATE.text, show=[path])
    assert (refused.value.code, refused.value.problems[0].place) == ("seal.path", path)


def test_what_a_copy_lacks_it_cannot_show() -> None:
    customers = present(CERTIFICATE.text, show="customer").text
    with pytest.raises(InputError) as refused:
        present(customers, show=["run/inputs/0/source"])
    assert refused.value.code == "seal.path"
    assert present(customers, show="auditor").text == customers


def test_another_word_is_no_audience() -> None:
    with pytest.raises(InputError) as refused:
        present(CERTIFICATE.text, show="everybody")
    assert refused.value.code == "seal.audience"


def test_a_single_supplier_is_hidden_in_vain() -> None:
    text = samples.sealed_certificate(number_of_inputs=1).text
    assert [each.code for each in present(text, show="customer").warnings] == ["seal.single-supplier"]
    assert present(text, show="partner").warnings == ()
    assert present(text, show="public").warnings == ()
    assert present(CERTIFICATE.text, show="customer").warnings == ()

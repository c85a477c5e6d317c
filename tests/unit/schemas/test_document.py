"""Documents and structs: their members, their texts, and their pydantic twins."""

from __future__ import annotations

import importlib
import json
import pickle
import pkgutil
from typing import TYPE_CHECKING, Annotated, get_args, get_origin

import msgspec
import pytest
from pydantic import TypeAdapter

import schemas
from ledger.seal.sdjwt import open_certificate
from schemas.document import Document, replace
from schemas.figures import Co2e
from schemas.inventory import MaterialLine, Transport, TransportLine
from schemas.problem import InputError
from schemas.report import Balance, Check
from schemas.run import Hidden
from schemas.struct import Struct, pydantic_twin
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from schemas.door.json_text import JsonValue

DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def test_what_is_left_out_is_absent_and_the_order_is_that_of_the_schema() -> None:
    made = TransportLine(amount_tkm="12.5", factor="transport/lorry", basis="metered", name="to the port")
    text = Transport(lines=(made,), group="transport").to_text()
    assert text.endswith('[{"name":"to the port","basis":"metered","amount_tkm":"12.5","factor":"transport/lorry"}]}')
    assert made.note is None
    assert replace(made, note="by road").note == "by road"
    assert Transport.from_text(text).lines == (made,)


def test_a_member_goes_by_its_alias() -> None:
    made = Hidden(digest=DIGEST)
    assert TypeAdapter(Hidden).validate_json(f'{{"...":"{DIGEST}"}}') == made
    assert TypeAdapter(Hidden).dump_json(made).decode() == f'{{"...":"{DIGEST}"}}'


def test_a_member_may_have_any_name_and_is_not_forgotten() -> None:
    class Kind(Document):
        made: str
        kind: str
        text: str | None = None

    made = Kind(kind="b", made="a")
    assert made.to_text() == '{"made":"a","kind":"b"}'
    assert replace(made, text="c").to_text() == '{"made":"a","kind":"b","text":"c"}'
    with pytest.raises(TypeError, match="kind"):
        Kind(made="a")  # type: ignore[call-arg]


def test_it_is_frozen_and_checks_nothing() -> None:
    made = Co2e(location="not a number", market="1")
    with pytest.raises(AttributeError, match="immutable"):
        made.location = "2"  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        Co2e("1", "1")  # type: ignore[call-arg]


def _structs() -> set[type[Struct]]:
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages(schemas.__path__, "schemas.")]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type(Struct))}
    return {kind for kind in kinds if kind.__struct_fields__}


def test_the_text_of_a_struct_is_in_the_order_of_its_members() -> None:
    """Pydantic puts a member first whose default is a `Field` without `kw_only`."""
    kinds = _structs()
    assert Check.__name__ in {kind.__name__ for kind in kinds}
    for kind in kinds:
        schema = TypeAdapter(pydantic_twin(kind)).json_schema(by_alias=False)
        assert list(schema["properties"]) == list(kind.__struct_fields__), kind


def test_a_member_that_may_be_none_is_left_out_then() -> None:
    for kind in _structs():
        for member in msgspec.structs.fields(kind):
            hint = get_args(member.type)[0] if get_origin(member.type) is Annotated else member.type
            assert (type(None) in get_args(hint)) == (member.default is None), f"{kind.__name__}.{member.name}"


def test_what_is_not_none_is_written_though_it_is_left_out() -> None:
    check = Check(step=1, code="form.read", result="passed", sentence="It is read.")
    assert check.to_text() == (
        '{"step":1,"code":"form.read","result":"passed","sentence":"It is read.","place":"","facts":{}}'
    )
    assert Check.from_text(check.to_text()) == check
    assert Balance(produced_kg="1").to_text() == '{"produced_kg":"1"}'
    line = MaterialLine(name="lime", basis="metered", mass_kg="1", factor="a/b")
    assert line.to_text().endswith('"factor":"a/b","composition":[]}')


def test_a_struct_is_altered_without_a_check() -> None:
    made = Co2e(location="1", market="2")
    assert replace(made, market="3") == Co2e(location="1", market="3")
    assert replace(made, market="not a number").market == "not a number"
    assert made.market == "2"


def test_structs_are_equal_hashed_and_sent_by_their_members() -> None:
    made = Co2e(location="1", market="2")
    same = pickle.loads(pickle.dumps(made))  # noqa: S301 - processes that share a verification send them
    assert made == same == Co2e(location="1", market="2")
    assert len({made, same}) == 1
    assert made != Co2e(location="1", market="1")
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ([], "document.not-object", "upstream"),
        (None, "document.null", "upstream"),
        ({"location": "1"}, "document.missing-member", "upstream.market"),
        ({"location": "1", "market": 1}, "document.not-text", "upstream.market"),
        ({"location": "1", "market": "1", "markets": "1"}, "document.unknown-member", "upstream.markets"),
        ({"location": "1", "market": "1", "x": "1"}, "document.foreign-member", "upstream.x"),
    ],
)
def test_what_is_wrong_with_a_struct_is_told_as_of_a_document(given: JsonValue, code: str, place: str) -> None:
    class Whole(Document):
        upstream: Co2e

    with pytest.raises(InputError) as refused:
        Whole.from_text(json.dumps({"upstream": given}))
    assert [(each.code, each.place) for each in refused.value.problems] == [(code, place)]


def test_what_is_issued_reads_as_what_was_made() -> None:
    """Nothing of a certificate is made without a check that its strict reader would refuse."""
    sealed = samples.sealed_certificate()
    assert open_certificate(sealed.text).record == sealed.record

from __future__ import annotations

import pytest

from ledger.carrier.code import code_start, digests_from, label_code
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from schemas.problem import InputError
from tests.support.browser.labels import digest

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def test_the_code_is_the_digests_own_characters() -> None:
    for number in range(200):
        code = label_code(digest(number))
        groups, check = code.split("-")
        assert groups.replace(" ", "") == digest(number)[3:15]
        assert code_start(code) == digest(number)[:15] == code_start(f" {groups.replace(' ', '')}{check} ")


def test_every_single_wrong_character_is_found() -> None:
    code = label_code(digest(1)).replace(" ", "").replace("-", "")
    for place, right in enumerate(code):
        for wrong in set(BASE58) - {right}:
            with pytest.raises(InputError) as refused:
                code_start(code[:place] + wrong + code[place + 1 :])
            assert refused.value.code == "carrier.code-typed"


def test_a_code_that_is_too_short_or_long_or_has_a_character_of_no_code_is_mistyped() -> None:
    code = label_code(digest(1)).replace(" ", "").replace("-", "")
    for wrong in (code[:-1], f"{code}x", f"0{code[1:]}"):
        with pytest.raises(InputError) as refused:
            code_start(wrong)
        assert refused.value.code == "carrier.code-typed"


def test_a_whole_digest_bounds_itself() -> None:
    assert set(digests_from(digest(1))) == {certificate_digest_bytes(digest(1))}


def test_characters_exchanged_are_found() -> None:
    missed = 0
    for number in range(100):
        code = label_code(digest(number)).replace(" ", "").replace("-", "")
        for place in range(len(code) - 1):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            if swapped != code:
                try:
                    code_start(swapped)
                    missed += {code[place], code[place + 1]} != {"1", "z"}
                except InputError:
                    continue
    assert missed == 0


def test_a_start_bounds_the_digests_that_have_it() -> None:
    for number in (0, 1, 2, 3):
        low, high = digests_from(digest(number)[:15])
        assert low <= certificate_digest_bytes(digest(number)) <= high
        for edge in (low, high):
            assert certificate_digest_text(edge)[:15] == digest(number)[:15]
        assert int.from_bytes(high, "big") - int.from_bytes(low, "big") < 2 ** (256 - 60)

"""An accredited attestation of the figure lifts the flags that doubt a meter or a sale, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.report import report_lines
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.certificate import OpenFlags
from schemas.document import replace
from schemas.instant import instant_text
from tests.support.worlds.attestations import Vouched, attesting, with_dot
from tests.support.worlds.broken_histories import DAY_MS, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import Make, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.certificate import CertificateFacts
    from schemas.report import Plausibility, Report
    from tests.support.worlds.drafts import Issuance

BODY = "an invented accreditation body, No. 1"


def flagged(facts: CertificateFacts) -> CertificateFacts:
    """State three flags, of which two doubt a meter or a sale."""
    flags = OpenFlags(own=3, inputs=0, rules=("M-PROXY", "Q-MEASURED"), below_default=100, attestable=2)
    return replace(facts, footprint=replace(facts.footprint, placeholders=0, flags=flags))


def a_world(**how: object) -> tuple[Vouched, Issuance]:
    world = Vouched(people=with_dot(**how))
    return world, world.issue(
        "ben", [world.move(mined(world).lumps[0], "ben")], [Make(900_000)], cheat=Cheat(facts=flagged)
    )


def judged(world: Vouched, made: Issuance, audience: Any = "public", **how: Any) -> Report:  # noqa: ANN401
    policy = Policy(world.now_ms + 60_000)
    lines = world.bundle(made.certificate, audience, **how)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def worth(found: Report) -> Plausibility:
    assert found.plausibility is not None
    return found.plausibility


def test_an_accredited_attestation_of_the_figure_lifts_what_doubts_a_meter_or_a_sale() -> None:
    world, made = a_world(accreditation=BODY)
    before = worth(judged(world, made))
    assert (before.flags, before.lifted, before.attestors) == (3, 0, ())
    assert any(each.key == "measured" for each in before.beside)
    world.attest(made.certificate)
    found = judged(world, made)
    after = worth(found)
    assert (after.flags, after.lifted, after.attestors) == (1, 2, ("Dot",))
    assert "1 flag; 2 flags lifted by the attestation of Dot" in after.sentence
    assert after.qualified, "one flag is left"
    assert [each.sentence for each in after.beside if each.key == "measured-attested"] == [
        "An emission of its plant is 100 times below the default by the plant's own meter. Dot examined the figure and attests it."
    ]
    assert any("lifted by the attestation of Dot" in line for line in report_lines(found))


def test_a_figure_whose_every_flag_is_lifted_has_no_open_flag_and_says_who_lifted_them() -> None:
    def alone(facts: CertificateFacts) -> CertificateFacts:
        return replace(
            flagged(facts), footprint=replace(flagged(facts).footprint, flags=OpenFlags(own=1, inputs=0, attestable=1))
        )

    world = Vouched(people=with_dot(accreditation=BODY))
    made = world.issue("ben", [world.move(mined(world).lumps[0], "ben")], [Make(900_000)], cheat=Cheat(facts=alone))
    world.attest(made.certificate)
    found = worth(judged(world, made))
    assert found.flags == 0
    assert "no flags" not in found.sentence
    assert "1 flag lifted by the attestation of Dot" in found.sentence


def of_another_certificate(world: Vouched, made: Issuance) -> None:
    world.attest(mined(world).certificate)


def of_another_scope(world: Vouched, made: Issuance) -> None:
    world.attest(made.certificate, change={"scopes": ["composition"], "level": None})


def with_exceptions(world: Vouched, made: Issuance) -> None:
    world.attest(made.certificate, change={"opinion": "modified", "note": "but for the monitor"})


def against_it(world: Vouched, made: Issuance) -> None:
    world.attest(made.certificate, change={"opinion": "adverse"})


def that_ran_out(world: Vouched, made: Issuance) -> None:
    world.attest(made.certificate, change={"valid_until": instant_text(world.now_ms + 1000)})
    world.now_ms += DAY_MS


def that_was_withdrawn(world: Vouched, made: Issuance) -> None:
    world.attest(made.certificate)
    world.end("withdraw")


def by_its_maker(world: Vouched, made: Issuance) -> None:
    world.people = world.people.changed(attesting("ben", accreditation=BODY))
    world.attest(made.certificate, by="ben")


def by_somebody_the_list_does_not_know(world: Vouched, made: Issuance) -> None:
    world.attest(made.certificate, by="eve")


NOTHING: tuple[Callable[[Vouched, Issuance], None], ...] = (
    of_another_certificate, of_another_scope, with_exceptions, against_it, that_ran_out, that_was_withdrawn,
    by_its_maker, by_somebody_the_list_does_not_know,
)  # fmt: skip


@pytest.mark.parametrize("said", NOTHING, ids=lambda each: each.__name__)
def test_an_attestation_that_does_not_bear_on_the_figure_lifts_nothing(
    said: Callable[[Vouched, Issuance], None],
) -> None:
    world, made = a_world(accreditation=BODY)
    said(world, made)
    found = worth(judged(world, made))
    assert (found.flags, found.lifted) == (3, 0)
    assert any(each.key == "measured" for each in found.beside)


def test_an_attestor_without_accreditation_lifts_nothing() -> None:
    world, made = a_world()
    world.attest(made.certificate)
    found = judged(world, made)
    assert [each.counted for each in found.attestations] == [True]
    assert (worth(found).flags, worth(found).lifted) == (3, 0)

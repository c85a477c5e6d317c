"""Bundles put together by hand: more than one certificate of an issuance, and each shown as far as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import CertificateLine, EndLine, Header
from schemas.document import replace
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ledger.seal.certificate import SealedCertificate
    from schemas.bundle import BundleLine
    from schemas.report import Report
    from tests.support.worlds.drafts import Issuance
    from tests.support.worlds.world import World


def judged(world: World, lines: list[bytes], **policy: object) -> Report:
    """Return the report of a bundle, judged a minute after the world's last act."""
    how = {"at_ms": world.now_ms + 60_000, **policy}
    chain = verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(**how))  # type: ignore[arg-type]
    return report(chain)


def seen_as(world: World, subject: Issuance, show: object = "auditor", **how: object) -> Report:
    """Return the report of a batch's bundle."""
    return judged(world, world.bundle(subject.certificate, show, **how))  # type: ignore[arg-type]


def failed(found: Report) -> set[str]:
    """Return the codes of all checks that failed."""
    return {check.code for check in found.checks if check.result == "failed"}


def showing(
    made: SealedCertificate | None,
    show: Collection[str],
    *,
    before: SealedCertificate | None = None,
    after: bool = False,
) -> Callable[[list[BundleLine]], list[BundleLine]]:
    """Return what puts a certificate, shown in these parts, beside another one of its issuance (before it, or
    `after` it).
    """
    assert made is not None
    assert before is not None
    text = present(made.text, show=show).text

    def change(lines: list[BundleLine]) -> list[BundleLine]:
        at = next(
            number
            for number, line in enumerate(lines)
            if isinstance(line, CertificateLine) and open_certificate(line.certificate).digest == before.digest
        )
        beside = replace(lines[at], certificate=text)
        place = at + after
        return counted([*lines[:place], beside, *lines[place:]])

    return change


def counted(lines: list[BundleLine]) -> list[BundleLine]:
    """Return lines with the counts that are true of them."""
    head, *rest, _ = lines
    records = sum(getattr(line, "t", "") in {"certificate", "split", "statement"} for line in rest)
    assert isinstance(head, Header)
    return [replace(head, records=records), *rest, EndLine(t="end", lines=len(lines))]

"""The word of a registry of a world about ended lots behind a certificate, put into its bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.seal.jws import sign_jws
from ledger.seal.upstream import UPSTREAM_TYPE
from schemas.bundle import EndLine, UpstreamLine
from schemas.document import replace
from schemas.instant import instant_text
from schemas.upstream import EndedBatch, EndedElement, UpstreamRecord
from tests.support.worlds.parties import REGISTRIES, key

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.seal.certificate import SealedCertificate
    from ledger.seal.signer import Signer
    from schemas.bundle import BundleLine
    from tests.support.worlds.world import World

WITHDRAWN = EndedBatch(
    state="withdrawn",
    mass_percent="4.5",
    elements=(EndedElement(element="Nd", percent="12.3"),),
    path=(),
    reason="wrong assay",
    since="2026-05-28",
)
"""A hidden lot that was withdrawn, as the public is told of it."""


def with_word(
    world: World,
    subject: SealedCertificate,
    *ended: EndedBatch,
    signer: Signer | None = None,
    registry: str = REGISTRIES[0],
    **change: Any,  # noqa: ANN401 - members of a word
) -> Callable[[list[BundleLine]], list[BundleLine]]:
    """Return a function that adds to a bundle what the registry says of ended lots behind its subject."""
    record = UpstreamRecord(
        oreprint="upstream/1",
        registry=registry,
        certificate=subject.digest,
        size=1,
        made=instant_text(world.now_ms),
        ended=ended,
    )
    text = sign_jws(replace(record, **change).to_bytes(), typ=UPSTREAM_TYPE, signer=signer or key(registry))

    def changed(lines: list[BundleLine]) -> list[BundleLine]:
        line = UpstreamLine(t="upstream", registry=registry, upstream=text)
        return [*lines[:-1], line, EndLine(t="end", lines=len(lines) + 1)]

    return changed

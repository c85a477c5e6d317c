"""The members of the documents that a copy of a certificate really has, by their names in the table of audiences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.seal.audiences import members
from ledger.seal.sdjwt import open_certificate
from schemas.struct import plain
from schemas.vocabulary import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.seal.sdjwt import OpenCertificate

SHOWN: Final = {
    (each.document, each.name): {reader for reader in each.readers if reader != "paper"} for each in members()
}


def names_in(document: str, value: Any, before: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """Yield the table's name of each member that a value really has; what the table has no name for is its holder's."""
    for each in value if isinstance(value, list) else ():
        yield from names_in(document, each, before)
    for name, inner in value.items() if isinstance(value, dict) else ():
        if (document, before + name) in SHOWN:
            if inner not in ([], None):
                yield document, before + name
            yield from names_in(document, inner, f"{before}{name}.")
        else:
            assert before, f"the table lacks {document} {name}"


def names_shown(text: str) -> set[tuple[str, str]]:
    """Return the members that a copy of a certificate shows."""
    opened: OpenCertificate = open_certificate(text)
    parts: list[tuple[str, Any]] = [("certificate", opened.record)]
    parts += [("detail", each) for each in opened.details if each]
    if opened.run is not None:
        run = opened.run
        parts += [("run", run.value), *(("input", each.value) for each in run.inputs if each)]
        parts += [("source", each) for each in run.sources]
        groups = zip(GROUPS, run.inventory, strict=True)
        parts += [(f"inventory {name}", group) for name, group in groups if group is not None]
        outputs = enumerate(run.outputs)
        parts += [("output" if at == opened.record.output else "other output", each) for at, each in outputs if each]
    return {name for document, value in parts for name in names_in(document, plain(value))}

"""`oreprint trace`: the chain behind a certificate as a tree, with mass and footprint on each branch.

Rules: a batch that several branches lead to is written out once and named again; a withheld branch is shown as
withheld; who issued what is named by a trust list where there is one, and never by the record's own word alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.parts import HomeOption, JsonOption, trust_at_hand
from cli.source import open_source
from cli.terminal import plural, printable, styled, tell
from ledger.files.source import Source, SourceBundle, SourceCertificate
from ledger.footprint.digits import MANY, shown
from ledger.tables import shipped_tables
from ledger.trust.pinned import Trust
from ledger.verify.graph import bundle_graph, certificate_graph
from schemas.chain import Branch, ChainBatch, ChainGraph
from schemas.problem import problems_in

DEEPEST: Final = 64
"""Columns of indentation; deeper branches are indented no further, so that ten thousand tiers stay readable."""


def command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-|DIGEST", help="A bundle, or a certificate; - is standard input.")
    ],
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The trust list that names the issuers. Default: the home's.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show the chain behind a certificate as a tree: each input, its mass and its footprint.

    Example: oreprint trace magnet.oreprint
    """
    names = trust_at_hand(trust, home)
    with open_source(source, home=home) as found, problems_in(found.name):
        graph = _graph(found, names)
    tell([graph.to_text()] if as_json else tree_lines(graph, named=names is not None))


def _graph(found: Source, trust: Trust | None) -> ChainGraph:
    match found:
        case SourceBundle(lines=lines):
            return bundle_graph(lines, shipped_tables(), trust)
        case SourceCertificate(text=text):
            return certificate_graph(text, shipped_tables(), trust)


def tree_lines(graph: ChainGraph, *, named: bool) -> Iterator[str]:
    """Yield the chain as a tree, the subject first, without recursion. `named`: a trust list names the issuers."""
    batches = {batch.certificate: batch for batch in graph.batches}
    told = {graph.subject}
    subject = batches[graph.subject]
    yield styled(_batch_words(subject), "bold")
    waiting = _branches(subject, "")
    while waiting:
        prefix, last, branch = waiting.pop()
        above = batches.get(branch.certificate or "")
        again = above is not None and above.certificate in told
        yield f"{prefix}{'`-- ' if last else '|-- '}{_branch_words(branch, above, again=again)}"
        if above is not None and not again:
            told.add(above.certificate)
            waiting += _branches(above, (prefix + ("    " if last else "|   "))[-DEEPEST:])
    yield ""
    if not named:
        yield "Issuer names are their own. Add --trust to use the names in a trust list."
    yield "Read, not checked. To check it, run oreprint verify."


def _branches(batch: ChainBatch, prefix: str) -> list[tuple[str, bool, Branch]]:
    """Return the branches of a batch, the first one last, as a stack wants them."""
    final = len(batch.branches) - 1
    return [(prefix, number == final, branch) for number, branch in reversed(list(enumerate(batch.branches)))]


def _batch_words(batch: ChainBatch) -> str:
    others = batch.outputs - 1
    lots = f", with {plural(others, 'other output')}" if others else ""
    return printable(
        f"{batch.lot}: {batch.kind}, {batch.net_mass_kg} {batch.unit}, {_short(batch.kg_co2e_per_kg)} kg CO2e/kg, "
        f"{batch.step}, {batch.country}, {batch.issuer}{lots}"
    )


def _branch_words(branch: Branch, above: ChainBatch | None, *, again: bool) -> str:
    """Return what is known of a branch, and in so many words what is not."""
    if branch.material is None:
        return "(withheld by the producer)"
    taken = f"{branch.mass_kg} {branch.unit} of {branch.material}"
    if branch.kg_co2e is None:
        return printable(f"{taken} <- (source withheld by the producer)")
    taken += f", bringing {_short(branch.kg_co2e)} kg CO2e"
    if above is None:
        return printable(f"{taken} <- {branch.certificate} (not in this file)")
    return printable(f"{taken} <- {above.lot} (see above)") if again else f"{printable(taken)} <- {_batch_words(above)}"


def _short(figure: str) -> str:
    """Return a figure rounded for people."""
    return shown(figure, MANY)

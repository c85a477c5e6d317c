"""`oreprint audit`: recompute everything in a home, and name what does not hold.

Rules: exit 0 when everything holds, 1 when something does not, 3 for wrong usage or a database that can't be read.  It needs no
passphrase and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.parts import DatabaseOption, HomeOption, JsonOption, home_of, tables_of
from cli.progress import counted
from cli.terminal import printable, tell, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.audit.everything import Audit


def command(home: HomeOption = None, database_url: DatabaseOption = None, *, as_json: JsonOption = False) -> None:
    """Recompute the log, every record, balance and list of a registry; name the first thing that does not hold.

    Exit codes: 0 everything holds; 1 something does not; 3 unreadable.

    Example: oreprint audit --home build/registry
    """
    from cli.output import print_json
    from ledger.audit.everything import audit

    found = audit(home_of(home, database_url), tables=tables_of(home), progress=counted("entries"))
    if as_json:
        print_json(
            {
                "registry": found.registry,
                "holds": not found.faults,
                "rows": found.counts,
                "faults": [each._asdict() for each in found.faults],
                "whole": found.whole,
                "on_word": list(found.on_word),
            }
        )
    else:
        tell(_lines(found))
    raise typer.Exit(1 if found.faults else 0)


def _lines(found: Audit) -> Iterator[str]:
    """Yield the answer in sentences: the first fault, or that there is none, and what stays on the registry's word."""
    rows = found.counts
    if found.faults:
        first, others = found.faults[0], len(found.faults) - 1
        yield "DOES NOT HOLD"
        yield f"  {printable(first.place)}"
        yield from wrapped(f"{first.sentence} [{first.code}]", first="  ")
        if others:
            more = "" if found.whole else " at least"
            yield from wrapped(f"After it{more} {others} more; --json lists them.", first="  ")
    else:
        yield from wrapped(
            f"Everything holds in the registry {found.registry}: {rows['entries']} entries of the log, "
            f"{rows['certificates']} certificates, {rows['holdings']} holdings, {sum(rows.values())} rows in all, each "
            "recomputed from the records."
        )
    for each in found.on_word:
        yield from wrapped(f"Taken on the registry's word: {each}.", rest="  ")

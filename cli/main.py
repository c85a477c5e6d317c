"""The command `oreprint`: the way in, and how a refusal is told.

Rules: ``--version`` imports nothing but this package; what a person did wrong is told in plain sentences on
stderr (with ``--json`` as one document on stdout) and exits 3, since the CLI library's own 2 means "could not be
fully checked" here.

What this module does not do: it knows no command; `cli.application` names them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from cli import __version__

if TYPE_CHECKING:
    from schemas.problem import OreprintError

EXIT_FAILED: Final = 1
"""What was checked does not hold."""

EXIT_USAGE: Final = 3
"""Wrong usage, unreadable input, or a refusal: nothing was changed."""


EXIT_STOPPED: Final = 130
"""Interrupted by hand: 128 and the number of SIGINT, as shells say it."""


def main() -> int:
    """Run `oreprint` on the arguments of this process and return its exit code."""
    try:
        return _run()
    except KeyboardInterrupt:
        return EXIT_STOPPED


def _run() -> int:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--version"]:
        print(f"oreprint {__version__}")
        return 0
    from cli.names import shadowed

    if taken := shadowed():
        print(f"oreprint: {taken} [install.name-taken]", file=sys.stderr)
        return EXIT_USAGE
    from cli.application import run
    from schemas.problem import CheckError, OreprintError, StateError

    try:
        return run(arguments, usage_error=EXIT_USAGE)
    except OSError as error:  # what the system refuses and nobody told better: a mode, a disk, a limit
        place = str(error.filename or "")
        _tell(StateError.at("file.refused", place, reason=error.strerror or str(error)), as_json="--json" in arguments)
        return EXIT_USAGE
    except OreprintError as error:
        _tell(error, as_json="--json" in arguments)
        return EXIT_FAILED if isinstance(error, CheckError) else EXIT_USAGE


def _tell(error: OreprintError, *, as_json: bool) -> None:
    """Print a refusal: a sentence with its code for each problem, or all in one JSON document."""
    if not as_json:
        for problem in error.problems:
            print(f"oreprint: {problem.sentence()} [{problem.code}]", file=sys.stderr)
        return
    import json

    problems = [
        {"code": p.code, "place": p.place, "sentence": p.sentence(), "facts": dict(p.facts)} for p in error.problems
    ]
    print(json.dumps({"problems": problems}, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())

"""Write what `import oreprint` promises, a name a line with its signature.

Run ``python tests/golden/make_library.py`` after a wanted change; with ``--check`` it says whether the copy is stale.
A change of this file is a change of the promise (docs/how-to/use-from-python.md): it needs an entry in the changelog.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "cli" / "library"), str(ROOT)]

import oreprint  # noqa: E402 - the checkout goes before whatever is installed

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).with_name("library.txt")


def surface() -> str:
    """Return every public name, with its signature and, of what the module itself defines, its public members."""
    return "".join(f"{line}\n" for name in oreprint.__all__ for line in _lines(name))


def _lines(name: str) -> Iterator[str]:
    value = getattr(oreprint, name)
    if inspect.isfunction(value):
        yield f"{name}{_signature(value)}"
    elif not inspect.isclass(value):
        yield f"{name} = {value}"
    elif value is oreprint.Client:
        yield f"class {name}{_signature(value)}"
        methods = inspect.getmembers(value, inspect.isfunction)
        yield from (f"    {method}{_signature(found)}" for method, found in methods if not method.startswith("_"))
    elif issubclass(value, oreprint.OreprintError):
        yield f"class {name}({value.__base__.__name__ if value.__base__ else ''})"
        yield from (f"    {each}" for each in ("code", "place", "problems") if value is oreprint.OreprintError)
    elif value is oreprint.Report:
        yield f"class {name}: tests/golden/schemas/report.json"
    else:
        yield f"class {name}: {', '.join(_members(value))}"


def _signature(value: object) -> str:
    return str(inspect.signature(value))  # type: ignore[arg-type] # what a caller calls


def _members(document: type) -> list[str]:
    """Return the members of a document or a named tuple, in their order."""
    for members in ("model_fields", "__struct_fields__", "_fields"):
        if hasattr(document, members):
            return [*getattr(document, members)]
    raise TypeError(document)


def main() -> int:
    """Write the copy, or with ``--check`` name it if it is stale, and return 1."""
    stale = not GOLDEN.exists() or GOLDEN.read_text("utf-8") != surface()
    if "--check" not in sys.argv[1:]:
        GOLDEN.write_text(surface(), "utf-8")
        return 0
    if stale:
        sys.stdout.write(f"{GOLDEN.name} is stale\n")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())

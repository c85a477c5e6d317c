"""Options that nothing would look at: refused, since the user expects them to act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.problem import InputError

if TYPE_CHECKING:
    import typer


def refuse_unused(context: typer.Context, where: str, *names: str) -> None:
    """Check that none of the parameters `names` was typed where, such as "with --log", it has no effect, or raise.

    Raises:
        InputError: `usage.idle`.
    """
    found = [
        each.opts[0] if each.param_type_name == "option" else each.name.upper()
        for each in context.command.params
        if each.name in names and _typed(context, each.name)
    ]
    if found:
        raise InputError.at("usage.idle", ", ".join(found), where=where)


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"

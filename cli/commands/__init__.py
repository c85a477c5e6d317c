"""The commands, one module each; `cli.application.COMMANDS` names them. A module's `command` is a function or a Typer."""

"""The commands; `cli.application.COMMANDS` names the module of each."""

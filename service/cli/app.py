"""The ``qingliu`` command. Every command has a line here; its module is imported when it is called, not before."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES: Final = {
    "serve": "serve",
    "demo": "demo",
    "key": "key",
    "user": "user",
    "reload": "reload",
    "screen": "screen",
    "explain": "explain",
    "lexicon": "lexicon",
    "gym": "gym",
    "tenant": "tenant",
    "webhook": "webhook",
    "bench": "bench",
    "train": "train",
    "evaluate": "evaluate",
    "labels": "labels",
    "retrain": "retrain",
    "model": "model",
    "export": "packs",
    "audit": "audit",
    "witness": "witness",
    "replay": "replay",
    "backup": "backup",
    "restore": "backup",
    "simulate": "simulate",
}
"""The module of this folder that registers each command, in the order of the help."""


class Commands(Mapping[str, Any]):
    """Typer's commands by their names. Importing all of them takes two seconds, and a call needs one."""

    def __getitem__(self, name: str) -> Any:
        registered = typer.Typer()
        import_module(f"service.cli.{MODULES[name]}").register(registered)
        return get_group(registered).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class Group(TyperGroup):
    """The command itself, with commands that are imported when they are called."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        self.commands = cast("Any", Commands())


app = typer.Typer(
    name="qingliu",
    cls=Group,
    help="清流：可自行部署的中文内容与直播电商合规审核服务。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _nothing_before() -> None:
    pass

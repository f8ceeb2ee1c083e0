"""The ``qingliu`` command: every group registers itself here with one line. No command is written in this file."""

from __future__ import annotations

import typer

from service.cli import (
    bench,
    demo,
    evaluate,
    explain,
    export,
    gym,
    key,
    labels,
    lexicon,
    model,
    reload,
    retrain,
    screen,
    serve,
    simulate,
    tenant,
    train,
    user,
    webhook,
)

app = typer.Typer(
    name="qingliu",
    help="清流：可自行部署的中文内容与直播电商合规审核服务。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
serve.register(app)
demo.register(app)
key.register(app)
user.register(app)
reload.register(app)
screen.register(app)
explain.register(app)
lexicon.register(app)
gym.register(app)
tenant.register(app)
webhook.register(app)
bench.register(app)
train.register(app)
evaluate.register(app)
export.register(app)
labels.register(app)
retrain.register(app)
model.register(app)
simulate.register(app)

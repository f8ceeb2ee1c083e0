"""The ``qingliu`` command: every group registers itself here with one line. No command is written in this file."""

from __future__ import annotations

import typer

from service.cli import (
    audit,
    backup,
    bench,
    demo,
    evaluate,
    explain,
    gym,
    key,
    labels,
    lexicon,
    model,
    packs,
    reload,
    replay,
    retrain,
    screen,
    serve,
    simulate,
    tenant,
    train,
    user,
    webhook,
    witness,
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
labels.register(app)
retrain.register(app)
model.register(app)
packs.register(app)
audit.register(app)
witness.register(app)
replay.register(app)
backup.register(app)
simulate.register(app)

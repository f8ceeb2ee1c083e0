"""``qingliu labels``: what people say of texts, beside a running service or without one: draw, import, list, count."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from random import Random
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import orjson
import typer

from moderation.errors import LoadErrors
from moderation.load import load_ruleset
from service.cli.beside import beside
from service.cli.say import Data, Json, Tenant, err, fail, fail_loading, out, print_json, settings
from service.cli.words import Lang, Tongue, fail_unchanged, require_tenant, say, table
from service.draw import candidates, draw
from service.keys import CLI
from service.labels import ENOUGH, Origin, read
from service.wiring import open_learning
from service.wiring_expert import ExpertRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from service.draw import Drawing
    from service.labels import Imported, LabelCounts
    from service.store.reads import LabelRow
    from service.wiring import Learning

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(
        help="人工标注：抽取待标文本、导入、列出、统计；供 qingliu retrain 使用。", no_args_is_help=True
    )
    group.command("draw")(draw_)
    group.command("import")(import_)
    group.command("list")(list_)
    group.command("count")(count)
    app.add_typer(group, name="labels")


def import_(  # noqa: PLR0913 - the options of a command line
    file: Annotated[Path, typer.Argument(metavar="FILE", help="标注文件（JSONL）", exists=True, dir_okay=False)],
    *,
    tenant: Tenant = "default",
    origin: Annotated[
        Literal["import", "golden"], typer.Option(help="来源：import 一般标注；golden 已知答案，用来检验审核员")
    ] = "import",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """导入标注：每行 {"text": …, "labels": {"fraud": 1}}，可带 drawn 与 decision；有误时逐行指出且不作改变。"""  # noqa: D415

    async def work(learning: Learning) -> Imported:
        said = read(file.read_bytes().splitlines(), learning.heads, file=file.name)
        return await learning.labels.import_(said, tenant=tenant, origin=Origin(origin), by=CLI)

    told = with_learning(data, lang.lang, work, tenant=tenant)
    if json:
        print_json({**told._asdict(), "tenant": tenant})
        return
    zh = f"已记录 {told.added} 条文本的标注；{told.known} 条此前已有，{told.unanswered} 条尚未作答"
    en = f"labels of {told.added} texts recorded; {told.known} known before, {told.unanswered} not answered"
    out.print(say(lang.lang, zh, en), markup=False)


def draw_(  # noqa: PLR0913 - the options of a command line
    *,
    number: Annotated[int, typer.Option("--number", "-n", help="抽取条数", min=1)] = 100,
    recent: Annotated[int, typer.Option(help="从最近多少条判定中抽取", min=1)] = 5000,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    tenant: Tenant = "default",
    target: Annotated[
        Path | None, typer.Option("--output", "-o", help="写入文件（默认标准输出）", dir_okay=False, show_default=False)
    ] = None,
    data: Data = None,
    lang: Lang = Tongue.ZH,
) -> None:
    """从最近的判定中抽取值得标注的文本：一半最没把握，三成随机，两成规则与分数不一致；填好 labels 后导入。"""  # noqa: D415
    chosen = settings(data=data)
    try:
        ruleset = load_ruleset(chosen.lexicons, chosen.scenes, folders=(), examples=False)
    except LoadErrors as errors:
        fail_loading(errors)
    found = with_learning(
        data, lang.lang, lambda learning: _drawn(learning, ruleset, tenant, recent, number, seed), tenant=tenant
    )
    lines = [
        orjson.dumps({"text": one.text, "labels": {}, "drawn": one.drawn, "decision": one.decision}) + b"\n"
        for one in found
    ]
    if target is None:
        typer.echo(b"".join(lines), nl=False)
    else:
        target.write_bytes(b"".join(lines))
    counts = ", ".join(
        f"{drawn} {sum(one.drawn == drawn for one in found)}" for drawn in dict.fromkeys(one.drawn for one in found)
    )
    err.print(say(lang.lang, f"抽取 {len(found)} 条：{counts}", f"{len(found)} drawn: {counts}"), markup=False)


async def _drawn(  # noqa: PLR0913, PLR0917 - what the command line says
    learning: Learning, ruleset: Ruleset, tenant: str, recent: int, number: int, seed: int
) -> list[Drawing]:
    model = await learning.weights.start()
    stored = await learning.store.reads.unlabelled(tenant, limit=recent)
    return draw(list(candidates(stored, model, ruleset)), number, Random(seed))  # noqa: S311 - repeatable, not secret


def list_(
    *,
    tenant: Tenant = "default",
    number: Annotated[int, typer.Option("--number", "-n", help="最近多少条", min=1)] = 20,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """列出最近的标注（含文本）。"""  # noqa: D415
    rows: list[LabelRow] = with_learning(
        data, lang.lang, lambda learning: learning.store.reads.labels(tenant), tenant=tenant
    )[-number:]
    if json:
        print_json([row._asdict() for row in rows])
        return
    heads = (
        ("文本", "text"),
        ("标签", "head"),
        ("值", "value"),
        ("来源", "origin"),
        ("抽取", "drawn"),
        ("标注人", "by"),
        ("时间", "time"),
    )
    listed = table(*(say(lang.lang, *head) for head in heads))
    for row in rows:
        listed.add_row(row.text, row.head, str(row.value), row.origin, row.drawn, row.by, row.at[:19])
    out.print(listed, soft_wrap=False)


def count(*, tenant: Tenant = "default", data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """统计标注：各标签的正负条数、来源、抽取方式，以及距下次重训的条数。"""  # noqa: D415
    told: LabelCounts = with_learning(data, lang.lang, lambda learning: learning.labels.counts(tenant), tenant=tenant)
    if json:
        print_json({**told._asdict(), "tenant": tenant, "enough": ENOUGH})
        return
    listed = table(say(lang.lang, "标签", "head"), "1", "0", numbers=("1", "0"))
    for head, (yes, no) in told.heads.items():
        listed.add_row(head, str(yes), str(no))
    out.print(listed, soft_wrap=False)
    for name, counts in (
        (say(lang.lang, "来源", "origin"), told.origins),
        (say(lang.lang, "抽取", "drawn"), told.drawn),
    ):
        out.print(f"{name}: {', '.join(f'{key} {number}' for key, number in counts.items())}", markup=False)
    zh = f"共 {told.texts} 条文本，其中 {told.new} 条是上次训练以来新增的"
    en = f"{told.texts} texts, {told.new} of them since the last training"
    zh += f"（重训需全部租户新增 {ENOUGH} 条，还差 {told.lacking} 条）"
    en += f" (retraining needs {ENOUGH} of all tenants, {told.lacking} more)"
    out.print(say(lang.lang, zh, en), markup=False)


def with_learning(
    data: Path | None, lang: Language, act: Callable[[Learning], Awaitable[T]], *, tenant: str | None = None
) -> T:
    """Does something with labels and weights; says why and ends the command where that cannot be."""
    chosen = settings(data=data)

    async def work() -> T:
        async with open_learning(chosen) as learning:
            if tenant is not None:
                await require_tenant(learning.store, tenant, lang)
            return await act(learning)

    try:
        return beside(chosen, work(), lang)
    except LoadErrors as errors:
        fail_unchanged(errors, lang)
    except ExpertRefused as error:
        fail(say(lang, f"文本模型未通过检查：{error.told.zh}", f"the text expert is refused: {error}"))

"""``qingliu tenant lexicon``: a tenant's own words, beside a running service or without one: put, list, activate."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

from moderation.errors import LoadErrors
from service.cli.beside import beside
from service.cli.judging import texts_of
from service.cli.say import Data, Json, Tenant, fail, out, print_json, settings
from service.cli.words import Lang, Tongue, fail_unchanged, require_tenant, say, table
from service.keys import CLI
from service.lexicons import NO_WORDS, Lexicons, UnknownVersion
from service.wiring import open_lexicons

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from moderation.reasons import Language
    from service.lexicons import Lexicon
    from service.store.reads import LexiconInfo

T = TypeVar("T")

SHOWN = 20
"""So many of the lines that a new version drops are printed."""


class Difference(NamedTuple):
    """How a version differs from the one that was active, in lines of terms."""

    replaces: int
    added: list[str]
    dropped: list[str]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="租户自有词库：在共用词库之上增加禁用词与允许词。", no_args_is_help=True)
    group.command("put")(put)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("activate")(activate)
    group.command("rollback")(rollback)
    tenant = typer.Typer(help="管理租户。", no_args_is_help=True)
    tenant.add_typer(group, name="lexicon")
    app.add_typer(tenant, name="tenant")


def put(  # noqa: PLR0913 - the options of a command line
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="词条或允许词文件（.txt），须给出全部文件", show_default=False),
    ],
    *,
    tenant: Tenant = "default",
    note: Annotated[str, typer.Option(help="说明这一版为何而改")] = "",
    now: Annotated[bool, typer.Option("--activate", help="随即启用")] = False,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """存入新版本；有误时逐行输出“文件:行号: 原因”。加 --activate 则随即启用，运行中的服务一秒内生效。"""  # noqa: D415
    texts = texts_of(files, lang.lang)

    async def work(lexicons: Lexicons) -> tuple[LexiconInfo, Difference]:
        before = (await lexicons.of(tenant)).active
        known = await lexicons.files(tenant, before)
        info = await lexicons.file(tenant, texts, by=CLI, note=note)
        if now:
            await lexicons.activate(tenant, info.version, by=CLI)
        return info, _difference(before, known, texts)

    info, than = _with_lexicons(data, tenant, lang.lang, work)
    if json:
        print_json({**info._asdict(), "tenant": tenant, "activated": now, **than._asdict()})
        return
    told = say(lang.lang, f"已存为版本 {info.version}，{info.terms} 条", f"version {info.version}, {info.terms} terms")
    active = say(lang.lang, "，已启用", ", active") if now else say(lang.lang, "，尚未启用", ", not yet active")
    out.print(f"{told}{active}", markup=False)
    _tell_difference(than, lang.lang)


def list_(tenant: Tenant = "default", *, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """列出租户的各个版本，并标出现行版本。"""  # noqa: D415
    lexicon: Lexicon = _with_lexicons(data, tenant, lang.lang, lambda lexicons: lexicons.of(tenant))
    if json:
        versions = [info._asdict() for info in lexicon.versions]
        print_json({"tenant": tenant, "active": lexicon.active, "versions": versions})
        return
    heads = (
        ("版本", "version"),
        ("词条", "terms"),
        ("时间", "time"),
        ("来源", "by"),
        ("说明", "note"),
        ("现行", "active"),
    )
    listed = table(*(say(lang.lang, *head) for head in heads))
    for info in lexicon.versions:
        mark = "✓" if info.version == lexicon.active else ""
        listed.add_row(str(info.version), str(info.terms), info.created_at, info.by, info.note, mark)
    out.print(listed, soft_wrap=False)
    if lexicon.active == NO_WORDS:
        out.print(say(lang.lang, "现行：无自有词条", "active: no own words"), markup=False)


def show(
    version: Annotated[int, typer.Argument(help="版本", show_default=False)],
    *,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """输出一个版本的全部文本。"""  # noqa: D415
    files = _with_lexicons(data, tenant, lang.lang, lambda lexicons: lexicons.files(tenant, version))
    if json:
        print_json({"tenant": tenant, "version": version, "files": files})
        return
    for name, text in files.items():
        out.print(f"# {name}\n{text}", markup=False)


def activate(
    version: Annotated[int, typer.Argument(help="版本；0 表示停用全部自有词条", min=0, show_default=False)],
    *,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """启用一个版本（新旧皆可）；运行中的服务一秒内生效。"""  # noqa: D415
    _with_lexicons(data, tenant, lang.lang, lambda lexicons: lexicons.activate(tenant, version, by=CLI))
    _tell_active(tenant, version, lang.lang, json=json)


def rollback(
    *,
    tenant: Tenant = "default",
    version: Annotated[
        int | None, typer.Option(help="要恢复的版本（默认：此前启用的那一版）", min=0, show_default=False)
    ] = None,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """恢复旧版本；运行中的服务一秒内生效。"""  # noqa: D415

    async def work(lexicons: Lexicons) -> int:
        if version is None:
            return await lexicons.roll_back(tenant, by=CLI)
        await lexicons.activate(tenant, version, by=CLI)
        return version

    _tell_active(tenant, _with_lexicons(data, tenant, lang.lang, work), lang.lang, json=json)


def _difference(active: int, before: Mapping[str, str], after: Mapping[str, str]) -> Difference:
    old, new = _lines(before), _lines(after)
    added, dropped = [line for line in new if line not in old], [line for line in old if line not in new]
    return Difference(active, added, dropped)


def _lines(files: Mapping[str, str]) -> dict[str, None]:
    """The lines of terms, without comments and headers."""
    lines = (line.strip() for text in files.values() for line in text.splitlines())
    return dict.fromkeys(line for line in lines if line and line[0] not in "#@")


def _tell_difference(than: Difference, lang: Language) -> None:
    """A version replaces the whole of the one before, whoever approved that; so what goes is shown."""
    if than.replaces == NO_WORDS:
        return
    plus, minus = len(than.added), len(than.dropped)
    head = say(
        lang,
        f"与现行的版本 {than.replaces} 相比：新增 {plus} 行，去掉 {minus} 行",
        f"against version {than.replaces}, which was active: {plus} lines added, {minus} dropped",
    )
    out.print(head, markup=False)
    for line in than.dropped[:SHOWN]:
        out.print(f"- {line}", markup=False)
    if minus > SHOWN:
        out.print(say(lang, f"……另有 {minus - SHOWN} 行", f"… and {minus - SHOWN} more"), markup=False)


def _tell_active(tenant: str, version: int, lang: Language, *, json: bool) -> None:
    if json:
        print_json({"tenant": tenant, "active": version})
    elif version == NO_WORDS:
        out.print(say(lang, f"租户 {tenant} 现无自有词条", f"{tenant} has no own words now"), markup=False)
    else:
        out.print(say(lang, f"租户 {tenant} 现用版本 {version}", f"{tenant} is at version {version} now"), markup=False)


def _with_lexicons(data: Path | None, tenant: str, lang: Language, act: Callable[[Lexicons], Awaitable[T]]) -> T:
    chosen = settings(data=data)

    async def work() -> T:
        async with open_lexicons(chosen) as (lexicons, store):
            await require_tenant(store, tenant, lang)
            return await act(lexicons)

    try:
        return beside(chosen, work(), lang)
    except LoadErrors as errors:
        fail_unchanged(errors, lang)
    except UnknownVersion:
        fail(say(lang, f"租户 {tenant} 没有这个版本", f"{tenant} has no such version"))
    except ValueError as error:
        fail(str(error))

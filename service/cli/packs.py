"""``qingliu export``: audit packs, beside a running service or without one: one pack now, or what a schedule lacks."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from moderation.types import SHANGHAI, Scene
from service.audit.exports import DONE, AskedWrong, Export, Exports
from service.audit.formats import FORMATS, USUAL
from service.audit.packs import PACKS, said
from service.audit.records import PackOrder
from service.cli.beside import beside
from service.cli.say import Data, Json, Tenant, fail, out, print_json, settings, why
from service.cli.words import Lang, Tongue, refuse, require_tenant, say
from service.ids import stamp
from service.keys import CLI
from service.wiring import open_store
from service.wiring_audit import open_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from moderation.reasons import Language
    from service.wiring_audit import Audit

_ALIKE: Final = ("pack", "scene", "creator", "room", "category", "contents", "unmasked")
"""By these a schedule knows its packs again."""
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_HELP: Final = "导出审计包（清单、签名、Merkle 证明；可离线校验）：" + "、".join(
    f"{code} {pack.name[0]}" for code, pack in PACKS.items()
)


class Every(StrEnum):
    """How often a pack is to be made."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export", help=_HELP)(export)


def export(  # noqa: PLR0913 - the options of a command line
    pack: Annotated[str, typer.Argument(metavar="PACK", help="审计包种类", show_default=False)],
    *,
    tenant: Tenant = "default",
    since: Annotated[str, typer.Option(help="起始日（含），如 2026-07-01，北京时间", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="截止日（不含）", show_default=False)] = "",
    scene: Annotated[Scene | None, typer.Option(help="只含此场景", show_default=False)] = None,
    creator: Annotated[str, typer.Option(help="只含此创作者", show_default=False)] = "",
    room: Annotated[str, typer.Option(help="只含此直播间", show_default=False)] = "",
    category: Annotated[str, typer.Option(help="只含此类别", show_default=False)] = "",
    contents: Annotated[bool, typer.Option("--contents", help="附内容文本")] = False,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="不遮盖个人信息；须写明 --reason")] = False,
    reason: Annotated[str, typer.Option(help="为何需要未遮盖的个人信息", show_default=False)] = "",
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help=f"格式：{'、'.join(FORMATS)}（可多次；默认 csv、xlsx、html）", show_default=False
        ),
    ] = None,
    every: Annotated[
        Every | None, typer.Option(help="补齐至今每个完整周期的包，已有的不再做；供定时任务调用", show_default=False)
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="另存到此文件或目录", show_default=False)] = None,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Makes a pack, or all that a schedule lacks."""
    try:
        period = _moment(since), _moment(until)
    except ValueError:
        refuse(say(lang.lang, "日期应如 2026-07-01", "a date is like 2026-07-01"))
    if every is not None and to is not None and not to.is_dir():
        refuse(say(lang.lang, "与 --every 同用时，--out 须为目录", "with --every, --out is a directory that is there"))
    asked = PackOrder(
        pack=pack, since=period[0], until=period[1], scene=scene or "", creator=creator, room=room, category=category,
        contents=contents, unmasked=unmasked, formats=tuple(formats or USUAL), lang=lang.lang,
    )  # fmt: skip

    async def work(audit: Audit) -> list[tuple[Export, Path]]:
        asks = [asked] if every is None else await _lacking(audit, tenant, asked, _MONTHS[every.value])
        waiting = [await audit.exports.ask(tenant, one, by=CLI, reason=reason) for one in asks]
        made = [await audit.exports.make(one) for one in waiting]
        return [(one, await _taken(audit.exports, one, to, lang.lang)) for one in made]

    made = with_log(data, tenant, lang.lang, work)
    for one, path in made:
        _tell(one, path, lang.lang, json=json)
    if not made and not json:
        out.print(say(lang.lang, "各周期的包均已做好", "nothing is lacking"), markup=False)
    if any(one.state != DONE for one, _ in made):
        raise typer.Exit(1)


def with_log(data: Path | None, tenant: str | None, lang: Language, act: Callable[[Audit], Awaitable[Any]]) -> Any:
    """Does something with the log of a data directory; what is wrong with it ends the command."""
    chosen = settings(data=data)

    async def work() -> Any:
        async with open_store(chosen) as store, open_log(chosen, store) as audit:
            if tenant is not None:
                await require_tenant(store, tenant, lang)
            return await act(audit)

    try:
        return beside(chosen, work(), lang)
    except AskedWrong as error:
        refuse(_wrong(error, lang))


def _wrong(error: AskedWrong, lang: Language) -> str:
    codes = ", ".join(f"{code}（{said(pack.name, lang)}）" for code, pack in PACKS.items())
    return {
        "pack_unknown": say(lang, f"审计包种类为：{codes}", f"packs are: {codes}"),
        "reason_needed": say(lang, "未遮盖的个人信息须写明 --reason", "--unmasked needs a --reason"),
        "period_empty": say(lang, "--until 须晚于 --since", "--until comes after --since"),
        "unknown_category": say(lang, "没有这个类别：--category", "there is no such category: --category"),
        "format_unknown": say(lang, f"格式为：{', '.join(FORMATS)}", f"formats are: {', '.join(FORMATS)}"),
        "parquet_missing": say(lang, "缺少 pyarrow：pip install 'qingliu[parquet]'", "pip install 'qingliu[parquet]'"),
        "pdf_missing": say(
            lang,
            "缺少 WeasyPrint 或 Pango：pip install 'qingliu[pdf]'，apt install libpangoft2-1.0-0",
            "WeasyPrint or Pango is missing: pip install 'qingliu[pdf]', apt install libpangoft2-1.0-0",
        ),
    }.get(error.kind, say(lang, f"此包须给出 --{error.field}", f"this pack needs --{error.field}"))


def _moment(day: str) -> str:
    return stamp(datetime.combine(date.fromisoformat(day), time(), SHANGHAI)) if day else ""


async def _lacking(audit: Audit, tenant: str, asked: PackOrder, months: int) -> list[PackOrder]:
    """The whole periods since the first act that have no pack of this sort yet."""
    reads = audit.log.reads
    if not await asyncio.to_thread(reads.size):
        return []
    began = datetime.fromisoformat(await asyncio.to_thread(reads.at, 0)).astimezone(SHANGHAI)
    have = await _periods(audit.exports, tenant, asked)
    today, start = datetime.now(SHANGHAI).date(), date(began.year, (began.month - 1) // months * months + 1, 1)
    found = []
    while (end := _later(start, months)) <= today:
        since, until = (stamp(datetime.combine(day, time(), SHANGHAI)) for day in (start, end))
        if (since, until) not in have:
            found.append(replace(asked, since=since, until=until))
        start = end
    return found


def _later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


async def _periods(exports: Exports, tenant: str, asked: PackOrder) -> set[tuple[str, str]]:
    """The periods of which there is a pack that is narrowed in the same way, and holds as much."""
    found = set()
    for one in await exports.listed(tenant, limit=100_000):
        told = orjson.loads(one.asked)
        if one.state == DONE and all(told[name] == getattr(asked, name) for name in _ALIKE):
            found.add((told["since"], told["until"]))
    return found


async def _taken(exports: Exports, made: Export, to: Path | None, lang: Language) -> Path:
    """Where the pack lies; if it is to lie elsewhere it is taken there, which an act tells."""
    if made.state != DONE or to is None:
        return exports.archive(made)
    path = await exports.fetched(made.tenant, made.id, by=CLI)
    try:
        return Path(await asyncio.to_thread(shutil.copy, path, to))
    except OSError as error:
        told = why(error, lang)
        fail(say(lang, f"未能另存（包在 {path}）：{told}", f"not copied; the pack is at {path}: {told}"))


def _tell(made: Export, path: Path, lang: Language, *, json: bool) -> None:
    if json:
        print_json({**made._asdict(), "asked": orjson.loads(made.asked), "path": str(path)})
    elif made.state == DONE:
        size = (made.bytes or 0) / 1e6
        out.print(
            say(
                lang,
                f"已导出 {path}（{made.records} 条记录，{size:.1f} MB，检查点 {made.size}）",
                f"made {path} ({made.records} records, {size:.1f} MB, checkpoint {made.size})",
            ),
            markup=False,
        )
    else:
        out.print(
            say(lang, f"未能导出：{made.error or made.state}", f"not made: {made.error or made.state}"), markup=False
        )

"""``qingliu backup`` and ``restore``: the database with packs and archive, at one moment, and back, verified.

Keys are left out unless they are asked for: a backup that lies elsewhere must not be able to open what it holds. What
was erased or purged after a backup was made is taken away again when it is restored beside the data that it replaces.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from service import private
from service.audit.make import digest_of
from service.audit.whole import wrong_in
from service.cli.packs import with_log
from service.cli.say import Data, Json, fail, out, print_json, settings
from service.cli.words import Lang, Tongue, say
from service.keys import CLI
from service.running import running
from service.secret import BYTES

if TYPE_CHECKING:
    from service.audit.retaining import Gone
    from service.wiring_audit import Audit

_TOLD: Final = "backup.json"
_DATABASE: Final = "qingliu.db"
_FOLDERS: Final = ("archive", "exports", "models")
_KEYS: Final = ("secret", "audit.key")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("backup", help="备份数据库、归档的规则与模型及审计包（可在服务运行时进行），附检查点与摘要。")(backup)
    app.command("restore", help="由备份恢复到空的数据目录，核对摘要与日志；备份之后已删除的再次删除。")(restore)


def backup(
    folder: Annotated[Path, typer.Argument(help="备份到哪个新目录", show_default=False)],
    *,
    keys: Annotated[bool, typer.Option("--with-keys", help="连同密钥（请另行妥善保管，勿与数据同处）")] = False,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Makes a backup."""
    chosen = settings(data=data)
    if folder.exists():
        fail(say(lang.lang, f"{folder} 已存在", f"{folder} is there already"))

    async def work(audit: Audit) -> dict[str, Any]:
        signed = await audit.log.checkpoint()
        folder.mkdir(parents=True)
        await asyncio.to_thread(audit.log.reads.copy, folder / _DATABASE)
        return {"size": signed.size, "checkpoint": await asyncio.to_thread(audit.log.reads.cosigned, signed)}

    told = with_log(data, None, lang.lang, work)
    for name in _FOLDERS:
        if (chosen.data / name).exists():
            shutil.copytree(chosen.data / name, folder / name)
    for name in _KEYS if keys else ():
        if (chosen.data / name).exists():
            shutil.copy2(chosen.data / name, folder / name)
    told["sha256"] = digest_of(folder / _DATABASE)
    (folder / _TOLD).write_bytes(orjson.dumps(told))
    if json:
        print_json({"folder": str(folder), "size": told["size"], "sha256": told["sha256"]})
        return
    out.print(say(lang.lang, f"已备份到 {folder}（检查点 {told['size']}）", f"{folder}, checkpoint {told['size']}"))


def restore(
    folder: Annotated[Path, typer.Argument(help="备份目录", exists=True, file_okay=False, show_default=False)],
    *,
    after: Annotated[
        Path | None,
        typer.Option("--after", help="被替换的数据目录：其中备份之后删除的将再次删除", exists=True, show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Restores a backup and verifies it."""
    chosen = settings(data=data)
    if chosen.database.exists() or running(chosen.pid_file) is not None:
        fail(say(lang.lang, f"{chosen.data} 中已有数据", f"there is data in {chosen.data}"))
    told = orjson.loads((folder / _TOLD).read_bytes())
    if digest_of(folder / _DATABASE) != told["sha256"]:
        fail(say(lang.lang, "备份已损坏：摘要不符", "the backup is damaged: another digest"))
    gone = None if after is None else _gone(after, lang)
    fresh = _put(folder, after, chosen.data)

    async def work(audit: Audit) -> tuple[list[str], int]:
        wrong = await asyncio.to_thread(wrong_in, audit.log.reads)
        kept = await asyncio.to_thread(audit.log.reads.checkpoint, told["size"])
        if kept is None or kept.note not in told["checkpoint"]:
            wrong.append(f"checkpoint {told['size']}: not that of the backup")
        if wrong:
            return wrong, 0
        await audit.log.restored(told["size"], by=CLI)
        return wrong, 0 if gone is None else await audit.retaining.erase_again(gone, by=CLI)

    wrong, again = with_log(data, None, lang.lang, work)
    if json:
        facts = {"good": not wrong, "wrong": wrong, "size": told["size"], "taken_away_again": again}
        print_json({**facts, "new_keys": fresh})
    else:
        _tell(wrong, told["size"], again, fresh, lang)
    if wrong:
        raise typer.Exit(1)


def _gone(after: Path, lang: Tongue) -> Gone:
    """What was taken away in the data that the backup replaces."""

    async def look(audit: Audit) -> Gone:
        return await asyncio.to_thread(audit.retaining.gone)

    gone: Gone = with_log(after, None, lang.lang, look)
    return gone


def _put(folder: Path, after: Path | None, data: Path) -> list[str]:
    """Puts all in its place; keys that the backup does not have come from the data that it replaces.

    Those that are nowhere are made; gives their names.
    """
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy2(folder / _DATABASE, data / _DATABASE)
    for name in (*_FOLDERS, *_KEYS):
        places = [folder, *([after] if after is not None and name in _KEYS else [])]
        source = next((place / name for place in places if (place / name).exists()), None)
        if source is not None:
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, data / name)
    fresh = [name for name in _KEYS if not (data / name).exists()]
    for name in fresh:
        private.kept(data / name, BYTES)
    return fresh


def _tell(wrong: list[str], size: int, again: int, fresh: list[str], lang: Tongue) -> None:
    if fresh:
        names = ", ".join(fresh)
        zh = f"备份中没有密钥 {names}，已生成新的。另有保存的，请在启动前放回：否则封存的内容和通知密钥无法打开，"
        en = f"the backup has no {names}: made anew. Put back what you kept before the start: without it sealed "
        words = f"{zh}日志由新钥签名", f"{en}texts and receivers' secrets stay closed, and a new key signs the log"
        out.print(say(lang.lang, *words), markup=False)
    for one in wrong:
        out.print(f"✗ {one}", markup=False)
    if not wrong:
        words = (
            f"已恢复，日志相符（检查点 {size}）；再次清空 {again} 条",
            f"restored, the log holds (checkpoint {size}); {again} taken away again",
        )
        out.print(say(lang.lang, *words), markup=False)

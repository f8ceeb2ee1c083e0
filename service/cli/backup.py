"""``qingliu backup`` and ``restore``: the database with packs and archive, at one moment, and back, verified.

Keys are left out unless they are asked for: a backup that lies elsewhere must not be able to open what it holds. What
was erased or purged after a backup was made is taken away again when it is restored beside the data that it replaces,
what was held since is held again, and keys, people and receivers that were ended since end again.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from moderation.told import Wrong
from service import private
from service.audit.archive import damaged_in, digest_of
from service.audit.retaining import Again
from service.audit.weeding import NUMBERS
from service.audit.whole import wrong_in
from service.cli.packs import with_log
from service.cli.say import Data, Json, fail, out, print_json, settings, why
from service.cli.words import Lang, Tongue, say
from service.ended import EndedAgain, end_again, end_all_sessions, ended
from service.keys import CLI
from service.running import running
from service.secret import BYTES
from service.store import db

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from service.audit.retaining import Gone
    from service.ended import Ended
    from service.settings import Settings
    from service.wiring_audit import Audit

_TOLD: Final = "backup.json"
_DATABASE: Final = "qingliu.db"
_FOLDERS: Final = ("archive", "exports", "models")
_PACKS: Final = (".zip", NUMBERS)
_KEYS: Final = ("secret", "audit.key")
_CHECK: Final = "secret.check"
_SHOWN: Final = 10
_RESTORING: Final = "restoring"
"""Where a restore works, in the data directory: what it leaves off is no data."""


class _NotCopied(Wrong):
    """It is the backup, not the data, that cannot be written."""


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
    chosen, fresh = settings(data=data), folder.with_name(f"{folder.name}.new")
    for path in (folder, fresh):
        if path.exists():
            fail(say(lang.lang, f"{path} 已存在", f"{path} is there already"))

    async def work(audit: Audit) -> dict[str, Any]:
        signed = await audit.log.checkpoint()
        try:
            await asyncio.to_thread(audit.log.reads.copy, fresh / _DATABASE)
        except sqlite3.Error as error:
            told = db.why(fresh / _DATABASE, error)
            raise _NotCopied(f"{folder}：{told.zh}", f"{folder}: {told.en}") from None
        return {"size": signed.size, "checkpoint": await asyncio.to_thread(audit.log.reads.cosigned, signed)}

    try:
        private.make_folder(fresh)
        told = with_log(data, None, lang.lang, work)
        _copy(chosen, fresh, (_CHECK, *_KEYS) if keys else (_CHECK,))
        if broken := damaged_in(fresh):
            fail(_broken(broken, lang))
        told["sha256"], told["files"] = digest_of(fresh / _DATABASE), _digests(fresh)
        (fresh / _TOLD).write_bytes(orjson.dumps(told))
        fresh.replace(folder)
    except (OSError, _NotCopied) as error:
        reason = why(error, lang.lang)
        fail(say(lang.lang, f"未能备份：{reason}", f"no backup was made: {reason}"))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    if json:
        print_json({"folder": str(folder), "size": told["size"], "sha256": told["sha256"]})
        return
    out.print(say(lang.lang, f"已备份到 {folder}（检查点 {told['size']}）", f"{folder}, checkpoint {told['size']}"))


def _copy(chosen: Settings, folder: Path, files: Iterable[str]) -> None:
    """Copies what lies beside the database, while a service may write there; keys as they are in use."""
    data, given = chosen.data, _given(chosen)
    for name in _FOLDERS:
        if (data / name).exists():
            shutil.copytree(data / name, folder / name, ignore=_unfinished, copy_function=_copy_file)
    for name in files:
        if name in given:
            private.put(folder / name, given[name], over=True)
        elif (data / name).exists():
            shutil.copy2(data / name, folder / name)


def _given(chosen: Settings) -> dict[str, bytes]:
    """The keys that the settings give, by the names of the files that they stand for."""
    keys = zip(_KEYS, (chosen.secret, chosen.audit_key), strict=True)
    return {name: bytes.fromhex(key.get_secret_value()) for name, key in keys if key is not None}


def _digests(folder: Path) -> dict[str, str]:
    """What lies beside the database: the SHA-256 of each file, by its path."""
    paths = [path for name in _FOLDERS for path in sorted((folder / name).rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): digest_of(path) for path in paths}


def _broken(names: Sequence[str], lang: Tongue) -> str:
    told = _first(names)
    zh = f"文件已损坏：{told}；请由较早的备份放回，或删除（启动时会重新归档仍在使用的规则与模型）"
    en = f"damaged: {told}; put back an earlier backup's, or remove them (a start archives what is in use again)"
    return say(lang.lang, zh, en)


def _unfinished(folder: str, names: list[str]) -> set[str]:
    """What is not copied: whatever is being written, and of the packs all but archives and their lists of texts."""
    packs = Path(folder).name == "exports"
    return {name for name in names if ".new" in name or (packs and not name.endswith(_PACKS))}


def _copy_file(source: str, target: str) -> None:
    """Copies a file, unless somebody took it away meanwhile."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


def restore(
    folder: Annotated[Path, typer.Argument(help="备份目录", exists=True, file_okay=False, show_default=False)],
    *,
    after: Annotated[
        Path | None,
        typer.Option(
            "--after",
            help="被替换的数据目录：其中备份之后删除的将再次删除，封存的再次封存，吊销与停用的再次失效",
            exists=True,
            show_default=False,
        ),
    ] = None,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Restores a backup and verifies it."""
    chosen = settings(data=data)
    there = any((chosen.data / name).exists() for name in (_DATABASE, *_FOLDERS))
    if there or running(chosen.pid_file) is not None:
        fail(say(lang.lang, f"{chosen.data} 中已有数据", f"there is data in {chosen.data}"))
    told = _told(folder, lang)
    since = None if after is None else _since(after, lang)
    place = chosen.data / _RESTORING
    try:
        fresh = _put(folder, after, place, _given(chosen))
        wrong, again = with_log(place, None, lang.lang, lambda audit: _restored(audit, told, since))
        if not wrong:
            _move(place, chosen.data, fresh)
    except OSError as error:
        reason = why(error, lang.lang)
        fail(say(lang.lang, f"未能恢复：{reason}", f"not restored: {reason}"))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if json:
        done, over = again or (Again(0, 0), EndedAgain(0, 0, 0, []))
        facts = {"good": not wrong, "wrong": wrong, "size": told["size"], "taken_away_again": done.contents}
        counts = {f"{name}_ended_again": count for name, count in over._asdict().items() if name != "others"}
        print_json({**facts, "held_again": done.holds, **counts, "changed_since": over.others, "new_keys": fresh})
    else:
        _tell(wrong, told["size"], again, fresh, lang)
    if wrong:
        raise typer.Exit(1)


def _told(folder: Path, lang: Tongue) -> dict[str, Any]:
    """What a backup says of itself; one that is not whole ends the command."""
    try:
        told: dict[str, Any] = orjson.loads((folder / _TOLD).read_bytes())
        _, _, wanted = (told[name] for name in ("size", "checkpoint", "sha256"))
        found = digest_of(folder / _DATABASE)
    except (OSError, ValueError, TypeError, KeyError):
        fail(say(lang.lang, f"{folder} 不是完整的备份", f"{folder} is no whole backup"))
    if found != wanted:
        fail(say(lang.lang, "备份已损坏：摘要不符", "the backup is damaged: another digest"))
    if lacking := _lacking(folder, told.get("files")):
        names = _first(lacking)
        fail(say(lang.lang, f"备份已损坏，缺少或不符：{names}", f"the backup is damaged, missing or altered: {names}"))
    return told


def _lacking(folder: Path, files: Mapping[str, str] | None) -> list[str]:
    """The files of a backup that are gone or are others by now. One of an older version does not list what it had."""
    if files is None:
        return damaged_in(folder)
    paths = {name: folder / name for name in files}
    return [name for name, path in paths.items() if not path.is_file() or digest_of(path) != files[name]]


def _first(names: Sequence[str]) -> str:
    """Names for a person to read: not thousands."""
    return ", ".join([*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])])


def _since(after: Path, lang: Tongue) -> tuple[Gone, Ended]:
    """What was taken away and ended, and is held, in the data that the backup replaces."""

    async def look(audit: Audit) -> tuple[Gone, Ended]:
        gone = await asyncio.to_thread(audit.retaining.gone)
        return gone, await asyncio.to_thread(ended, audit.log.reads.rows)

    since: tuple[Gone, Ended] = with_log(after, None, lang.lang, look)
    return since


async def _restored(
    audit: Audit, told: Mapping[str, Any], since: tuple[Gone, Ended] | None
) -> tuple[list[str], tuple[Again, EndedAgain] | None]:
    """Checks what was put in its place, and does anew what was done ``since``: what is wrong, or what was done."""
    wrong = await asyncio.to_thread(wrong_in, audit.log.reads)
    kept = await asyncio.to_thread(audit.log.reads.checkpoint, told["size"])
    if kept is None or kept.note not in told["checkpoint"]:
        wrong.append(f"checkpoint {told['size']}: not that of the backup")
    if wrong:
        return wrong, None
    await audit.log.restored(told["size"], by=CLI)
    await audit.ledger.visit(end_all_sessions)
    if since is None:
        return wrong, None
    over = await audit.ledger.visit(partial(end_again, gone=since[1], by=CLI))
    return wrong, (await audit.retaining.erase_again(since[0], by=CLI), over)


def _put(folder: Path, after: Path | None, place: Path, given: Container[str]) -> list[str]:
    """Puts all where the restore works; keys that the backup does not have come from the data that it replaces.

    Those that are nowhere, nor in the data directory already or ``given`` by the settings, are made; gives their names.
    """
    shutil.rmtree(place, ignore_errors=True)
    for one in (place.parent, place):
        private.make_folder(one)
    private.make_file(place / _DATABASE)
    shutil.copyfile(folder / _DATABASE, place / _DATABASE)
    for name in (*_FOLDERS, _CHECK, *_KEYS):
        sources = [folder, *([after] if after is not None else []), place.parent] if name in _KEYS else [folder]
        source = next((one / name for one in sources if (one / name).exists()), None)
        if source is not None:
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, place / name)
    fresh = [name for name in _KEYS if name not in given and not (place / name).exists()]
    for name in fresh:
        private.kept(place / name, BYTES)
    if "secret" in fresh:
        (place / _CHECK).write_bytes(b"")
    return fresh


def _move(place: Path, data: Path, fresh: Iterable[str]) -> None:
    """Puts what was restored in its place, the database last: without it there is no data.

    A secret that was made ``fresh`` is not held against the one that is put back.
    """
    (data / _CHECK).unlink(missing_ok=True)
    if "secret" in fresh:
        (place / _CHECK).unlink()
    for path in sorted(place.iterdir(), key=lambda path: path.name == _DATABASE):
        path.replace(data / path.name)


def _tell(wrong: list[str], size: int, again: tuple[Again, EndedAgain] | None, fresh: list[str], lang: Tongue) -> None:
    if fresh:
        names = ", ".join(fresh)
        zh = f"备份中没有密钥 {names}，已生成新的。另有保存的，请在启动前放回：否则封存的内容和通知密钥无法打开，"
        en = f"the backup has no {names}: made anew. Put back what you kept before the start: without it sealed "
        words = f"{zh}日志由新钥签名", f"{en}texts and receivers' secrets stay closed, and a new key signs the log"
        out.print(say(lang.lang, *words), markup=False)
    for one in wrong:
        out.print(f"✗ {one}", markup=False)
    for zh, en in [] if wrong else _said(size, again):
        out.print(say(lang.lang, zh, en), markup=False)


def _said(size: int, again: tuple[Again, EndedAgain] | None) -> list[tuple[str, str]]:
    """What became of what was done after the backup was made, in both languages."""
    if again is None:
        zh = f"已恢复，日志相符（检查点 {size}）。未用 --after：备份之后的删除与封存均已丢失"
        en = f"restored, the log holds (checkpoint {size}); without --after erasures and holds since are lost"
        back = "备份之后吊销的密钥、停用的用户与通知地址重新有效，角色与密码也是备份时的：请在启动前再次 key revoke、"
        back += "user disable、webhook end（见 key list、user list、webhook list）"
        stand = "keys, people and receivers that were ended since stand again, with the roles and passwords of then: "
        stand += (
            "before the start key revoke, user disable and webhook end them (see key list, user list, webhook list)"
        )
        return [(zh, en), (back, stand)]
    done, over = again
    zh = f"已恢复，日志相符（检查点 {size}）；再次清空 {done.contents} 条，再次封存 {done.holds} 项"
    en = f"restored, the log holds (checkpoint {size}); {done.contents} taken away, {done.holds} held again"
    back = f"再次吊销密钥 {over.keys} 个，停用用户 {over.people} 名、通知地址 {over.receivers} 个；所有人须重新登录"
    stand = f"again revoked: {over.keys} keys; disabled: {over.people} people; ended: {over.receivers} receivers; "
    stand += "everybody signs in anew"
    if not over.others:
        return [(zh, en), (back, stand)]
    names = _first(over.others)
    old = f"以下用户的角色或密码在备份之后改过，现为备份时的（见 user role、user password）：{names}"
    then = f"whose role or password was changed since and is the backup's again (user role, user password): {names}"
    return [(zh, en), (back, stand), (old, then)]

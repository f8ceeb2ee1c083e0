"""``qingliu audit``: the log itself: its key, its checkpoints, a whole check against the acts; verifiers and packs."""

from __future__ import annotations

import asyncio
import shutil
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from service import private
from service.audit import verify_export
from service.audit.archive import damaged_in
from service.audit.note import signer_from
from service.audit.tree import HASH_BYTES
from service.audit.whole import wrong_in
from service.cli.packs import with_log
from service.cli.say import Data, Json, fail, out, print_json, settings
from service.cli.words import Lang, Tongue, refuse, say

if TYPE_CHECKING:
    from service.wiring_audit import Audit

_HERE: Final = Path(verify_export.__file__).parent
VERIFIERS: Final = ("verify_export.py", "verify_export.mjs")


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="审计日志：公钥、检查点、全量核对、校验审计包、更换密钥。", no_args_is_help=True)
    group.command("key")(key)
    group.command("checkpoint")(checkpoint)
    group.command("check")(check)
    group.command("verify")(verify)
    group.command("verifiers")(verifiers)
    group.command("rotate")(rotate)
    app.add_typer(group, name="audit")


def key(*, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """显示日志公钥（请经独立渠道交给核查方）及历次更换。"""  # noqa: D415

    async def work(audit: Audit) -> list[tuple[str, str, str]]:
        return await asyncio.to_thread(audit.log.reads.signers)

    keys = with_log(data, None, lang.lang, work)
    if json:
        print_json([{"key": one, "endorsement": endorsement, "at": at} for one, endorsement, at in keys])
        return
    for one, _, at in keys:
        out.print(f"{one}  {at}", markup=False)


def checkpoint(*, data: Data = None, lang: Lang = Tongue.ZH) -> None:
    """签署并输出当前检查点；核查方保存它，便能发现日后的回退与改写。"""  # noqa: D415

    async def work(audit: Audit) -> str:
        signed = await audit.log.checkpoint()
        return await asyncio.to_thread(audit.log.reads.cosigned, signed)

    typer.echo(with_log(data, None, lang.lang, work), nl=False)


def check(*, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """按全部行为重算日志，核对每一个瓦片与检查点；并检查数据库与归档的规则、模型有无损坏。"""  # noqa: D415

    async def work(audit: Audit) -> list[str]:
        return await asyncio.to_thread(wrong_in, audit.log.reads)

    wrong = with_log(data, None, lang.lang, work) + damaged_in(settings(data=data).data)
    if json:
        print_json({"good": not wrong, "wrong": wrong})
    for one in wrong if not json else ():
        out.print(f"✗ {one}", markup=False)
    if wrong:
        raise typer.Exit(1)
    if not json:
        out.print(say(lang.lang, "日志与全部行为相符", "the log fits all acts"), markup=False)


def verify(
    pack: Annotated[Path, typer.Argument(help="审计包（.zip 或已解开的目录）", exists=True, show_default=False)],
    *,
    log_key: Annotated[str, typer.Option("--key", help="日志公钥或存有它的文件", show_default=False)] = "",
    seen: Annotated[list[Path], typer.Option(help="此前取得的检查点文件（可多次）")] = [],  # noqa: B006 - typer's way
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """校验审计包；与独立的 verify_export.py 相同。"""  # noqa: D415
    try:
        told = verify_export.key_at(log_key) if log_key else ""
    except ArgumentTypeError:
        refuse(f"--key: {say(lang.lang, *verify_export.A_KEY)}: {log_key}")
    try:
        points = [verify_export.checkpoint_at(str(one)) for one in seen]
    except ArgumentTypeError:
        refuse(f"--seen: {say(lang.lang, *verify_export.A_CHECKPOINT)}: {', '.join(map(str, seen))}")
    done = verify_export.check(pack, key=told, seen=points)
    found = [{"code": code, "where": where} for code, where in done.found]
    if json:
        print_json({"good": not found, "found": found, "unknown": sorted(set(done.unknown)), **done.told})
    else:
        place = lang.lang == "en"
        for code, where in done.found:
            out.print(f"✗ {code}: {verify_export.CODES[code][place]} ({where})", markup=False)
        for code in sorted(set(done.unknown)):
            out.print(f"? {verify_export.UNKNOWN[code][place]}", markup=False)
        if not found:
            out.print(say(lang.lang, "✓ 完好", "✓ whole"), markup=False)
    if found:
        raise typer.Exit(1)


def verifiers(
    folder: Annotated[Path, typer.Argument(help="放到哪个目录", file_okay=False, show_default=False)],
    *,
    lang: Lang = Tongue.ZH,
) -> None:
    """取出两个独立的校验程序（Python 与 JavaScript），交给核查方。"""  # noqa: D415
    folder.mkdir(parents=True, exist_ok=True)
    for name in VERIFIERS:
        shutil.copy(_HERE / name, folder / name)
    out.print(say(lang.lang, f"已放到 {folder}", f"put into {folder}"), markup=False)


def rotate(*, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """更换日志密钥：旧钥为新钥背书，信任旧钥者可据此信任新钥。运行中的服务随即改用新钥。"""  # noqa: D415
    chosen = settings(data=data)
    if chosen.audit_key is not None:
        fail(say(lang.lang, "密钥由设置给出，请在设置中更换", "the key comes from the settings: change it there"))
    fresh = chosen.audit_key_file.with_name("audit.key.next")
    seed = private.kept(fresh, HASH_BYTES)
    new = signer_from(chosen.audit_origin, seed)

    async def work(audit: Audit) -> None:
        known = await asyncio.to_thread(audit.log.reads.signers)
        if known[-1][0] != str(new.verifier):  # else it was cut off before the key was in its place
            await audit.log.rotate(new)

    with_log(data, None, lang.lang, work)
    # Only now: a key that no act tells of must not sign.
    private.put(chosen.audit_key_file, seed, over=True)
    fresh.unlink()
    if json:
        print_json({"key": str(new.verifier)})
        return
    out.print(say(lang.lang, f"新公钥：{new.verifier}", f"the new key: {new.verifier}"), markup=False)

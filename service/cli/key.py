"""``qingliu key``: create, revoke and list API keys on a data directory, beside a running service or without one."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer
from rich.table import Table

from service.cli.beside import beside
from service.cli.say import Data, Json, fail, out, print_json, settings
from service.cli.words import Lang, Tongue, say
from service.rights import Scope
from service.tenants import BadName
from service.wiring import open_keys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from service.keys import Keys

T = TypeVar("T")

NEAR: Final = 3
"""So many names of tenants are told to who may have misspelt one."""
CREATES: Final = """创建密钥。密钥只在此时显示一次，服务只保存其摘要。

moderate：送审内容、提交举报、接入直播间，登记脚本、证明、商品与场次，登记创作者并上报其指标。

admin：以上各项，另可管理租户自有词库、人员、密钥与通知地址，查日志与制作审计包，设置保留与删除。

audit：只能读日志与制作审计包。
"""
"""The help of ``create``, with what each scope of ``service.rights`` allows."""


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="管理 API 密钥：创建、吊销、列出。", no_args_is_help=True)
    group.command("create", help=CREATES)(create)
    group.command("revoke", help="吊销密钥；运行中的服务在一秒内生效。")(revoke)
    group.command("list", help="列出所有密钥（不含密钥本身）。")(list_)
    app.add_typer(group, name="key")


def create(  # noqa: PLR0913 - the options of a command line
    tenant: Annotated[str, typer.Option(help="密钥所属租户；首个密钥的租户自动建立，其他新租户须加 --new")] = "default",
    *,
    new: Annotated[bool, typer.Option("--new", help="建立这个租户")] = False,
    label: Annotated[str, typer.Option(help="备注，便于日后辨认")] = "",
    scope: Annotated[Scope, typer.Option(help="权限，含义见上")] = Scope.MODERATE,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Makes a key and shows its secret once."""

    async def made(keys: Keys) -> tuple[str, str]:
        if (others := await keys.instead_of(tenant)) and not new:
            near = get_close_matches(tenant, others, n=NEAR, cutoff=0.0)
            zh = f"没有租户 {tenant}（最接近的：{'、'.join(near)}）；确要建立新租户，请加 --new"
            fail(say(lang.lang, zh, f"no tenant {tenant} (nearest: {', '.join(near)}); --new makes it"))
        return await keys.create(tenant, label=label, scope=scope)

    try:
        key_id, secret = _with_keys(data, made, lang, makes=True)
    except BadName as error:
        fail(say(lang.lang, f"无法创建：{error.told.zh}", f"cannot create it: {error.told.en}"))
    if json:
        print_json({"key_id": key_id, "tenant": tenant, "label": label, "scope": scope, "secret": secret})
        return
    where = settings(data=data).data
    zh = f"密钥编号：{key_id}\n租户：{tenant}\n权限：{scope}\n数据目录：{where}\n密钥（仅显示这一次）："
    en = f"id: {key_id}\ntenant: {tenant}\nscope: {scope}\ndata: {where}\nkey (shown this once):"
    out.print(say(lang.lang, zh, en), markup=False)
    out.print(secret, markup=False)


def revoke(
    key_id: Annotated[str, typer.Argument(help="密钥编号（见 qingliu key list）")],
    data: Data = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """Ends a key."""
    revoked = _with_keys(data, lambda keys: keys.revoke(key_id), lang)
    if json:
        print_json({"key_id": key_id, "revoked": revoked})
    if not revoked:
        zh = f"没有可吊销的密钥 {key_id}：不存在或已吊销"
        fail(say(lang.lang, zh, f"no key {key_id} to revoke: there is none, or it is revoked"))
    if not json:
        out.print(say(lang.lang, f"已吊销 {key_id}", f"revoked {key_id}"), markup=False)


def list_(
    data: Data = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """Shows every key without its secret."""
    listed = _with_keys(data, lambda keys: keys.listed(), lang)
    if json:
        print_json([asdict(key) for key in listed])
        return
    heads = ("编号", "租户", "权限", "备注", "创建时间", "吊销时间")
    table = Table(*(heads if lang is Tongue.ZH else ("id", "tenant", "scope", "label", "created", "revoked")))
    for key in listed:
        table.add_row(key.key_id, key.tenant, key.scope, key.label, key.created_at, key.revoked_at or "")
    out.print(table)


def _with_keys(data: Path | None, act: Callable[[Keys], Awaitable[T]], lang: Tongue, *, makes: bool = False) -> T:
    chosen = settings(data=data)

    async def work() -> T:
        async with open_keys(chosen) as keys:
            return await act(keys)

    return beside(chosen, work(), lang.lang, makes=makes)

"""``qingliu webhook``: where notices are sent, beside a running service or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from service.cli.beside import beside
from service.cli.say import Data, Json, Tenant, fail, out, print_json, settings
from service.cli.words import Lang, Tongue, require_tenant, say
from service.keys import CLI
from service.store.notice_statements import STATES
from service.webhooks import MOST, Absent, NotDead, TooMany, UrlRefused
from service.wiring import open_webhooks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from moderation.reasons import Language
    from service.store.notice_reads import Delivery, Webhook
    from service.webhooks import Made, Webhooks

T = TypeVar("T")

Id = Annotated[str, typer.Argument(help="接收地址的编号（见 qingliu webhook list）", show_default=False)]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="管理通知的接收地址（Standard Webhooks）。", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_)
    group.command("end")(end)
    group.command("rotate")(rotate)
    group.command("deliveries")(deliveries)
    group.command("replay")(replay)
    app.add_typer(group, name="webhook")


def create(  # noqa: PLR0913 - the options of a command line
    url: Annotated[str, typer.Argument(help="接收通知的 https 地址", show_default=False)],
    *,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="只通知这些类型（默认全部）")] = None,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """新增接收地址；签名密钥只在此时显示一次。"""  # noqa: D415
    made = _with(data, tenant, lang.lang, lambda webhooks: webhooks.create(tenant, url, kinds=kind or (), by=CLI))
    _tell_made(made, lang.lang, json=json)


def list_(tenant: Tenant = "default", *, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """列出接收地址，已停用的在后。"""  # noqa: D415
    listed = _with(data, tenant, lang.lang, lambda webhooks: webhooks.listed(tenant))
    if json:
        print_json([webhook._asdict() for webhook in listed])
        return
    for webhook in listed:
        kinds = ",".join(webhook.kinds) or say(lang.lang, "全部", "all")
        ended = (
            say(lang.lang, f"  已停用 {webhook.ended_at}", f"  ended {webhook.ended_at}") if webhook.ended_at else ""
        )
        out.print(f"{webhook.id}  {kinds}  {webhook.url}{ended}", markup=False)


def end(
    webhook: Id,
    *,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """停用接收地址；尚未送出的通知随之取消。"""  # noqa: D415
    _with(data, tenant, lang.lang, lambda webhooks: webhooks.end(tenant, webhook, by=CLI))
    if json:
        print_json({"id": webhook, "ended": True})
    else:
        out.print(say(lang.lang, f"已停用 {webhook}", f"ended {webhook}"), markup=False)


def rotate(
    webhook: Id,
    *,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """更换签名密钥；24 小时内通知同时带有新旧两个签名。"""  # noqa: D415
    made = _with(data, tenant, lang.lang, lambda webhooks: webhooks.rotate(tenant, webhook, by=CLI))
    _tell_made(made, lang.lang, json=json)


def deliveries(  # noqa: PLR0913 - the options of a command line
    webhook: Id,
    *,
    state: Annotated[str, typer.Option(help="waiting、delivered、dead 或 cancelled（默认全部）")] = "",
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """列出发往一个地址的通知，新的在前（最多 50 条）。"""  # noqa: D415
    if state and state not in STATES:
        fail(say(lang.lang, f"--state 应为 {'、'.join(STATES)} 之一", f"--state is one of {', '.join(STATES)}"))
    listed: list[Delivery] = _with(
        data, tenant, lang.lang, lambda webhooks: webhooks.deliveries(tenant, webhook, state=state)
    )
    if json:
        print_json([delivery._asdict() for delivery in listed])
        return
    for delivery in listed:
        result = " ".join(str(told) for told in (delivery.status, delivery.error) if told)
        told = f"{delivery.notice}  {delivery.kind}  {delivery.state}  {delivery.attempts}  {result}"
        out.print(told.rstrip(), markup=False)


def replay(  # noqa: PLR0913 - the options of a command line
    notice: Annotated[str, typer.Argument(help="通知的编号", show_default=False)],
    webhook: Id,
    *,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """重发一条已放弃的通知，编号不变。"""  # noqa: D415
    delivery = _with(data, tenant, lang.lang, lambda webhooks: webhooks.replay(tenant, notice, webhook, by=CLI))
    if json:
        print_json(delivery._asdict())
    else:
        out.print(say(lang.lang, f"{notice} 将重新发送", f"{notice} will be sent again"), markup=False)


def _tell_made(made: Made, lang: Language, *, json: bool) -> None:
    webhook: Webhook = made.webhook
    if json:
        print_json({**webhook._asdict(), "secret": made.secret})
        return
    told = say(
        lang,
        f"编号：{webhook.id}\n地址：{webhook.url}\n签名密钥（仅显示这一次）：",
        f"id: {webhook.id}\nurl: {webhook.url}\nsigning secret (shown only now):",
    )
    out.print(told, markup=False)
    out.print(made.secret, markup=False)


def _with(data: Path | None, tenant: str, lang: Language, act: Callable[[Webhooks], Awaitable[T]]) -> T:
    chosen = settings(data=data)

    async def work() -> T:
        async with open_webhooks(chosen) as (webhooks, store):
            await require_tenant(store, tenant, lang)
            return await act(webhooks)

    try:
        return beside(chosen, work(), lang)
    except UrlRefused as error:
        fail(say(lang, *_REFUSED[error.why]))
    except Absent:
        fail(say(lang, "没有这个接收地址或通知，或已停用", "no such receiver or notice, or it has ended"))
    except NotDead as error:
        fail(say(lang, f"只能重发已放弃的通知；当前状态：{error.state}", f"only what is dead is sent again: {error}"))
    except TooMany:
        fail(say(lang, f"每个租户最多 {MOST} 个接收地址", f"a tenant may have {MOST} receivers"))
    except ValueError as error:
        fail(str(error))


_REFUSED = {
    "url": ("应为完整的网址，例如 https://example.com/hooks", "not an address like https://example.com/hooks"),
    "https": (
        "只接受 https（内网接收方可设置 webhook_private = true）",
        "must be https, or set webhook_private = true",
    ),
    "userinfo": ("网址中不得含有用户名或密码", "must not hold a user name or password"),
    "fragment": ("网址中不得含有 # 片段", "must not hold a # fragment"),
    "address": ("不向该地址发送（内网、本机、保留或元数据地址）", "nothing is sent to private or reserved addresses"),
}

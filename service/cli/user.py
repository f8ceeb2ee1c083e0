"""``qingliu user``: the people of a tenant, beside a running service or without one; changes hold there at once."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from service.accounts import Accounts, Change, NoSuchUser, Taken
from service.cli.beside import beside
from service.cli.say import Data, Json, Tenant, fail, out, print_json, settings
from service.cli.words import Lang, Tongue, fail_tenant, say, table
from service.http.language import explain
from service.keys import CLI
from service.passwords import Unfit, random_password
from service.rights import Role
from service.tenants import BadName
from service.wiring import open_accounts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from moderation.reasons import Language
    from service.store.people_reads import User

T = TypeVar("T")

_STDIN = "-"
_DEFAULT = "default"
_ALL = 1_000_000
_FIELDS = {"name": ("用户名：", "the name: "), "password": ("密码：", "the password: ")}

Name = Annotated[str, typer.Argument(metavar="NAME", help="用户名", show_default=False)]
Password = Annotated[
    str | None,
    typer.Option("--password", help="密码；- 表示从标准输入读取；省略则随机生成并显示一次", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="管理用户：创建、列出、改角色、停用、启用、改密码。", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_)
    group.command("role")(role)
    group.command("disable")(disable)
    group.command("enable")(enable)
    group.command("password")(password)
    app.add_typer(group, name="user")


def create(  # noqa: PLR0913 - the options of a command line
    name: Name,
    *,
    role: Annotated[Role, typer.Option("--role", help="角色")] = Role.REVIEWER,
    tenant: Tenant = _DEFAULT,
    password: Password = None,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """创建用户，租户须已有密钥（default 除外）。未给密码时随机生成，只显示这一次。"""  # noqa: D415
    chosen = _password(password, lang.lang)

    async def made(accounts: Accounts) -> User:
        if not await accounts.knows(tenant) and tenant != _DEFAULT:
            fail_tenant(tenant, lang.lang)
        return await accounts.create(tenant, name, role, chosen, by=CLI)

    user = _with_accounts(data, tenant, lang.lang, made, makes=True)
    if not json:
        where = settings(data=data).data
        out.print(say(lang.lang, f"数据目录：{where}", f"data: {where}"), markup=False)
    _tell(user, lang.lang, json=json, password=None if password else chosen)


def list_(tenant: Tenant = _DEFAULT, *, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """列出租户的用户。"""  # noqa: D415
    users = _with_accounts(data, tenant, lang.lang, lambda accounts: accounts.listed(tenant, limit=_ALL))
    if json:
        print_json([user._asdict() for user in users])
        return
    heads = (("用户名", "name"), ("角色", "role"), ("编号", "id"), ("创建时间", "created"), ("停用时间", "disabled"))
    listed = table(*(say(lang.lang, *head) for head in heads))
    for user in users:
        listed.add_row(user.name, user.role, user.id, user.created_at, user.disabled_at or "")
    out.print(listed, soft_wrap=False)


def role(  # noqa: PLR0913 - the options of a command line
    name: Name,
    role: Annotated[Role, typer.Argument(help="新角色", show_default=False)],
    *,
    tenant: Tenant = _DEFAULT,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """改变用户的角色；其登录随即全部失效。"""  # noqa: D415
    _tell(_changed(name, Change(role=role), data, tenant, lang.lang), lang.lang, json=json)


def disable(
    name: Name, *, tenant: Tenant = _DEFAULT, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH
) -> None:
    """停用用户；其登录随即全部失效。"""  # noqa: D415
    _tell(_changed(name, Change(disabled=True), data, tenant, lang.lang), lang.lang, json=json)


def enable(
    name: Name, *, tenant: Tenant = _DEFAULT, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH
) -> None:
    """重新启用用户。"""  # noqa: D415
    _tell(_changed(name, Change(disabled=False), data, tenant, lang.lang), lang.lang, json=json)


def password(  # noqa: PLR0913 - the options of a command line
    name: Name,
    *,
    password: Password = None,
    tenant: Tenant = _DEFAULT,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """设置新密码；其登录随即全部失效。未给密码时随机生成，只显示这一次。"""  # noqa: D415
    chosen = _password(password, lang.lang)
    user = _changed(name, Change(password=chosen), data, tenant, lang.lang)
    _tell(user, lang.lang, json=json, password=None if password else chosen)


def _changed(name: str, change: Change, data: Path | None, tenant: str, lang: Language) -> User:
    async def work(accounts: Accounts) -> User:
        user = await accounts.called(tenant, name)
        return await accounts.change(tenant, user.id, change, by=CLI, even_last=True)

    return _with_accounts(data, tenant, lang, work)


def _password(given: str | None, lang: Language) -> str:
    if given is None:
        return random_password()
    if given != _STDIN:
        return given
    if sys.stdin.isatty():
        return getpass(say(lang, "密码：", "Password: "))
    return sys.stdin.readline().rstrip("\r\n")


def _tell(user: User, lang: Language, *, json: bool, password: str | None = None) -> None:
    if json:
        shown = {} if password is None else {"password": password}
        print_json({**user._asdict(), **shown})
        return
    state = say(lang, "停用", "disabled") if user.disabled_at else say(lang, "在用", "active")
    told = say(
        lang,
        f"用户：{user.name}\n租户：{user.tenant}\n角色：{user.role}\n状态：{state}",
        f"user: {user.name}\ntenant: {user.tenant}\nrole: {user.role}\nstate: {state}",
    )
    out.print(told, markup=False)
    if password is not None:
        out.print(say(lang, "密码（仅显示这一次）：", "password (shown only now):"), markup=False)
        out.print(password, markup=False)


def _with_accounts(
    data: Path | None, tenant: str, lang: Language, act: Callable[[Accounts], Awaitable[T]], *, makes: bool = False
) -> T:
    chosen = settings(data=data)

    async def work() -> T:
        async with open_accounts(chosen) as accounts:
            return await act(accounts)

    try:
        return beside(chosen, work(), lang, makes=makes)
    except Taken as taken:
        fail(say(lang, f"租户 {tenant} 已有用户 {taken}", f"{tenant} has a user {taken} already"))
    except NoSuchUser as unknown:
        fail(say(lang, f"租户 {tenant} 没有用户 {unknown}", f"{tenant} has no user {unknown}"))
    except Unfit as unfit:
        fail(f"{say(lang, *_FIELDS[unfit.field])}{explain(unfit.kind, lang, unfit.context)}")
    except BadName as error:
        fail(error.told.in_(lang))

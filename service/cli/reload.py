"""``qingliu reload``: asks the running service to load its rules anew, and waits to see whether it did."""

from __future__ import annotations

import os
import signal
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep
from typing import Final
from urllib.parse import urlsplit

import orjson
import typer

from moderation.errors import LoadErrors
from moderation.load import SCENES, load_ruleset
from service.cli.say import Data, Json, fail, fail_loading, out, settings
from service.running import Running, running

_PATIENCE: Final = 30.0
_PAUSE: Final = 0.1


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("reload", help="让运行中的服务重新加载规则；规则有误时旧规则继续生效，并列出文件与行号。")(reload)


def reload(
    data: Data = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Checks the rules, asks the service to load them and waits until it judges by them."""
    chosen = settings(data=data)
    service = running(chosen.pid_file)
    if service is None:
        fail(f"数据目录 {chosen.data} 上没有运行中的服务")
    if not service.url:  # it does not listen to signals yet either: this one would end it
        fail(f"服务（pid {service.pid}）正在启动，请稍后重试")
    try:
        wanted = load_ruleset(chosen.lexicons, chosen.scenes or SCENES).fingerprint
    except LoadErrors as errors:
        fail_loading(errors)
    os.kill(service.pid, signal.SIGHUP)
    if not _active(service, wanted):
        fail(f"服务（pid {service.pid}）在 {_PATIENCE:g} 秒内没有启用规则 {wanted}；请查看其日志")
    if json:
        typer.echo(orjson.dumps({"pid": service.pid, "ruleset": wanted}).decode())
    else:
        out.print(f"服务（pid {service.pid}）已启用规则 {wanted}", markup=False)


def _active(service: Running, wanted: str) -> bool:
    until = monotonic() + _PATIENCE
    while monotonic() < until:
        if _ruleset(service.url) == wanted:
            return True
        sleep(_PAUSE)
    return False


def _ruleset(url: str) -> str:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=2)
    try:
        connection.request("GET", "/readyz")
        told: dict[str, str] = orjson.loads(connection.getresponse().read())
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()
    return told["ruleset"]

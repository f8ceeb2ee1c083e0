"""``qingliu reload``: asks the running service to load its rules anew, and waits to see whether it did."""

from __future__ import annotations

import os
import signal
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import orjson

from moderation.errors import LoadErrors
from moderation.load import load_ruleset
from service.cli.say import Data, Json, fail, fail_loading, out, print_json, settings
from service.cli.words import Lang, Tongue, say
from service.running import Running, running

if TYPE_CHECKING:
    import typer

_PATIENCE: Final = 30.0
_PAUSE: Final = 0.1


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("reload", help="让运行中的服务重新加载规则；规则有误时旧规则继续生效，并列出文件与行号。")(reload)


def reload(
    data: Data = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """Checks the rules, asks the service to load them and waits until it judges by them."""
    chosen = settings(data=data)
    service = running(chosen.pid_file)
    if service is None:
        fail(say(lang.lang, f"数据目录 {chosen.data} 上没有运行中的服务", f"no service runs on {chosen.data}"))
    if not service.url:  # it may have read the rules already
        zh = f"服务（pid {service.pid}）正在启动，请稍后重试"
        fail(say(lang.lang, zh, f"the service (pid {service.pid}) is starting: try again later"))
    try:
        wanted = load_ruleset(chosen.lexicons, chosen.scenes).fingerprint
    except LoadErrors as errors:
        fail_loading(errors, lang.lang)
    os.kill(service.pid, signal.SIGHUP)
    if not _active(service, wanted):
        zh = f"服务（pid {service.pid}）在 {_PATIENCE:g} 秒内没有启用规则 {wanted}；请查看其日志"
        en = f"the service (pid {service.pid}) has not loaded rules {wanted} in {_PATIENCE:g} s: see its log"
        fail(say(lang.lang, zh, en))
    if json:
        print_json({"pid": service.pid, "ruleset": wanted})
    else:
        zh = f"服务（pid {service.pid}）已启用规则 {wanted}"
        out.print(say(lang.lang, zh, f"the service (pid {service.pid}) judges by rules {wanted}"), markup=False)


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

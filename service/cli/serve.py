"""``qingliu serve``: the service until a signal ends it. SIGHUP reloads the rules; broken ones change nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, BinaryIO

import structlog
import typer
import uvloop

from moderation.errors import LoadErrors
from service import logs
from service.cli.beside import UNUSABLE, refusal
from service.cli.say import Data, fail, fail_loading, settings, why
from service.creators.formula import FormulaError
from service.creators.presets import PresetError
from service.http.server import AddressRefused, listening
from service.running import AlreadyRunning, claim
from service.settings import unknown_in
from service.tasks import beside
from service.wiring import open_service
from service.wiring_expert import ExpertRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from service.rules import Rules
    from service.settings import Settings
    from service.wiring import Service


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("serve", help="启动服务，直到收到 SIGTERM 或 Ctrl-C；SIGHUP 或 qingliu reload 重新加载规则。")(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="监听地址（默认 127.0.0.1）", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="监听端口（默认 8080）", show_default=False)] = None,
    data: Data = None,
) -> None:
    """Serves until a signal ends it."""
    chosen = settings(host=host, port=port, data=data)
    run(chosen, lambda: until_stopped(chosen, log=sys.stderr.buffer))


async def until_stopped(chosen: Settings, *, log: BinaryIO) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = stop_signal()
    async with whole_service(chosen, log=log) as (_, url):
        structlog.get_logger().info("listening", url=url, data=str(chosen.data))
        await stop.wait()
        structlog.get_logger().info("stopping")
    structlog.get_logger().info("stopped")


def run(chosen: Settings, work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Runs a serving command and tells in one line why it could not start."""
    try:
        uvloop.run(work())
    except LoadErrors as errors:
        fail_loading(errors)
    except ExpertRefused as error:
        fail(f'文本模型未通过检查，拒绝启动：{why(error, "zh")}（设置 expert = "off" 可不使用）')
    except AlreadyRunning as error:
        fail(f"数据目录 {chosen.data} 已有一个服务在运行：{error}")
    except (FormulaError, PresetError) as error:
        fail(f"创作者公式未通过检查：{why(error, 'zh')}")
    except AddressRefused as error:
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        fail(f"无法在 {chosen.host}:{chosen.port} 提供服务：{why(cause, 'zh')}")
    except UNUSABLE as error:
        fail(f"无法使用 {chosen.data}，拒绝启动：{refusal(chosen, error, 'zh')}")


def stop_signal() -> asyncio.Event:
    """Set when the process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def whole_service(chosen: Settings, *, log: BinaryIO) -> AsyncIterator[tuple[Service, str]]:
    """A service that holds its data directory, listens and hears SIGHUP. Gives it and its address.

    On the way out it first stops listening and finishes what it was asked, then drains the ledger.
    """
    logs.configure(log, level=chosen.log_level)
    if unknown := sorted(unknown_in(os.environ)):
        structlog.get_logger().warning("unknown settings in the environment", names=unknown)
    with reloads_asked() as wanted, claim(chosen.pid_file) as note, collecting_seldom():
        async with (
            open_service(chosen) as service,
            listening(service, log=log) as url,
            beside(reload=reload_when(wanted, service.rules)),
        ):
            set_aside()
            note(url)
            yield service, url


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Has garbage looked for seldom while it lasts; then what was set aside is looked at again, too.

    A batch makes thousands of objects that all live until it is answered; walking them every 700 finds nothing.
    """
    before = gc.get_threshold()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def set_aside() -> None:
    """Takes what is loaded to stay out of the garbage collector's sight, and what an older load left behind away.

    A full collection over rules and dictionaries takes a tenth of a second, in which nobody is answered; it would
    come again and again, and find nothing.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@contextmanager
def reloads_asked() -> Iterator[asyncio.Event]:
    """Set by SIGHUP. From the start of a service to its end: otherwise the signal would cut off what is under way."""
    loop, wanted = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, wanted.set)
    try:
        yield wanted
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def reload_when(wanted: asyncio.Event, rules: Rules) -> None:
    """Reloads the rules when it is asked for, one reload at a time; what was asked for at the start, too."""
    log = structlog.get_logger()
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            ruleset = await rules.reload()
        except LoadErrors as errors:
            for error in errors.errors:
                log.warning("rules refused", file=error.file, line=error.line, reason=error.reason)
            log.warning("reload refused, the old rules stay", errors=len(errors.errors))
        except Exception as error:  # noqa: BLE001 - a failed reload must not end the next one
            log.error("reload failed, the old rules stay", **logs.where(error))  # noqa: TRY400 - the message may quote text
        else:
            set_aside()
            log.info("rules reloaded", ruleset=ruleset.fingerprint)

"""``qingliu demo``: starts a service of its own, screens the samples over HTTP, works a little and stays for a look."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import orjson
import typer
from aiohttp import ClientSession
from rich.table import Table

from moderation.types import Scene
from service import private
from service.cli.demo_creators import created
from service.cli.demo_day import DUE_SOON, Desk, hired, worked
from service.cli.say import fail, out, settings
from service.cli.serve import run, stop_signal, whole_service
from service.http import html
from service.http.wire import ModerationRequest
from service.running import running
from service.settings import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.cli.demo_day import Member
    from service.keys import Keys
    from service.settings import Settings

SAMPLES: Final = REPOSITORY / "samples"
DATA: Final = Path("data") / "demo"
_TENANT: Final = "demo"
_BATCH: Final = 100
_SHOWN: Final = 3
_ACTIONS: Final = {"pass": "通过", "review": "待审", "block": "拦截"}
_STYLES: Final = {"pass": "green", "review": "yellow", "block": "red"}
_HELP: Final = "一条命令看效果：启动服务，经 HTTP 接口审核 samples/，输出汇总、地址与密钥；Ctrl-C 结束。"
_EXAMPLE: Final = '{"scene":"ad","text":"全网最低价，国家级配方，加我薇❤了解"}'


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("demo", help=_HELP)(demo)


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="输出汇总后即结束，不继续提供服务")] = False,  # noqa: FBT002
    reset: Annotated[bool, typer.Option("--reset", help="删除演示数据（./data/demo）后结束")] = False,  # noqa: FBT002
    port: Annotated[int, typer.Option(help="监听端口", min=1, max=65535)] = 8080,
) -> None:
    """Screens the samples, prints what came of it and goes on serving."""
    # Only with --no-serve does nobody need to know the port, so any free one will do.
    due = {Scene.LIVE_CHAT: DUE_SOON}
    shown = 0 if no_serve else port
    chosen = settings(data=DATA, host="127.0.0.1", port=shown, second_stage="off", review_due=due)
    if reset:
        _remove(chosen)
        return
    private.make_folder(chosen.data)
    with (chosen.data / "service.log").open("ab") as log:
        run(chosen, lambda: _show(chosen, log=log, stay=not no_serve))


def _remove(chosen: Settings) -> None:
    if (other := running(chosen.pid_file)) is not None:
        fail(f"演示仍在运行（pid {other.pid}，{other.url}）；请先用 Ctrl-C 结束它")
    shutil.rmtree(chosen.data, ignore_errors=True)
    out.print(f"已删除 {chosen.data}", markup=False)


async def _show(chosen: Settings, *, log: BinaryIO, stay: bool) -> None:
    stop = stop_signal()
    started = perf_counter()
    out.print("正在启动服务……")
    async with whole_service(chosen, log=log) as (service, url):
        out.print(f"服务已就绪（{perf_counter() - started:.1f} 秒）：{url}", markup=False)
        secret = await _fresh_key(service.keys)
        lines = list(_samples())
        started = perf_counter()
        results = await _screen(url, secret, lines)
        _summarise(lines, results, perf_counter() - started)
        if stay:
            members = await hired(service.accounts, _TENANT)
            await created(service, _TENANT)
            await worked(Desk(url, secret, _TENANT, members), [one for one in results if "error" not in one])
            _introduce(url, members)
            _invite(url, secret, chosen)
            await stop.wait()
            out.print("正在结束……")


async def _fresh_key(keys: Keys) -> str:
    """A key for this run; the ones of earlier runs, whose secrets nobody can see any more, end."""
    for old in await keys.listed():
        if old.tenant == _TENANT and old.revoked_at is None:
            await keys.revoke(old.key_id)
    _, secret = await keys.create(_TENANT, label="demo")
    return secret


def _samples() -> Iterator[dict[str, Any]]:
    """The sample lines as the interface takes them; their notes for readers stay behind."""
    for path in sorted(SAMPLES.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            sample = orjson.loads(line)
            sample["content_id"] = sample.pop("id")
            yield {name: value for name, value in sample.items() if name in ModerationRequest.model_fields}


async def _screen(url: str, secret: str, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    results: list[dict[str, Any]] = []
    async with ClientSession(headers=headers) as session:
        for start in range(0, len(lines), _BATCH):
            body = orjson.dumps({"items": lines[start : start + _BATCH]})
            async with session.post(f"{url}/v1/moderations/batch", data=body) as answer:
                answer.raise_for_status()
                results += orjson.loads(await answer.read())["results"]
    return results


def _summarise(lines: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]], seconds: float) -> None:
    judged = [result for result in results if "error" not in result]
    by_scene = Counter((result["scene"], result["action"]) for result in judged)
    columns = [f"[{_STYLES[action]}]{name}" for action, name in _ACTIONS.items()]
    table = Table("场景", "条数", *columns, title="samples/ 审核汇总")
    for scene in dict.fromkeys(line["scene"] for line in lines):
        counts = [by_scene[scene, action] for action in _ACTIONS]
        table.add_row(scene, str(sum(counts)), *map(str, counts))
    totals = [sum(by_scene[key] for key in by_scene if key[1] == action) for action in _ACTIONS]
    table.add_section()
    table.add_row("合计", str(len(judged)), *map(str, totals))
    out.print(table)
    out.print(f"{len(results)} 条，{seconds:.2f} 秒，每条均已落盘；出错 {len(results) - len(judged)} 条")
    for result in _telling(judged):
        name, reason = _ACTIONS[result["action"]], result["evidence"][0]["reason"]
        out.print(f"  {name}  {result['content_id']}：{reason}", markup=False)


def _telling(judged: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A few blocked samples worth showing: the ones whose first finding wore the most disguises."""
    blocked = [result for result in judged if result["action"] == "block" and result["evidence"]]
    return sorted(blocked, key=lambda result: -len(result["evidence"][0]["folds"]))[:_SHOWN]


def _introduce(url: str, members: Sequence[Member]) -> None:
    out.print(f"\n审核台    {url}/login?tenant={_TENANT}    租户 {_TENANT}", markup=False)
    for member in members:
        role = html.named("zh", "role", member.role)
        out.print(f"  用户 {member.name:<9}密码 {member.password}  {role}", markup=False)


def _invite(url: str, secret: str, chosen: Settings) -> None:
    out.print(f"\n服务地址  {url}    接口说明  {url}/docs\n密钥      {secret}\n", markup=False)
    out.print("试一试（可直接粘贴）：\n")
    out.print(
        f"curl -s {url}/v1/moderations \\\n  -H 'Authorization: Bearer {secret}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{_EXAMPLE}'\n",
        markup=False,
    )
    log = chosen.data / "service.log"
    out.print(f"日志在 {log}；Ctrl-C 结束；qingliu demo --reset 删除演示数据。", markup=False)

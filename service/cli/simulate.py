"""``qingliu simulate rooms``: plays believable live rooms with their truth, as lines, in process or to a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from heapq import merge
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote, urlsplit

import orjson
import typer

from service.cli.judging import Lexicons, open_engine
from service.cli.say import err, fail, out, print_json, why
from service.cli.words import Lang, Tongue, refuse, say, table
from service.simulate.court import Court, message_of
from service.simulate.grammar import read_grammar
from service.simulate.rooms import Kind, play

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.reasons import Language
    from service.simulate.court import Judged
    from service.simulate.rooms import Line

GRAMMAR: Final = Path(__file__).parents[2] / "samples" / "rooms" / "grammar.toml"
AT_ONCE: Final = 50
"""So many messages of a room are sent in one request at most."""
PATIENCE: Final = 30.0

simulate = typer.Typer(no_args_is_help=True, help="模拟数据：由项目自编语法生成，带有标准答案。")


def register(app: typer.Typer) -> None:
    """Adds the group."""
    app.add_typer(simulate, name="simulate")


@simulate.command("rooms")
def rooms_command(  # noqa: PLR0913, PLR0917 - the options of a command line
    kind: Annotated[
        list[Kind] | None, typer.Option(help="直播间类型，可重复；默认五种轮流", show_default=False)
    ] = None,
    rooms: Annotated[int, typer.Option(help="直播间数", min=1, max=10_000)] = 1,
    minutes: Annotated[float, typer.Option(help="每间播多少分钟", min=0.1, max=600)] = 5,
    rate: Annotated[float, typer.Option(help="每秒普通弹幕数", min=0.01, max=1000)] = 2.0,
    seed: Annotated[int, typer.Option(help="随机种子；种子相同，内容相同")] = 1,
    speed: Annotated[float, typer.Option(help="相对真实时间的倍速；0 为不等待", min=0)] = 0,
    judge: Annotated[bool, typer.Option("--judge", help="在本进程内审核，并给出结论、撤回、风险与更正")] = False,  # noqa: FBT002
    server: Annotated[str | None, typer.Option(help="把消息发给正在运行的服务，如 http://127.0.0.1:8080")] = None,
    key: Annotated[str | None, typer.Option(envvar="QINGLIU_API_KEY", help="服务的 API 密钥")] = None,
    prefix: Annotated[str, typer.Option(help="直播间编号的前缀")] = "sim",
    grammar: Annotated[Path, typer.Option(help="语法文件", exists=True, dir_okay=False)] = GRAMMAR,
    lexicons: Lexicons = None,
    lang: Lang = Tongue.ZH,
) -> None:
    """回放模拟的直播间：每行一条 JSON（消息与标准答案）；--judge 就地审核，--server 发给服务。"""  # noqa: D415
    try:
        words = read_grammar(grammar)
    except (ValueError, OSError) as error:
        refuse(why(error, lang.lang))
    kinds = kind or list(Kind)
    played = [
        (f"{prefix}-{kinds[number % len(kinds)]}-{number}", kinds[number % len(kinds)], seed + number)
        for number in range(rooms)
    ]
    lines = {room: play(words, what, seed=seeded, minutes=minutes, rate=rate) for room, what, seeded in played}
    if server is not None:
        _send(lines, _Door(server, key or "", lang.lang), speed, lang.lang)
    elif judge:
        engine, _ = open_engine(lexicons, lang.lang)
        _judge({room: Court(engine).judged(some, room) for room, some in lines.items()}, speed, lang.lang)
    else:
        pace = _Pace(speed)
        for at, room, number, line in _in_time(lines):
            pace.wait(at)
            print_json({"room": room, "message": message_of(line, room, number), "truth": _truth(line)})


class _Pace:
    """Keeps the time of a play: so many times as fast as it would go, or without waiting."""

    def __init__(self, speed: float) -> None:
        self._speed, self._began = speed, monotonic()

    def wait(self, at: float) -> None:
        """Until the play has come to this second."""
        if self._speed and (left := self._began + at / self._speed - monotonic()) > 0:
            sleep(left)


def _in_time(lines: dict[str, list[Line]]) -> Iterator[tuple[float, str, int, Line]]:
    """The messages of all rooms in the order of time, each with its number in its room."""
    return merge(
        *[[(line.at, room, number, line) for number, line in enumerate(some)] for room, some in lines.items()],
        key=lambda item: item[0],
    )


def _truth(line: Line) -> dict[str, Any] | None:
    return None if line.truth is None else line.truth._asdict()


def _judge(rooms: dict[str, Iterator[Judged]], speed: float, lang: Language) -> None:
    pace, counts = _Pace(speed), dict.fromkeys(("messages", "pass", "review", "block", "retracted"), 0)
    every: Iterable[tuple[float, str, Judged]] = merge(
        *[((one.line.at, room, one) for one in judged) for room, judged in rooms.items()], key=lambda item: item[0]
    )
    for at, room, one in every:
        pace.wait(at)
        counts["messages"] += 1
        counts[one.verdict.action.code] += 1
        counts["retracted"] += len(one.retracts)
        print_json({"room": room, "text": one.line.text, "at": one.line.at, "truth": _truth(one.line), **_outcome(one)})
    if err.is_terminal:
        names = say(lang, "消息 放行 复核 拦截 撤回", "messages passed review blocked retracted").split()
        listed = table(*names, numbers=names)
        listed.add_row(*[f"{count:,}" for count in counts.values()])
        err.print(listed)


def _outcome(one: Judged) -> dict[str, Any]:
    told: dict[str, Any] = {"action": one.verdict.action.code, "categories": one.verdict.categories}
    if one.verdict.evidence:
        told["rules"] = [item.rule for item in one.verdict.evidence]
    if one.retracts:
        told["retracts"] = one.retracts
    if one.steps:
        told["steps"] = [
            {
                "level": step.level.code,
                "advice": step.advice,
                "on": step.on,
                "reasons": [f"{reason.source}:{reason.category}" for reason in step.reasons],
            }
            for step in one.steps
        ]
    if one.corrections:
        told["corrections"] = [{"claim": item.claim.words, "words": item.words} for item in one.corrections]
    if one.signals:
        told["signals"] = [
            {"kind": signal.kind, "category": signal.category, "on": signal.on, **dict(signal.facts)}
            for signal in one.signals
        ]
    return told


class _Door:
    """Keeps a connection to the server that plays are sent to."""

    def __init__(self, server: str, key: str, lang: Language) -> None:
        at = urlsplit(server)
        if at.scheme not in {"http", "https"} or not at.hostname:
            refuse(say(lang, f"--server 应为 http://主机:端口：{server}", f"--server is http://host:port: {server}"))
        kind = HTTPSConnection if at.scheme == "https" else HTTPConnection
        self._connection, self._key = kind(at.hostname, at.port, timeout=PATIENCE), key

    def post(self, room: str, messages: Sequence[dict[str, Any]]) -> tuple[int, bytes]:
        """Status and body of the answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        path = f"/v1/rooms/{quote(room, safe='')}/messages"
        self._connection.request("POST", path, orjson.dumps({"messages": messages}), headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def _send(lines: dict[str, list[Line]], door: _Door, speed: float, lang: Language) -> None:
    """Send every room's messages in order, a few at a time; each answer is a line of the output."""
    pace, sent = _Pace(speed), 0
    played = 0 if speed else max([some[-1].at for some in lines.values() if some], default=0)
    start = datetime.now(UTC) - timedelta(seconds=played)  # nothing lies ahead of the server's clock
    waiting: dict[str, list[dict[str, Any]]] = {room: [] for room in lines}

    def flush(room: str) -> None:
        nonlocal sent
        if not waiting[room]:
            return
        try:
            status, body = door.post(room, waiting[room])
        except (OSError, HTTPException) as error:
            fail(say(lang, f"服务没有应答：{why(error, lang)}", f"the server gave no answer: {error}"))
        if status >= 400:  # noqa: PLR2004 - where HTTP's errors begin
            fail(say(lang, f"服务拒绝了消息（{status}）：", f"the server refused ({status}): ") + body.decode())
        sent += len(waiting[room])
        waiting[room] = []
        typer.echo(body.decode().rstrip("\n"))

    for at, room, number, line in _in_time(lines):
        pace.wait(at)
        waiting[room].append(message_of(line, room, number, start))
        if speed or len(waiting[room]) >= AT_ONCE:
            flush(room)
    for room in lines:
        flush(room)
    if err.is_terminal:
        out.print(say(lang, f"已发送 {sent} 条", f"{sent} messages sent"))

"""``qingliu screen``: a file in, one JSON verdict a line out, in input order and in constant memory."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from io import BufferedReader
from os import fstat
from pathlib import Path
from stat import S_ISREG
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final, cast

import orjson
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from moderation.render import render
from moderation.types import Action, Content, Scene
from service.cli.entries import Contract, Encoding, EncodingError, Form, HeaderError, chunks, entries
from service.cli.judging import AsOf, Lexicons, NoExpert, concluded, day_asked, open_engine, open_expert
from service.cli.lines import Lines
from service.cli.say import err, why
from service.cli.summary import Tally, tell
from service.cli.words import Lang, Tongue, refuse, say
from service.http.wire import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.engine import Engine
    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from service.cli.entries import Entry
    from service.escalation import Panel
    from service.settings import Settings

CHUNK: Final = 200
"""Lines that are read at once: enough for the batch reader to pay, little enough to keep in memory."""
FLAGGED: Final = 3
NOT_JUDGED: Final = 1


_NO_LINES: Final = frozenset({".csv", ".xlsx", ".txt"})
"""Endings of files that hold something else than what is written."""
Court = tuple["Engine", "Panel | None"]
"""Who judges: the rules, and the text expert where it is heard."""


class FailOn(StrEnum):
    """From which action on a line makes the command fail."""

    REVIEW = "review"
    BLOCK = "block"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("screen")(screen)


def screen(  # noqa: PLR0913, PLR0917 - the options of a command line
    file: Annotated[Path, typer.Argument(help="输入文件；- 表示标准输入", show_default=False)] = Path("-"),
    scene: Annotated[Scene | None, typer.Option(help="场景；行内的 scene 优先", show_default=False)] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="输入格式（默认按扩展名；标准输入为 jsonl）", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="输出文件；- 为标准输出（默认）", dir_okay=False, show_default=False),
    ] = None,
    lexicons: Lexicons = None,
    encoding: Annotated[Encoding, typer.Option(help="csv 与 txt 的编码；jsonl 总是 UTF-8")] = Encoding.UTF_8,
    strict: Annotated[bool, typer.Option("--strict", help="接口没有的字段视为错误（默认忽略并在汇总中列出）")] = False,  # noqa: FBT002
    fail_on: Annotated[FailOn | None, typer.Option(help="有任何一条达到该处置时以 3 退出", show_default=False)] = None,
    as_of: AsOf = None,
    no_expert: NoExpert = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """审核文件：每行一条内容，按输入顺序每行输出一个 JSON 结果；汇总表写到标准错误。

    jsonl：每行一个对象，含 id、text（或 parts）、scene，以及接口的任何其他字段。

    csv：首行为列名，须含 text 列；是否类填 true/false 或 是/否，多个资质以分号分隔。

    txt：每行一条内容，id 为行号。空行跳过；没有 id 的行以行号为 id。

    无法审核的行输出 {"id","line","error"}，其余照常审核。

    退出码：0 全部审核完毕（不论结果）；1 有无法审核的行；2 命令、设置、规则或文件有误；3 达到 --fail-on。
    1 与 3 同时成立时为 1。
    """  # noqa: D415 - a Chinese sentence
    chosen = form or form_of(file)
    if chosen is Form.TXT and scene is None:
        refuse(say(lang.lang, "txt 没有 scene 字段，请用 --scene 指定场景", "txt has no scene field: give --scene"))
    engine, settings = open_engine(lexicons, lang.lang)
    panel = None if no_expert else open_expert(settings, engine, lang.lang)
    contract = Contract(
        scene=scene,
        now=datetime.now(UTC),
        limits=limits_of(settings, engine.ruleset),
        encoding=encoding,
        strict=strict,
        as_of=day_asked(as_of, lang.lang),
    )
    started = perf_counter()
    with ExitStack() as stack, file_told(lang.lang):
        source, sink = _open(stack, file, output, lang.lang)
        lines = Lines(source, limit=settings.max_body)
        groups = chunks(entries(chosen, lines, contract), lines, CHUNK)
        if err.is_terminal and not sink.isatty():
            groups = _with_progress(groups, lines, source)
        tally = _run((engine, panel), groups, lines, sink, lang.lang)
    _close(tally, contract, engine, lang.lang, seconds=perf_counter() - started)
    if tally.failed:
        raise typer.Exit(NOT_JUDGED)
    if fail_on and tally.strictest >= Action[fail_on.name]:
        raise typer.Exit(FLAGGED)


@contextmanager
def file_told(lang: Language) -> Iterator[None]:
    """Tells in one line what is wrong with a file. A reader of our output who leaves is no such thing."""
    try:
        yield
    except HeaderError:
        refuse(
            say(
                lang,
                "CSV 首行须为互不相同的列名，含 text 列，且含 scene 列或另给 --scene",
                "the first CSV line must name different columns: text, and scene unless --scene is given",
            )
        )
    except EncodingError:
        told = "文件不是 UTF-8 编码；若为 GBK、GB18030，请加 --encoding gb18030"
        refuse(say(lang, told, "the file is no UTF-8: if it is GBK or GB18030, give --encoding gb18030"))
    except BrokenPipeError:
        raise
    except OSError as error:
        refuse(say(lang, "文件无法读写：", "cannot read or write: ") + why(error, lang))


def _run(court: Court, groups: Iterator[list[Entry]], lines: Lines, sink: BinaryIO, lang: Language) -> Tally:
    """Writes what every entry comes to; hands it on whenever the input makes us wait."""
    tally = Tally()
    for group in groups:
        sink.writelines(
            orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE) for told in _judge(court, group, tally, lang)
        )
        if lines.dry:
            sink.flush()
    sink.flush()
    return tally


def form_of(file: Path) -> Form:
    """How a file is written, by its ending."""
    return {".csv": Form.CSV, ".txt": Form.TXT}.get(file.suffix.lower(), Form.JSONL)


def limits_of(settings: Settings, ruleset: Ruleset) -> Limits:
    """The limits of one content, as the service has them."""
    return Limits(
        content_chars=settings.max_content_chars,
        batch_items=settings.max_batch_items,
        batch_chars=settings.max_batch_chars,
        industries=lambda: ruleset.industries.industries,
    )


def _open(stack: ExitStack, file: Path, output: Path | None, lang: Language) -> tuple[BufferedReader, BinaryIO]:
    """Both ends. Writing over the input would empty it before it is read, and a name must not promise a table."""
    source = cast(BufferedReader, sys.stdin.buffer if file == Path("-") else stack.enter_context(file.open("rb")))
    if output is None or output == Path("-"):
        return source, sys.stdout.buffer
    if output.suffix.lower() in _NO_LINES:
        refuse(
            say(
                lang,
                f"{output}：输出总是每行一个 JSON 对象，文件名请用 .jsonl（--format 只说明输入）",
                f"{output}: what is written is one JSON object a line: name it .jsonl (--format is about the input)",
            )
        )
    if output.exists() and file != Path("-") and output.samefile(file):
        refuse(say(lang, "输出文件不能是输入文件", "the output must not be the input"))
    return source, stack.enter_context(output.open("wb"))


def _judge(court: Court, group: Sequence[Entry], tally: Tally, lang: Language) -> Iterator[dict[str, Any]]:
    """What each entry of a group comes to; the expert is asked of all at once."""
    engine, panel = court
    contents = [entry.found for entry in group if isinstance(entry.found, Content)]
    cases = [engine.examine(content) for content in contents]
    verdicts = iter(concluded(cases, panel))
    for entry in group:
        if isinstance(entry.found, Content):
            verdict = next(verdicts)
            tally.add(entry.found.scene, verdict)
            yield {
                "id": entry.id,
                "scene": entry.found.scene,
                **render(verdict, entry.found, engine.ruleset, lang=lang),
            }
        else:
            tally.failed += 1
            yield {"id": entry.id, "line": entry.line, "error": entry.found.told(lang)}


def _with_progress(groups: Iterator[list[Entry]], lines: Lines, source: BufferedReader) -> Iterator[list[Entry]]:
    """Passes the groups through and draws a bar of the bytes read."""
    columns = (TextColumn("{task.fields[lines]}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=_size(source), lines="0")
        for group in groups:
            yield group
            progress.update(task, completed=lines.taken, lines=f"{lines.number:,}")


def _size(source: BufferedReader) -> int | None:
    status = fstat(source.fileno())
    return status.st_size if S_ISREG(status.st_mode) else None


def _close(tally: Tally, contract: Contract, engine: Engine, lang: Language, *, seconds: float) -> None:
    tell(tally, engine.ruleset, err, lang, seconds=seconds)
    if contract.ignored:
        names = "、".join(contract.ignored) if lang == "zh" else ", ".join(contract.ignored)
        err.print(
            say(
                lang,
                f"已忽略接口没有的、或须由服务处理的字段：{names}",
                f"ignored fields that the API lacks or that need the service: {names}",
            ),
            markup=False,
        )

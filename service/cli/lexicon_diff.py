"""``qingliu lexicon diff``: what a change of rules does to a file of texts: new hits, gone hits, changed verdicts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from moderation.compare import Difference, compare
from moderation.types import Action, Content, Scene
from service.cli.entries import Contract, Encoding, Entry, Form, entries
from service.cli.findings import QUOTE, no_collection, watched
from service.cli.judging import AsOf, day_asked, open_engine
from service.cli.lines import Lines
from service.cli.say import Json, err, out, print_json
from service.cli.screen import file_told, form_of, limits_of
from service.cli.words import Lang, Tongue, action_name, refuse, say, table
from service.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.engine import Engine
    from moderation.reasons import Language
    from moderation.types import Evidence, Verdict

SHOWN: Final = 50
NOT_JUDGED: Final = 1


class _Row(NamedTuple):
    """One text that the two rulesets judge differently."""

    line: int
    id: str | int | None
    content: Content
    difference: Difference


def diff_command(  # noqa: PLR0913, PLR0917 - the options of a command line
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="旧词库目录", exists=True, file_okay=False, show_default=False)
    ],
    new: Annotated[
        Path, typer.Argument(metavar="NEW", help="新词库目录", exists=True, file_okay=False, show_default=False)
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="文本文件", exists=True, dir_okay=False, show_default=False)
    ],
    scene: Annotated[Scene | None, typer.Option(help="场景；行内的 scene 优先", show_default=False)] = None,
    form: Annotated[Form | None, typer.Option("--format", help="输入格式（默认按扩展名）", show_default=False)] = None,
    encoding: Annotated[Encoding, typer.Option(help="csv 与 txt 的编码")] = Encoding.UTF_8,
    everything: Annotated[bool, typer.Option("--all", help=f"列出每一条，而不是前 {SHOWN} 条")] = False,  # noqa: FBT002
    as_of: AsOf = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """用新旧两套规则判断同一批文本，列出新增命中、消失命中与结论变化。

    输入与 qingliu screen 相同（jsonl、csv、txt）。

    退出码：0 已比较（不论有无差别）；1 有无法审核的行；2 命令或文件有误。
    """  # noqa: D415 - a Chinese sentence
    tongue, chosen = lang.lang, form or form_of(file)
    if chosen is Form.TXT and scene is None:
        refuse(say(tongue, "txt 没有 scene 字段，请用 --scene 指定场景", "txt has no scene field: give --scene"))
    with no_collection():
        (before, settings), (after, _) = open_engine(old, tongue), open_engine(new, tongue)
    contract = Contract(
        scene=scene,
        now=datetime.now(UTC),
        limits=limits_of(settings, after.ruleset),
        encoding=encoding,
        as_of=day_asked(as_of, tongue),
    )
    listed = _entries(file, chosen, contract, settings.max_body, tongue)
    good = [entry for entry in listed if isinstance(entry.found, Content)]
    failed = [(entry, entry.found) for entry in listed if isinstance(entry.found, Problem)]
    rows = list(_differences(before, after, watched(good)))
    report = _report(rows, len(good), len(failed), before, after)
    if json:
        wrong = [{"line": entry.line, "id": entry.id, "error": problem.told(tongue)} for entry, problem in failed]
        print_json({**report, "differences": [_told(row) for row in rows], "errors": wrong})
    else:
        _tell(report, rows if everything else rows[:SHOWN], len(rows), tongue)
        for entry, problem in failed if everything else failed[:SHOWN]:
            err.print(f"{file}:{entry.line}: {_why(problem, tongue)}", markup=False)
    if failed:
        err.print(say(tongue, f"{len(failed)} 行无法审核", f"{len(failed)} lines were not judged"))
        raise typer.Exit(NOT_JUDGED)


def _entries(file: Path, form: Form, contract: Contract, limit: int, lang: Language) -> list[Entry]:
    with file_told(lang), file.open("rb") as source:
        return list(entries(form, Lines(source, limit=limit), contract))
    return []


def _why(problem: Problem, lang: Language) -> str:
    """Why a line is not judged: its faults, or the problem where it has none."""
    faults = [fault.told(lang) for fault in problem.faults]
    told = [": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"]))) for fault in faults]
    return say(lang, "；", "; ").join(told) or str(problem.told(lang)["detail"])


def _differences(before: Engine, after: Engine, listed: Iterable[Entry]) -> Iterable[_Row]:
    for entry in listed:
        if isinstance(content := entry.found, Content):
            difference = compare(before.examine(content).conclude(), after.examine(content).conclude())
            if difference is not None:
                yield _Row(entry.line, entry.id, content, difference)


def _report(rows: Sequence[_Row], judged: int, failed: int, before: Engine, after: Engine) -> dict[str, Any]:
    moved = Counter(
        f"{row.difference.old.action.code}→{row.difference.new.action.code}"
        for row in rows
        if row.difference.old.action != row.difference.new.action
    )
    found = Counter(item.category for row in rows for item in row.difference.found)
    lost = Counter(item.category for row in rows for item in row.difference.lost)
    return {
        "old": before.ruleset.fingerprint,
        "new": after.ruleset.fingerprint,
        "texts": judged,
        "failed": failed,
        "different": len(rows),
        "decided": sum(row.difference.decided for row in rows),
        "actions": moved,
        "new_hits": found,
        "gone_hits": lost,
    }


def _told(row: _Row) -> dict[str, Any]:
    texts = {part.name: part.text for part in row.content.parts}
    difference = row.difference
    return {
        "line": row.line,
        "id": row.id,
        "scene": row.content.scene,
        "old": _verdict(difference.old),
        "new": _verdict(difference.new),
        "new_hits": [_hit(item, texts) for item in difference.found],
        "gone_hits": [_hit(item, texts) for item in difference.lost],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"action": verdict.action.code, "severity": verdict.severity, "categories": list(verdict.categories)}


def _hit(item: Evidence, texts: dict[str, str]) -> dict[str, Any]:
    part, start, end = item.span
    quoted = texts[part][start:end] if part in texts else ""
    return {
        "category": item.category, "rule": item.rule, "part": part, "start": start, "end": end, "text": quoted,
        "weight": item.weight,
    }  # fmt: skip


def _move(codes: str, lang: Language) -> str:
    return "→".join(action_name(Action[code.upper()], lang) for code in codes.split("→"))


def _tell(report: dict[str, Any], rows: Sequence[_Row], total: int, lang: Language) -> None:
    heads = [
        say(lang, *head)
        for head in (
            ("行", "line"),
            ("结论", "verdict"),
            ("新增命中", "new hits"),
            ("消失命中", "gone hits"),
            ("文本", "text"),
        )
    ]
    listed = table(*heads, numbers=heads[:1], lines=True)
    for row in rows:
        told, old, new = _told(row), row.difference.old, row.difference.new
        names = [action_name(verdict.action, lang) for verdict in (old, new)]
        moved = names[0] if names[0] == names[1] else "→".join(names)
        hits = ["\n".join(f"{hit['text']} {hit['category']}" for hit in told[key]) for key in ("new_hits", "gone_hits")]
        text = row.content.parts[0].text
        cells = (str(row.line), moved, *hits, text[:QUOTE] + ("…" if len(text) > QUOTE else ""))
        listed.add_row(*(cell.replace("[", "\\[") for cell in cells))
    if rows:
        out.print(listed, soft_wrap=False)
    if total > len(rows):
        out.print(
            say(lang, f"另有 {total - len(rows)} 条，--all 全部列出", f"{total - len(rows)} more: --all lists them")
        )
    moved = "，".join(f"{_move(codes, lang)} {count}" for codes, count in report["actions"].items()) or "0"
    out.print(
        say(
            lang,
            f"{report['texts']} 条文本，{report['different']} 条有差别；新增命中 {report['new_hits'].total()}，"
            f"消失命中 {report['gone_hits'].total()}；结论变化 {moved}",
            f"{report['texts']} texts, {report['different']} differ; {report['new_hits'].total()} new hits, "
            f"{report['gone_hits'].total()} gone; verdicts changed: {moved}",
        ),
        markup=False,
    )

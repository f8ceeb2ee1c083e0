"""``qingliu lexicon import``: a foreign word list becomes a term file, with what was left out and what is doubtful."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from dataclasses import replace as replace_in
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from moderation.encoding import ListUnreadable, decode
from moderation.errors import LoadErrors
from moderation.importer import (
    POLITICAL,
    Imported,
    Order,
    Provenance,
    allowed_words,
    provenance_faults,
    sort_out,
    term_file,
)
from moderation.lint import Kind
from moderation.load import LEXICONS, load_frame, with_terms
from moderation.told import Told
from moderation.types import SHANGHAI
from moderation.wordlist import Form, Rejected, Shape, read_rows, read_text
from service.cli import sheet
from service.cli.findings import DEFAULT_LIMIT, SHOWN, Clock, Corpus, Limit, clean_texts, no_collection, tell, told
from service.cli.judging import Lexicons, chosen_settings
from service.cli.lexicon_lint import Material, examined
from service.cli.say import Json, err, list_errors, out, print_json, why
from service.cli.words import Lang, Tongue, refuse, say, table

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from moderation.errors import LoadError
    from moderation.importer import TermLine
    from moderation.lint import Alarms, Finding
    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from moderation.wordlist import Listing

NOTHING: Final = 1
_FOLDERS: Final = {"advertising": "ad_law", "trade": "trade"}
_SAFETY: Final = "safety"
_EXCEL: Final = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})
CODES: Final = {
    "allowed": "允许词",
    "control": "控制字符",
    "empty": "折叠后为空",
    "frequent": "误报过多",
    "joined": "组合词写法",
    "loader": "加载器拒绝",
    "nested": "嵌套过深",
    "no_category": "没有类别",
    "no_word": "没有词",
    "one_character": "单字",
    "pattern": "正则不可用",
    "repeated": "重复",
    "too_long": "过长",
}
"""What a Chinese reader calls the reason why a word is left out; an English one calls it by its code."""
_UNSAFE: Final = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One import: what is read, where to, and under which rules."""

    file: Path
    encoding: str
    sheet: str
    output: Path | None
    lexicons: Path
    frame: Ruleset
    provenance: Provenance
    limit: float
    force: bool
    lang: Language


Source = Annotated[str, typer.Option("--source", help="来源（必填）：谁在何处发布，哪个版本", show_default=False)]
Licence = Annotated[str, typer.Option("--licence", "--license", help="许可（必填）", show_default=False)]
Owner = Annotated[str, typer.Option("--owner", help="负责人或部门（必填）", show_default=False)]
CategoryCode = Annotated[
    str, typer.Option("--category", help="类别代码；有 --map 时是其余词的类别", show_default=False)
]
Mapped = Annotated[
    list[str] | None, typer.Option("--map", metavar="TAG=CATEGORY", help="标签对应的类别，可重复", show_default=False)
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="输出文件；多个类别时为目录（默认写入 --lexicons 的词库目录，随附的除外）",
        show_default=False,
    ),
]
Written = Annotated[Form | None, typer.Option("--format", help="写法（默认自动判断）", show_default=False)]
Encoded = Annotated[str, typer.Option("--encoding", help="编码（默认自动判断）", show_default=False)]
WordColumn = Annotated[str, typer.Option("--word-column", help="词所在的列名、列号或 JSON 成员", show_default=False)]
Sheet = Annotated[str, typer.Option("--sheet", help="工作表名（工作簿有多个非空工作表时必填）", show_default=False)]
TagColumn = Annotated[str, typer.Option("--tag-column", help="标签所在的列名、列号或 JSON 成员", show_default=False)]


def import_command(  # noqa: PLR0913, PLR0917 - the options of a command line
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="外来词表", exists=True, dir_okay=False, show_default=False)
    ],
    source: Source,
    licence: Licence,
    owner: Owner,
    category: CategoryCode = "",
    mapped: Mapped = None,
    output: Output = None,
    form: Written = None,
    encoding: Encoded = "",
    word_column: WordColumn = "",
    tag_column: TagColumn = "",
    sheet_name: Sheet = "",
    force: Annotated[bool, typer.Option("--force", help="收入单字（仅独立成句时命中）与误报率超限的词")] = False,  # noqa: FBT002
    replace: Annotated[bool, typer.Option("--replace", help="覆盖已有的输出文件")] = False,  # noqa: FBT002
    corpus: Corpus = None,
    limit: Limit = DEFAULT_LIMIT,
    lexicons: Lexicons = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """导入外来词表为词条文件，并给出体检报告。

    可读：每行一词（或以 、 , ; | 制表符分隔）、“词 标签,标签”、“键<TAB>值”、csv、tsv、xlsx、JSON、JSONL；
    UTF-8、UTF-16、GB18030、Big5。a+b、a&b、a|b 成为同句规则；regex: 开头的是 RE2 正则，须能推出锚词；# 开头的是注释。

    误报率达到上限的词不写入（--force 除外）。政治类只能写入使用单位自己的文件。

    退出码：0 已写入；1 没有可写入的词；2 命令、设置或文件有误。
    """  # noqa: D415 - a Chinese sentence
    clock = Clock()
    provenance = _provenance(source, licence, owner, lang.lang)
    texts = clean_texts(corpus, lang.lang)
    chosen = chosen_settings(lexicons)
    if output is None and chosen.lexicons.samefile(LEXICONS):
        refuse(say(lang.lang, "随附的词库不由导入改写；请用 --output 指定文件", "give --output: shipped lexicons stay"))
    with no_collection():
        frame = _frame(chosen.lexicons, chosen.scenes, clock, lang.lang)
        categories = _categories(mapped or (), category, frame, lang.lang)
        job = _Job(
            file=file, encoding=encoding, sheet=sheet_name, output=output, lexicons=chosen.lexicons, frame=frame,
            provenance=provenance, limit=limit, force=force, lang=lang.lang,
        )  # fmt: skip
        shape = Shape(form=form, word=word_column, tag=tag_column, groups=frozenset(categories))
        report = _import(job, shape, (category, categories), texts, clock)
    report.files = _write(job, report.imported, replace=replace) if report.imported.taken else {}
    if json:
        _echo(report, clock, lang.lang)
    else:
        _tell(report, lang.lang)
        tell(report.findings, report.alarms, lang.lang, everything=False)
    if not report.files:
        err.print(say(lang.lang, "没有可写入的词", "there is nothing to write"))
        raise typer.Exit(NOTHING)


@dataclass(slots=True, kw_only=True)
class _Report:
    """What came of an import: what was read and how, what was taken, left out and doubted, and where it was written."""

    read: int
    headed: bool | None
    form: str
    encoding: str
    imported: Imported
    findings: list[Finding]
    alarms: Alarms
    files: dict[Path, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """The numbers as plain data."""
        return {
            "read": self.read,
            "taken": self.imported.taken,
            "form": self.form,
            "encoding": self.encoding,
            "headed": self.headed,
            "files": {str(path): count for path, count in self.files.items()},
        }


def _provenance(source: str, licence: str, owner: str, lang: Language) -> Provenance:
    today = datetime.now(SHANGHAI).date()
    given = Provenance(source=source.strip(), licence=licence.strip(), owner=owner.strip(), reviewed=today)
    for fault in provenance_faults(given):
        refuse(fault.in_(lang))
    return given


def _import(job: _Job, shape: Shape, meant: tuple[str, dict[str, str]], texts: list[str], clock: Clock) -> _Report:
    """Reads, sorts out and tries. ``meant`` are the category of all words and those of tags."""
    with clock.step("read"):
        listing, code = _read(job, shape)
    order = Order(
        folding=job.frame.folding,
        category=meant[0],
        categories=meant[1],
        allowed=allowed_words(job.frame.terms, job.frame.folding),
        force=job.force,
    )
    with clock.step("sort"):
        found = sort_out(listing.items, order)
    imported, findings, alarms = _tried(job, found, texts, clock)
    rejected = sorted([*listing.rejected, *imported.rejected], key=lambda item: item.line)
    return _Report(
        read=len(listing.items) + len(listing.rejected),
        headed=listing.headed,
        form=str(listing.form),
        encoding=code,
        imported=Imported(imported.lines, rejected),
        findings=findings,
        alarms=alarms,
    )


def _frame(lexicons: Path, scenes: Path, clock: Clock, lang: Language) -> Ruleset:
    with clock.step("frame"):
        try:
            return load_frame(lexicons, scenes)
        except LoadErrors as errors:
            list_errors(errors, lang)
            refuse(say(lang, "词库本身未通过检查", "the rules themselves do not load"))


def _categories(mapped: Sequence[str], category: str, frame: Ruleset, lang: Language) -> dict[str, str]:
    """Tags with their categories: those that were given, and the codes themselves."""
    given: dict[str, str] = {}
    for pair in mapped:
        tag, equals, code = pair.rpartition("=")
        if not equals or not tag:
            refuse(say(lang, f"--map 应为 标签=类别：{pair}", f"--map is TAG=CATEGORY: {pair}"))
        given[tag.strip()] = code.strip()
    for code in (*given.values(), *([category] if category else ())):
        if code not in frame.categories:
            known = ", ".join(frame.categories)
            refuse(say(lang, f"没有类别 {code}；可用：{known}", f"there is no category {code}; known are {known}"))
    return {**{code: code for code in frame.categories}, **given}


def _read(job: _Job, shape: Shape) -> tuple[Listing, str]:
    """The words of a file and the name of its encoding."""
    suffix = job.file.suffix.lower()
    try:
        data = job.file.read_bytes()
        if shape.form is None and (suffix in _EXCEL or data.startswith(sheet.MAGIC)):
            return read_rows(sheet.rows(data, job.sheet), shape, form="xlsx"), "xlsx"
        text, code = decode(data, job.encoding)
        return read_text(text, shape, suffix=suffix), code
    except OSError as error:
        refuse(say(job.lang, "文件无法读取：", "cannot read: ") + why(error, job.lang))
    except ListUnreadable as error:
        refuse(f"{job.file}:{error.line}: {error.told.in_(job.lang)}")


def _tried(job: _Job, found: Imported, texts: list[str], clock: Clock) -> tuple[Imported, list[Finding], Alarms]:
    """The import without what is refused or flags too many clean texts, with what is doubtful about the rest of it."""
    left_out: list[Rejected] = []
    lines = found.lines
    ruleset, origins, wrong = _loaded(job, lines, clock)
    while refused := {place: error for error in wrong if (place := (error.file, error.line)) in origins}:
        left_out += [_refused(origins[place], error) for place, error in refused.items()]
        lines = _without(origins, refused)
        ruleset, origins, wrong = _loaded(job, lines, clock)
    terms = ruleset.terms[len(job.frame.terms) :]
    findings, alarms = examined(Material(ruleset, terms), texts, job.limit, clock)
    if not job.force:
        frequent = {(one.file, one.line): one for one in findings if one.kind is Kind.FREQUENT}
        left_out += [_frequent(origins[place], one) for place, one in frequent.items()]
        lines = _without(origins, frequent)
        findings = [one for one in findings if one.kind is Kind.FREQUENT or (one.file, one.line) not in frequent]
    located = [replace_in(one, file=job.file.name, line=origins[one.file, one.line].origin) for one in findings]
    return Imported(lines, [*found.rejected, *left_out]), located, alarms


def _loaded(
    job: _Job, found: Mapping[str, list[TermLine]], clock: Clock
) -> tuple[Ruleset, dict[tuple[str, int], TermLine], list[LoadError]]:
    """The frame with all lines in it, where each of them stands, and what the loader refuses."""
    ruleset, origins, wrong = job.frame, {}, []
    for category, lines in found.items():
        with clock.step("load"):
            text = term_file(category, lines, job.provenance)
            ruleset, errors = with_terms(ruleset, category, text, job.lexicons)
        first = text.count("\n") - len(lines) + 1
        origins.update({(category, first + number): line for number, line in enumerate(lines)})
        wrong += errors
    return ruleset, origins, wrong


def _without(
    origins: Mapping[tuple[str, int], TermLine], places: Container[tuple[str, int]]
) -> dict[str, list[TermLine]]:
    """The lines by category, but for those at some places."""
    kept: dict[str, list[TermLine]] = defaultdict(list)
    for place, line in origins.items():
        if place not in places:
            kept[place[0]].append(line)
    return dict(kept)


def _refused(line: TermLine, error: LoadError) -> Rejected:
    why = Told(f"加载器拒绝：{error.told.zh}", f"the loader refuses it: {error.told.en}")
    return Rejected(line.origin, line.text, "loader", why)


def _frequent(line: TermLine, one: Finding) -> Rejected:
    shown = one.texts[0]
    why = Told(f"在干净语料中误报 {one.detail.zh}，例：{shown}", f"flags {one.detail.en} clean texts, such as {shown}")
    return Rejected(line.origin, one.term, "frequent", why)


def _write(job: _Job, imported: Imported, *, replace: bool) -> dict[Path, int]:
    """Writes a file for each category, all or none."""
    paths = {category: _path(job, category, several=len(imported.lines) > 1) for category in imported.lines}
    for category, path in paths.items():
        if category == POLITICAL and _inside(path, job.lexicons):
            refuse(
                say(
                    job.lang,
                    "政治类词表只能由使用单位写入自己的目录，不能进入公共词库；请用 --output 指定",
                    "political lists belong into the user's own folder, never the shared one: give --output",
                )
            )
        if path.exists() and not replace:
            refuse(say(job.lang, f"{path} 已存在；--replace 覆盖", f"{path} exists: --replace overwrites it"))
    try:
        for category, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            comment = f"qingliu lexicon import {job.file.name}"
            text = term_file(category, imported.lines[category], job.provenance, comment=comment)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(say(job.lang, "文件无法写入：", "cannot write: ") + why(error, job.lang))
    return {path: len(imported.lines[category]) for category, path in paths.items()}


def _path(job: _Job, category: str, *, several: bool) -> Path:
    """Where the terms of a category go: the file asked for, a file in the folder asked for, or the shared folder."""
    name = _UNSAFE.sub("_", job.file.stem).strip("_") or "list"
    if job.output is None:
        group = job.frame.categories[category].group
        return job.lexicons / _FOLDERS.get(group, _SAFETY) / f"{name}.{category}.txt"
    if job.output.is_dir() or several:
        return job.output / f"{name}.{category}.txt"
    return job.output


def _inside(path: Path, lexicons: Path) -> bool:
    resolved = path.resolve()
    return any(resolved.is_relative_to(folder.resolve()) for folder in (lexicons, LEXICONS))


def _echo(report: _Report, clock: Clock, lang: Language) -> None:
    rejected = [
        {"line": one.line, "text": one.text, "code": one.code, "why": one.why.in_(lang)}
        for one in report.imported.rejected
    ]
    whole = {
        **report.told(),
        "reasons": report.imported.reasons(),
        "rejected": rejected,
        "lint": told(report.findings, report.alarms, lang),
        "seconds": clock.told(),
    }
    print_json(whole)


def _tell(report: _Report, lang: Language) -> None:
    taken = report.imported.taken
    out.print(
        say(
            lang,
            f"读到 {report.read} 个词（{report.form}，{report.encoding}），写入 {taken} 条",
            f"{report.read} words read ({report.form}, {report.encoding}), {taken} lines written",
        ),
        markup=False,
    )
    if report.headed:
        out.print(say(lang, "  首行作为列名，不是词", "  the first row names the columns and holds no word"))
    elif report.headed is False:
        zh, en = (
            "首行也作为词；若是列名，请以 --word-column 写出",
            "the first row is a word; if it names the column, give that name as --word-column",
        )
        out.print(say(lang, f"  {zh}", f"  {en}"))
    for path, count in report.files.items():
        out.print(f"  {path}: {count}", markup=False)
    reasons = report.imported.reasons()
    if not reasons:
        return
    heads = [
        say(lang, *head) for head in (("未收入", "left out"), ("词", "words"), ("例（行号 词：原因）", "for example"))
    ]
    listed = table(*heads, numbers=heads[1:2], lines=True)
    for code, count in reasons.most_common():
        some = [one for one in report.imported.rejected if one.code == code][: SHOWN // 2]
        shown = "\n".join(f"{one.line} {one.text[:40]}: {one.why.in_(lang)}" for one in some)
        listed.add_row(say(lang, CODES.get(code, code), code), str(count), shown.replace("[", "\\["))
    out.print(listed, soft_wrap=False)

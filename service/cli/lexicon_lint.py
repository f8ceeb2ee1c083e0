"""``qingliu lexicon lint``: what is doubtful about a folder of rules or one term file, before it goes live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from moderation.check import check_lines
from moderation.encoding import ListUnreadable, decode
from moderation.engine import Engine
from moderation.errors import LoadErrors
from moderation.lexicon import ALLOW
from moderation.lint import Alarms, Finding, Kind, false_alarms, lint, standing
from moderation.load import load_frame, load_ruleset, with_terms
from moderation.wrongs import wrong
from service.cli.findings import DEFAULT_LIMIT, Clock, Corpus, Limit, clean_texts, no_collection, tell, told, watched
from service.cli.judging import Lexicons, chosen_settings
from service.cli.say import Json, out, print_json, why
from service.cli.words import Lang, Tongue, refuse, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.errors import LoadError
    from moderation.lexicon import Term
    from moderation.reasons import Language
    from moderation.ruleset import Ruleset

REFUSED: Final = 1


class Material(NamedTuple):
    """What is examined: some terms of a ruleset, or why there is none."""

    ruleset: Ruleset | None
    terms: Sequence[Term]
    refused: Sequence[LoadError] = ()


def lint_command(  # noqa: PLR0913, PLR0917 - the options of a command line
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR|FILE]", help="词库目录或单个词条文件（默认设置中的词库）", exists=True, show_default=False
        ),
    ] = None,
    corpus: Corpus = None,
    limit: Limit = DEFAULT_LIMIT,
    everything: Annotated[bool, typer.Option("--all", help="列出每一条，而不是每类前几条")] = False,  # noqa: FBT002
    lexicons: Lexicons = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """上线前体检：过短、常用词、重复、与允许词冲突，以及每个词在干净语料上的误报率。

    单个文件放在所选词库的允许词与类别之中检查。每条语料按卖家广告与直播弹幕各判一次，每个词单独计算。

    退出码：0 没有拒绝项（可有提醒）；1 有拒绝项；2 命令或文件有误。
    """  # noqa: D415 - a Chinese sentence
    texts = clean_texts(corpus, lang.lang)
    clock = Clock()
    folder = target if target is not None and target.is_dir() else None
    chosen = chosen_settings(folder or lexicons)
    scenes = chosen.scenes
    with no_collection():
        if target is None or folder is not None:
            material = _folder(chosen.lexicons, scenes, clock)
        else:
            material = _file(target, chosen.lexicons, scenes, clock, lang.lang)
        findings, alarms = examined(material, texts, limit, clock)
    if json:
        print_json({**told(findings, alarms, lang.lang), "seconds": clock.told()})
    else:
        tell(findings, alarms, lang.lang, everything=everything)
        count = sum(one.kind.refuses for one in findings)
        verdict = say(lang.lang, f"{count} 条不可启用", f"{count} must not go live")
        out.print(say(lang.lang, f"{len(material.terms)} 个词条，{verdict}", f"{len(material.terms)} terms, {verdict}"))
    if any(one.kind.refuses for one in findings):
        raise typer.Exit(REFUSED)


def examined(material: Material, texts: Sequence[str], limit: float, clock: Clock) -> tuple[list[Finding], Alarms]:
    """The findings on terms, and the alarms they raise. Refused rules raise none: they do not run."""
    if material.ruleset is None or material.refused:
        return [_refused(error) for error in material.refused], Alarms()
    with clock.step("compile"):
        seen = standing(material.ruleset.terms, material.ruleset.folding, texts)
        engine = Engine(replace(material.ruleset, terms=tuple(seen)))
    with clock.step("corpus"):
        alarms = false_alarms(engine, watched(texts))
    with clock.step("lint"):
        return lint(material.terms, material.ruleset, alarms, limit=limit), alarms


def _refused(error: LoadError) -> Finding:
    return Finding(kind=Kind.REFUSED, file=error.file, line=error.line, term="", detail=error.told)


def _folder(lexicons: Path, scenes: Path, clock: Clock) -> Material:
    with clock.step("load"):
        try:
            ruleset = load_ruleset(lexicons, scenes)
        except LoadErrors as errors:
            return Material(None, (), errors.errors)
    return Material(ruleset, ruleset.terms)


def _file(path: Path, lexicons: Path, scenes: Path, clock: Clock, lang: Language) -> Material:
    try:
        text, _ = decode(path.read_bytes(), "utf-8")
    except OSError as error:
        refuse(say(lang, "文件无法读取：", "cannot read: ") + why(error, lang))
    except ListUnreadable as error:
        refuse(f"{path}:{error.line}: {wrong('not_utf8').in_(lang)}")
    with clock.step("frame"):
        try:
            frame = load_frame(lexicons, scenes)
        except LoadErrors as errors:
            return Material(None, (), errors.errors)
    with clock.step("load"):
        ruleset, refused = with_terms(frame, path.name, text, lexicons)
    terms = ruleset.terms[len(frame.terms) :]
    banned = [term for term in terms if term.category != ALLOW and (term.hits or term.misses)]
    if banned and not refused:  # what allow terms protect from is not here
        with clock.step("examples"):
            refused = check_lines(Engine(ruleset), banned)
    return Material(ruleset, terms, refused)

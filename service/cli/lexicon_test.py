"""``qingliu lexicon test``: every term's own examples, on its line and in ``examples/``, judged and reported."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from moderation.check import tried_examples
from moderation.engine import Engine
from moderation.errors import GrammarError, LoadErrors
from moderation.examples import beside
from moderation.load import load_ruleset
from moderation.wrongs import wrong
from service.cli.findings import no_collection
from service.cli.judging import chosen_settings
from service.cli.law import EXAMPLES
from service.cli.say import Json, list_errors, out, print_json, why
from service.cli.words import Lang, Tongue, refuse, say, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.check import Tried
    from moderation.reasons import Language

FAILED: Final = 1


def examples_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="词库目录", exists=True, file_okay=False, show_default=False)
    ],
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """运行词条自带的例句（行内 hit、miss 与 examples/*.tsv）；有不符的逐条列出并以 1 退出。"""  # noqa: D415
    with no_collection():
        engine = _engine(folder, lang.lang)
    tried: list[Tried] = []
    unread: list[GrammarError] = []
    for one in (*tried_examples(engine, engine.ruleset.terms), *_beside(engine, folder, lang.lang)):
        if isinstance(one, GrammarError):
            unread.append(one)
        else:
            tried.append(one)
    failed = [one for one in tried if one.found is not one.wanted]
    if json:
        _echo(tried, failed, unread, lang.lang)
    else:
        _tell(tried, failed, unread, lang.lang)
    if failed or unread:
        raise typer.Exit(FAILED)


def _engine(folder: Path, lang: Language) -> Engine:
    try:
        return Engine(load_ruleset(folder, chosen_settings(folder).scenes, examples=False))
    except LoadErrors as errors:
        list_errors(errors, lang)
        refuse(say(lang, "规则未通过检查", "the rules do not load"))


def _beside(engine: Engine, folder: Path, lang: Language) -> Iterator[Tried | GrammarError]:
    for path in sorted((folder / EXAMPLES).glob("*.tsv")):
        name = f"{EXAMPLES}/{path.name}"
        if path.stem not in engine.ruleset.categories:
            yield GrammarError(name, 1, wrong("named_by_none", name=path.stem))
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            refuse(say(lang, f"{name} 无法读取：", f"cannot read {name}: ") + why(error, lang))
        yield from beside(engine, path.stem, name, text)


def _echo(tried: list[Tried], failed: list[Tried], unread: list[GrammarError], lang: Language) -> None:
    listed = [
        {"file": one.file, "line": one.line, "term": one.term, "wanted": one.wanted, "sentence": one.sentence}
        for one in failed
    ]
    report = {
        "ok": not failed and not unread,
        "examples": len(tried),
        "hits": sum(one.wanted for one in tried),
        "misses": sum(not one.wanted for one in tried),
        "failed": listed,
        "unreadable": [{"file": one.file, "line": one.line, "reason": one.told.in_(lang)} for one in unread],
    }
    print_json(report)


def _tell(tried: list[Tried], failed: list[Tried], unread: list[GrammarError], lang: Language) -> None:
    heads = [
        say(lang, *head) for head in (("文件", "file"), ("应命中", "hits"), ("应放过", "misses"), ("不符", "failed"))
    ]
    counted = Counter((one.file, one.wanted) for one in tried)
    bad = Counter(one.file for one in failed)
    listed = table(*heads, numbers=heads[1:])
    for file in sorted({one.file for one in tried}):
        listed.add_row(file, str(counted[file, True]), str(counted[file, False]), str(bad[file]))
    out.print(listed, soft_wrap=False)
    for error in (*unread, *(one.error for one in failed)):
        out.print(error.in_(lang), markup=False)
    total = len(tried)
    out.print(say(lang, f"{total} 个例句，{len(failed)} 个不符", f"{total} examples, {len(failed)} failed"))

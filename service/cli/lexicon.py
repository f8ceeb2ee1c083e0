"""``qingliu lexicon``: the group and its ``check``, which reads rules as the service would and tells what is wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from moderation.errors import LoadErrors
from moderation.lexicon import ALLOW
from moderation.load import load_ruleset
from service.cli.judging import chosen_settings
from service.cli.law import industries, law
from service.cli.lexicon_diff import diff_command
from service.cli.lexicon_import import import_command
from service.cli.lexicon_lint import lint_command
from service.cli.lexicon_test import examples_command
from service.cli.say import Json, err, out, print_json
from service.cli.words import Lang, Tongue, say, table

if TYPE_CHECKING:
    from moderation.reasons import Language
    from moderation.ruleset import Ruleset

BROKEN: Final = 1


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="词库工具。", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check)
    group.command("law")(law)
    group.command("industries")(industries)
    group.command("import")(import_command)
    group.command("lint")(lint_command)
    group.command("test")(examples_command)
    group.command("diff")(diff_command)
    app.add_typer(group, name="lexicon")


def _group() -> None:
    """词库工具。"""  # noqa: D415


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="词库目录", exists=True, file_okay=False, show_default=False)
    ],
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """检查词库：有误时逐行输出“文件:行号: 原因”并以 1 退出；无误时输出统计并以 0 退出。"""  # noqa: D415
    scenes = chosen_settings(folder).scenes
    try:
        ruleset = load_ruleset(folder, scenes)
    except LoadErrors as errors:
        _tell_errors(errors, lang.lang, json=json)
        raise typer.Exit(BROKEN) from None
    told = _told(ruleset)
    if json:
        print_json(told)
    else:
        _tell(told, ruleset, lang.lang)


def _tell_errors(errors: LoadErrors, lang: Language, *, json: bool) -> None:
    if json:
        listed = [{"file": error.file, "line": error.line, "reason": error.told.in_(lang)} for error in errors.errors]
        print_json({"ok": False, "errors": listed})
        return
    for error in errors.errors:
        out.print(error.in_(lang), markup=False)
    count = len(errors.errors)
    err.print(say(lang, f"共 {count} 处错误，词库不可启用", f"{count} errors: these rules must not go live"))


def _told(ruleset: Ruleset) -> dict[str, Any]:
    """What is in a ruleset, as plain data."""
    terms = Counter(term.category for term in ruleset.terms)
    verified = Counter(term.category for term in ruleset.terms if term.verified)
    known = sum(article.verified for article in ruleset.laws.values())
    return {
        "ok": True,
        "fingerprint": ruleset.fingerprint,
        "terms": terms.total() - terms[ALLOW],
        "allow": terms[ALLOW],
        "categories": {
            code: {
                "group": category.group,
                "severity": category.severity,
                "action": category.action.code,
                "terms": terms[code],
                "verified": verified[code],
            }
            for code, category in ruleset.categories.items()
        },
        "laws": {"verified": known, "unverified": len(ruleset.laws) - known},
        "files": len(ruleset.files),
    }


def _tell(told: dict[str, Any], ruleset: Ruleset, lang: Language) -> None:
    numbers = [say(lang, *head) for head in (("严重度", "severity"), ("词条", "terms"), ("已核实", "verified"))]
    listed = table(say(lang, "类别", "category"), say(lang, "名称", "name"), *numbers, numbers=numbers)
    for code, counts in told["categories"].items():
        category = ruleset.categories[code]
        name = say(lang, category.zh, category.en)
        listed.add_row(code, name, str(counts["severity"]), str(counts["terms"]), str(counts["verified"]))
    out.print(listed, soft_wrap=False)
    laws = told["laws"]
    lines = (
        (say(lang, "词条", "terms"), told["terms"]),
        (say(lang, "允许词", "allow terms"), told["allow"]),
        (say(lang, "法条（已核实）", "articles (verified)"), laws["verified"]),
        (say(lang, "法条（未核实）", "articles (not verified)"), laws["unverified"]),
        (say(lang, "文件", "files"), told["files"]),
        (say(lang, "指纹", "fingerprint"), told["fingerprint"]),
    )
    for name, value in lines:
        out.print(f"{name}{say(lang, '：', ': ')}{value}", markup=False)

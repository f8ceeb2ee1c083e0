"""``qingliu explain``: one text with its findings marked in place, and for each the steps that decided on it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from moderation.render import render, render_suggestion
from moderation.suggest import heard, reached, suggest
from moderation.trace import STEPS, Tracer
from moderation.types import Content, Role, Scene
from service.cli.judging import AsOf, Lexicons, NoExpert, concluded, day_asked, open_engine, open_expert, with_own
from service.cli.say import Json, out, print_json
from service.cli.screen import limits_of
from service.cli.words import STYLES, Lang, Tongue, action_name, refuse, say, table
from service.http.wire import read_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.engine import Engine
    from moderation.reasons import Language
    from moderation.ruleset import Article, Ruleset
    from moderation.suggest import Suggestion
    from moderation.trace import Step
    from moderation.types import Span, Verdict
    from service.escalation import Panel
    from service.settings import Settings

COLOURS: Final = ("red", "yellow", "magenta", "cyan", "green", "blue", "bright_red", "bright_magenta", "bright_cyan")
_POINT: Final = re.compile(r"(?<=\d)[.．](?=\d)")
UNSEEN: Final = "◦"
"""Stands for a character that shows nothing, so that a disguise made of such is visible and offsets stay."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("explain")(explain)


def explain(  # noqa: PLR0913, PLR0917 - the options of a command line
    text: Annotated[str, typer.Argument(help="要解释的文本", show_default=False)],
    scene: Annotated[Scene, typer.Option(help="场景")] = Scene.AD,
    role: Annotated[Role, typer.Option(help="发言账号的角色")] = Role.USER,
    commercial: Annotated[bool | None, typer.Option(help="是否商业内容（默认由场景、角色与购物车判断）")] = None,
    has_cart_link: Annotated[bool, typer.Option("--has-cart-link", help="带有购物车链接")] = False,  # noqa: FBT002
    published_at: Annotated[
        str | None, typer.Option(help="发布时间，RFC 3339；决定适用哪天的法律（默认现在）", show_default=False)
    ] = None,
    industry: Annotated[str | None, typer.Option(help="申报的行业，如 education", show_default=False)] = None,
    as_of: AsOf = None,
    lexicons: Lexicons = None,
    own: Annotated[
        list[Path] | None, typer.Option(help="再加上租户自有词库的这些文件（可重复）", show_default=False)
    ] = None,
    no_expert: NoExpert = False,  # noqa: FBT002 - a flag of the command line
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """解释一条文本的审核结果：标出原文位置，逐条列出判断步骤、法律依据、已还原的伪装、豁免理由与须留存的证明。"""  # noqa: D415
    engine, settings = open_engine(lexicons, lang.lang)
    if own:
        engine = with_own(own, engine, lang.lang)
    asked = {
        "text": text,
        "scene": scene.value,
        "account_role": role.value,
        "commercial": commercial,
        "has_cart_link": has_cart_link,
    }
    if published_at is not None:
        asked["published_at"] = published_at
    if industry is not None:
        asked["industry"] = industry
    content = _content(asked, settings, engine.ruleset, lang.lang)
    if day := day_asked(as_of, lang.lang):
        content = replace(content, at=day)
    model = None if no_expert else open_expert(settings, engine, lang.lang)
    (verdict,) = concluded([engine.examine(content)], model)
    if json:
        told = _told(verdict, content, engine.ruleset, lang.lang)
        told["suggestions"] = render_suggestion(_suggested(engine, content, model), content, engine.ruleset, lang.lang)
        print_json(told)
    else:
        _tell(verdict, content, engine.ruleset, lang.lang)
        _tell_suggestion(_suggested(engine, content, model), content, engine.ruleset, lang.lang)


def _suggested(engine: Engine, content: Content, model: Panel | None) -> Suggestion:
    """What could be written instead, with the doubts of the text expert."""
    suggestion = suggest(engine, content)
    after = reached(content, suggestion)
    if after is None:
        return suggestion
    (verdict,) = concluded([engine.examine(after)], model)
    return heard(suggestion, verdict)


def _content(asked: dict[str, Any], settings: Settings, ruleset: Ruleset, lang: Language) -> Content:
    read = read_item(asked, now=datetime.now(UTC), limits=limits_of(settings, ruleset))
    if not isinstance(read, Content):
        faults = (fault.told(lang) for fault in read.faults)
        refuse("\n".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults))
    return read


def _told(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language) -> dict[str, Any]:
    """The verdict as files carry it, with what the engine read, each decision's steps and every law cited."""
    tracer = Tracer(ruleset, content, lang)
    told = render(verdict, content, ruleset, lang=lang)
    traces = [*map(tracer.of_evidence, verdict.evidence), *map(tracer.of_exemption, verdict.exemptions)]
    for finding, steps in zip((*told["evidence"], *told["exemptions"]), traces, strict=True):
        finding["trace"] = [{"step": step.code, "text": step.text} for step in steps]
    return {
        "scene": content.scene,
        "as_of": tracer.reasons.day.isoformat(),
        "read": ruleset.folding.plain(content.parts[0].text),
        **told,
        "laws": {
            ref: {
                "law": say(lang, ruleset.laws[law.law].zh, ruleset.laws[law.law].en),
                "says": say(lang, law.zh, law.en),
                "version": law.version,
                "effective_from": law.effective_from,
                "effective_until": law.effective_until,
                "source": law.source,
                "verified": law.verified,
            }
            for ref, law in _cited(told, ruleset).items()
        },
    }


def _cited(told: dict[str, Any], ruleset: Ruleset) -> dict[str, Article]:
    """Every article that a rendered verdict names, in the order of its naming."""
    named = [*told["evidence"], *(tried for item in told["evidence"] for tried in item["tried"])]
    named += [*told["exemptions"], *told["proof"]]
    return {ref: ruleset.laws[ref] for item in named for ref in item["laws"]}


def _tell(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language) -> None:
    text = content.parts[0].text
    tracer = Tracer(ruleset, content, lang)
    colours = {
        code: COLOURS[index % len(COLOURS)]
        for index, code in enumerate(dict.fromkeys(item.category for item in verdict.evidence))
    }
    _tell_head(verdict, content, tracer, ruleset)
    out.print(_marked(text, verdict, colours))
    out.print()
    _tell_read(text, ruleset, lang)
    for number, item in enumerate(verdict.evidence, start=1):
        head = _finding(f"{number}", item.span, text, f"bold {colours[item.category]}")
        head.append(f"  {tracer.reasons.category(item.category)}  {item.category}")
        if item.folds:
            head.append(say(lang, f"  已还原：{tracer.reasons.folds(item)}", f"  through {tracer.reasons.folds(item)}"))
        _tell_steps(head, tracer.of_evidence(item), lang)
    for exempt in verdict.exemptions:
        head = _finding("○", exempt.span, text, "underline")
        head.append(f"  {tracer.reasons.category(exempt.category)}  {exempt.category}")
        _tell_steps(head, tracer.of_exemption(exempt), lang)
    for code in verdict.proof:
        keep = tracer.reasons.proof(code)
        out.print(Text.assemble((say(lang, "须留存 ", "keep on file "), "bold"), keep["text"], f"  {code}"))
    for code in verdict.categories:
        category = ruleset.categories[code]
        name, advice = say(lang, category.zh, category.en), say(lang, category.advice_zh, category.advice_en)
        out.print(Text.assemble((name, colours.get(code, "")), say(lang, "：", ": "), advice))
    told = render(verdict, content, ruleset, lang=lang)
    findings = zip(told["evidence"], verdict.evidence, strict=True)
    told["evidence"] = [finding for finding, item in findings if not tracer.reasons.is_hint(item)]
    _tell_laws(_cited(told, ruleset), ruleset, lang)


def _tell_suggestion(suggestion: Suggestion, content: Content, ruleset: Ruleset, lang: Language) -> None:
    """What could be written instead: the edits one by one and the new text, or why there is none."""
    if suggestion.reason == "not_needed":
        return
    told = render_suggestion(suggestion, content, ruleset, lang)
    out.print()
    out.print(Text(say(lang, "建议改写", "write instead"), style="bold"))
    for part in told["parts"]:
        out.print(Text(_visible(part["text"]), style="green"))
    for edit in told["edits"]:
        new = edit["replacement"] or say(lang, "（删除）", "(deleted)")
        fill = say(lang, "  须填写后使用", "  to be filled in") if edit["template"] else ""
        out.print(Text.assemble(("  " + _visible(edit["quote"]), "red strike"), " → ", (new, "green"), (fill, "dim")))
    for line in (told["why"], *told["needed"]):
        if line:
            out.print(Text(line))


def _tell_head(verdict: Verdict, content: Content, tracer: Tracer, ruleset: Ruleset) -> None:
    reasons, policy = tracer.reasons, ruleset.policies[content.scene]
    law = reasons.say(f"适用 {reasons.day} 的法律", f"under the law of {reasons.day}")
    out.print(
        Text(reasons.say(policy.zh, policy.en), style="bold"),
        Text(action_name(verdict.action, reasons.lang), style=STYLES[verdict.action]),
        reasons.say(f"严重度 {verdict.severity}", f"severity {verdict.severity}"),
        Text(f"{law} {reasons.say('规则', 'ruleset')} {verdict.ruleset}", style="dim"),
    )
    if not policy.is_advertising(content):
        off = reasons.say("非商业内容：广告类别不启用", "not commercial: advertising categories are off")
        out.print(off, style="dim")
    for gone in verdict.missing:
        out.print(
            reasons.say(f"未听取到 {gone.source} 的意见：{gone.why}", f"{gone.source} gave no answer: {gone.why}")
        )
    out.print()


def _finding(mark: str, span: Span, text: str, style: str) -> Text:
    return Text.assemble((f"{mark} ", "bold"), (_visible(text[span.start : span.end]), style))


def _tell_steps(head: Text, steps: Sequence[Step], lang: Language) -> None:
    """A finding and the steps of its decision, the names of the steps in a column of their own."""
    out.print(head)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for code, group in groupby(steps, key=lambda step: step.code):
        for number, step in enumerate(group):
            grid.add_row("" if number else say(lang, *STEPS[code]), Text(_visible(step.text)))
    out.print(Padding(grid, (0, 0, 1, 2)), soft_wrap=False)


def _visible(text: str) -> str:
    """The text with every control and invisible character replaced by one that shows, character by character."""
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category == "Cc":
        return chr(0x2400 + ord(char)) if ord(char) < ord(" ") else UNSEEN
    return UNSEEN if category in {"Cf", "Cs", "Cn", "Co"} else char


def _marked(text: str, verdict: Verdict, colours: dict[str, str]) -> Text:
    marked = Text(_visible(text))
    for exempt in verdict.exemptions:
        marked.stylize("underline", exempt.span.start, exempt.span.end)
    for item in reversed(verdict.evidence):
        marked.stylize(f"reverse bold {colours[item.category]}", item.span.start, item.span.end)
    return marked


def _tell_read(text: str, ruleset: Ruleset, lang: Language) -> None:
    """What the engine compared with its words, where that is not simply the text; a price keeps its point."""
    read = ".".join(map(ruleset.folding.plain, _POINT.split(text)))
    if read != text:
        out.print(Text.assemble((say(lang, "引擎读到：", "the engine read: "), "dim"), (_visible(read), "dim")))
    if UNSEEN in _visible(text) and UNSEEN not in text:
        out.print(say(lang, f"{UNSEEN} 为看不见的字符", f"{UNSEEN} is a character that shows nothing"), style="dim")
    if read != text:
        out.print()


def _tell_laws(cited: dict[str, Article], ruleset: Ruleset, lang: Language) -> None:
    """Every article cited, once: its law, what it says, and whether a person read it in full."""
    listed = table(say(lang, "法律依据", "law"), say(lang, "内容（转述）", "what it says"), lines=True)
    for ref, article in cited.items():
        listed.add_row(f"{ref}\n{_title(article, ruleset, lang)}", _says(article, lang))
    if listed.row_count:
        out.print()
        out.print(listed, soft_wrap=False)


def _title(article: Article, ruleset: Ruleset, lang: Language) -> str:
    law = ruleset.laws[article.law]
    version = f"（{law.version}）" if law.version and lang == "zh" else f" ({law.version})" if law.version else ""
    return say(lang, law.zh, law.en) + version


def _says(article: Article, lang: Language) -> str:
    return say(lang, article.zh, article.en) + ("" if article.verified else say(lang, "（未核实）", " (not verified)"))

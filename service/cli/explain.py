"""``qingliu explain``: one text with its findings marked in place, and under each the law that it rests on."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer
from rich.text import Text

from moderation.render import EXEMPTION_NAMES, FOLD_NAMES, render
from moderation.types import Content, Role, Scene
from service.cli.say import Json, out
from service.cli.words import STYLES, Lang, Lexicons, Tongue, action_name, open_engine, refuse, say, table
from service.http.wire import Limits, read_item

if TYPE_CHECKING:
    from rich.table import Table

    from moderation.render import Language
    from moderation.ruleset import Article, Ruleset
    from moderation.types import Evidence, Verdict
    from service.settings import Settings

COLOURS: Final = ("red", "yellow", "magenta", "cyan", "green", "blue", "bright_red", "bright_magenta", "bright_cyan")
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
    lexicons: Lexicons = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """解释一条文本的审核结果：标出原文位置，列出类别、法律依据、已还原的伪装与豁免理由。"""  # noqa: D415
    engine, settings = open_engine(lexicons, lang.lang)
    asked = {
        "text": text,
        "scene": scene.value,
        "account_role": role.value,
        "commercial": commercial,
        "has_cart_link": has_cart_link,
    }
    if published_at is not None:
        asked["published_at"] = published_at
    content = _content(asked, settings, lang.lang)
    verdict = engine.examine(content).conclude()
    if json:
        typer.echo(orjson.dumps(_told(verdict, content, engine.ruleset, lang.lang)).decode())
    else:
        _tell(verdict, content, engine.ruleset, lang.lang)


def _content(asked: dict[str, Any], settings: Settings, lang: Language) -> Content:
    limits = Limits(
        content_chars=settings.max_content_chars,
        batch_items=settings.max_batch_items,
        batch_chars=settings.max_batch_chars,
    )
    read = read_item(asked, now=datetime.now(UTC), limits=limits)
    if not isinstance(read, Content):
        faults = (fault.told(lang) for fault in read.faults)
        refuse("\n".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults))
    return read


def _told(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language) -> dict[str, Any]:
    """The verdict as files carry it, with what the engine read and the words of every law cited."""
    cited = {ref: ruleset.laws[ref] for item in verdict.evidence for ref in item.laws}
    return {
        "scene": content.scene,
        "read": ruleset.folding.plain(content.parts[0].text),
        **render(verdict, content, ruleset, lang=lang),
        "laws": {
            ref: {
                "law": say(lang, ruleset.laws[law.law].zh, ruleset.laws[law.law].en),
                "says": say(lang, law.zh, law.en),
                "version": law.version,
                "source": law.source,
                "verified": law.verified,
            }
            for ref, law in cited.items()
        },
    }


def _tell(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language) -> None:
    colours = {
        code: COLOURS[index % len(COLOURS)]
        for index, code in enumerate(dict.fromkeys(item.category for item in verdict.evidence))
    }
    policy = ruleset.policies[content.scene]
    severity = say(lang, f"严重度 {verdict.severity}", f"severity {verdict.severity}")
    out.print(
        Text(say(lang, policy.zh, policy.en), style="bold"),
        Text(action_name(verdict.action, lang), style=STYLES[verdict.action]),
        severity,
    )
    out.print()
    out.print(_marked(content.parts[0].text, verdict, colours))
    out.print()
    _tell_read(content.parts[0].text, ruleset, lang)
    if verdict.evidence:
        out.print(_evidence(verdict, content, ruleset, colours, lang), soft_wrap=False)
        _tell_laws(verdict, ruleset, lang)
    if verdict.exemptions:
        out.print(_exemptions(verdict, content, ruleset, lang), soft_wrap=False)
    for code in verdict.categories:
        category = ruleset.categories[code]
        name, advice = say(lang, category.zh, category.en), say(lang, category.advice_zh, category.advice_en)
        out.print(Text.assemble((name, colours.get(code, "")), say(lang, "：", ": "), advice))
    out.print(say(lang, f"规则 {verdict.ruleset}", f"ruleset {verdict.ruleset}"), style="dim")


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
    """What the engine compared with its words, where that is not simply the text."""
    read = ruleset.folding.plain(text)
    out.print(Text.assemble((say(lang, "引擎读到：", "the engine read: "), "dim"), (_visible(read), "dim")))
    if UNSEEN in _visible(text) and UNSEEN not in text:
        out.print(say(lang, f"{UNSEEN} 为看不见的字符", f"{UNSEEN} is a character that shows nothing"), style="dim")
    out.print()


def _evidence(verdict: Verdict, content: Content, ruleset: Ruleset, colours: dict[str, str], lang: Language) -> Table:
    heads = [
        say(lang, *head)
        for head in (
            ("原文", "text"),
            ("类别", "category"),
            ("已还原", "seen through"),
            ("依据", "law"),
            ("严重度", "severity"),
            ("权重", "weight"),
        )
    ]
    listed = table(*heads, numbers=heads[-2:], lines=True)
    for item in verdict.evidence:
        category = ruleset.categories[item.category]
        listed.add_row(
            Text(_quote(item, content), style=colours[item.category]),
            f"{say(lang, category.zh, category.en)}\n{item.category}",
            say(lang, "、", ", ").join(say(lang, *FOLD_NAMES[fold]) for fold in item.folds),
            "\n".join(item.laws),
            str(item.severity),
            str(item.weight),
        )
    return listed


def _quote(item: Evidence, content: Content) -> str:
    span = item.span
    return _visible(content.parts[0].text[span.start : span.end])


def _tell_laws(verdict: Verdict, ruleset: Ruleset, lang: Language) -> None:
    """Every law cited, once: its title, what it says, and whether a person read it in full."""
    cited = table(say(lang, "法律依据", "law"), say(lang, "内容（转述）", "what it says"), lines=True)
    for ref in dict.fromkeys(ref for item in verdict.evidence for ref in item.laws):
        article = ruleset.laws[ref]
        cited.add_row(f"{ref}\n{_title(article, ruleset, lang)}", _says(article, lang))
    if cited.row_count:
        out.print(cited, soft_wrap=False)


def _title(article: Article, ruleset: Ruleset, lang: Language) -> str:
    law = ruleset.laws[article.law]
    return say(lang, law.zh, law.en)


def _says(article: Article, lang: Language) -> str:
    return say(lang, article.zh, article.en) + ("" if article.verified else say(lang, "（未核实）", " (not verified)"))


def _exemptions(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language) -> Table:
    listed = table(*(say(lang, *head) for head in (("不计入", "not counted"), ("类别", "category"), ("理由", "why"))))
    for item in verdict.exemptions:
        category = ruleset.categories[item.category]
        quote = _visible(content.parts[0].text[item.span.start : item.span.end])
        listed.add_row(Text(quote), say(lang, category.zh, category.en), say(lang, *EXEMPTION_NAMES[item.code]))
    return listed

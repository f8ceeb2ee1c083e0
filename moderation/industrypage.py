"""The table of ``docs/industries.md``: what a request may declare, as Markdown, from the rules alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.ruleset import Ruleset

_HEAD = """\
# 行业与资质编号 · Industries and numbers

本页由 `qingliu lexicon industries` 从 `lexicons/industries.toml` 生成，勿手改。
Made by `qingliu lexicon industries` from the rules; do not edit.

- `industry`（送审 `POST /v1/moderations`、商品 `POST /v1/products`）填下表的代码；其他写法得到 422。
  The `industry` of a content or a product is one of these codes; anything else is answered 422.
- `qualifications`（送审）是编号本身的数组，如 `["国药准字Z19980456"]`：档案中已有、因而不必写进文案的编号。
  `qualifications` of a content are the numbers themselves, on file and so not needed in the text.
- `certificates`（商品）每张一项：`kind` 为自定代码（小写字母、数字、下划线），也可用编号的代码；
  `number` 为编号，`valid_to` 为有效期末日。
  Of a product's `certificates`, `kind` is your own code or that of a number, `number` the number itself.
"""


def industry_page(ruleset: Ruleset) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_industries(ruleset), "", *_numbers(ruleset), ""])


def _industries(ruleset: Ruleset) -> Iterator[str]:
    table = ruleset.industries
    yield "## 行业 · Industries\n"
    yield "| `industry` | 行业 | industry | 应存档的证照 | 编号 numbers |"
    yield "|---|---|---|---|---|"
    for one in table.industries.values():
        numbers = " ".join(f"`{code}`" for code in table.numbers if code in one.numbers)
        yield f"| `{one.code}` | {one.zh} | {one.en} | {'、'.join(one.papers)} | {numbers} |"


def _numbers(ruleset: Ruleset) -> Iterator[str]:
    yield "## 编号 · Numbers\n"
    yield "| 代码 code | 编号 | number | 样例 sample |"
    yield "|---|---|---|---|"
    for one in ruleset.industries.numbers.values():
        yield f"| `{one.code}` | {one.zh} | {one.en} | {one.sample} |"

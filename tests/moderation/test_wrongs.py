"""The sentences about what is wrong with rules: in both languages, and with the facts that every call must give."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

from moderation.wrongs import SAID

SOURCES = Path(__file__).parents[2] / "moderation"
HAN = re.compile("[\u4e00-\u9fff]")
CALLED = {"wrong": 0, "amiss": 1}
"""What tells a sentence, and where among its arguments the code stands."""
JOINS = {"of", "of_rule"}


def gaps(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def calls():
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in CALLED:
                given = node.args[CALLED[name]]
                said = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
                codes = [one.value for one in said if isinstance(one, ast.Constant)]
                yield from ((code, {one.arg for one in node.keywords}) for code in codes)


def test_every_sentence_is_told_in_both_languages_with_the_facts_that_it_needs():
    for code, (zh, en) in SAID.items():
        assert code in JOINS or (HAN.search(zh) and not HAN.search(en)), code
    asked = list(calls())
    assert len(asked) > 90
    assert [code for code, facts in asked if not gaps("".join(SAID[code])) <= facts] == []

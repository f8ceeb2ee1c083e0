"""``qingliu lexicon law`` and the page that lies in ``docs``."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from moderation.industrypage import industry_page
from moderation.lawpage import law_page
from moderation.load import LEXICONS
from service.cli.law import EXAMPLES, examples

REPOSITORY = Path(__file__).parents[2]
COMMAND = "qingliu lexicon law --output docs/law.md"


def test_the_page_in_docs_is_what_the_data_gives(shipped_ruleset):
    page = law_page(shipped_ruleset, examples(LEXICONS / EXAMPLES))
    shown = (REPOSITORY / "docs" / "law.md").read_text(encoding="utf-8")
    assert shown == page, f"docs/law.md is stale: run {COMMAND}"


def test_the_page_names_every_rule_category_and_article(shipped_ruleset):
    shown = (REPOSITORY / "docs" / "law.md").read_text(encoding="utf-8")
    for rule in shipped_ruleset.claims.rules:
        assert f"`{rule.code}`" in shown and rule.zh in shown
    for category in shipped_ruleset.categories.values():
        assert f"### {category.zh} `{category.code}`" in shown
    for ref in shipped_ruleset.laws:
        assert f"| {ref} |" in shown


def test_the_table_of_industries_in_docs_is_what_the_data_gives(shipped_ruleset, inside, rules):
    shown = (REPOSITORY / "docs" / "industries.md").read_text(encoding="utf-8")
    command = "qingliu lexicon industries --output docs/industries.md"
    assert shown == industry_page(shipped_ruleset), f"docs/industries.md is stale: run {command}"
    codes = shipped_ruleset.industries.industries
    assert len(codes) >= 27 and [code for code in codes if f"| `{code}` |" not in shown] == []
    assert inside("lexicon", "industries").stdout.decode().startswith("# 行业与资质编号")


def test_dates_and_the_option_of_a_rule_stand_on_the_page(shipped_ruleset):
    first, *others = shipped_ruleset.claims.rules
    dated = replace(first, effective_from=date(2026, 2, 1), effective_until=date(2027, 3, 15), option="mode=strict")
    page = law_page(replace(shipped_ruleset, claims=replace(shipped_ruleset.claims, rules=(dated, *others))), {})
    assert "- 规则期间：2026-02-01 至 2027-03-15\n- 仅当选项 `mode=strict`\n" in page


def test_the_page_goes_to_a_file_or_to_standard_output(inside, rules, tmp_path):
    done = inside("lexicon", "law")
    assert done.returncode == 0
    written = inside("lexicon", "law", "--output", tmp_path / "law.md")
    assert (written.returncode, written.stdout) == (0, b"")
    assert (tmp_path / "law.md").read_bytes() == done.stdout
    assert inside("lexicon", "law", "--output", tmp_path / "nowhere" / "law.md").returncode == 2


def test_sentences_beside_the_rules_stand_on_the_page(inside, rules, tmp_path):
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    (folder / EXAMPLES).mkdir()
    lines = "# 例句\n国家级\tmiss\t国家级湿地公园\n国家级\thit\t国家级品质看得见\n"
    (folder / EXAMPLES / "absolute_claim.tsv").write_text(lines, encoding="utf-8")
    page = inside("lexicon", "law", "--lexicons", folder).stdout.decode()
    assert "- 命中例：国家级品质看得见\n- 不命中例：国家级湿地公园\n" in page

"""How SQLite finds what is asked about rooms, creators and rules: by an index, never by walking all that there is."""

from __future__ import annotations

import re
import sqlite3

import pytest

from service.store import audit_statements, creator_statements, room_statements, rule_statements, vault_statements
from tests.small import migrated

ASKED = {
    (audit_statements, "ACCOUNTS_HELD"): set(),
    (audit_statements, "MEMBERS_NAMED"): set(),
    (audit_statements, "REVIEWS_ABOUT"): set(),
    (room_statements, "AFTER"): set(),
    (room_statements, "BEFORE"): set(),
    (room_statements, "BETWEEN"): set(),
    (room_statements, "LAST"): set(),
    (room_statements, "LAST_RULING"): set(),
    (room_statements, "LATELY"): {"notices", "n", "ruled", "r"},  # a thousand at most
    (room_statements, "RULINGS"): set(),
    (room_statements, "RULINGS_OVER"): set(),
    (room_statements, "STOOD"): set(),
    (creator_statements, "DECIDED_BY"): set(),
    (creator_statements, "ITEMS_BETWEEN"): set(),
    (creator_statements, "LAST_ENTRY"): set(),
    (creator_statements, "MEASURES_IN_DOUBT"): {"m", "CONSTANT"},  # those that are open, by an index of their own
    (creator_statements, "REVERSALS_OF"): set(),
    (creator_statements, "REVERSED_BETWEEN"): set(),
    (creator_statements, "TRIALS_HELD"): set(),
    (creator_statements, "VIOLATED_SINCE"): {"e", "l"},  # violations, by an index of their own, and links
    (rule_statements, "UPHELD"): {"a"},  # appeals
    (audit_statements, "FIRST_SINCE"): set(),
    (audit_statements, "LAST_BEFORE"): set(),
    (vault_statements, "KEEP_AUTHOR"): set(),
    (vault_statements, "NEWEST_KEY"): {"data_keys"},  # from its end, to the first that stands
    (vault_statements, "SIGNED_BEFORE"): {"log_checkpoints"},  # from its end, a day's
    (vault_statements, "UNCLASSED"): set(),
}
"""What a statement may walk all the same."""


@pytest.mark.parametrize(("module", "name"), ASKED, ids=[name for _, name in ASKED])
def test_no_query_walks_a_whole_table(tmp_path, module, name):
    sql = getattr(module, name)
    database = sqlite3.connect(migrated(tmp_path / "q.db"))
    database.create_function("opened", 1, lambda body: body, deterministic=True)
    numbers = [int(number) for number in re.findall(r"\?(\d)", sql)]
    bound = ["1"] * (max(numbers) if numbers else sql.count("?"))
    plan = [step for *_, step in database.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]
    database.close()
    assert plan
    walked = {step.split()[1] for step in plan if step.startswith("SCAN") and "VIRTUAL" not in step}
    assert walked <= ASKED[module, name]

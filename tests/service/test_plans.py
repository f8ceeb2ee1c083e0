"""How SQLite finds what is asked about rooms: by an index, never by walking all that there is."""

from __future__ import annotations

import re
import sqlite3

import pytest

from service.store import room_statements
from tests.small import migrated

ASKED = {
    name: set()
    for name in ("AFTER", "BEFORE", "BETWEEN", "LAST", "LAST_RULING", "LATELY", "RULINGS", "RULINGS_OVER", "STOOD")
}
"""What a statement may walk all the same: it is bounded itself."""
ASKED["LATELY"] = {"notices", "n", "ruled", "r"}


@pytest.mark.parametrize("name", ASKED)
def test_no_query_walks_a_whole_table(tmp_path, name):
    sql = getattr(room_statements, name)
    database = sqlite3.connect(migrated(tmp_path / "q.db"))
    database.create_function("opened", 1, lambda body: body, deterministic=True)
    numbers = [int(number) for number in re.findall(r"\?(\d)", sql)]
    bound = ["1"] * (max(numbers) if numbers else sql.count("?"))
    plan = [step for *_, step in database.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]
    database.close()
    assert plan
    walked = {step.split()[1] for step in plan if step.startswith("SCAN") and "VIRTUAL" not in step}
    assert walked <= ASKED[name]

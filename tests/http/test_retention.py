"""Retention over the interface and in the console: what is kept by which law, holds page by page."""

from __future__ import annotations

import re

import pytest

from service.rights import Role
from tests.http.test_console import shown


@pytest.fixture(scope="module")
def admin(server):
    return server.hire("retention-admin", Role.ADMIN)


def test_holds_are_listed_page_by_page_newest_first(admin):
    values = [f"creator-{number}" for number in range(101)]
    for value in values:
        sent = {"kind": "creator", "value": value, "reason": "调查"}
        assert admin.call("POST", "/v1/holds", sent).status == 200
    seen, cursor = [], ""
    while cursor is not None:
        page = admin.call("GET", f"/v1/holds?limit=40&cursor={cursor}").json
        seen, cursor = seen + [one["value"] for one in page["holds"]], page["next"]
    assert seen[:101] == values[::-1]
    assert len(seen) == len(admin.call("GET", "/v1/holds?limit=500").json["holds"])
    first = shown(admin.call("GET", "/retention"))
    (after,) = re.findall(r'href="(/retention[?][^"]+)"', first)
    assert values[-1] in first and values[0] not in first
    assert values[0] in shown(admin.call("GET", after))

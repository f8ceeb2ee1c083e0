"""What goes wrong in a visit is told as of any other write: in the ledger's words, or in the visit's own."""

from __future__ import annotations

import sqlite3

import pytest

from service.acts import Act
from service.ledger import Ledger, LedgerRefused, LedgerUnwritable, Unchanged
from service.ports import Write
from service.store import statements
from service.store.journal import SqliteJournal
from tests.small import migrated

TENANT = Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now"))
FAULTS = {
    "unchanged": ((Act("key.revoked", "k", "shop"), Write(statements.REVOKE_KEY, ("now", "unknown"))), Unchanged),
    "refused": (TENANT, LedgerRefused),
    "miscounted": ((TENANT[0], Write(statements.INSERT_TENANT, ("shop",))), LedgerRefused),
}


@pytest.fixture
def path(tmp_path):
    return migrated(tmp_path / "q.db")


@pytest.fixture
async def ledger(path):
    kept = Ledger(await SqliteJournal.opened(path, busy_timeout=0.3))
    kept.start()
    await kept.record(*TENANT)
    yield kept
    await kept.close()


async def visited(ledger, act, *writes):
    return await ledger.visit(lambda visit: visit.record(act, *writes))


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_means_the_same_in_a_visit_as_in_a_record(ledger, fault):
    asked, meant = FAULTS[fault]
    with pytest.raises(meant) as recorded:
        await ledger.record(*asked)
    with pytest.raises(meant) as seen:
        await visited(ledger, *asked)
    assert str(recorded.value) == str(seen.value)
    assert await visited(ledger, Act("service.started", "s")) == 1


async def test_a_visit_raises_its_own_errors_as_they_are(ledger):
    class Mine(Exception):
        pass

    def work(visit):
        visit.record(Act("service.started", "s"))
        raise Mine

    with pytest.raises(Mine):
        await ledger.visit(work)
    assert await visited(ledger, Act("service.started", "s")) == 1


async def test_a_visit_to_a_locked_database_is_not_acknowledged(ledger, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnwritable, match="locked"):
        await visited(ledger, Act("service.started", "s"))
    other.close()
    assert await visited(ledger, Act("service.started", "s")) == 1

"""Tenants: made on first use, by whoever makes a key or a user for one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from moderation.told import Wrong
from service.acts import TENANT_CREATED, Act
from service.ids import now
from service.ledger import LedgerRefused
from service.ports import Write
from service.store import statements

if TYPE_CHECKING:
    from service.ledger import Ledger
    from service.store.reads import Reads

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class BadName(Wrong, ValueError):
    """A name or label that may not be stored, and why, as ``told``."""


async def known(tenant: str, *, reads: Reads) -> bool:
    """Whether there is such a tenant. Raises ``BadName`` for a name that may not be one."""
    if not _NAME.fullmatch(tenant):
        zh = "租户名（tenant）为 1 到 63 个 a-z、0-9、- 与 _，以字母或数字开头"
        raise BadName(zh, "a tenant is 1-63 of a-z, 0-9, - and _, and starts with a letter or digit")
    return await reads.has_tenant(tenant)


async def made(tenant: str, *, ledger: Ledger, reads: Reads) -> None:
    """Makes a tenant unless there is one. Raises ``BadName``."""
    if await known(tenant, reads=reads):
        return
    try:
        await ledger.record(Act(TENANT_CREATED, tenant, tenant), Write(statements.INSERT_TENANT, (tenant, now())))
    except LedgerRefused:
        # Another process may have made it in between; if none did, the refusal stands.
        if not await reads.has_tenant(tenant):
            raise

"""Reads: what the database holds, as values. The connection cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.ids import from_stamp
from service.ports import Used
from service.store import people_statements, statements
from service.store.codec import content_from, text_of, verdict_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import aiosqlite

    from moderation.types import Content, Verdict


class Stored(NamedTuple):
    """A decision as the database holds it, with the content that it was about."""

    id: str
    content: Content
    verdict: Verdict
    at: datetime
    supersedes: str | None
    by: str
    """``engine``, ``deadline``, or the id of a person."""


class Newer(NamedTuple):
    """What stands on a version instead of an earlier decision. ``at`` is RFC 3339 UTC."""

    id: str
    action: str
    by: str
    at: str


class ActiveLexicon(NamedTuple):
    """What a tenant is judged by besides the shared rules; version 0, which has no files, is nothing."""

    tenant: str
    version: int
    files: dict[str, str]


class LexiconInfo(NamedTuple):
    """One version of a tenant's lexicon, without its texts. ``created_at`` is RFC 3339 UTC."""

    version: int
    sha256: str
    terms: int
    note: str
    by: str
    created_at: str


class LabelRow(NamedTuple):
    """One label as it was given. ``text`` is empty once it was erased; ``at`` is RFC 3339 UTC."""

    number: int
    judgement: str
    tenant: str
    content: str
    version: int
    text: str
    head: str
    value: int
    origin: str
    drawn: str
    by: str
    at: str


class ModelInfo(NamedTuple):
    """One training from labels: its weights, their card, what it was compared with and what came of it."""

    sha256: str
    card: str
    base: str
    labels: int
    proposed: bool
    report: dict[str, Any]
    by: str
    created_at: str


class LabelTally(NamedTuple):
    """Texts with labels; for each head those that are and that are not; judgements by origin and by how drawn."""

    texts: int
    heads: dict[str, tuple[int, int]]
    judged: list[tuple[str, str, int]]


class Reads:
    """Keeps one connection for reading."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def close(self) -> None:
        """Lets the connection go."""
        await self._connection.close()

    async def decision(self, tenant: str, decision_id: str) -> Stored | None:
        """One decision of a tenant."""
        found = await self._stored(statements.DECISION, decision_id, tenant)
        return found[0] if found else None

    async def history(self, tenant: str, content_id: str, *, before: str = "", limit: int) -> list[Stored]:
        """The decisions on one content, newest first; those before the decision ``before`` where it is given."""
        return await self._stored(statements.HISTORY, tenant, content_id, before, limit)

    async def decisions(self, tenant: str, ids: Sequence[str]) -> list[Stored]:
        """Many decisions of a tenant, in the order asked for. Raises ``LookupError`` if one is gone."""
        stored = await self._stored(statements.DECISIONS, tenant, orjson.dumps(ids).decode())
        found = {decision.id: decision for decision in stored}
        return [found[asked] for asked in ids]

    async def newer(self, tenant: str, ids: Sequence[str]) -> dict[str, Newer]:
        """What stands instead of each of these decisions of a tenant; one that stands itself is not in it."""
        rows = await self._connection.execute_fetchall(statements.NEWER, (tenant, orjson.dumps(ids).decode()))
        return {row[0]: Newer(*row[1:]) for row in rows}

    async def used(self, tenant: str, key_hash: bytes) -> Used | None:
        """What an idempotency key of a tenant was used for."""
        rows = await self._connection.execute_fetchall(statements.used_keys(1), (tenant, key_hash))
        return next((Used(*row[2:]) for row in rows), None)

    async def last_ruleset(self) -> str | None:
        """The fingerprint of the ruleset activated last."""
        return await self._one(statements.LAST_RULESET)

    async def last_settings(self) -> str | None:
        """The fingerprint of the settings recorded last."""
        return await self._one(statements.LAST_SETTINGS)

    async def written(self) -> bool:
        """Whether anything was ever recorded."""
        return await self._one(statements.ANY_ACT) is not None

    async def has_tenant(self, name: str) -> bool:
        """Whether a tenant exists."""
        return await self._one(statements.TENANT, name) is not None

    async def tenants(self) -> list[str]:
        """The names of all tenants."""
        return [name for (name,) in await self._connection.execute_fetchall(statements.TENANTS)]

    async def key_tenant(self, key_id: str, tenant: str | None = None) -> str | None:
        """Whose living key this is; nobody's if it is of another tenant than the one asked for."""
        return await self._one(people_statements.KEY_TENANT, key_id, tenant)

    async def keys_state(self) -> tuple[int, int]:
        """How many keys were made and how many ended: keys are never deleted, so it changes with every change."""
        rows = list(await self._connection.execute_fetchall(statements.KEYS_STATE))
        made, ended = rows[0]
        return made, ended

    async def living_keys(self) -> list[tuple[bytes, str, str, str]]:
        """Digest, tenant, id and scope of every key that is not revoked."""
        rows = await self._connection.execute_fetchall(statements.KEYS_ALIVE)
        return [(digest, tenant, key_id, scope) for digest, tenant, key_id, scope in rows]

    async def lexicons_state(self) -> int:
        """The number of the last activation of any tenant's lexicon; it grows with every one."""
        rows = list(await self._connection.execute_fetchall(statements.LEXICONS_STATE))
        return int(rows[0][0])

    async def active_lexicons(self, *, since: int = 0) -> list[ActiveLexicon]:
        """The active lexicon of every tenant that activated one after the activation ``since``."""
        rows = await self._connection.execute_fetchall(statements.LEXICONS_ACTIVE, (since,))
        return [ActiveLexicon(tenant, version, orjson.loads(files)) for tenant, version, files in rows]

    async def lexicons(self, tenant: str, *, limit: int) -> list[LexiconInfo]:
        """The versions of a tenant's lexicon, newest first."""
        rows = await self._connection.execute_fetchall(statements.LEXICON_LISTED, (tenant, limit))
        return [LexiconInfo(*row) for row in rows]

    async def lexicon_files(self, tenant: str, version: int) -> dict[str, str] | None:
        """Names and texts of one version."""
        rows = list(await self._connection.execute_fetchall(statements.LEXICON_FILES, (tenant, version)))
        return orjson.loads(rows[0][0]) if rows else None

    async def lexicon_history(self, tenant: str, *, limit: int = 1) -> list[int]:
        """The versions that were active, the present one first; 0 stands for none."""
        rows = await self._connection.execute_fetchall(statements.LEXICON_HISTORY, (tenant, limit))
        return [version for (version,) in rows]

    async def unlabelled(self, tenant: str, *, limit: int) -> list[Stored]:
        """The last decision on each content of a tenant about which nobody has said anything, newest first."""
        return await self._stored(statements.UNLABELLED, tenant, limit)

    async def labels(self, tenant: str = "") -> list[LabelRow]:
        """All labels, or a tenant's, oldest first."""
        rows = await self._connection.execute_fetchall(statements.LABELS, (tenant,))
        return [LabelRow._make((*row[:5], text_of(row[5]), *row[6:])) for row in rows]

    async def label_counts(self, tenant: str) -> LabelTally:
        """What a tenant's labels come to, counted where they lie: no text is read."""
        found = self._connection.execute_fetchall
        ((texts,),) = await found(statements.TEXTS_LABELLED, (tenant,))
        heads = {head: (yes, no) for head, yes, no in await found(statements.LABELS_BY_HEAD, (tenant,))}
        judged = [
            (origin, drawn, number) for origin, drawn, number in await found(statements.LABELS_BY_ORIGIN, (tenant,))
        ]
        return LabelTally(texts, heads, judged)

    async def labels_since_training(self, tenant: str = "") -> tuple[int, int]:
        """How many texts, or a tenant's, got labels since the last training; the number of the newest of these."""
        rows = list(await self._connection.execute_fetchall(statements.LABELS_SINCE, (tenant,)))
        texts, newest = rows[0]
        return texts, newest

    async def models(self) -> list[ModelInfo]:
        """All trainings, oldest first."""
        rows = await self._connection.execute_fetchall(statements.MODELS)
        return [ModelInfo._make((*row[:4], bool(row[4]), orjson.loads(row[5]), *row[6:])) for row in rows]

    async def model_history(self) -> list[str]:
        """The weights that were active, the present ones first; empty for those that the settings name."""
        return [sha256 for (sha256,) in await self._connection.execute_fetchall(statements.MODEL_HISTORY)]

    async def models_state(self) -> int:
        """The number of the last activation of weights; it grows with every one."""
        rows = list(await self._connection.execute_fetchall(statements.MODELS_STATE))
        return int(rows[0][0])

    async def _one(self, sql: str, *values: str | None) -> str | None:
        rows = list(await self._connection.execute_fetchall(sql, values))
        return rows[0][0] if rows else None

    async def _stored(self, sql: str, *values: str | int) -> list[Stored]:
        return [stored(*row) for row in await self._connection.execute_fetchall(sql, values)]


def stored(  # noqa: PLR0913, PLR0917 - one for each column
    decision_id: str,
    tenant: str,
    content_id: str,
    version: int,
    published_at: str,
    action: str,
    severity: int,
    blob: bytes,
    degraded: int,
    ruleset: str,
    supersedes: str | None,
    at: str,
    by: str,
    body: bytes,
) -> Stored:
    """A row of ``statements.DECISION`` and its like as a value."""
    content = content_from(body, tenant=tenant, content_id=content_id, version=version, published_at=published_at)
    verdict = verdict_from(blob, content, action=action, severity=severity, degraded=bool(degraded), ruleset=ruleset)
    return Stored(decision_id, content, verdict, from_stamp(at), supersedes, by)

"""SQL text. Hot inserts take many rows in one statement: one step, one hand-over of the interpreter lock."""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from service.store import desk_tables, room_tables, tables
from service.store.quality_statements import NO_COPY

if TYPE_CHECKING:
    from sqlmodel import SQLModel

CHUNK_ROWS = 64
"""So many rows one statement takes at most; each smaller count has a statement of its own."""

HOT_TABLES: dict[str, type[SQLModel]] = {
    "acts": tables.Act,
    "contents": tables.StoredContent,
    "decisions": tables.Decision,
    "idempotency": tables.IdempotencyRecord,
    "reviews": desk_tables.Review,
    "room_events": room_tables.RoomEvent,
}
"""In the order in which foreign keys want them filled."""
_TIMES = frozenset({"at", "received_at", "opened_at"})
_EMPTY = frozenset({"key_id", "breached_at", "holder", "lease_until", "closed_at", "closed_by", "outcome"})

ANY_ACT = "SELECT kind FROM acts LIMIT 1"
NEXT_SEQ = "SELECT coalesce(max(seq) + 1, 0) FROM acts"
NEXT = "SELECT (SELECT coalesce(max(seq) + 1, 0) FROM acts), (SELECT coalesce(max(id) + 1, 1) FROM contents)"

INSERT_TENANT = "INSERT INTO tenants (name, created_at) VALUES (?, ?)"
INSERT_KEY = "INSERT INTO api_keys (id, tenant, label, digest, created_at, scope) VALUES (?, ?, ?, ?, ?, ?)"
REVOKE_KEY = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
INSERT_ACTIVATION = "INSERT INTO rulesets (id, fingerprint, files, activated_at) VALUES (?, ?, ?, ?)"
INSERT_LEXICON = """
INSERT INTO tenant_lexicons (tenant, version, files, sha256, terms, note, "by", created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
ACTIVATE_LEXICON = """
INSERT INTO tenant_activations (tenant, version, "by", activated_at, ground, proposal) VALUES (?, ?, ?, ?, ?, ?)
"""
INSERT_TEXT = """
INSERT INTO contents (id, tenant, content_id, version, commitment, salt, body, received_at)
SELECT coalesce(max(id), 0) + 1, ?, ?, 1, ?, ?, ?, ? FROM contents
"""
INSERT_LABEL = """
INSERT INTO labels (judgement, head, tenant, content, value, origin, drawn, "by", at)
SELECT ?1, ?2, c.tenant, c.id, ?3, ?4, ?5, ?6, ?7 FROM contents AS c
WHERE c.tenant = ?8 AND c.content_id = ?9 AND c.version = ?10
"""
INSERT_MODEL = """
INSERT INTO models (sha256, card, base, labels, proposed, report, "by", created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
ACTIVATE_MODEL = 'INSERT INTO model_activations (model, "by", activated_at) VALUES (?, ?, ?)'
INSERT_SETTINGS = "INSERT INTO settings (id, fingerprint, changed_at) VALUES (?, ?, ?)"

WITHDRAW_REVIEW = """
UPDATE reviews SET state = 'closed', token = token + 1, holder = NULL, lease_until = NULL,
    closed_at = ?1, closed_by = NULL, outcome = ?2
WHERE id = ?3
"""
REOPEN_REVIEW = """
UPDATE reviews SET content = ?1, decision = ?2, scene = ?3, category = ?4, severity = ?5, reach = max(reach, ?6),
    priority = ?7, opened_at = ?8, due_at = ?9, state = 'waiting', level = 0, round = round + 1, token = token + 1,
    holder = NULL, lease_until = NULL, breached_at = NULL, closed_at = NULL, closed_by = NULL, outcome = NULL
WHERE id = ?10
"""

LAST_RULESET = "SELECT fingerprint FROM rulesets ORDER BY activated_at DESC, id DESC LIMIT 1"
LAST_SETTINGS = "SELECT fingerprint FROM settings ORDER BY changed_at DESC, id DESC LIMIT 1"
TENANT = "SELECT name FROM tenants WHERE name = ?"
TENANTS = "SELECT name FROM tenants ORDER BY name"
KEYS_STATE = "SELECT count(*), count(revoked_at) FROM api_keys"
KEYS_ALIVE = "SELECT digest, tenant, id, scope FROM api_keys WHERE revoked_at IS NULL"

LEXICONS_STATE = "SELECT coalesce(max(id), 0) FROM tenant_activations"
LEXICONS_ACTIVE = """
SELECT a.tenant, coalesce(a.version, 0), coalesce(l.files, '{}')
FROM tenant_activations AS a LEFT JOIN tenant_lexicons AS l ON l.tenant = a.tenant AND l.version = a.version
WHERE a.id IN (SELECT max(id) FROM tenant_activations GROUP BY tenant) AND a.id > ?
ORDER BY a.tenant
"""
LEXICON_LISTED = """
SELECT version, sha256, terms, note, "by", created_at FROM tenant_lexicons
WHERE tenant = ? ORDER BY version DESC LIMIT ?
"""
LEXICON_FILES = "SELECT files FROM tenant_lexicons WHERE tenant = ? AND version = ?"
LEXICON_HISTORY = "SELECT coalesce(version, 0) FROM tenant_activations WHERE tenant = ? ORDER BY id DESC LIMIT ?"

_DECIDED = """
SELECT d.id, c.tenant, c.content_id, c.version, d.published_at, d.action, d.severity, d.verdict, d.degraded,
    d.ruleset, d.supersedes, d.at, d."by", c.body
FROM decisions AS d JOIN contents AS c ON c.id = d.content
"""
DECISION = f"{_DECIDED} WHERE d.id = ? AND d.tenant = ?"
HISTORY = f"""
{_DECIDED} WHERE c.tenant = ?1 AND c.content_id = ?2
    AND (?3 = '' OR d.seq < (SELECT b.seq FROM decisions AS b WHERE b.id = ?3 AND b.tenant = ?1))
ORDER BY d.seq DESC LIMIT ?4
"""  # noqa: S608 - our own text
DECISIONS = f"{_DECIDED} WHERE d.tenant = ?1 AND d.id IN (SELECT value FROM json_each(?2))"  # noqa: S608 - our own text
NEWER = """
SELECT d.id, n.id, n.action, n."by", n.at
FROM decisions AS d JOIN decisions AS n ON n.seq = (SELECT max(m.seq) FROM decisions AS m WHERE m.content = d.content)
WHERE d.tenant = ?1 AND d.id IN (SELECT value FROM json_each(?2)) AND n.id <> d.id
"""
UNLABELLED = f"""
{_DECIDED} WHERE d.tenant = ? AND d.content NOT IN (SELECT content FROM labels)
    AND d.seq = (SELECT max(n.seq) FROM decisions AS n WHERE n.content = d.content) AND length(c.body) > 0
    AND {NO_COPY}
ORDER BY d.seq DESC LIMIT ?
"""  # noqa: S608 - our own text

_COUNTING = """
(?1 = '' OR l.tenant = ?1) AND NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.supersedes = l.judgement)
"""
LABELS = f"""
SELECT l.number, l.judgement, l.tenant, c.content_id, c.version, c.body, l.head, l.value, l.origin, l.drawn, l."by",
    l.at
FROM labels AS l JOIN contents AS c ON c.id = l.content WHERE {_COUNTING} ORDER BY l.number
"""  # noqa: S608 - our own text
LABELS_BY_HEAD = f"""
SELECT n.head, sum(n.value), sum(1 - n.value) FROM labels AS n
WHERE n.number IN (SELECT max(l.number) FROM labels AS l WHERE {_COUNTING} GROUP BY l.content, l.head)
GROUP BY n.head ORDER BY min(n.number)
"""  # noqa: S608 - our own text
LABELS_BY_ORIGIN = f"""
SELECT l.origin, l.drawn, count(DISTINCT l.judgement) FROM labels AS l WHERE {_COUNTING}
GROUP BY l.origin, l.drawn ORDER BY min(l.number)
"""  # noqa: S608 - our own text
TEXTS_LABELLED = f"SELECT count(DISTINCT l.content) FROM labels AS l WHERE {_COUNTING}"  # noqa: S608 - our own text
LABELS_SINCE = f"""
SELECT count(DISTINCT l.content), coalesce(max(l.number), 0) FROM labels AS l
WHERE {_COUNTING} AND l.number > (SELECT coalesce(max(labels), 0) FROM models)
"""  # noqa: S608 - our own text
MODELS = 'SELECT sha256, card, base, labels, proposed, report, "by", created_at FROM models ORDER BY created_at, rowid'
MODEL_HISTORY = "SELECT coalesce(model, '') FROM model_activations ORDER BY id DESC"
MODELS_STATE = "SELECT coalesce(max(id), 0) FROM model_activations"


@cache
def insert(table: str, rows: int) -> str:
    """An INSERT of so many rows into a hot table: first the time of all, then row by row what else is not empty.

    A value that is bound costs as much as one that is stored.
    """
    known = HOT_TABLES[table].__table__.columns.keys()  # type: ignore[attr-defined]
    columns = [name for name in known if name not in _EMPTY]
    names = ", ".join(f'"{name}"' for name in columns)
    number = count(2)
    values = ", ".join(
        f"({', '.join('?1' if name in _TIMES else f'?{next(number)}' for name in columns)})" for _ in range(rows)
    )
    return f"INSERT INTO {table} ({names}) VALUES {values}"  # noqa: S608 - our own names


@cache
def heads(keys: int) -> str:
    """The newest version, and the newest decision on it, of so many contents."""
    return f"""
WITH k (tenant, content_id) AS (VALUES {_values(2, keys)})
SELECT c.tenant, c.content_id, c.id, c.version, c.commitment, c.salt, d.id, d."by", r.id, r.state, r.round, r.token
FROM k JOIN contents AS c ON c.id = (SELECT n.id FROM contents AS n
    WHERE n.tenant = k.tenant AND n.content_id = k.content_id ORDER BY n.version DESC LIMIT 1)
LEFT JOIN decisions AS d ON d.seq = (SELECT max(l.seq) FROM decisions AS l WHERE l.content = c.id)
LEFT JOIN reviews AS r ON r.tenant = k.tenant AND r.kind = 'content' AND r.target = k.content_id
"""  # noqa: S608 - only question marks are put in


@cache
def ruled(keys: int) -> str:
    """What people decided on so many contents from a version on, and nobody has decided since; the newest first."""
    return f"""
WITH k (tenant, content_id, since) AS (VALUES {_values(3, keys)})
SELECT c.tenant, c.content_id, c.commitment, c.salt, d.id, d."by", d.action, d.severity, d.verdict, d.ruleset
FROM k CROSS JOIN contents AS c ON c.tenant = k.tenant AND c.content_id = k.content_id AND c.version >= k.since
CROSS JOIN decisions AS d ON d.seq = (SELECT max(l.seq) FROM decisions AS l WHERE l.content = c.id)
CROSS JOIN acts AS a ON a.seq = d.seq AND a.kind = 'decision.human'
ORDER BY d.seq DESC
"""  # noqa: S608 - only question marks are put in


@cache
def used_keys(keys: int) -> str:
    """What so many idempotency keys were used for."""
    return f"""
WITH k (tenant, key_hash) AS (VALUES {_values(2, keys)})
SELECT i.tenant, i.key_hash, i.salt, i.mac, i.decisions
FROM k JOIN idempotency AS i ON i.tenant = k.tenant AND i.key_hash = k.key_hash
"""  # noqa: S608 - only question marks are put in


def _values(columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return ", ".join([row] * rows)

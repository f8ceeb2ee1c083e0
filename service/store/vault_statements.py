"""SQL text of what is kept for how long: keys of persons, holds, what expires when, and what is taken away."""

from __future__ import annotations

from typing import Final

from service.store.appeal_statements import STANDS
from service.store.quality_statements import no_copy

KEY: Final = "SELECT wrapped FROM data_keys WHERE id = ?"
KEY_OF: Final = "SELECT id, wrapped FROM data_keys WHERE tenant = ? AND mark = ? AND destroyed_at IS NULL"
NEWEST_KEY: Final = "SELECT id, wrapped FROM data_keys WHERE destroyed_at IS NULL ORDER BY rowid DESC LIMIT 1"
INSERT_KEY: Final = "INSERT INTO data_keys (id, tenant, mark, wrapped, made_at) VALUES (?, ?, ?, ?, ?)"
DESTROY_KEY: Final = "UPDATE data_keys SET wrapped = x'', destroyed_at = ? WHERE id = ? AND destroyed_at IS NULL"

# Contents that grow old

_AGED: Final = """
SELECT c.id, c.tenant, c.content_id, c.version, c.body, c.received_at, d.scene, d.published_at,
    EXISTS (SELECT 1 FROM decisions AS b WHERE b.content = c.id AND b.action <> 'pass')
"""
_NEWEST: Final = """
LEFT JOIN decisions AS d ON d.seq = (SELECT max(n.seq) FROM decisions AS n WHERE n.content = c.id)
"""
UNCLASSED: Final = f"""
{_AGED} FROM contents AS c {_NEWEST}
WHERE c.id > ?1 AND c.id <= (
    SELECT max(id) FROM (SELECT o.id FROM contents AS o WHERE o.id > ?1 AND o.received_at < ?2 ORDER BY o.id LIMIT ?3)
) ORDER BY c.id LIMIT ?3
"""  # noqa: S608 - our own text
"""What came before something old is old, whatever its time says: the clock may have gone back."""
CLASSED: Final = "SELECT coalesce(max(content), 0) FROM retentions"
INSERT_RETENTION: Final = """
INSERT INTO retentions (content, tenant, class, until) VALUES (?, ?, ?, ?) ON CONFLICT (content) DO NOTHING
"""
DUE: Final = f"""
{_AGED}, d.seq, hex(c.commitment) FROM retentions AS r JOIN contents AS c ON c.id = r.content {_NEWEST}
WHERE r.purged_at IS NULL AND r.until <= ?1 ORDER BY r.until LIMIT ?2
"""
SIGNED_BEFORE: Final = "SELECT at FROM log_checkpoints WHERE at < ? ORDER BY size DESC LIMIT 1"
"""Of a day's checkpoints, at most, more are read: the newest that is old enough is wanted, whatever came before."""
POSTPONE: Final = "UPDATE retentions SET class = ?, until = ? WHERE content = ? AND purged_at IS NULL"
MARK_PURGED: Final = "UPDATE retentions SET purged_at = ? WHERE content = ? AND purged_at IS NULL"
EMPTY_CONTENT: Final = "UPDATE contents SET body = x'', salt = x'' WHERE id = ? AND length(body) > 0"
KEEP_AUTHOR: Final = f"""
INSERT INTO blocks (decision, tenant, content, creator, since)
SELECT d.id, d.tenant, d.content, json_extract(nullif(CAST(opened(c.body) AS TEXT), ''), '$.author[0]') AS author, d.seq
FROM contents AS c {_NEWEST}
WHERE c.id = ? AND d.action = 'block' AND author IS NOT NULL AND {no_copy("c.id")}
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.content = c.id AND {STANDS})
"""  # noqa: S608 - our own text
"""Whose a block is that stands: its content will not tell any more."""
SHOW_END: Final = """
SELECT max(coalesce(ended_at, '9')) FROM shows WHERE tenant = ? AND room = ? AND started_at <= ?
"""
OLD_SEALS: Final = "SELECT tenant, key_hash FROM idempotency WHERE at < ? LIMIT ?"
DROP_SEAL: Final = "DELETE FROM idempotency WHERE tenant = ? AND key_hash = ?"
SEALS_OF: Final = """
SELECT i.tenant, i.key_hash, d.content
FROM idempotency AS i CROSS JOIN json_each(i.decisions) AS j CROSS JOIN decisions AS d ON d.id = j.value
WHERE +i.tenant = ?1
    AND i.at IN (SELECT d.at FROM decisions AS d WHERE d.content IN (SELECT value FROM json_each(?2)))
    AND d.content IN (SELECT value FROM json_each(?2))
"""
"""A seal is written with its decisions, at the same time: most are told apart by that alone, row by row as they lie.

Without the plus they would be looked up in the order of their keys, which takes ten times as long.
"""
EXPIRING: Final = """
SELECT class, substr(until, 1, 7), count(*) FROM retentions WHERE tenant = ? AND purged_at IS NULL
GROUP BY class, substr(until, 1, 7) ORDER BY 2, 1 LIMIT ?
"""
PURGED: Final = "SELECT class, count(*) FROM retentions WHERE tenant = ? AND purged_at IS NOT NULL GROUP BY class"
WORDS_OF: Final = """
SELECT c.id, c.content_id, c.body FROM contents AS c
WHERE c.id > ?1 AND c.tenant = ?2 AND length(c.body) > 0 ORDER BY c.id LIMIT ?3
"""
DECIDED_SINCE: Final = "SELECT content FROM decisions WHERE seq >= ? AND tenant = ?"
SAID_BY: Final = """
SELECT r.detail FROM reports AS r WHERE r.tenant = ?1 AND r.reporter = ?2 AND r.detail IS NOT NULL
UNION SELECT a.grounds FROM appeals AS a WHERE a.tenant = ?1 AND a.appellant = ?2
"""

EMPTIED: Final = "SELECT tenant, content_id, version FROM contents WHERE length(body) = 0"
DESTROYED: Final = "SELECT id FROM data_keys WHERE destroyed_at IS NOT NULL"
NUMBER_OF: Final = """
SELECT id FROM contents WHERE tenant = ? AND content_id = ? AND version = ? AND length(body) > 0
"""

# Holds

INSERT_HOLD: Final = """
INSERT INTO holds (id, tenant, kind, value, reason, "by", placed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
LIFT_HOLD: Final = """
UPDATE holds SET lifted_at = ?, lifted_by = ? WHERE id = ? AND tenant = ? AND lifted_at IS NULL
"""
_HOLD: Final = 'SELECT id, tenant, kind, value, reason, "by", placed_at, lifted_at, lifted_by FROM holds'
HOLD_AS: Final = f"""
{_HOLD} WHERE tenant = ? AND kind = ? AND value = ? AND reason = ? AND "by" = ? AND lifted_at IS NULL LIMIT 1
"""
HOLDS: Final = f"{_HOLD} WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?"
HOLD_LACKING: Final = """
SELECT 1 FROM tenants WHERE name = ? AND NOT EXISTS (SELECT 1 FROM holds WHERE id = ?)
"""
HOLDING: Final = f"{_HOLD} WHERE lifted_at IS NULL"

"""SQL text of the audit log: its tiles, checkpoints and keys, packs, and the acts as records of packs."""

from __future__ import annotations

from typing import Final

# The log

LOG_SIZE: Final = "SELECT coalesce(max(seq) + 1, 0) FROM acts"
TILED: Final = "SELECT coalesce(max(number) + 1, 0) FROM log_tiles WHERE level = 0"
TILE_ROOTS: Final = "SELECT root FROM log_tiles WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
TILE_HASHES: Final = "SELECT hashes FROM log_tiles WHERE level = 0 AND number >= ? AND number < ? ORDER BY number"
LEAVES: Final = "SELECT body FROM acts WHERE seq >= ? AND seq < ? ORDER BY seq"
_CHECKPOINT: Final = "SELECT size, root, at, note FROM log_checkpoints"
LAST_CHECKPOINT: Final = f"{_CHECKPOINT} ORDER BY size DESC LIMIT 1"
CHECKPOINT: Final = f"{_CHECKPOINT} WHERE size = ?"
CHECKPOINT_FROM: Final = f"{_CHECKPOINT} WHERE size >= ? ORDER BY size LIMIT 1"
CHECKPOINTS: Final = f"{_CHECKPOINT} WHERE size < ? ORDER BY size DESC LIMIT ?"
COSIGNATURES: Final = "SELECT line FROM log_cosignatures WHERE size = ? ORDER BY key"
LOG_KEYS: Final = "SELECT key, endorsement, at FROM log_keys ORDER BY number"
INSERT_TILE: Final = """
INSERT INTO log_tiles (level, number, root, hashes) VALUES (?, ?, ?, ?) ON CONFLICT (level, number) DO NOTHING
"""
INSERT_CHECKPOINT: Final = """
INSERT INTO log_checkpoints (size, root, at, note) VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING
"""
INSERT_COSIGNATURE: Final = """
INSERT INTO log_cosignatures (size, key, line) VALUES (?, ?, ?) ON CONFLICT (size, key) DO NOTHING
"""
INSERT_LOG_KEY: Final = "INSERT INTO log_keys (key, endorsement, at) VALUES (?, ?, ?)"
ACT_AT: Final = "SELECT at FROM acts WHERE seq = ?"
FIRST_SINCE: Final = "SELECT seq FROM acts WHERE seq >= ? AND seq < ? AND at >= ? ORDER BY seq LIMIT 1"
LAST_BEFORE: Final = "SELECT seq FROM acts WHERE seq >= ? AND seq < ? AND at < ? ORDER BY seq DESC LIMIT 1"

# Acts as records of packs

_ACT: Final = "SELECT seq, at, tenant, kind, subject, body FROM acts"
RECORDS: Final = f"""
{_ACT} WHERE seq >= ?1 AND seq < ?2 AND tenant IN (?3, '') ORDER BY seq
"""
VERSIONS_NAMED: Final = """
SELECT c.content_id, c.version, c.salt, c.body FROM json_each(?2) AS j CROSS JOIN contents AS c
    ON c.tenant = ?1 AND c.content_id = json_extract(j.value, '$[0]') AND c.version = json_extract(j.value, '$[1]')
"""
NUMBERS_NAMED: Final = """
SELECT c.id FROM json_each(?2) AS j CROSS JOIN contents AS c
    ON c.tenant = ?1 AND c.content_id = json_extract(j.value, '$[0]') AND c.version = json_extract(j.value, '$[1]')
"""
EMPTY_AMONG: Final = """
SELECT 1 FROM json_each(?1) AS j CROSS JOIN contents AS c ON c.id = j.value WHERE length(c.body) = 0 LIMIT 1
"""
DECISIONS_NAMED: Final = """
SELECT d.id, c.content_id, c.version, d.action, d.scene FROM json_each(?2) AS j
CROSS JOIN decisions AS d ON d.id = j.value JOIN contents AS c ON c.id = d.content WHERE d.tenant = ?1
"""
REVIEWS_NAMED: Final = """
SELECT r.id, r.opened_at, r.due_at, r.breached_at FROM json_each(?2) AS j CROSS JOIN reviews AS r ON r.id = j.value
WHERE r.tenant = ?1
"""
REVIEWS_ABOUT: Final = """
SELECT r.id, c.content_id, c.version FROM json_each(?2) AS j CROSS JOIN reviews AS r ON r.id = j.value
JOIN contents AS c ON c.id = r.content WHERE r.tenant = ?1
"""
MEMBERS_NAMED: Final = """
SELECT k.id, k.name FROM json_each(?2) AS j CROSS JOIN creators AS k ON k.id = j.value WHERE k.tenant = ?1
"""
ACCOUNTS_HELD: Final = """
SELECT a.name, l.since, l.until FROM creators AS k JOIN creator_links AS l ON l.creator = k.id
JOIN creators AS a ON a.id = l.account WHERE k.tenant = ? AND k.name = ? ORDER BY l.since, l.id
"""

# Packs

INSERT_EXPORT: Final = """
INSERT INTO exports (id, tenant, pack, asked, "by", created_at, state) VALUES (?, ?, ?, ?, ?, ?, 'waiting')
"""
END_EXPORT: Final = """
UPDATE exports SET state = ?, ended_at = ?, size = ?, records = ?, bytes = ?, sha256 = ?, error = ?
WHERE id = ? AND state = 'waiting'
"""
_EXPORT: Final = """
SELECT id, tenant, pack, asked, "by", created_at, state, ended_at, size, records, bytes, sha256, error,
    removed_at
FROM exports
"""
EXPORT: Final = f"{_EXPORT} WHERE id = ? AND tenant = ?"
EXPORTS: Final = f"{_EXPORT} WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?"
EXPORT_ASKED: Final = (
    f"{_EXPORT} WHERE state = 'waiting' AND tenant = ? AND asked = ? AND \"by\" = ? ORDER BY id LIMIT 1"
)
EXPORT_WAITING: Final = f"""
{_EXPORT} WHERE state = 'waiting'
ORDER BY EXISTS (SELECT 1 FROM json_each(asked, '$.formats') WHERE value = 'pdf'), id LIMIT 1
"""  # noqa: S608 - our own text
EXPORTS_STANDING: Final = (
    "SELECT id, tenant, pack, asked, sha256 FROM exports WHERE state = 'done' AND removed_at IS NULL"
)
REMOVE_EXPORT: Final = "UPDATE exports SET removed_at = ? WHERE id = ? AND removed_at IS NULL"
EXPORT_BEFORE: Final = """
SELECT max(size) FROM exports WHERE tenant = ? AND id < ? AND state = 'done' AND size <= ?
"""

# Acts for people who look

ACTS_BACK: Final = f"""
{_ACT} WHERE seq < ?1 AND seq >= ?2 AND tenant IN (?3, '')
    AND (?4 = '' OR kind = ?4 OR (substr(?4, -2) = '.*' AND kind >= substr(?4, 1, length(?4) - 1)
        AND kind < substr(?4, 1, length(?4) - 2) || '/'))
    AND (?5 = '' OR subject = ?5 OR instr(body, ?6) > 0)
ORDER BY seq DESC LIMIT ?7
"""
DECISION_PLACE: Final = """
SELECT d.seq, c.content_id, c.version FROM decisions AS d JOIN contents AS c ON c.id = d.content
WHERE d.id = ? AND d.tenant = ?
"""
STORY_NAMES: Final = """
WITH ids (id) AS (
    SELECT d.id FROM contents AS c JOIN decisions AS d ON d.content = c.id WHERE c.tenant = ?1 AND c.content_id = ?2
),
items (id) AS (
    SELECT r.id FROM reviews AS r WHERE r.tenant = ?1 AND r.kind IN ('content', 'report', 'complaint') AND r.target = ?2
    UNION SELECT a.review FROM ids JOIN appeals AS a ON a.decision = ids.id
)
SELECT id FROM ids UNION SELECT id FROM items UNION SELECT a.id FROM ids JOIN appeals AS a ON a.decision = ids.id
UNION SELECT p.id FROM items JOIN reports AS p ON p.review = items.id
"""
FIRST_ON: Final = """
SELECT min(d.seq) FROM contents AS c JOIN decisions AS d ON d.content = c.id WHERE c.tenant = ? AND c.content_id = ?
"""
ACTS_OF: Final = f"""
{_ACT} WHERE seq >= ?1 AND seq < ?2 AND tenant = ?3 AND subject IN (SELECT value FROM json_each(?4))
ORDER BY seq LIMIT ?5
"""  # noqa: S608 - our own text

# What was judged by

RULESETS: Final = "SELECT fingerprint, files FROM rulesets ORDER BY rowid"
NEWEST_RULESET: Final = """
SELECT fingerprint, files FROM rulesets WHERE rowid = (SELECT max(rowid) FROM rulesets) AND fingerprint <> ?
"""
STARTS: Final = f"{_ACT} WHERE kind IN ('service.started', 'model.activated') ORDER BY seq"
OWN_LEXICONS: Final = "SELECT files FROM tenant_lexicons WHERE tenant = ?"

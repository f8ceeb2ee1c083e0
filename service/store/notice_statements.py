"""SQL text about receivers of notices and what is on its way to them. Every list is served by an index and bounded."""

from __future__ import annotations

from typing import Final

INSERT_WEBHOOK: Final = """
INSERT INTO webhooks (id, tenant, url, kinds, rotation, created_at) VALUES (?, ?, ?, ?, 1, ?)
"""
END_WEBHOOK: Final = "UPDATE webhooks SET ended_at = ? WHERE id = ? AND ended_at IS NULL"
ROTATE_WEBHOOK: Final = """
UPDATE webhooks SET rotation = rotation + 1, rotated_at = ? WHERE id = ? AND ended_at IS NULL
"""
CANCEL_WAITING: Final = """
UPDATE deliveries SET state = 'cancelled', settled_at = ? WHERE webhook = ? AND state = 'waiting'
"""

DELIVERED: Final = """
UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, status = ?, error = NULL, settled_at = ?
WHERE notice = ? AND webhook = ? AND state <> 'delivered'
"""
RETRIED: Final = """
UPDATE deliveries SET attempts = attempts + 1, status = ?, error = ?, next_at = ?
WHERE notice = ? AND webhook = ? AND state = 'waiting'
"""
DIED: Final = """
UPDATE deliveries SET state = 'dead', attempts = attempts + 1, status = ?, error = ?, settled_at = ?
WHERE notice = ? AND webhook = ? AND state = 'waiting'
"""
REPLAYED: Final = """
UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = ?1, replayed_at = ?1, settled_at = NULL
WHERE notice = ?2 AND webhook = ?3 AND state = 'dead'
"""

_WEBHOOK: Final = "SELECT id, tenant, url, kinds, rotation, rotated_at, created_at, ended_at FROM webhooks"
WEBHOOK: Final = f"{_WEBHOOK} WHERE id = ? AND tenant = ?"
WEBHOOKS: Final = f"{_WEBHOOK} WHERE tenant = ? ORDER BY ended_at IS NOT NULL, created_at DESC, id LIMIT ?"
WEBHOOKS_ALIVE: Final = "SELECT count(*) FROM webhooks WHERE tenant = ? AND ended_at IS NULL"

_DELIVERY: Final = """
SELECT d.notice, d.webhook, n.kind, n.subject, d.state, d.attempts, d.next_at, d.status, d.error, n.at, d.settled_at
FROM deliveries AS d JOIN notices AS n ON n.id = d.notice
"""
DELIVERY: Final = f"{_DELIVERY} WHERE d.notice = ? AND d.webhook = ? AND n.tenant = ?"
STATES: Final = ("waiting", "delivered", "dead", "cancelled")
DELIVERIES: Final = {
    state: f"{_DELIVERY} WHERE d.webhook = ?1 AND {rule} AND d.notice < ?2 ORDER BY d.notice DESC LIMIT ?3"
    for state, rule in {"": "1", **{state: f"d.state = '{state}'" for state in STATES}}.items()
}
"""By the state asked for, which is spelt out: only so do partial indexes serve. The empty one stands for all."""

DUE_WEBHOOKS: Final = """
SELECT w.id FROM webhooks AS w WHERE w.ended_at IS NULL AND EXISTS (
    SELECT 1 FROM deliveries AS d WHERE d.webhook = w.id AND d.state = 'waiting' AND d.next_at <= ?)
"""
DUE: Final = """
SELECT d.notice, d.attempts, coalesce(d.replayed_at, n.at), n.tenant, n.kind, n.at, n.facts,
    w.url, w.rotation, w.rotated_at
FROM deliveries AS d JOIN notices AS n ON n.id = d.notice JOIN webhooks AS w ON w.id = d.webhook
WHERE d.webhook = ?1 AND d.state = 'waiting' AND d.next_at <= ?2 AND w.ended_at IS NULL
ORDER BY d.next_at, d.notice LIMIT ?3
"""
TOLD: Final = """
SELECT d.id, c.content_id, c.version, d.scene, d.action, d.severity, d.verdict, d.degraded, d.ruleset, d.supersedes,
    d."by", d.at
FROM decisions AS d JOIN contents AS c ON c.id = d.content WHERE d.id = ? AND d.tenant = ?
"""
DELIVERY_STATE: Final = "SELECT state FROM deliveries WHERE notice = ? AND webhook = ?"
COUNTS: Final = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'waiting' LIMIT ?1)),
    (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT ?1))
"""
WEBHOOK_STANDS: Final = "SELECT rotation, rotated_at FROM webhooks WHERE id = ? AND tenant = ? AND ended_at IS NULL"

"""SQL text of the review desk. Every list and every claim is served by an index and bounded, whatever waits.

What waits is sought by urgency alone, or, where a filter is set, within each sort (level, kind, scene, category): the
sorts there are follow one another in the index, one seek each, and of each the most urgent few are taken. A plus sign
takes its affinity from a column, or a comparison of several columns at once would use an index for the first alone; and
as such a comparison begins with what is equal, the end of a sort (~ comes after every time) has to be named to skip it.
"""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from typing import Final

from service.store.appeal_statements import barred
from service.store.quality_statements import hidden_from, open_to

_COLUMNS: Final = (
    "id", "tenant", "kind", "target", "content", "decision", "scene", "category", "severity", "reach", "reports",
    "state", "level", "round", "token", "priority", "opened_at", "due_at", "breached_at", "holder", "lease_until",
    "closed_at", "closed_by", "outcome",
)  # fmt: skip
_ROW: Final = ", ".join(f"r.{name}" for name in _COLUMNS)
_LISTED: Final = f"{_ROW}, c.version, c.body, h.name, k.name, c.content_id"
_JOINS: Final = """
JOIN contents AS c ON c.id = r.content
LEFT JOIN users AS h ON h.id = r.holder LEFT JOIN users AS k ON k.id = r.closed_by
"""
_SORTS: Final = """
RECURSIVE sorts (place) AS (
    SELECT * FROM (SELECT rowid FROM reviews WHERE tenant = ?1 AND state = 'waiting'
        ORDER BY level, kind, scene, category LIMIT 1)
    UNION ALL
    SELECT (SELECT n.rowid FROM reviews AS n WHERE n.tenant = ?1 AND n.state = 'waiting'
        AND (n.level, n.kind, n.scene, n.category, n.priority) > (+s.level, +s.kind, +s.scene, +s.category, '~')
        ORDER BY n.level, n.kind, n.scene, n.category LIMIT 1)
    FROM sorts JOIN reviews AS s ON s.rowid = sorts.place
)
"""
"""The sorts that wait: they follow one another in the index, one seek each."""
_WANTED_SORTS: Final = f"""{_SORTS},
sort (level, kind, scene, category) AS (
    SELECT level, kind, scene, category FROM sorts JOIN reviews ON reviews.rowid = sorts.place
    WHERE level IN (SELECT value FROM json_each(?2))
        AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3)))
        AND (?4 IS NULL OR scene IN (SELECT value FROM json_each(?4)))
        AND (?5 IS NULL OR category IN (SELECT value FROM json_each(?5)))
)
"""


def _not_skipped(user: str) -> str:
    """That the one whose id is bound as ``user`` did not skip the item ``q`` in its round."""
    return (
        f"NOT EXISTS (SELECT 1 FROM review_skips AS s WHERE s.review = q.id AND s.round = q.round AND s.user = {user})"
    )


def _not_own(user: str) -> str:
    """That the item ``q`` is no appeal against what the one whose id is bound as ``user`` decided."""
    return f"NOT (q.kind = 'appeal' AND EXISTS ({barred('q.id', user)}))"


# What a visit reads

REVIEW: Final = f"SELECT {_ROW} FROM reviews AS r WHERE r.id = ? AND r.tenant = ?"
REVIEWS_OF: Final = f"""
SELECT {_ROW} FROM reviews AS r WHERE r.tenant = ? AND r.kind IN ('complaint', 'content', 'report') AND r.target = ?
"""
LEFT_BY: Final = f"""
SELECT {_ROW} FROM reviews AS r WHERE r.tenant = ?1 AND r.state = 'held' AND r.holder = ?2 AND NOT EXISTS (
    SELECT 1 FROM sessions WHERE "user" = ?2 AND ended_at IS NULL AND expires_at > ?3)
"""
CLAIMABLE: Final = f"""
SELECT {_ROW} FROM reviews AS r WHERE r.id IN (
    SELECT q.id FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting' AND q.level = ?2
        AND {_not_skipped("?3")} AND {_not_own("?3")}
        AND {open_to("?3", "?5", "?6", "?7")}
    ORDER BY q.priority, q.id LIMIT ?4
) ORDER BY r.priority, r.id
"""
CLAIMABLE_OF_SORTS: Final = f"""
WITH {_WANTED_SORTS}
SELECT {_ROW} FROM sort JOIN reviews AS r ON r.id IN (
    SELECT q.id FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting' AND q.level = sort.level
        AND q.kind = sort.kind AND q.scene = sort.scene AND q.category = sort.category
        AND {_not_skipped("?6")} AND {_not_own("?6")}
        AND {open_to("?6", "?8", "?9", "?10")}
    ORDER BY q.priority, q.id LIMIT ?7
) ORDER BY r.level DESC, r.priority, r.id LIMIT ?7
"""
LAPSED: Final = f"""
SELECT {_ROW} FROM reviews AS r WHERE r.tenant = ? AND r.state = 'held' AND r.lease_until <= ?
ORDER BY r.lease_until LIMIT ?
"""
LAPSED_ANYWHERE: Final = f"""
SELECT {_ROW} FROM tenants AS t CROSS JOIN reviews AS r ON r.tenant = t.name
WHERE r.state = 'held' AND r.lease_until <= ? LIMIT ?
"""
DUE: Final = f"""
SELECT {_ROW} FROM reviews AS r WHERE r.state <> 'closed' AND r.due_at IS NOT NULL AND r.due_at <= ?
ORDER BY r.due_at LIMIT ?
"""
_STANDING: Final = """
SELECT d.id, d."by", d.published_at, d.action, d.severity, d.verdict, d.degraded, d.ruleset, d.supersedes,
    c.content_id, c.version, c.commitment, c.body
FROM decisions AS d JOIN contents AS c ON c.id = d.content
"""
STANDING: Final = f"{_STANDING} WHERE d.content = ? ORDER BY d.seq DESC LIMIT 1"
STANDING_AS: Final = f"{_STANDING} WHERE d.id = ?"
LAST_CONTENT: Final = "SELECT coalesce(max(id), 0) FROM contents"
JUDGED: Final = "SELECT scene, severity, verdict FROM decisions WHERE id = ?"
REPORT_BY: Final = "SELECT id FROM reports WHERE review = ? AND round = ? AND reporter = ?"
WEIGHT_OF: Final = "SELECT (upheld + 1.0) / (upheld + rejected + 2) FROM reporters WHERE tenant = ? AND reporter = ?"
WEIGHT: Final = """
SELECT coalesce(sum(w), 0) FROM (
    SELECT (coalesce(p.upheld, 0) + 1.0) / (coalesce(p.upheld, 0) + coalesce(p.rejected, 0) + 2) AS w
    FROM reports AS r LEFT JOIN reporters AS p ON p.tenant = r.tenant AND p.reporter = r.reporter
    WHERE r.review = ?1 AND r.round = ?2 LIMIT ?3
)
"""
OUTCOME_OF_ROUND: Final = "SELECT outcome FROM reports WHERE review = ? AND round = ? LIMIT 1"
REPORTS_IN_ROUND: Final = "SELECT count(*) FROM reports WHERE review = ? AND round = ?"

# What a visit writes

INSERT_DECISION: Final = """
INSERT INTO decisions (seq, id, tenant, content, supersedes, at, scene, published_at, action, severity, verdict,
    degraded, stages_missing, ruleset, "by")
VALUES ((SELECT max(seq) FROM acts), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '[]', ?, ?)
"""
RESTORE_DECISION: Final = """
INSERT INTO decisions (seq, id, tenant, content, supersedes, at, scene, published_at, action, severity, verdict,
    degraded, stages_missing, ruleset, "by")
SELECT (SELECT max(seq) FROM acts), ?, tenant, content, ?, ?, scene, published_at, action, severity, verdict, degraded,
    stages_missing, ruleset, ? FROM decisions WHERE id = ?
"""
MOVE_REVIEW: Final = """
UPDATE reviews SET state = ?, level = ?, round = ?, token = ?, priority = ?, due_at = ?, breached_at = ?,
    holder = ?, lease_until = ?, closed_at = ?, closed_by = ?, outcome = ? WHERE id = ? AND token = ?
"""
EXTEND_REVIEW: Final = "UPDATE reviews SET lease_until = ? WHERE id = ? AND token = ?"
REFRAME_REVIEW: Final = """
UPDATE reviews SET content = ?, decision = ?, scene = ?, category = ?, severity = ?, reach = ?, reports = ?,
    priority = ?, opened_at = ? WHERE id = ?
"""
INSERT_SKIP: Final = "INSERT INTO review_skips (review, round, user) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
INSERT_NOTE: Final = """
INSERT INTO review_notes (act, review, user, content)
VALUES ((SELECT max(seq) FROM acts), ?, ?, (SELECT max(id) FROM contents))
"""
INSERT_REPORT: Final = """
INSERT INTO reports (id, tenant, kind, review, round, reporter, reason, filed_at, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, CASE WHEN ? THEN (SELECT max(id) FROM contents) END)
"""
SETTLE_REPORTS: Final = """
UPDATE reports SET outcome = ?, verification = ?, settled_at = ? WHERE review = ? AND round = ?
"""
CREDIT_REPORTERS: Final = """
INSERT INTO reporters (tenant, reporter, upheld, rejected)
SELECT tenant, reporter, max(0, ?1), max(0, ?2) FROM reports WHERE review = ?3 AND round = ?4 AND kind = 'report'
ON CONFLICT (tenant, reporter) DO UPDATE SET upheld = upheld + ?1, rejected = rejected + ?2
"""
INSERT_NOTICE: Final = "INSERT INTO notices (id, tenant, kind, subject, facts, at) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_DELIVERIES: Final = """
INSERT INTO deliveries (notice, webhook, state, attempts, next_at)
SELECT ?1, w.id, 'waiting', 0, ?2 FROM webhooks AS w WHERE w.tenant = ?3 AND w.ended_at IS NULL
    AND (json_array_length(w.kinds) = 0 OR EXISTS (SELECT 1 FROM json_each(w.kinds) AS k WHERE k.value = ?4))
"""
CANCEL_DELIVERIES: Final = """
UPDATE deliveries SET state = 'cancelled', settled_at = ? WHERE notice = ? AND state = 'waiting'
"""

# What the reading side asks

LISTED_ONE: Final = f"SELECT {_LISTED} FROM reviews AS r {_JOINS} WHERE r.id = ? AND r.tenant = ?"
LISTED_MANY: Final = f"""
SELECT {_LISTED} FROM reviews AS r {_JOINS} WHERE +r.tenant = ?1 AND r.id IN (SELECT value FROM json_each(?2))
"""
RULED: Final = """
SELECT r.id, d.action FROM reviews AS r
JOIN decisions AS d ON d.id = coalesce(r.outcome, CASE WHEN r.kind = 'appeal' THEN r.decision END)
WHERE +r.tenant = ?1 AND r.state = 'closed' AND r.id IN (SELECT value FROM json_each(?2))
"""
LISTED_OF: Final = f"""
SELECT {_LISTED} FROM reviews AS r {_JOINS}
WHERE r.tenant = ?1 AND r.kind IN ('complaint', 'content', 'report', 'sample') AND r.target = ?2
"""
WAITING: Final = """
SELECT r.id, r.priority FROM (SELECT value AS level FROM json_each(?2)) AS l JOIN reviews AS r ON r.id IN (
    SELECT q.id FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting' AND q.level = l.level
        AND (q.priority, q.id) > (?3, ?4)
    ORDER BY q.priority, q.id LIMIT ?5
) ORDER BY r.priority, r.id LIMIT ?5
"""
WAITING_OF_SORTS: Final = f"""
WITH {_WANTED_SORTS}
SELECT r.id, r.priority FROM sort JOIN reviews AS r ON r.id IN (
    SELECT q.id FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting' AND q.level = sort.level
        AND q.kind = sort.kind AND q.scene = sort.scene AND q.category = sort.category
        AND (q.priority, q.id) > (?6, ?7)
    ORDER BY q.priority, q.id LIMIT ?8
) ORDER BY r.priority, r.id LIMIT ?8
"""
_LIGHT: Final = "r.level, r.kind, r.scene, r.category"
HELD: Final = f"""
SELECT r.id, r.lease_until, {_LIGHT}, r.holder FROM reviews AS r
WHERE r.tenant = ? AND r.state = 'held' AND (r.lease_until, r.id) > (?, ?) ORDER BY r.lease_until, r.id LIMIT ?
"""
OVERDUE: Final = f"""
SELECT r.id, r.breached_at, {_LIGHT}, r.holder FROM reviews AS r
WHERE r.tenant = ? AND r.state <> 'closed' AND r.breached_at IS NOT NULL AND (r.breached_at, r.id) > (?, ?)
ORDER BY r.breached_at, r.id LIMIT ?
"""
CLOSED: Final = f"""
SELECT r.id, r.closed_at, {_LIGHT}, r.closed_by FROM reviews AS r
WHERE r.tenant = ? AND r.state = 'closed' AND (r.closed_at, r.id) < (?, ?) ORDER BY r.closed_at DESC, r.id DESC LIMIT ?
"""


def _counted(which: str) -> str:
    """How many items of a tenant there are of some, up to a limit, without those that must not be seen."""
    hidden = hidden_from("?4", "?5")
    return (
        f"(SELECT count(*) FROM (SELECT 1 FROM reviews AS q WHERE q.tenant = ?1 AND {which} AND NOT {hidden} LIMIT ?2))"
    )


COUNTS: Final = f"""
SELECT
    {_counted("q.state = 'waiting' AND q.level = 0")},
    {_counted("q.state = 'waiting' AND q.level = 1")},
    {_counted("q.state = 'held'")},
    {_counted("q.state <> 'closed' AND q.breached_at IS NOT NULL")},
    {_counted("q.state = 'closed' AND q.closed_at >= ?3")}
"""
DEPTHS: Final = f"""
WITH {_SORTS}
SELECT scene, sum(n), max(n) FROM (
    SELECT s.scene, (SELECT count(*) FROM (SELECT 1 FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting'
        AND q.level = s.level AND q.kind = s.kind AND q.scene = s.scene AND q.category = s.category
        AND NOT {hidden_from("?3", "?4")} LIMIT ?2)) AS n
    FROM sorts JOIN reviews AS s ON s.rowid = sorts.place
) GROUP BY scene
"""
"""Of each sort at most so many are counted."""
BACKLOG: Final = "SELECT count(*), min(opened_at) FROM reviews WHERE state = 'waiting'"
_REPORTED: Final = """
SELECT r.id, r.kind, r.review, r.round, r.reporter, r.reason, r.filed_at, r.outcome, r.verification, r.settled_at,
    coalesce(p.upheld, 0), coalesce(p.rejected, 0), c.body, v.target
FROM reports AS r JOIN reviews AS v ON v.id = r.review LEFT JOIN contents AS c ON c.id = r.detail
LEFT JOIN reporters AS p ON p.tenant = r.tenant AND p.reporter = r.reporter
"""
REPORT: Final = f"{_REPORTED} WHERE r.id = ? AND r.tenant = ? AND r.kind = ?"
REPORTS: Final = f"{_REPORTED} WHERE r.review = ? ORDER BY r.round DESC, r.filed_at DESC LIMIT ?"
NOTES: Final = """
SELECT a.at, a.kind, u.id, u.name, c.body FROM review_notes AS n JOIN acts AS a ON a.seq = n.act
JOIN users AS u ON u.id = n.user JOIN contents AS c ON c.id = n.content
WHERE n.review = ? ORDER BY n.act DESC LIMIT ?
"""
ACTS_ABOUT: Final = """
SELECT * FROM (
    SELECT a.seq, a.at, a.kind, a.body FROM contents AS c JOIN decisions AS d ON d.content = c.id
    JOIN acts AS a ON a.seq = d.seq WHERE c.tenant = ?1 AND c.content_id = ?2 ORDER BY d.seq DESC LIMIT ?3
)
UNION ALL
SELECT a.seq, a.at, a.kind, a.body FROM reviews AS r JOIN acts AS a ON a.seq IN (
    SELECT l.seq FROM acts AS l WHERE l.subject = r.id AND l.kind >= 'review.' AND l.kind < 'review/'
    ORDER BY l.seq DESC LIMIT ?3
) WHERE r.tenant = ?1 AND r.kind IN ('complaint', 'content', 'report') AND r.target = ?2
ORDER BY 1 DESC LIMIT ?3
"""
USER_NAMES: Final = "SELECT id, name FROM users WHERE +tenant = ?1 AND id IN (SELECT value FROM json_each(?2))"
ALIKE: Final = """
SELECT r.id, c.body FROM (
    SELECT * FROM (SELECT id, content FROM reviews WHERE tenant = ?1 AND state = 'waiting' AND level = ?2 AND kind = ?3
        AND scene = ?4 AND category = ?5 ORDER BY priority, id LIMIT ?6)
    UNION ALL
    SELECT * FROM (SELECT id, content FROM reviews WHERE tenant = ?1 AND state = 'closed'
        ORDER BY closed_at DESC, id DESC LIMIT ?6)
) AS r JOIN contents AS c ON c.id = r.content
"""

# Contents, newest first, so many at a time

CONTENT_AFTER: Final = "SELECT id, received_at FROM contents WHERE id >= ? ORDER BY id LIMIT 1"
CONTENTS_BACK: Final = """
SELECT c.id, c.content_id, c.version, c.received_at, c.body FROM contents AS c
WHERE c.id < ?2 AND c.id >= ?3 AND +c.tenant = ?1 AND EXISTS (SELECT 1 FROM decisions AS d WHERE d.content = c.id)
ORDER BY c.id DESC
"""
CONTENTS_BY: Final = """
SELECT c.id FROM contents AS c
WHERE c.id > ?2 AND +c.tenant = ?1 AND c.content_id <> ?3
    AND instr(CASE WHEN substr(c.body, 1, 1) = x'01' THEN opened(c.body) ELSE c.body END, ?4) > 0
    AND EXISTS (SELECT 1 FROM decisions AS d WHERE d.content = c.id)
ORDER BY c.id DESC LIMIT ?5
"""
NEWEST_ON: Final = """
SELECT c.id, d.id FROM json_each(?1) AS j JOIN contents AS c ON c.id = j.value JOIN decisions AS d
    ON d.seq = (SELECT max(l.seq) FROM decisions AS l WHERE l.content = c.id)
"""
VERSIONS: Final = """
SELECT version, received_at FROM contents WHERE tenant = ? AND content_id = ? ORDER BY version DESC LIMIT ?
"""

"""SQL text of live rooms. Their events are written with the decisions, as ``statements.HOT_TABLES`` has it."""

from __future__ import annotations

from functools import cache

MOST_TOGETHER = 256
"""So many messages one row of ``room_events`` stands for at most; a row that holds a number begins no earlier."""

LAST = """
SELECT last, at FROM room_events WHERE tenant = ? AND room = ? ORDER BY first DESC LIMIT 1
"""
AFTER = f"""
SELECT first, last, kind, seq, until, facts, at FROM room_events
WHERE tenant = ?1 AND room = ?2 AND first > ?3 - {MOST_TOGETHER} AND last > ?3 ORDER BY first LIMIT ?4
"""  # noqa: S608 - our own number
BEFORE = """
SELECT first, last, kind, seq, until, facts, at FROM room_events
WHERE tenant = ?1 AND room = ?2 AND kind = 'verdicts' ORDER BY first DESC LIMIT ?3
"""
STOOD = """
SELECT e.facts, (SELECT max(t.at) FROM room_events AS t
    WHERE t.tenant = ?1 AND t.room = ?2 AND t.first > e.first AND t.at > e.at AND t.kind IN ('risk', 'advice'))
FROM room_events AS e
WHERE e.tenant = ?1 AND e.room = ?2 AND e.kind IN ('verdicts', 'show_started') ORDER BY e.first DESC LIMIT 1
"""
BETWEEN = """
SELECT d.seq, d.id, c.tenant, c.content_id, c.version, d.published_at, d.action, d.severity, d.verdict, d.degraded,
    d.ruleset, d.supersedes, d.at, d."by", c.body
FROM json_each(?2) AS r CROSS JOIN decisions AS d
    ON d.seq BETWEEN json_extract(r.value, '$[0]') AND json_extract(r.value, '$[1]')
CROSS JOIN contents AS c ON c.id = d.content
WHERE d.tenant = ?1 ORDER BY d.seq
"""
"""Without the word CROSS every decision there is would be held against each span."""
_RULED = """
SELECT d.id, d.tenant, json_extract(CAST(opened(c.body) AS TEXT), '$.room') AS room, c.content_id, d.action,
    b.action AS before, d."by",
    d.supersedes
FROM {found} JOIN contents AS c ON c.id = d.content LEFT JOIN decisions AS b ON b.id = d.supersedes
WHERE {which} d.scene IN ('live_chat', 'live_speech', 'title') AND length(c.body) > 0
"""
RULINGS = _RULED.format(found="notices AS n JOIN decisions AS d ON d.id = n.id", which="n.id > ?1 AND n.id <= ?2 AND")
RULINGS += "ORDER BY n.id LIMIT ?3"
_UNNOTICED = "d.supersedes IS NOT NULL AND d.id NOT IN (SELECT id FROM notices) AND"
"""Of a decision that is taken back nobody is told; what else follows upon one has a notice of its own."""
RULINGS_OVER = _RULED.format(found="json_each(?1) AS k JOIN decisions AS d ON d.supersedes = k.value", which=_UNNOTICED)
_LATELY = "(SELECT id FROM notices ORDER BY id DESC LIMIT 1000) AS n JOIN decisions AS d ON"
LATELY = f"""
WITH ruled AS (
    {_RULED.format(found=f"{_LATELY} d.id = n.id", which="")}
    UNION ALL {_RULED.format(found=f"{_LATELY} d.supersedes = n.id", which=_UNNOTICED)})
SELECT *, id IN (
    SELECT coalesce(json_extract(e.facts, '$.decision'), '') FROM (SELECT DISTINCT tenant, room FROM ruled) AS r
    JOIN room_events AS e ON e.tenant = r.tenant AND e.room = r.room WHERE e.kind IN ('ruling', 'retraction'))
FROM ruled ORDER BY id
"""  # noqa: S608 - our own text
LAST_RULING = "SELECT coalesce(max(id), '') FROM notices"


@cache
def known(count: int) -> str:
    """Of so many contents those that exist: the newest decision on each, and the number of the first one's act."""
    values = ", ".join(["(?, ?)"] * count)
    return f"""
WITH k (tenant, content_id) AS (VALUES {values})
SELECT (SELECT json_extract(CAST(a.body AS TEXT), '$.facts.number') FROM acts AS a
        WHERE a.seq = (SELECT min(f.seq) FROM decisions AS f WHERE f.content = c.id)),
    d.id, c.tenant, c.content_id, c.version, d.published_at, d.action, d.severity, d.verdict, d.degraded,
    d.ruleset, d.supersedes, d.at, d."by", c.body
FROM k JOIN contents AS c ON c.id = (SELECT n.id FROM contents AS n
    WHERE n.tenant = k.tenant AND n.content_id = k.content_id ORDER BY n.version DESC LIMIT 1)
LEFT JOIN decisions AS d ON d.seq = (SELECT max(l.seq) FROM decisions AS l WHERE l.content = c.id)
"""  # noqa: S608 - only question marks are put in

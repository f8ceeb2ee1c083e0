"""SQL text of appeals and of blocks on their way to being final. Every list is served by an index and bounded.

A block stands while no later decision on its version is anything but a block.
"""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from typing import Final

_BLOCK: Final = (
    "b.decision, b.tenant, b.content, b.creator, b.since, b.notified_at, b.appeal_until, b.appealed_at, "
    "b.confirmed_at, b.due_at, b.final_at, b.ended_at"
)
STANDS: Final = """
b.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM decisions AS l WHERE l.content = b.content AND l.seq > b.since AND l.action <> 'block')
"""


def barred(review: str, user: str) -> str:
    """A query with a row where the user decided the content of this appeal or checked that, but by this very one."""
    return f"""
    SELECT 1 FROM appeals AS a JOIN contents AS v ON v.id = a.content
    JOIN contents AS c ON c.tenant = v.tenant AND c.content_id = v.content_id
    JOIN decisions AS d ON d.content = c.id
    WHERE a.review = {review} AND d."by" = {user} AND NOT (a.undone_by IS {user} AND d.seq <= a.undone_seq)
    UNION ALL
    SELECT 1 FROM appeals AS a JOIN contents AS v ON v.id = a.content
    JOIN reviews AS r ON r.tenant = v.tenant AND r.kind = 'sample' AND r.target = v.content_id
    JOIN samples AS s ON s.review = r.id
    WHERE a.review = {review} AND s.second_by = {user} AND s.checked <> {review}
    """


# What a visit reads

BARRED: Final = f"{barred('?1', '?2')} LIMIT 1"
DECISION: Final = "SELECT content, seq, at, action FROM decisions WHERE id = ? AND tenant = ?"
CHANGED: Final = "SELECT 1 FROM decisions WHERE content = ? AND seq > ? AND action <> 'block' LIMIT 1"
BLOCK: Final = f"SELECT {_BLOCK} FROM blocks AS b WHERE b.decision = ?"
STANDING_BLOCKS: Final = f"SELECT {_BLOCK} FROM blocks AS b WHERE b.content = ? AND {STANDS}"
TWICE: Final = f"""
SELECT a.id FROM appeals AS a JOIN blocks AS b ON b.decision = a.decision WHERE a.content = ?1
    AND (a.decision = ?2 OR ({STANDS})) LIMIT 1
"""
APPEAL_OF: Final = "SELECT id, decision, appellant, notice, outcome FROM appeals WHERE review = ?"
BLOCKS_DUE: Final = f"""
SELECT {_BLOCK}, c.content_id, c.version, {STANDS} FROM blocks AS b JOIN contents AS c ON c.id = b.content
WHERE b.final_at IS NULL AND b.due_at IS NOT NULL AND b.due_at < ?1 AND NOT EXISTS (
    SELECT 1 FROM decisions AS l WHERE l.content = b.content AND l.seq > b.since AND l.action <> 'block' AND l.at >= ?2)
ORDER BY b.due_at LIMIT ?3
"""

# What a visit writes

INSERT_BLOCK: Final = """
INSERT INTO blocks (decision, tenant, content, creator, since, notified_at, appeal_until, appealed_at, confirmed_at,
    due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_CONFIRMED: Final = """
INSERT INTO blocks (decision, tenant, content, creator, since, confirmed_at, due_at)
VALUES (?, ?, ?, ?, (SELECT max(seq) FROM acts), ?, ?)
"""
SET_BLOCK: Final = """
UPDATE blocks SET notified_at = ?, appeal_until = ?, appealed_at = ?, confirmed_at = ?, due_at = ? WHERE decision = ?
"""
MOVE_BLOCK: Final = "UPDATE blocks SET since = (SELECT max(seq) FROM acts) WHERE decision = ?"
END_BLOCK: Final = "UPDATE blocks SET ended_at = ?, due_at = NULL WHERE decision = ? AND ended_at IS NULL"
KEEP_BLOCKS: Final = """
UPDATE blocks SET since = (SELECT max(seq) FROM acts) WHERE content = ?1 AND ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM decisions AS l WHERE l.content = ?1 AND l.seq > blocks.since AND l.action <> 'block' AND l.id <> ?2
        AND l.seq < (SELECT max(seq) FROM acts))
    AND blocks.since < (SELECT d.seq FROM decisions AS d WHERE d.id = ?2)
"""
"""What stood before a decision that was taken back stands again behind the one that takes it back."""
FINAL_BLOCK: Final = "UPDATE blocks SET final_at = ?, due_at = NULL WHERE decision = ? AND final_at IS NULL"
LAPSE_BLOCK: Final = "UPDATE blocks SET due_at = NULL WHERE decision = ?"
INSERT_APPEAL: Final = """
INSERT INTO appeals (id, tenant, decision, content, review, appellant, filed_at, grounds)
VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT max(id) FROM contents))
"""
SETTLE_APPEAL: Final = "UPDATE appeals SET outcome = ?, settled_at = ?, notice = ? WHERE id = ? AND outcome IS NULL"
RESETTLE_APPEAL: Final = "UPDATE appeals SET outcome = ?, settled_at = ?, notice = ? WHERE id = ?"
UNSETTLE_APPEAL: Final = """
UPDATE appeals SET outcome = NULL, settled_at = NULL, notice = NULL, undone_by = ?,
    undone_seq = (SELECT max(seq) FROM acts)
WHERE id = ? AND outcome IS NOT NULL
"""

# What the reading side asks

_APPEAL: Final = """
SELECT a.id, a.review, a.decision, v.content_id, v.version, a.appellant, g.body, a.filed_at, r.due_at, a.outcome,
    a.settled_at, b.final_at, d."by", u.role
FROM appeals AS a JOIN contents AS v ON v.id = a.content JOIN contents AS g ON g.id = a.grounds
JOIN reviews AS r ON r.id = a.review JOIN blocks AS b ON b.decision = a.decision
JOIN decisions AS d ON d.id = a.decision LEFT JOIN users AS u ON u.id = d."by"
"""
APPEAL: Final = f"{_APPEAL} WHERE a.id = ? AND a.tenant = ?"
APPEAL_AT: Final = f"{_APPEAL} WHERE a.review = ?"
TERM: Final = f"""
SELECT {_BLOCK}, {STANDS} FROM blocks AS b WHERE b.decision = ? AND b.tenant = ?
"""

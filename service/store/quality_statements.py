"""SQL text of the quality of review. Copies of golden items are no contents of anybody: ``NO_COPY`` keeps them out."""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from typing import Final

from service.store.appeal_statements import barred as decided

NO_COPY: Final = "NOT EXISTS (SELECT 1 FROM golden_copies AS copy WHERE copy.content = d.content)"
"""A condition on a decision ``d``: that its content is none. Whatever counts or draws real contents holds it."""


def no_copy(content: str) -> str:
    """A condition on the number of a version, by its expression: that it is no copy."""
    return NO_COPY.replace("d.content", content)


def hidden_from(user: str, tested: str) -> str:
    """A condition on an item ``q``, by names of what is bound: whether somebody must not see that it is there.

    That is the second review of what they decided themselves; and copies of golden items, for whoever they test once
    they know the answer, or others gave one, and for everybody else always, unless they came to them by escalation.
    """
    return f"""((q.kind = 'sample' AND q.state <> 'closed' AND EXISTS (
            SELECT 1 FROM samples AS b WHERE b.review = q.id AND b.round = q.round
                AND (b.first_by = {user} OR b.second_by IS {user})))
        OR (q.kind = 'content' AND q.holder IS NOT {user} AND q.closed_by IS NOT {user} AND EXISTS (
            SELECT 1 FROM golden_copies AS g JOIN golden_items AS i ON i.id = g.golden
            WHERE g.review = q.id AND g.content = q.content AND (q.state = 'closed' OR CASE WHEN {tested}
                THEN i.decided_by = {user} OR EXISTS (
                    SELECT 1 FROM golden_answers AS a WHERE a.golden = g.golden AND a.user = {user})
                ELSE q.level = 0 END))))"""


def open_to(user: str, blind: str, tested: str, barred: str) -> str:
    """A condition on an item ``q``, by names of what is bound: whether it is handed out to somebody.

    ``blind`` says that no other endpoint tells them of decisions, ``tested`` that golden items test them; what is of
    the categories ``barred`` (a JSON list) is left to others. An item that was decided before is never decided by the
    same person.
    """
    return f"""(q.kind <> 'sample' OR ({blind} AND NOT EXISTS (
            SELECT 1 FROM samples AS b WHERE b.review = q.id AND b.round = q.round
                AND (b.first_by = {user} OR b.second_by IS {user} OR EXISTS ({decided("b.checked", user)})))))
        AND q.category NOT IN (SELECT value FROM json_each({barred}))
        AND NOT EXISTS (SELECT 1 FROM golden_copies AS g JOIN golden_items AS i ON i.id = g.golden
            WHERE g.review = q.id AND g.content = q.content AND q.level = 0 AND (NOT {tested} OR i.decided_by = {user}
                OR EXISTS (SELECT 1 FROM golden_answers AS a WHERE a.golden = g.golden AND a.user = {user})))"""


# What a visit reads

SAMPLE: Final = """
SELECT review, round, category, first, first_by, first_said, opened_at, checked, checked_round, second_by, second_said,
    agreed, settled_at
FROM samples WHERE review = ? AND round = ?
"""
SAMPLE_OF: Final = """
SELECT r.id FROM reviews AS r WHERE r.tenant = ? AND r.kind = 'sample' AND r.target = ?
"""
OPENED_BY: Final = """
SELECT s.review, s.round, s.second_by FROM samples AS s WHERE s.checked = ? AND s.checked_round = ?
    AND (s.second_by IS NOT NULL OR s.settled_at IS NULL)
"""
LETTERS: Final = """
SELECT coalesce(sum(length(json_extract(value, '$[1]'))), 0)
FROM contents, json_each(CAST(opened(body) AS TEXT), '$.parts')
WHERE contents.id = ? AND length(opened(body)) > 0
"""
LAST_HANDLING: Final = 'SELECT at, review FROM handlings WHERE "user" = ? ORDER BY at DESC, act DESC LIMIT 1'
GRIM_SINCE: Final = """
SELECT (SELECT count(*) FROM handlings WHERE "user" = ?1 AND at > ?2 AND grim)
    + (SELECT count(*) FROM reviews WHERE tenant = ?3 AND state = 'held' AND holder = ?1
        AND category IN (SELECT value FROM json_each(?4)))
"""
BODIES: Final = "SELECT id, body FROM contents WHERE id IN (SELECT value FROM json_each(?))"
RECENT: Final = """
SELECT c.body FROM handlings AS h JOIN reviews AS r ON r.id = h.review JOIN contents AS c ON c.id = r.content
WHERE h."user" = ? AND h.at > ? AND h.step = 'decided' ORDER BY h.at DESC LIMIT ?
"""
GOLDEN_LIKE: Final = """
SELECT i.id, d.at, d.published_at, c.body
FROM golden_items AS i JOIN contents AS c ON c.id = i.content
JOIN decisions AS d ON d.seq = (SELECT min(e.seq) FROM decisions AS e WHERE e.content = i.content)
WHERE i.tenant = ?1 AND i.scene = ?2 AND i.category = ?3 AND i.severity = ?4 AND i.ended_at IS NULL
    AND length(c.body) > 0 AND json_extract(i.said, '$[0]') = (
        SELECT n.action FROM decisions AS n WHERE n.content = i.content ORDER BY n.seq DESC LIMIT 1)
    AND EXISTS (
        SELECT 1 FROM users AS u WHERE u.tenant = i.tenant AND u.role = 'reviewer' AND u.disabled_at IS NULL
            AND u.id <> i.decided_by
            AND NOT EXISTS (SELECT 1 FROM golden_answers AS a WHERE a.golden = i.id AND a.user = u.id))
    AND NOT EXISTS (
        SELECT 1 FROM golden_copies AS g JOIN reviews AS r ON r.id = g.review
        WHERE g.golden = i.id AND r.state <> 'closed')
ORDER BY (SELECT count(*) FROM golden_copies AS g WHERE g.golden = i.id), i.id LIMIT 1
"""
LAST_ITEM: Final = "SELECT coalesce(max(rowid), 0) FROM reviews"
ITEMS_AFTER: Final = """
SELECT r.rowid, r.id, r.tenant, r.scene, r.category, r.severity,
    r.kind <> 'content' OR EXISTS (SELECT 1 FROM golden_copies AS g WHERE g.review = r.id)
FROM reviews AS r WHERE r.rowid > ? ORDER BY r.rowid LIMIT ?
"""
GOLDEN_OF_COPY: Final = """
SELECT i.id, i.said, i.decided_by = ?2 OR EXISTS (
    SELECT 1 FROM golden_answers AS a WHERE a.golden = i.id AND a.user = ?2
        AND NOT EXISTS (SELECT 1 FROM decisions AS n WHERE n.supersedes = a.decision))
FROM golden_copies AS g JOIN golden_items AS i ON i.id = g.golden WHERE g.review = ?1 AND g.content = ?3
"""
GOLDEN_SOURCE: Final = """
SELECT c.id, e.scene, coalesce(json_extract(CAST(e.verdict AS TEXT), '$.categories[0]'), ''), e.severity, e.action,
    e.id
FROM contents AS c JOIN decisions AS e ON e.seq = (SELECT min(f.seq) FROM decisions AS f WHERE f.content = c.id)
WHERE c.tenant = ?1 AND c.content_id = ?2 AND length(c.body) > 0
    AND NOT EXISTS (SELECT 1 FROM golden_copies AS g WHERE g.content = c.id)
ORDER BY c.version DESC LIMIT 1
"""
GOLDEN_ITEM: Final = "SELECT id FROM golden_items WHERE tenant = ? AND target = ? AND ended_at IS NULL"
CONTENT_KNOWN: Final = "SELECT 1 FROM contents WHERE tenant = ? AND content_id = ?"
NAMES_BEFORE: Final = """
SELECT c.content_id FROM decisions AS d JOIN contents AS c ON c.id = d.content
WHERE d.seq > (SELECT max(seq) FROM acts) - ?3 AND +d.tenant = ?1 AND d.scene = ?2 AND d."by" = 'engine'
    AND c.version = 1
ORDER BY d.seq DESC LIMIT ?4
"""
IS_USER: Final = "SELECT 1 FROM users WHERE id = ? AND tenant = ?"

# What a visit writes

INSERT_SAMPLE_REVIEW: Final = """
INSERT INTO reviews (id, tenant, kind, target, content, decision, scene, category, severity, reach, reports, state,
    level, round, token, priority, opened_at)
VALUES (?, ?, 'sample', ?, ?, ?, ?, ?, ?, ?, 0, 'waiting', 0, 1, 1, ?, ?)
"""
INSERT_SAMPLE: Final = """
INSERT INTO samples (review, round, tenant, category, first, first_by, first_said, opened_at, checked, checked_round)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ANSWER_SAMPLE: Final = """
UPDATE samples SET second_by = ?, second_said = ?, agreed = ?, settled_at = ? WHERE review = ? AND round = ?
    AND settled_at IS NULL
"""
END_SAMPLE: Final = "UPDATE samples SET settled_at = ? WHERE review = ? AND round = ? AND settled_at IS NULL"
INSERT_HANDLING: Final = """
INSERT INTO handlings (act, tenant, "user", review, step, grim, letters, millis, at)
VALUES ((SELECT max(seq) FROM acts), ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_GOLDEN: Final = """
INSERT INTO golden_items (id, tenant, target, content, scene, category, severity, said, decided_by, "by", created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
END_GOLDEN: Final = "UPDATE golden_items SET ended_at = ? WHERE id = ? AND ended_at IS NULL"
INSERT_COPY_DECISION: Final = """
INSERT INTO decisions (seq, id, tenant, content, supersedes, at, scene, published_at, action, severity, verdict,
    degraded, stages_missing, ruleset, "by")
VALUES ((SELECT max(seq) FROM acts), ?, ?, (SELECT max(id) FROM contents), NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_COPY_REVIEW: Final = """
INSERT INTO reviews (id, tenant, kind, target, content, decision, scene, category, severity, reach, reports, state,
    level, round, token, priority, opened_at, due_at)
VALUES (?, ?, 'content', ?, (SELECT max(id) FROM contents), ?, ?, ?, ?, ?, 0, 'waiting', 0, 1, 1, ?, ?, ?)
"""
INSERT_COPY: Final = "INSERT INTO golden_copies (review, golden, content) VALUES (?, ?, (SELECT max(id) FROM contents))"
INSERT_ANSWER: Final = """
INSERT INTO golden_answers (decision, tenant, golden, "user", said, correct, at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""

# What the reading side asks

VEILED: Final = """
SELECT r.target FROM reviews AS r JOIN samples AS s ON s.review = r.id AND s.round = r.round
WHERE r.tenant = ?1 AND r.kind = 'sample' AND r.state <> 'closed' AND s.first_by <> ?2
    AND r.target IN (SELECT value FROM json_each(?3))
"""
HIDDEN: Final = f"""
SELECT q.id FROM reviews AS q WHERE +q.tenant = ?1 AND q.id IN (SELECT value FROM json_each(?3))
    AND {hidden_from("?2", "?4")}
"""
DOUBLES: Final = f"""
SELECT i.target FROM golden_items AS i
WHERE ?4 AND i.tenant = ?1 AND i.target IN (SELECT value FROM json_each(?3)) AND i.ended_at IS NULL
UNION
SELECT q.target FROM reviews AS q
WHERE q.tenant = ?1 AND q.kind = 'content' AND q.target IN (SELECT value FROM json_each(?3))
    AND {hidden_from("?2", "?4")}
"""
"""Contents that somebody must not see beside others: golden ones for whom they test, and copies."""
CHECKED: Final = "SELECT checked FROM samples WHERE review = ? AND round = ?"
BEFORE_PEOPLE: Final = """
SELECT d.content, d.id FROM decisions AS d WHERE d.seq IN (
    SELECT max(e.seq) FROM decisions AS e WHERE e.content IN (
        SELECT c.id FROM contents AS c WHERE c.tenant = ?1 AND c.content_id IN (SELECT value FROM json_each(?2)))
    AND e."by" IN ('engine', 'deadline') GROUP BY e.content)
"""
SAMPLES: Final = """
SELECT category, first_said, second_said, count(*) FROM samples
WHERE tenant = ? AND agreed IS NOT NULL AND opened_at > ? AND opened_at <= ? GROUP BY 1, 2, 3
"""
SAMPLES_OPEN: Final = """
SELECT count(*) FROM (
    SELECT 1 FROM reviews AS r WHERE r.tenant = ? AND r.kind = 'sample' AND r.state = 'waiting' LIMIT ?)
"""
ANSWERS: Final = """
SELECT a."user", a.correct FROM golden_answers AS a
WHERE a.tenant = ? AND a.at > ? AND NOT EXISTS (SELECT 1 FROM decisions AS n WHERE n.supersedes = a.decision)
ORDER BY a.at, a.rowid
"""
WORKED: Final = """
SELECT "user", substr(at, 1, 13), sum(step = 'decided'), sum(grim) FROM handlings
WHERE tenant = ? AND at > ? AND at <= ? GROUP BY 1, 2
"""
TIMED: Final = """
SELECT millis, letters FROM handlings
WHERE "user" = ? AND at > ? AND step = 'decided' AND millis IS NOT NULL ORDER BY at DESC LIMIT ?
"""
GOLDEN: Final = """
SELECT i.id, i.target, i.scene, i.category, i.severity, i.said, i.by, i.created_at,
    (SELECT count(*) FROM golden_answers AS a WHERE a.golden = i.id),
    (SELECT count(*) FROM golden_answers AS a WHERE a.golden = i.id AND a.correct = 0)
FROM golden_items AS i WHERE i.tenant = ?1 AND i.ended_at IS NULL ORDER BY i.id DESC LIMIT ?2
"""

"""SQL text of proposed rules, of activations, and of rulesets that run beside the active one."""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from typing import Final

from service.store.quality_statements import NO_COPY, no_copy

PROPOSAL_COLUMNS: Final = (
    "id", "tenant", "version", "sha256", "base", "shared", "revision", "changes", "note", "author", "proposed_at",
    "state", "approver", "approved_at", "closed_by", "closed_at", "report",
)  # fmt: skip
_PROPOSAL: Final = ", ".join(f"p.{name}" for name in PROPOSAL_COLUMNS)
_SHADOW: Final = (
    "s.id, s.tenant, s.version, s.started_by, s.started_at, s.begins, s.through, s.counts, s.ended_by, s.ended_at"
)

# What a visit reads

PROPOSAL: Final = f"SELECT {_PROPOSAL} FROM proposals AS p WHERE p.id = ? AND p.tenant = ?"
ACTIVATIONS: Final = """
SELECT coalesce(version, 0), ground, coalesce(proposal, '') FROM tenant_activations
WHERE tenant = ? ORDER BY id DESC LIMIT 2
"""
FILES: Final = "SELECT files, sha256 FROM tenant_lexicons WHERE tenant = ? AND version = ?"
CHANGED_BY: Final = """
SELECT 1 FROM acts WHERE subject = ?1 AND kind IN ('password.changed', 'user.changed', 'user.created', 'user.enabled')
    AND at >= ?2 AND json_extract(CAST(body AS TEXT), '$.facts.by') = ?3 LIMIT 1
"""
"""Whether somebody made or changed an account since a time."""
RUNNING: Final = f"SELECT {_SHADOW} FROM shadows AS s WHERE s.tenant = ? AND s.ended_at IS NULL"
SHADOW_AT: Final = "SELECT through, counts FROM shadows WHERE id = ? AND ended_at IS NULL"

# What a visit writes

PROPOSED: Final = """
SELECT id FROM proposals WHERE tenant = ? AND version = ? AND sha256 = ? AND base = ? AND shared = ? AND changes = ?
    AND note = ? AND author = ? AND state = 'open' ORDER BY id LIMIT 1
"""
INSERT_PROPOSAL: Final = """
INSERT INTO proposals (id, tenant, version, sha256, base, shared, revision, changes, note, author, proposed_at, state)
VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, 'open')
"""
REVISE_PROPOSAL: Final = """
UPDATE proposals SET version = ?2, sha256 = ?3, base = ?4, shared = ?5, revision = revision + 1, changes = ?6,
    note = ?7, proposed_at = ?8, state = 'open', approver = NULL, approved_at = NULL, report = NULL
WHERE id = ?1 AND author = ?9 AND state IN ('open', 'approved')
"""
APPROVE_PROPOSAL: Final = """
UPDATE proposals SET state = 'approved', approver = ?2, approved_at = ?3
WHERE id = ?1 AND state = 'open' AND author <> ?2 AND sha256 = ?4
"""
CLOSE_PROPOSAL: Final = """
UPDATE proposals SET state = ?2, closed_by = ?3, closed_at = ?4 WHERE id = ?1 AND state = ?5
"""
REPORT_PROPOSAL: Final = "UPDATE proposals SET report = ?2 WHERE id = ?1 AND sha256 = ?3"
INSERT_SHADOW: Final = """
INSERT INTO shadows (id, tenant, version, started_by, started_at, begins, through, counts)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)
"""
COUNT_SHADOW: Final = "UPDATE shadows SET through = ?2, counts = ?3 WHERE id = ?1 AND through = ?4 AND ended_at IS NULL"
END_SHADOW: Final = "UPDATE shadows SET ended_by = ?2, ended_at = ?3 WHERE id = ?1 AND ended_at IS NULL"
INSERT_FINDS: Final = """
INSERT INTO shadow_finds (shadow, decision, content, was, becomes)
SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2)
"""

# What the reading side asks

_NAMED: Final = f"""
SELECT {_PROPOSAL}, a.name, b.name, c.name FROM proposals AS p JOIN users AS a ON a.id = p.author
LEFT JOIN users AS b ON b.id = p.approver LEFT JOIN users AS c ON c.id = p.closed_by
"""
ONE_PROPOSAL: Final = f"{_NAMED} WHERE p.id = ? AND p.tenant = ?"
PROPOSALS: Final = f"""
{_NAMED} WHERE p.tenant = ?1 AND (p.proposed_at, p.id) < (?2, ?3) ORDER BY p.proposed_at DESC, p.id DESC LIMIT ?4
"""
HISTORY: Final = """
SELECT coalesce(a.version, 0), a."by", coalesce(u.name, ''), a.activated_at, a.ground, coalesce(a.proposal, '')
FROM tenant_activations AS a LEFT JOIN users AS u ON u.id = a."by" WHERE a.tenant = ? ORDER BY a.id DESC LIMIT ?
"""
SHADOWS: Final = f"""
SELECT {_SHADOW}, u.name FROM shadows AS s JOIN users AS u ON u.id = s.started_by
WHERE s.tenant = ? ORDER BY s.started_at DESC LIMIT ?
"""
ALL_RUNNING: Final = f"SELECT {_SHADOW} FROM shadows AS s WHERE s.ended_at IS NULL ORDER BY s.id"
FINDS: Final = """
SELECT f.decision, c.content_id, d.scene, f.was, f.becomes FROM shadow_finds AS f
JOIN contents AS c ON c.id = f.content JOIN decisions AS d ON d.id = f.decision
WHERE f.shadow = ? ORDER BY f.decision DESC LIMIT ?
"""
CREATORS_FOUND: Final = """
SELECT count(DISTINCT json_extract(CAST(opened(c.body) AS TEXT), '$.author[0]'))
FROM shadow_finds AS f JOIN contents AS c ON c.id = f.content WHERE f.shadow = ? AND length(c.body) > 0
"""
_JUDGED: Final = f"""
SELECT d.seq, d.id, d.content, c.tenant, c.content_id, c.version, d.published_at, d.action, d.severity, d.verdict,
    d.degraded, d.ruleset, d.at, c.body
FROM decisions AS d JOIN contents AS c ON c.id = d.content
WHERE d.seq BETWEEN ?1 AND ?2 AND d.tenant = ?3 AND d."by" = 'engine' AND length(c.body) > 0 AND {NO_COPY}
"""
JUDGED_BACK: Final = f"{_JUDGED} ORDER BY d.seq DESC LIMIT ?4"
JUDGED_ON: Final = f"{_JUDGED} ORDER BY d.seq LIMIT ?4"
LAST_SEQ: Final = "SELECT coalesce(max(seq), -1) FROM acts"
ACT_AT: Final = "SELECT at FROM acts WHERE seq = ?"
TIMES: Final = f"""
SELECT r.closed_by, r.closed_at, coalesce(r.outcome, r.id),
    (SELECT max(a.at) FROM acts AS a WHERE a.subject = r.id AND a.kind >= 'review.' AND a.kind < 'review/'
        AND a.kind = 'review.claimed')
FROM reviews AS r WHERE r.tenant = ? AND r.state = 'closed' AND r.closed_by IS NOT NULL AND r.closed_at IS NOT NULL
    AND {no_copy("r.content")}
ORDER BY r.closed_at DESC, r.id DESC LIMIT ?
"""
"""Who decided an item and when, and when it was last taken: by the closed items' own index, and that of their acts."""
RULED: Final = f"""
SELECT d.seq, d.id, d.scene, d.action, d.verdict, e.action, e.verdict, c.body FROM decisions AS d
JOIN contents AS c ON c.id = d.content
JOIN decisions AS e ON e.seq = (SELECT max(n.seq) FROM decisions AS n
    WHERE n.content = d.content AND n.seq < d.seq AND n."by" = 'engine')
WHERE d.tenant = ?1 AND d.seq < ?2 AND d."by" NOT IN ('engine', 'deadline')
    AND d.seq = (SELECT max(l.seq) FROM decisions AS l
        WHERE l.content = d.content AND l."by" NOT IN ('engine', 'deadline'))
    AND (SELECT kind FROM acts WHERE seq = d.seq) <> 'decision.followed' AND {NO_COPY}
ORDER BY d.seq DESC LIMIT ?3
"""
"""The last word that a person said on each version, newest first, with what the engine had said before.

What only follows an earlier word of theirs is not another one.
"""
LAST_RULED: Final = """
SELECT coalesce(max(seq), -1), (SELECT count(*) FROM appeals WHERE tenant = ?1 AND outcome = 'upheld') FROM decisions
WHERE tenant = ?1 AND "by" NOT IN ('engine', 'deadline')
"""
"""The number of the last decision of a person, and how many appeals were in vain: when to add up anew."""
UPHELD: Final = """
SELECT d.scene, d.verdict FROM appeals AS a CROSS JOIN decisions AS d ON d.id = a.decision
WHERE a.tenant = ? AND a.outcome = 'upheld' AND d."by" = 'engine' ORDER BY a.settled_at DESC LIMIT ?
"""
"""Blocks by the engine alone that somebody appealed in vain."""

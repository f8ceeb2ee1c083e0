"""SQL text of creators: who they are, entries of scores, measures, boosts, formulas. Every list is bounded by an index.

An entry is read in the order of the fields of ``creators.entries.Entry``.
"""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from typing import Final

from service.store.appeal_statements import STANDS
from service.store.quality_statements import no_copy

ENTRY: Final = "e.id, e.kind, e.cause, e.recorded, e.since, e.occurred, e.name, e.value, e.ref, e.scene, e.mark"
CREATOR: Final = "k.id, k.tenant, k.name, k.role, k.cohort, k.mcn, k.entity, k.valid_until, k.created_at, k.enrolled_at"
MEASURE: Final = """
m.id, m.creator, m.kind, m.state, m.rule, m.basis, m.facts, m.days, m.proposed_by, m.proposed_at, m.decided_by,
m.decided_at, m.ends_at, m.ended_by, m.ended_at, m.relief
"""
TRIAL: Final = "t.id, t.formula, t.base, t.variable, t.state, t.share, t.proposed_by, t.since, t.staged_at"

# Who

CREATOR_NAMED: Final = f"SELECT {CREATOR} FROM creators AS k WHERE k.tenant = ? AND k.name = ?"
CREATOR_AS: Final = f"SELECT {CREATOR} FROM creators AS k WHERE k.tenant = ? AND k.id = ?"
ENROLLED: Final = "SELECT tenant, name, id FROM creators WHERE enrolled_at IS NOT NULL"
SAME_ENTITY: Final = "SELECT id, name FROM creators WHERE tenant = ? AND entity = ? AND id <> ? ORDER BY created_at"
_NOBODYS: Final = """
NOT EXISTS (SELECT 1 FROM creator_links AS l WHERE l.account = k.id AND l.until IS NULL AND l.creator <> k.id)
"""
CREATORS_LISTED: Final = f"""
SELECT {CREATOR} FROM creators AS k WHERE k.tenant = ?1 AND k.enrolled_at IS NOT NULL AND k.name > ?2
    AND (?3 = '' OR instr(k.name, ?3) > 0) AND {_NOBODYS}
ORDER BY k.name LIMIT ?4
"""
ENROLLED_IN: Final = f"""
SELECT k.id, k.name FROM creators AS k WHERE k.tenant = ? AND k.enrolled_at IS NOT NULL AND {_NOBODYS}
ORDER BY k.id LIMIT ?
"""
INSERT_CREATOR: Final = """
INSERT INTO creators (id, tenant, name, role, cohort, mcn, entity, valid_until, created_at, enrolled_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_CREATOR: Final = """
UPDATE creators SET role = ?, cohort = ?, mcn = ?, entity = ?, valid_until = ?, enrolled_at = coalesce(enrolled_at, ?)
WHERE id = ?
"""
LINKS: Final = "SELECT account, since, until FROM creator_links WHERE creator = ?"
LINKS_SHOWN: Final = """
SELECT k.name, l.channel, l.since, l.until FROM creator_links AS l JOIN creators AS k ON k.id = l.account
WHERE l.creator = ? ORDER BY l.since, l.id LIMIT 500
"""
LINK_OF: Final = "SELECT id, creator FROM creator_links WHERE account = ? AND until IS NULL"
OWNER_OF: Final = "SELECT creator FROM creator_links WHERE account = ?"
INSERT_LINK: Final = """
INSERT INTO creator_links (id, tenant, creator, account, channel, since, until) VALUES (?, ?, ?, ?, ?, ?, NULL)
"""
SAME_CREATOR: Final = """
SELECT 1 FROM (
    SELECT k.name, k.id AS owner FROM creators AS k WHERE k.tenant = ?1 AND k.name IN (?2, ?3)
    UNION SELECT k.name, l.creator FROM creators AS k JOIN creator_links AS l ON l.account = k.id
    WHERE k.tenant = ?1 AND k.name IN (?2, ?3) AND (l.until IS NULL OR l.until >= ?4)
) AS o GROUP BY o.owner HAVING count(DISTINCT o.name) = 2 LIMIT 1
"""
"""Whether two ids are accounts of one creator, or were then: what an account did stays with whose it was."""
END_LINK: Final = "UPDATE creator_links SET until = ? WHERE id = ? AND until IS NULL"

_BESIDE: Final = """
(SELECT json_group_array(json_array(b.account, b.since, b.until)) FROM creator_links AS b WHERE b.creator = k.id),
(SELECT json_group_array(DISTINCT m.kind) FROM measures AS m WHERE m.state = 'in_force' AND m.creator IN (
    SELECT k.id UNION ALL SELECT b.account FROM creator_links AS b WHERE b.creator = k.id AND b.until IS NULL))
"""
OWNERS: Final = f"""
SELECT k.name AS asked, 0 AS owned, {CREATOR}, {_BESIDE}
FROM creators AS k WHERE k.tenant = ?1 AND k.name IN (SELECT value FROM json_each(?2))
UNION ALL
SELECT a.name, 1, {CREATOR}, {_BESIDE}
FROM creators AS a JOIN creator_links AS l ON l.account = a.id AND l.until IS NULL AND l.creator <> a.id
JOIN creators AS k ON k.id = l.creator
WHERE a.tenant = ?1 AND a.name IN (SELECT value FROM json_each(?2))
ORDER BY owned
"""
MANY_ENTRIES: Final = f"""
SELECT e.creator, {ENTRY} FROM score_entries AS e WHERE e.creator IN (SELECT value FROM json_each(?))
"""
# Entries

INSERT_ENTRY: Final = """
INSERT INTO score_entries (id, tenant, creator, kind, cause, recorded, since, occurred, name, value, ref, scene, mark,
    decision, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
HAS_CAUSE: Final = "SELECT id FROM score_entries WHERE creator = ? AND kind = ? AND cause = ?"
ITEMS_BETWEEN: Final = """
SELECT count(*) FROM score_entries AS e
WHERE e.creator = ?1 AND e.kind = 'observation' AND e.since >= ?2 AND e.since < ?3
    AND (e.cause >= 'prereview_passed:' AND e.cause < 'prereview_passed;'
        OR e.cause >= 'published:' AND e.cause < 'published;')
"""
"""How many clean items of an account count from a time on, until another; by the causes that ``posting`` gives them."""
ENTRIES_OF: Final = f"SELECT {ENTRY} FROM score_entries AS e WHERE e.creator = ?"
ENTRIES_SHOWN: Final = f"""
SELECT e.number, {ENTRY}, e.decision, c.content_id, c.version FROM score_entries AS e
LEFT JOIN contents AS c ON c.id = e.content
WHERE e.creator IN (SELECT value FROM json_each(?1)) AND e.number < ?2 ORDER BY e.number DESC LIMIT ?3
"""
DECIDED_BY: Final = "SELECT id, decision FROM score_entries WHERE id IN (SELECT value FROM json_each(?))"
LAST_SEQ: Final = "SELECT coalesce(max(seq), -1) FROM acts"
CHANGED_SINCE: Final = """
SELECT kind, subject, json_extract(CAST(body AS TEXT), '$.facts.creator'),
    json_extract(CAST(body AS TEXT), '$.facts.account')
FROM acts WHERE seq > ? AND seq <= ?
    AND kind IN ('score.entry', 'creator.changed', 'account.linked', 'account.unlinked', 'measure.proposed',
        'measure.decided', 'measure.ended', 'trial.proposed', 'trial.staged')
ORDER BY seq
"""
ENROLLED_AS: Final = "SELECT tenant, name, id FROM creators WHERE id = ? AND enrolled_at IS NOT NULL"
BLOCKS_OF: Final = f"""
SELECT b.decision, b.creator, b.final_at, {STANDS} FROM blocks AS b WHERE b.content = ? AND {no_copy("b.content")}
"""
FINAL_ANYWHERE: Final = f"""
SELECT DISTINCT b.tenant, b.content FROM blocks AS b WHERE b.final_at IS NOT NULL AND b.creator IS NOT NULL
    AND {STANDS} AND NOT EXISTS (SELECT 1 FROM score_entries AS e WHERE e.content = b.content AND e.kind = 'violation')
LIMIT ?
"""
NEWEST: Final = """
SELECT d.id, d.scene, d.severity, d.verdict, d.published_at, d.at FROM decisions AS d WHERE d.content = ?
ORDER BY d.seq DESC LIMIT 1
"""
VIOLATIONS_OF: Final = f"""
SELECT {ENTRY}, e.creator, e.decision FROM score_entries AS e WHERE e.content = ? AND e.kind = 'violation'
"""
AUTHOR_OF: Final = "SELECT body FROM contents WHERE id = ?"
# ``score_entries_by_ref`` holds entries with a ref alone, and is used where a statement says that there is one.
REVERSALS_OF: Final = f"""
SELECT {ENTRY} FROM score_entries AS e WHERE e.ref = ? AND e.ref <> '' AND e.kind = 'reversal'
"""
DECIDED_ON: Final = "SELECT content FROM decisions WHERE tenant = ? AND id = ?"
# Measures

INSERT_MEASURE: Final = """
INSERT INTO measures (id, tenant, creator, kind, state, rule, basis, facts, days, proposed_by, proposed_at, decided_by,
    decided_at, ends_at, relief) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')
"""
DECIDE_MEASURE: Final = """
UPDATE measures SET state = ?, decided_by = ?, decided_at = ?, ends_at = ? WHERE id = ? AND state = 'proposed'
"""
END_MEASURE: Final = """
UPDATE measures SET state = ?, ended_by = ?, ended_at = ?, relief = ? WHERE id = ? AND state = 'in_force'
"""
MEASURE_AS: Final = f"SELECT {MEASURE} FROM measures AS m WHERE m.tenant = ? AND m.id = ?"
MEASURES_OF: Final = f"""
SELECT {MEASURE} FROM measures AS m WHERE m.creator IN (
    SELECT ?1 UNION ALL SELECT b.account FROM creator_links AS b WHERE b.creator = ?1 AND b.until IS NULL)
ORDER BY m.proposed_at DESC LIMIT 200
"""
"""The measures against a creator, and against the accounts that are its own now: who is linked keeps them."""
MEASURES_LISTED: Final = f"""
SELECT {MEASURE}, k.name FROM measures AS m JOIN creators AS k ON k.id = m.creator
WHERE m.tenant = ?1 AND (?2 = '' OR m.state = ?2) AND m.id < ?3 ORDER BY m.id DESC LIMIT ?4
"""
MEASURES_DUE: Final = f"""
SELECT {MEASURE}, m.tenant FROM measures AS m WHERE m.state = 'in_force' AND m.ends_at IS NOT NULL AND m.ends_at <= ?
ORDER BY m.ends_at LIMIT ?
"""
LAST_ENTRY: Final = "SELECT coalesce(max(number), 0) FROM score_entries"
REVERSED_BETWEEN: Final = "SELECT 1 FROM score_entries WHERE number > ? AND number <= ? AND kind = 'reversal' LIMIT 1"
MEASURES_IN_DOUBT: Final = f"""
SELECT {MEASURE}, m.tenant FROM measures AS m WHERE m.state IN ('proposed', 'in_force') AND m.proposed_by = 'rule'
    AND +m.id > ?1 AND EXISTS (
        SELECT 1 FROM score_entries AS e WHERE e.kind = 'reversal' AND e.number > ?2 AND e.creator IN (
            SELECT m.creator UNION ALL SELECT b.account FROM creator_links AS b WHERE b.creator = m.creator))
ORDER BY +m.id LIMIT ?3
"""
"""What a rule proposed against creators of whose entries any was reversed since."""

# Boosts

ADD_SPEND: Final = """
INSERT INTO boost_spend (tenant, day, sort, key, spent) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, day, sort, key) DO UPDATE SET spent = spent + excluded.spent
"""
SPENT: Final = """
SELECT sort, key, spent FROM boost_spend WHERE tenant = ? AND day = ? AND sort IN ('all', 'category', 'creator')
    AND key IN (SELECT value FROM json_each(?))
"""
SPENT_DAYS: Final = """
SELECT day, sort, spent FROM boost_spend WHERE tenant = ? AND day >= ? AND key = '' ORDER BY day
"""
INSERT_RANKING: Final = """
INSERT INTO boost_rankings (id, tenant, day, at, scene, seed, budget, granted, explored, candidates, gini, gini_without,
    body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
RANKING: Final = "SELECT id, seed, budget, explored, body FROM boost_rankings WHERE id = ?"
RANKINGS: Final = """
SELECT id, day, at, scene, seed, budget, granted, explored, candidates, gini, gini_without FROM boost_rankings
WHERE tenant = ? ORDER BY day DESC, at DESC LIMIT ?
"""
BOOSTED: Final = """
SELECT day, spent FROM boost_spend WHERE tenant = ? AND sort = 'creator' AND key = ? ORDER BY day DESC LIMIT 60
"""

APPEALS_ABOUT: Final = """
SELECT a.id, a.decision, c.content_id, a.filed_at, a.outcome FROM contents AS c JOIN appeals AS a ON a.content = c.id
WHERE c.tenant = ? AND c.content_id IN (SELECT value FROM json_each(?)) ORDER BY a.filed_at DESC LIMIT 50
"""

# Formulas

INSERT_FORMULA: Final = (
    'INSERT INTO formulas (id, tenant, version, digest, body, "by", at) VALUES (?, ?, ?, ?, ?, ?, ?)'
)
FORMULA_TEXT: Final = "SELECT version, body FROM formulas WHERE tenant = ? AND id = ?"
FORMULA_NAMED: Final = "SELECT id FROM formulas WHERE tenant = ? AND version = ?"
INSERT_TRIAL: Final = """
INSERT INTO formula_trials (id, tenant, formula, base, variable, state, share, proposed_by, since, staged_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_TRIAL: Final = "UPDATE formula_trials SET state = ?, share = ?, staged_at = ? WHERE id = ?"
TRIAL_AS: Final = f"SELECT {TRIAL} FROM formula_trials AS t WHERE t.tenant = ? AND t.id = ?"
TRIALS: Final = f"SELECT {TRIAL} FROM formula_trials AS t WHERE t.tenant = ? ORDER BY t.since DESC, t.id DESC LIMIT ?"
TRIALS_AGAINST: Final = """
SELECT id FROM formula_trials WHERE tenant = ? AND base = ? AND state IN ('proposed', 'running', 'adopted')
"""
TRIALS_HELD: Final = """
SELECT state, formula FROM formula_trials WHERE tenant = ? AND state IN ('proposed', 'running', 'adopted')
ORDER BY staged_at, id
"""
TRIALS_ACTIVE: Final = f"""
SELECT t.tenant, {TRIAL}, f.version, f.body FROM formula_trials AS t JOIN formulas AS f ON f.id = t.formula
WHERE t.state IN ('proposed', 'running', 'adopted') ORDER BY t.staged_at, t.id
"""
_FINAL_SINCE: Final = """
e.tenant = ?1 AND e.kind = 'violation' AND e.recorded >= ?2
    AND NOT EXISTS (SELECT 1 FROM score_entries AS r WHERE r.ref = e.id AND r.ref <> '' AND r.kind = 'reversal')
"""
VIOLATED_SINCE: Final = f"""
SELECT e.creator FROM score_entries AS e WHERE {_FINAL_SINCE}
UNION
SELECT l.creator FROM score_entries AS e JOIN creator_links AS l
    ON l.account = e.creator AND (l.until IS NULL OR e.occurred <= l.until)
WHERE {_FINAL_SINCE}
"""

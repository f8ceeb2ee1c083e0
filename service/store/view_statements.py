"""SQL text of the console's own rows: a person's saved views, and how much waits in each scene."""

from __future__ import annotations

VIEWS = 'SELECT name, query FROM saved_views WHERE "user" = ? ORDER BY name LIMIT ?'
COUNT_VIEWS = 'SELECT count(*) FROM saved_views WHERE "user" = ?'
VIEW = 'SELECT 1 FROM saved_views WHERE "user" = ? AND name = ?'
INSERT_VIEW = 'INSERT INTO saved_views ("user", name, query) VALUES (?, ?, ?)'
DELETE_VIEW = 'DELETE FROM saved_views WHERE "user" = ? AND name = ?'

DEPTHS = """
WITH RECURSIVE sorts (level, kind, scene, category) AS (
    SELECT * FROM (SELECT level, kind, scene, category FROM reviews WHERE tenant = ?1 AND state = 'waiting'
        ORDER BY level, kind, scene, category LIMIT 1)
    UNION ALL
    SELECT n.level, n.kind, n.scene, n.category FROM sorts AS s JOIN reviews AS n ON n.rowid = (
        SELECT q.rowid FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting'
            AND (q.level, q.kind, q.scene, q.category) > (s.level, s.kind, s.scene, s.category)
        ORDER BY q.level, q.kind, q.scene, q.category LIMIT 1)
)
SELECT scene, sum(n), max(n) FROM (
    SELECT scene, (SELECT count(*) FROM (SELECT 1 FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting'
        AND q.level = sorts.level AND q.kind = sorts.kind AND q.scene = sorts.scene AND q.category = sorts.category
        LIMIT ?2)) AS n
    FROM sorts
) GROUP BY scene
"""
"""The sorts that are there follow one another in the index: one seek each, and of each at most so many are counted."""

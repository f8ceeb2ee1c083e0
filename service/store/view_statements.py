"""SQL text of the console's own rows: a person's saved views, and how much waits in each scene."""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from service.store.quality_statements import hidden_from

VIEWS = 'SELECT name, query FROM saved_views WHERE "user" = ? ORDER BY name LIMIT ?'
COUNT_VIEWS = 'SELECT count(*) FROM saved_views WHERE "user" = ?'
VIEW = 'SELECT 1 FROM saved_views WHERE "user" = ? AND name = ?'
INSERT_VIEW = 'INSERT INTO saved_views ("user", name, query) VALUES (?, ?, ?)'
DELETE_VIEW = 'DELETE FROM saved_views WHERE "user" = ? AND name = ?'

DEPTHS = f"""
WITH RECURSIVE sorts (place) AS (
    SELECT * FROM (SELECT rowid FROM reviews WHERE tenant = ?1 AND state = 'waiting'
        ORDER BY level, kind, scene, category LIMIT 1)
    UNION ALL
    SELECT (SELECT n.rowid FROM reviews AS n WHERE n.tenant = ?1 AND n.state = 'waiting'
        AND (n.level, n.kind, n.scene, n.category, n.priority) > (+s.level, +s.kind, +s.scene, +s.category, '~')
        ORDER BY n.level, n.kind, n.scene, n.category LIMIT 1)
    FROM sorts JOIN reviews AS s ON s.rowid = sorts.place
)
SELECT scene, sum(n), max(n) FROM (
    SELECT s.scene, (SELECT count(*) FROM (SELECT 1 FROM reviews AS q WHERE q.tenant = ?1 AND q.state = 'waiting'
        AND q.level = s.level AND q.kind = s.kind AND q.scene = s.scene AND q.category = s.category
        AND NOT {hidden_from("?3", "?4")} LIMIT ?2)) AS n
    FROM sorts JOIN reviews AS s ON s.rowid = sorts.place
) GROUP BY scene
"""
"""The sorts that are there follow one another in the index: one seek each, and of each at most so many are counted."""

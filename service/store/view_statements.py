"""SQL text of the console's own rows: a person's saved views."""

from __future__ import annotations

VIEWS = 'SELECT name, query FROM saved_views WHERE "user" = ? ORDER BY name LIMIT ?'
COUNT_VIEWS = 'SELECT count(*) FROM saved_views WHERE "user" = ?'
VIEW = 'SELECT 1 FROM saved_views WHERE "user" = ? AND name = ?'
INSERT_VIEW = 'INSERT INTO saved_views ("user", name, query) VALUES (?, ?, ?)'
DELETE_VIEW = 'DELETE FROM saved_views WHERE "user" = ? AND name = ?'

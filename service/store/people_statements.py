"""SQL text about people, their sessions and keys. A person is always asked for together with their tenant."""

from __future__ import annotations

INSERT_USER = "INSERT INTO users (id, tenant, name, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)"
SET_ROLE = "UPDATE users SET role = ? WHERE id = ?"
SET_PASSWORD = "UPDATE users SET password = ? WHERE id = ?"  # noqa: S105 - the statement, not a password
DISABLE_USER = "UPDATE users SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL"
ENABLE_USER = "UPDATE users SET disabled_at = NULL WHERE id = ? AND disabled_at IS NOT NULL"
INSERT_SESSION = 'INSERT INTO sessions (digest, "user", created_at, expires_at) VALUES (?, ?, ?, ?)'
END_SESSION = "UPDATE sessions SET ended_at = ? WHERE digest = ? AND ended_at IS NULL"

_USER = "SELECT id, tenant, name, role, created_at, disabled_at FROM users"
USER = f"{_USER} WHERE tenant = ? AND id = ?"
USER_NAMED = f"{_USER} WHERE tenant = ? AND name = ?"
USERS = f"{_USER} WHERE tenant = ?1 AND (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?4"
ADMINS_BESIDE = "SELECT id FROM users WHERE tenant = ? AND id <> ? AND role = 'admin' AND disabled_at IS NULL LIMIT 1"
SIGN_IN = "SELECT id, password, disabled_at FROM users WHERE tenant = ? AND name = ?"
HASH_OF = "SELECT password FROM users WHERE tenant = ? AND id = ? AND disabled_at IS NULL"

CALLER = """
SELECT u.tenant, u.id, u.role FROM sessions AS s JOIN users AS u ON u.id = s."user"
WHERE s.digest = ?1 AND s.ended_at IS NULL AND s.expires_at > ?2 AND u.disabled_at IS NULL
"""
OPEN_SESSIONS = 'SELECT digest FROM sessions WHERE "user" = ? AND ended_at IS NULL'
STALE_SESSIONS = """
SELECT digest, expires_at <= ?2 FROM sessions
WHERE "user" = ?1 AND ended_at IS NULL AND (expires_at <= ?2 OR digest NOT IN
    (SELECT digest FROM sessions WHERE "user" = ?1 AND ended_at IS NULL ORDER BY created_at DESC, digest LIMIT ?3))
"""

SIGNED_IN = """
SELECT DISTINCT u.tenant, u.id FROM sessions AS s JOIN users AS u ON u.id = s."user" WHERE s.ended_at IS NULL
"""
ACCOUNTS = "SELECT tenant, id, name, role, password, disabled_at FROM users ORDER BY tenant, name"
KEYS_REVOKED = "SELECT id FROM api_keys WHERE revoked_at IS NOT NULL"
RECEIVERS_ENDED = "SELECT id, tenant FROM webhooks WHERE ended_at IS NOT NULL"

KEY_TENANT = "SELECT tenant FROM api_keys WHERE id = ?1 AND revoked_at IS NULL AND (?2 IS NULL OR tenant = ?2)"

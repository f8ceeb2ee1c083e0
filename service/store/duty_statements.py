"""SQL text of live commerce: proofs, products, scripts, shows, corrections, alerts. Lists are bounded, by an index."""

# ruff: noqa: S608 - our own text, into which only our own names are put

from __future__ import annotations

from typing import Final

# Proofs

_PROOF: Final = """
SELECT p.id, c.body, p.file, p.valid_from, p.valid_to, p."by", p.filed_at, p.ended_at
FROM proofs AS p JOIN contents AS c ON c.id = p.content
"""
PROOF: Final = f"{_PROOF} WHERE p.id = ? AND p.tenant = ?"
PROOFS: Final = f"""
{_PROOF} WHERE p.tenant = ?1 AND (p.filed_at, p.id) < (?2, ?3) ORDER BY p.filed_at DESC, p.id DESC LIMIT ?4
"""
PROOFS_NAMED: Final = f"{_PROOF} WHERE +p.tenant = ?1 AND p.id IN (SELECT value FROM json_each(?2))"
PROOF_STANDS: Final = "SELECT 1 FROM proofs WHERE id = ? AND tenant = ? AND ended_at IS NULL"
PROOFS_LIKE: Final = """
SELECT p.id, c.salt, c.commitment FROM proofs AS p JOIN contents AS c ON c.id = p.content
WHERE p.tenant = ? AND p.file IS ? AND p.valid_from IS ? AND p.valid_to IS ? AND p."by" = ? AND p.ended_at IS NULL
"""
"""What somebody filed of the same document for the same days and has not withdrawn."""
INSERT_PROOF: Final = """
INSERT INTO proofs (id, tenant, content, file, valid_from, valid_to, "by", filed_at, told)
VALUES (?, ?, (SELECT max(id) FROM contents), ?, ?, ?, ?, ?, 0)
"""
END_PROOF: Final = "UPDATE proofs SET ended_at = ? WHERE id = ? AND tenant = ? AND ended_at IS NULL"
PROOFS_ENDING: Final = """
SELECT id, tenant, valid_to FROM proofs WHERE ended_at IS NULL AND told < 2
    AND ((valid_to <= ?1 AND told = 0) OR valid_to < ?2) ORDER BY valid_to LIMIT ?3
"""
TELL_PROOF: Final = "UPDATE proofs SET told = ? WHERE id = ?"

# Products

PRODUCT_ROW: Final = "SELECT id FROM products WHERE tenant = ? AND product = ?"
INSERT_PRODUCT: Final = """
INSERT INTO products (id, tenant, product, content, industry, "by", filed_at)
VALUES (?, ?, ?, (SELECT max(id) FROM contents), ?, ?, ?)
"""
SET_PRODUCT: Final = """
UPDATE products SET content = (SELECT max(id) FROM contents), industry = ?, "by" = ?, filed_at = ? WHERE id = ?
"""
END_CERTIFICATES: Final = "UPDATE certificates SET ended_at = ? WHERE product = ? AND ended_at IS NULL"
INSERT_CERTIFICATE: Final = """
INSERT INTO certificates (id, product, content, place, kind, valid_to, told)
VALUES (?, ?, (SELECT max(id) FROM contents), ?, ?, ?, 0)
"""
CERTIFICATES_ENDING: Final = """
SELECT c.id, p.tenant, p.product, c.kind, c.valid_to FROM certificates AS c JOIN products AS p ON p.id = c.product
WHERE c.ended_at IS NULL AND c.told < 2 AND ((c.valid_to <= ?1 AND c.told = 0) OR c.valid_to < ?2)
ORDER BY c.valid_to LIMIT ?3
"""
TELL_CERTIFICATE: Final = "UPDATE certificates SET told = ? WHERE id = ?"
_PRODUCT: Final = """
SELECT p.product, c.body, p.industry, p."by", p.filed_at,
    (SELECT json_group_array(json_array(k.place, k.kind, k.valid_to)) FROM (
        SELECT place, kind, valid_to FROM certificates WHERE product = p.id AND ended_at IS NULL ORDER BY place) AS k)
FROM products AS p JOIN contents AS c ON c.id = p.content
"""
PRODUCT: Final = f"{_PRODUCT} WHERE p.tenant = ? AND p.product = ?"
PRODUCTS: Final = f"{_PRODUCT} WHERE p.tenant = ?1 AND p.product > ?2 ORDER BY p.product LIMIT ?3"
PRODUCTS_NAMED: Final = f"{_PRODUCT} WHERE p.tenant = ?1 AND p.product IN (SELECT value FROM json_each(?2))"

# Scripts

_SCRIPT: Final = """
SELECT s.id, s.script, s.version, c.body, s.digest, s.products, s.proofs, s."by", s.filed_at, s.approved_at,
    s.approved_by, s.voided_at, r.body
FROM scripts AS s JOIN contents AS c ON c.id = s.content LEFT JOIN contents AS r ON r.id = s.report
"""
SCRIPT_NEWEST: Final = (
    "SELECT version, digest FROM scripts WHERE tenant = ? AND script = ? ORDER BY version DESC LIMIT 1"
)
SCRIPT_AT: Final = f"{_SCRIPT} WHERE s.tenant = ? AND s.script = ? AND s.version = ?"
SCRIPT_LAST: Final = f"{_SCRIPT} WHERE s.tenant = ? AND s.script = ? ORDER BY s.version DESC LIMIT 1"
SCRIPT_VERSIONS: Final = f"{_SCRIPT} WHERE s.tenant = ? AND s.script = ? ORDER BY s.version DESC LIMIT ?"
SCRIPTS: Final = f"""
{_SCRIPT} WHERE s.tenant = ?1 AND (s.filed_at, s.id) < (?2, ?3)
    AND NOT EXISTS (
        SELECT 1 FROM scripts AS n WHERE n.tenant = s.tenant AND n.script = s.script AND n.version > s.version)
ORDER BY s.filed_at DESC, s.id DESC LIMIT ?4
"""
SCRIPT_APPROVED: Final = f"""
{_SCRIPT} WHERE s.tenant = ? AND s.script = ? AND s.approved_at IS NOT NULL AND s.voided_at IS NULL LIMIT 1
"""
SCRIPT_STATE: Final = """
SELECT id, digest, "by", approved_at, (SELECT max(n.version) FROM scripts AS n WHERE n.tenant = s.tenant
    AND n.script = s.script) FROM scripts AS s WHERE tenant = ? AND script = ? AND version = ?
"""
STANDING_APPROVAL: Final = """
SELECT id, version FROM scripts WHERE tenant = ? AND script = ? AND approved_at IS NOT NULL AND voided_at IS NULL
"""
INSERT_SCRIPT: Final = """
INSERT INTO scripts (id, tenant, script, version, content, digest, products, proofs, "by", filed_at)
VALUES (?, ?, ?, ?, (SELECT max(id) FROM contents), ?, ?, ?, ?, ?)
"""
APPROVE_SCRIPT: Final = """
UPDATE scripts SET approved_at = ?, approved_by = ?, report = (SELECT max(id) FROM contents)
WHERE id = ? AND approved_at IS NULL
"""
VOID_APPROVAL: Final = "UPDATE scripts SET voided_at = ? WHERE id = ? AND voided_at IS NULL"

# Shows

_SHOW: Final = """
SELECT s.id, s.room, s.script, s.products, s.proofs, s."by", s.started_at, s.ended_at, s.ended_by,
    (SELECT json_group_array(json_array(h.host, h.method, h.checked_on, h."by", h.at)) FROM (
        SELECT host, method, checked_on, "by", at FROM host_checks WHERE show = s.id ORDER BY id) AS h)
FROM shows AS s
"""
SHOW: Final = f"{_SHOW} WHERE s.id = ? AND s.tenant = ?"
SHOW_LIVE: Final = f"{_SHOW} WHERE s.tenant = ? AND s.room = ? AND s.ended_at IS NULL"
SHOWS: Final = f"""
{_SHOW} WHERE s.tenant = ?1 AND (s.started_at, s.id) < (?2, ?3) ORDER BY s.started_at DESC, s.id DESC LIMIT ?4
"""
SHOWS_LIVE: Final = f"""
{_SHOW} WHERE s.tenant = ?1 AND s.ended_at IS NULL AND s.room > ?2 ORDER BY s.room LIMIT ?3
"""
ALL_LIVE: Final = "SELECT tenant, room FROM shows WHERE ended_at IS NULL LIMIT ?"
SHOW_STATE: Final = "SELECT room, ended_at FROM shows WHERE id = ? AND tenant = ?"
LIVE_SHOW: Final = "SELECT id FROM shows WHERE tenant = ? AND room = ? AND ended_at IS NULL"
INSERT_SHOW: Final = """
INSERT INTO shows (id, tenant, room, script, products, proofs, "by", started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
END_SHOW: Final = "UPDATE shows SET ended_at = ?, ended_by = ? WHERE id = ? AND tenant = ? AND ended_at IS NULL"
INSERT_HOST_CHECK: Final = """
INSERT INTO host_checks (id, show, host, method, checked_on, "by", at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
INSERT_SHOW_ACT: Final = """
INSERT INTO show_acts (act, tenant, room, show, kind, target, "user", content, at)
VALUES ((SELECT max(seq) FROM acts), ?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?7 THEN (SELECT max(id) FROM contents) END, ?8)
"""
SHOW_ACTS: Final = """
SELECT a.act, a.show, a.kind, a.target, a."user", u.name, c.body, a.at,
    json_extract(CAST(l.body AS TEXT), '$.facts.until') FROM show_acts AS a
JOIN users AS u ON u.id = a."user" JOIN acts AS l ON l.seq = a.act LEFT JOIN contents AS c ON c.id = a.content
WHERE a.tenant = ? AND a.room = ? AND a.at >= ? AND a.at <= ? ORDER BY a.act DESC LIMIT ?
"""
INSERT_CORRECTION: Final = """
INSERT INTO corrections (id, tenant, room, show, host, category, claim, claim_start, claim_end, claimed_at,
    correction, correction_start, correction_end, corrected_at, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CORRECTIONS: Final = """
SELECT k.id, k.room, k.show, k.host, k.category, a.content_id, a.body, k.claim_start, k.claim_end, k.claimed_at,
    b.content_id, b.body, k.correction_start, k.correction_end, k.corrected_at, k.at
FROM corrections AS k JOIN contents AS a ON a.id = k.claim JOIN contents AS b ON b.id = k.correction
WHERE k.tenant = ? AND k.room = ? AND k.corrected_at >= ? AND k.corrected_at <= ? ORDER BY k.corrected_at, k.id LIMIT ?
"""

# Alerts

_ALERT: Final = """
SELECT a.id, a.kind, a.subject, a.facts, a.raised_at, a.acknowledged_at, a.acknowledged_by, u.name
FROM alerts AS a LEFT JOIN users AS u ON u.id = a.acknowledged_by
"""
ALERT: Final = f"{_ALERT} WHERE a.id = ? AND a.tenant = ?"
ALERTS: Final = f"""
{_ALERT} WHERE a.tenant = ?1 AND (a.raised_at, a.id) < (?2, ?3) ORDER BY a.raised_at DESC, a.id DESC LIMIT ?4
"""
ALERTS_OPEN: Final = f"""
{_ALERT} WHERE a.tenant = ?1 AND a.acknowledged_at IS NULL AND (a.raised_at, a.id) < (?2, ?3)
ORDER BY a.raised_at DESC, a.id DESC LIMIT ?4
"""
ALERTS_COUNT: Final = """
SELECT count(*) FROM (SELECT 1 FROM alerts WHERE tenant = ? AND acknowledged_at IS NULL LIMIT ?)
"""
ALERT_KNOWN: Final = "SELECT 1 FROM alerts WHERE tenant = ? AND kind = ? AND subject = ? AND mark = ?"
ALERT_STATE: Final = "SELECT acknowledged_at FROM alerts WHERE id = ? AND tenant = ?"
INSERT_ALERT: Final = """
INSERT INTO alerts (id, tenant, kind, subject, mark, facts, raised_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
ACKNOWLEDGE_ALERT: Final = """
UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ? AND tenant = ? AND acknowledged_at IS NULL
"""

CONTENT_ROW: Final = "SELECT id FROM contents WHERE tenant = ? AND content_id = ? ORDER BY version DESC LIMIT 1"

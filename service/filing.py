"""Filings: a judged content made ready for the ledger, so that the group that commits it has only to place it."""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import orjson

from service.ids import new_id, stamp
from service.store.codec import content_body, part_numbers, verdict_blob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.types import Content, Evidence, Exemption, Verdict

SALT_BYTES = 16
_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_INNER_REST, _OUTER_REST = (bytes([pad]) * (_BLOCK_BYTES - SALT_BYTES) for pad in (0x36, 0x5C))

ENGINE = "engine"
"""Who decided, where no person did."""


class Filing(NamedTuple):
    """One decision before it has its place. ``fresh`` says that the content id was made here and cannot exist yet.

    ``judged`` are the columns of ``decisions`` from ``scene`` on; ``facts`` are what the act will tell, except for what
    only the ledger knows: version, the commitment of the version that stands, what it supersedes.
    """

    id: str
    tenant: str
    content_id: str
    fresh: bool
    body: bytes
    salt: bytes
    commitment: bytes
    judged: tuple[str, str, str, int, bytes, int, str, str, str]
    facts: dict[str, object]


class Seal(NamedTuple):
    """An idempotency key made ready: the hash of the key, and a salted HMAC of the body that it came with.

    The HMAC is salted because bodies hold text, which must not be guessable from what outlives it.
    """

    tenant: str
    key_hash: bytes
    salt: bytes
    mac: bytes
    body: bytes

    def fits(self, salt: bytes, mac: bytes) -> bool:
        """Whether the key was used for this very body."""
        return hmac.compare_digest(committed(salt, self.body), mac)


def committed(salt: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 of raw bytes: the commitment to a content, and the mark of a request's body.

    ``salt`` has 16 bytes. Spelt out (RFC 2104), because the standard library's one call gives the interpreter lock away
    every time and then has to win it back from the ledger's thread.
    """
    inner = sha256(salt.translate(_INNER) + _INNER_REST + message).digest()
    return sha256(salt.translate(_OUTER) + _OUTER_REST + inner).digest()


def sealed(tenant: str, key: str, body: bytes) -> Seal:
    """The seal of one request."""
    salt = os.urandom(SALT_BYTES)
    return Seal(tenant, sha256(key.encode("utf-8", "surrogatepass")).digest(), salt, committed(salt, body), body)


def prepared(content: Content, verdict: Verdict, *, tenant: str) -> Filing:
    """The filing of one verdict. Raises ``ValueError`` for a content that cannot be stored."""
    body = content_body(content)
    published_at = stamp(content.at)
    action = verdict.action.code
    missing = orjson.dumps([gone.source for gone in verdict.missing]).decode() if verdict.missing else "[]"
    facts: dict[str, object] = {
        "action": action,
        "by": ENGINE,
        "degraded": verdict.degraded,
        "published_at": published_at,
        "ruleset": verdict.ruleset,
        "scene": content.scene,
        "severity": verdict.severity,
    }
    _tell_more(facts, content, verdict)
    judged = (
        content.scene.value,
        published_at,
        action,
        verdict.severity,
        verdict_blob(verdict, content),
        int(verdict.degraded),
        missing,
        verdict.ruleset,
        ENGINE,
    )
    salt = os.urandom(SALT_BYTES)
    content_id = content.id
    return Filing(
        new_id(), tenant, content_id or new_id(), not content_id, body, salt, committed(salt, body), judged, facts
    )


def _tell_more(facts: dict[str, object], content: Content, verdict: Verdict) -> None:
    """Adds what most verdicts do not have."""
    if verdict.evidence or verdict.exemptions:
        numbers = part_numbers(content)
        facts["evidence"] = [_evidence(evidence, numbers) for evidence in verdict.evidence]
        facts["exemptions"] = [_exemption(exemption, numbers) for exemption in verdict.exemptions]
    if verdict.effects:
        facts["effects"] = list(verdict.effects)
    if verdict.proof:
        facts["proof"] = list(verdict.proof)
    if verdict.missing:
        facts["missing"] = [{"source": gone.source, "why": gone.why} for gone in verdict.missing]
    if verdict.matches_truncated:
        facts["matches_truncated"] = verdict.matches_truncated


def _evidence(evidence: Evidence, numbers: Mapping[str, int]) -> dict[str, object]:
    return {
        "source": evidence.source,
        "category": evidence.category,
        "rule": evidence.rule,
        "severity": evidence.severity,
        "weight": evidence.weight,
        "part": numbers[evidence.span.part],
        "start": evidence.span.start,
        "end": evidence.span.end,
        "folds": evidence.folds,
        "laws": evidence.laws,
        "signals": evidence.facts,
    }


def _exemption(exemption: Exemption, numbers: Mapping[str, int]) -> dict[str, object]:
    return {
        "category": exemption.category,
        "rule": exemption.rule,
        "part": numbers[exemption.span.part],
        "start": exemption.span.start,
        "end": exemption.span.end,
        "code": exemption.code,
    }

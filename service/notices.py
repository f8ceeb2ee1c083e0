"""Notices, pure: whom they are for, what they say, how they are signed, and when to try again. No clock, no network."""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.ids import from_stamp, later

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.secret import Secret

KINDS: Final = (
    "alert.raised",
    "appeal.decided",
    "decision.human",
    "decision.timeout",
    "decision.undone",
    "room.muted",
    "room.unmuted",
    "room.warned",
    "script.approved",
    "script.voided",
)
"""What a receiver can ask to be told of."""

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DELAYS: Final = (5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR)
"""Seconds after each failed attempt; the last one again and again."""
GIVE_UP_SECONDS: Final = 72 * HOUR
LEAST_ATTEMPTS: Final = 5
"""So often it is tried at least, however long the service itself was down."""
JITTER: Final = 0.1
"""A delay is shorter or longer by up to this share, so that what failed together is not tried again together."""
ROTATION_SECONDS: Final = 24 * HOUR
"""So long after a rotation notices are signed with the former secret too."""


class Schedule(NamedTuple):
    """When to try again, as data. The last delay is repeated until ``give_up`` seconds are over."""

    delays: tuple[float, ...] = DELAYS
    give_up: float = GIVE_UP_SECONDS
    least: int = LEAST_ATTEMPTS
    jitter: float = JITTER

    def following(self, attempts: int, *, began: str, at: str, chance: float) -> str | None:
        """When to try again after so many attempts, all failed; ``None``: never. ``chance`` is from 0 to 1."""
        end = later(began, self.give_up)
        if at >= end and attempts >= self.least:
            return None
        delay = self.delays[min(attempts, len(self.delays)) - 1] * (1 + self.jitter * (2 * chance - 1))
        planned = later(at, delay)
        return min(planned, end) if at < end else planned


class Told(NamedTuple):
    """What a notice says of a decision: the columns that hold no text. ``verdict`` is its canonical JSON."""

    id: str
    content_id: str
    version: int
    scene: str
    action: str
    severity: int
    verdict: bytes
    degraded: int
    ruleset: str
    supersedes: str | None
    by: str
    at: str


def body_of(kind: str, at: str, facts: bytes, decision: Told | None) -> bytes:
    """The body of a notice, the same on every attempt: ``type``, ``timestamp`` and ``data``."""
    data = orjson.loads(facts)
    if decision is not None:
        data = {**data, **_data(decision)}
    return orjson.dumps({"type": kind, "timestamp": at, "data": data})


def signing_key(house: Secret, webhook: str, rotation: int) -> bytes:
    """The key that notices to a receiver are signed with, derived anew whenever it is needed."""
    return house.derived(f"webhook/{webhook}/{rotation}")


def shown(key: bytes) -> str:
    """A key as a receiver is given it."""
    return f"whsec_{b64encode(key).decode()}"


def keys_at(house: Secret, webhook: str, rotation: int, *, rotated_at: str | None, at: str) -> list[bytes]:
    """The keys that count at a time: the present one and, for a day after a rotation, the one before."""
    keys = [signing_key(house, webhook, rotation)]
    if rotated_at is not None and at < later(rotated_at, ROTATION_SECONDS):
        keys.append(signing_key(house, webhook, rotation - 1))
    return keys


def headers_of(notice: str, body: bytes, *, at: str, keys: Sequence[bytes]) -> dict[str, str]:
    """The headers of one attempt, as Standard Webhooks 1 wants them: id, time and one signature a key."""
    seconds = int(from_stamp(at).timestamp())
    signed = f"{notice}.{seconds}.".encode() + body
    signatures = [b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": notice,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _data(decision: Told) -> dict[str, Any]:
    """A decision without a word of its content: spans are part (by its number), start and end in code points."""
    verdict = orjson.loads(decision.verdict)
    return {
        "id": decision.id,
        "content_id": decision.content_id,
        "version": decision.version,
        "scene": decision.scene,
        "decided_at": decision.at,
        "by": decision.by,
        "supersedes": decision.supersedes,
        "action": decision.action,
        "severity": decision.severity,
        "categories": verdict.get("categories", []),
        "effects": verdict.get("effects", []),
        "evidence": [_finding(item) for item in verdict.get("evidence", ())],
        "exemptions": [
            {name: item[name] for name in ("category", "rule", "span", "code")}
            for item in verdict.get("exemptions", ())
        ],
        "degraded": bool(decision.degraded),
        "ruleset": decision.ruleset,
    }


def _finding(item: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: item[name] for name in ("source", "category", "rule", "severity", "span")}
    return {**told, "laws": item.get("laws", [])}

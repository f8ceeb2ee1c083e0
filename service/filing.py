"""Filings: a judged content made ready for the ledger, so that the group that commits it has only to place it."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import orjson

from moderation.types import Action, Scene
from service.ids import CHANCE_BYTES, chance, new_id, stamp
from service.ports import Words
from service.review.urgency import opening
from service.store.codec import NOTHING_MORE, content_body, verdict_blob

if TYPE_CHECKING:
    from collections.abc import Callable

    from moderation.types import Content, Verdict
    from service.review.urgency import Deadlines, Opening

_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_INNER_REST, _OUTER_REST = (bytes([pad]) * (_BLOCK_BYTES - CHANCE_BYTES) for pad in (0x36, 0x5C))

ENGINE = "engine"
"""Who decided, where no person did."""
_SCENES = {scene: scene.value for scene in Scene}
_ACTIONS = {action: action.code for action in Action}
"""An enum's own properties take ten times as long as a look-up."""


class Filing(NamedTuple):
    """One decision before it has its place. ``fresh`` says that the content id cannot exist yet.

    ``judged`` are the columns of ``decisions`` from ``scene`` on; ``facts`` are what the act will tell, except for what
    only the ledger knows: version, the commitment of the version that stands, what it supersedes. The verdict is
    written once: the same bytes stand in ``decisions.verdict`` and in the act.
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
    opening: Opening | None = None
    """The review item that the content needs."""
    after: Callable[..., None] | None = None
    """What else is written in the same transaction: called with a visit, ``decision`` and ``content`` (its row)."""


class Kept(NamedTuple):
    """Words made ready for ``contents``: the row, and what an act tells of it."""

    row: Words
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

    ``salt`` has the length of a ``chance``. Spelt out (RFC 2104), because the standard library's one call gives the
    interpreter lock away every time and then has to win it back from the ledger's thread.
    """
    inner = sha256(salt.translate(_INNER) + _INNER_REST + message).digest()
    return sha256(salt.translate(_OUTER) + _OUTER_REST + inner).digest()


def kept(tenant: str, name: str, words: Content, at: str) -> Kept:
    """A row of ``contents`` for what a person wrote, under a content id of its own. Raises ``ValueError``."""
    body, salt = content_body(words), chance()
    commitment = committed(salt, body)
    facts: dict[str, object] = {"commitment": commitment.hex(), "content": name, "version": 1}
    return Kept(Words(tenant, name, commitment, salt, body, at), facts)


def sealed(tenant: str, key: str, body: bytes) -> Seal:
    """The seal of one request."""
    salt = chance()
    return Seal(tenant, sha256(key.encode("utf-8", "surrogatepass")).digest(), salt, committed(salt, body), body)


def prepared(  # noqa: PLR0913 - a verdict and where it goes
    content: Content,
    verdict: Verdict,
    *,
    tenant: str,
    deadlines: Deadlines,
    number: int = 0,
    known: bool = False,
    after: Callable[..., None] | None = None,
) -> Filing:
    """The filing of one verdict; Raises ``ValueError`` for what cannot be stored.

    ``number`` is the place of a message in its room; its content cannot exist yet, unless it is ``known``. ``after`` is
    what ``Filing`` says.
    """
    body = content_body(content)
    scene, action = _SCENES[content.scene], _ACTIONS[verdict.action]
    severity, degraded, ruleset = verdict.severity, verdict.degraded, verdict.ruleset
    published_at = stamp(content.at)
    blob = verdict_blob(verdict, content)
    facts: dict[str, object] = {
        "action": action,
        "by": ENGINE,
        "degraded": degraded,
        "published_at": published_at,
        "ruleset": ruleset,
        "scene": scene,
        "severity": severity,
    }
    if number:
        facts["number"] = number
    if blob != NOTHING_MORE:
        facts["verdict"] = orjson.Fragment(blob)
    missing = orjson.dumps([gone.source for gone in verdict.missing]).decode() if verdict.missing else "[]"
    judged = (scene, published_at, action, severity, blob, int(degraded), missing, ruleset, ENGINE)
    salt = chance()
    content_id = content.id
    return Filing(
        new_id(),
        tenant,
        content_id or new_id(),
        not content_id or (number > 0 and not known),
        body,
        salt,
        committed(salt, body),
        judged,
        facts,
        opening(content, verdict, deadlines),
        after,
    )

"""Acts: what changed, as canonical bytes that an auditor can hash. Ids, spans, integers and commitments; never text.

The canonical form is RFC 8785 over what an act may hold (ASCII keys; strings, integers, booleans, lists, objects), for
which sorted keys are all that is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "act/2"
"""Acts of schema ``act/1`` told evidence in members of ``facts``, where ``act/2`` has ``verdict``."""

TENANT_CREATED = "tenant.created"
KEY_CREATED = "key.created"
KEY_REVOKED = "key.revoked"
RULESET_ACTIVATED = "ruleset.activated"
LEXICON_FILED = "lexicon.filed"
LEXICON_ACTIVATED = "lexicon.activated"
PROPOSAL_FILED = "proposal.filed"
PROPOSAL_REVISED = "proposal.revised"
PROPOSAL_APPROVED = "proposal.approved"
PROPOSAL_REJECTED = "proposal.rejected"
PROPOSAL_WITHDRAWN = "proposal.withdrawn"
PROPOSAL_REHEARSED = "proposal.rehearsed"
PROPOSAL_ACTIVATED = "proposal.activated"
PROPOSAL_ROLLED_BACK = "proposal.rolled_back"
SHADOW_STARTED = "shadow.started"
SHADOW_COUNTED = "shadow.counted"
SHADOW_ENDED = "shadow.ended"
LABEL_ADDED = "label.added"
MODEL_TRAINED = "model.trained"
MODEL_ACTIVATED = "model.activated"
SETTINGS_CHANGED = "settings.changed"
SERVICE_RESTORED = "service.restored"
SERVICE_STARTED = "service.started"
DECISION_AUTO = "decision.auto"
DECISION_SUPERSEDED = "decision.superseded"
DECISION_HUMAN = "decision.human"
DECISION_FOLLOWED = "decision.followed"
DECISION_UNDONE = "decision.undone"
DECISION_TIMEOUT = "decision.timeout"
DECISION_NOTIFIED = "decision.notified"
DECISION_FINAL = "decision.final"
DECISION_LAPSED = "decision.lapsed"
APPEAL_FILED = "appeal.filed"
APPEAL_DECIDED = "appeal.decided"
APPEAL_UNDONE = "appeal.undone"
APPEAL_REDECIDED = "appeal.redecided"
REVIEW_OPENED = "review.opened"
USER_CREATED = "user.created"
USER_CHANGED = "user.changed"
USER_DISABLED = "user.disabled"
USER_ENABLED = "user.enabled"
PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an act
SESSION_STARTED = "session.started"
SESSION_ENDED = "session.ended"
VIEW_SAVED = "view.saved"
VIEW_REMOVED = "view.removed"
REPORT_FILED = "report.filed"
REPORT_SETTLED = "report.settled"
REPORT_UNSETTLED = "report.unsettled"
ROOM_EVENT = "room.event"
NOTICE_OPENED = "notice.opened"
NOTICE_CANCELLED = "notice.cancelled"
WEBHOOK_CREATED = "webhook.created"
WEBHOOK_ENDED = "webhook.ended"
WEBHOOK_ROTATED = "webhook.rotated"
NOTICE_DELIVERED = "notice.delivered"
NOTICE_FAILED = "notice.failed"
NOTICE_DEAD = "notice.dead"
NOTICE_REPLAYED = "notice.replayed"
SAMPLE_OPENED = "sample.opened"
SAMPLE_ANSWERED = "sample.answered"
SAMPLE_ENDED = "sample.ended"
GOLDEN_ADDED = "golden.added"
GOLDEN_ENDED = "golden.ended"
GOLDEN_COPIED = "golden.copied"
GOLDEN_ANSWERED = "golden.answered"
GOLDEN_SCORED = "golden.scored"
GOLDEN_UNDONE = "golden.undone"
HANDLING_TIMED = "handling.timed"
CREATOR_ADDED = "creator.added"
CREATOR_CHANGED = "creator.changed"
ACCOUNT_LINKED = "account.linked"
ACCOUNT_UNLINKED = "account.unlinked"
SCORE_ENTRY = "score.entry"
BOOST_RANKED = "boost.ranked"
MEASURE_PROPOSED = "measure.proposed"
MEASURE_DECIDED = "measure.decided"
MEASURE_ENDED = "measure.ended"
FORMULA_ADDED = "formula.added"
TRIAL_PROPOSED = "trial.proposed"
TRIAL_STAGED = "trial.staged"

LOG_KEY = "log.key"
EXPORT_ASKED = "export.asked"
EXPORT_DONE = "export.done"
EXPORT_FAILED = "export.failed"
EXPORT_CANCELLED = "export.cancelled"
EXPORT_FETCHED = "export.fetched"
EXPORT_REMOVED = "export.removed"
TEXTS_SEEN = "texts.seen"
HOLD_PLACED = "hold.placed"
HOLD_LIFTED = "hold.lifted"
RETENTION_PURGED = "retention.purged"
ERASURE_DONE = "erasure.done"
PROOF_FILED = "proof.filed"
PROOF_ENDED = "proof.ended"
PRODUCT_FILED = "product.filed"
SCRIPT_FILED = "script.filed"
SCRIPT_APPROVED = "script.approved"
SCRIPT_VOIDED = "script.voided"
SHOW_STARTED = "show.started"
SHOW_ENDED = "show.ended"
HOST_CHECKED = "host.checked"
ROOM_MUTED = "room.muted"
ROOM_UNMUTED = "room.unmuted"
ROOM_WARNED = "room.warned"
ROOM_NOTED = "room.noted"
CORRECTION_RECORDED = "correction.recorded"
ALERT_RAISED = "alert.raised"
ALERT_ACKNOWLEDGED = "alert.acknowledged"
ENDING_TOLD = "ending.told"


class Act(NamedTuple):
    """One change of state, before it has its place and time. ``facts`` hold only what the module's first line allows.

    ``tenant`` is empty for what concerns the whole house.
    """

    kind: str
    subject: str
    tenant: str = ""
    facts: Mapping[str, object] = {}


def canonical(value: Mapping[str, object]) -> bytes:
    """RFC 8785 bytes of a value made of what acts may hold."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def act_row(  # noqa: PLR0913, PLR0917 - place, time, and the fields of ``Act``
    seq: int, at: str, kind: str, subject: str, tenant: str, facts: Mapping[str, object]
) -> tuple[int, str, str, str, bytes]:
    """The row of ``acts`` without its time; its last column is the canonical form of the whole act."""
    body = canonical(
        {
            "schema": SCHEMA,
            "seq": seq,
            "at": at,
            "tenant": tenant,
            "kind": kind,
            "subject": subject,
            "facts": facts,
        }
    )
    return seq, tenant, kind, subject, body

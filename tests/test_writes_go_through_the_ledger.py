"""Finds every write to the database that does not go through ``ledger.record`` or ``ledger.file``.

The source is searched for the ways in which a program can write, and each must stand where it is allowed; then a
database that a service has used is searched for rows that no act tells of. Both searches are shown to find something.
"""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import re
import shutil
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import time_machine

from moderation.change import Change as RuleChange
from moderation.change import Op
from moderation.types import Action, Author, Content, Part, Scene
from service import labels
from service.accounts import Change
from service.acts import Act
from service.audit.records import PackOrder
from service.audit.tree import leaf_hash, root_of
from service.creators.boosts import Entrant, Listing
from service.creators.formulas import FOLDER, SHIPPED
from service.creators.members import Profile, Signal
from service.duty.products import Paper, Product
from service.duty.proofs import NewProof
from service.duty.scripts import Counted, NewScript
from service.duty.shows import Check, Corrected, Doing, NewShow, correct
from service.duty.shows import Said as Spoken
from service.ids import stamp
from service.keys import Caller
from service.labels import Drawn, Origin
from service.live.talk import Kind, Message
from service.moderate import Idempotency
from service.plan import Happening
from service.ports import Write
from service.review.appeals import Appealed
from service.review.checks import Checks
from service.review.desk import Desk, Sorts
from service.review.intake import Said
from service.review.rulings import Ruling
from service.review.urgency import Deadlines
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role
from service.rulebook.proposals import Draft
from service.sessions import SignIn
from service.settings import REPOSITORY, Settings
from service.store import (
    appeal_statements,
    audit_statements,
    creator_statements,
    desk_statements,
    duty_statements,
    notice_statements,
    people_statements,
    quality_statements,
    rule_statements,
    statements,
    vault_statements,
    view_statements,
)
from service.views import View
from service.weights import Trained
from service.wiring import Service, open_service
from tests.service.notify_server import write_notice
from tests.service.receivers import Receiver, until
from tests.small import cheap_passwords, hire

ROOT = Path(__file__).parents[1]
SQL = re.compile(
    r"\b(INSERT\s+(OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|"
    r"(CREATE|DROP|ALTER)\s+(TABLE|INDEX|TRIGGER|VIEW)|VACUUM|ATTACH\s+DATABASE)\b",
    re.IGNORECASE,
)
STATEMENTS = {
    name
    for module in (
        statements,
        creator_statements,
        people_statements,
        rule_statements,
        desk_statements,
        duty_statements,
        notice_statements,
        view_statements,
        appeal_statements,
        audit_statements,
        quality_statements,
        vault_statements,
    )
    for name, value in vars(module).items()
    if isinstance(value, str) and SQL.search(value)
}
MIGRATIONS = "service/store/migrations/"

ALLOWED = {
    "sql": {
        "service/store/statements.py",
        "service/store/appeal_statements.py",
        "service/store/audit_statements.py",
        "service/store/creator_statements.py",
        "service/store/desk_statements.py",
        "service/store/duty_statements.py",
        "service/store/notice_statements.py",
        "service/store/people_statements.py",
        "service/store/rule_statements.py",
        "service/store/quality_statements.py",
        "service/store/vault_statements.py",
        "service/store/view_statements.py",
    },
    "connects": {"service/store/db.py"},
    "opens a writer": {"service/store/journal.py", "service/store/db.py", "service/store/migrations/env.py"},
    "transacts": {"service/ledger.py"},
    "journal": {"service/wiring.py", "service/store/journal.py"},
    "writes by ORM": set(),
    # What follows from acts that stand already, and is checked against them: tiles, checkpoints, cosignatures.
    "derives": {"service/audit/log.py", "service/audit/retaining.py"},
    # The rows of a judgement are made for whoever records it with an act of their own; below each must be told of.
    "writes beside an act": {
        "service/store/journal.py",
        "service/plan.py",
        "service/labels.py",
        "service/review/samples.py",
        # What is emptied with one act is many rows; a key is made in the transaction of the first words that it seals.
        "service/audit/retaining.py",
        "service/vault.py",
    },
}
OWN = {
    "own.txt": "@category abuse_insult\n@owner t\n@source t\n@licence x\n@reviewed 2026-11-22\n某某词\n",
}
SAID = [
    labels.Said(1, "一段话", {"fraud": 1, "spam": 0}, Drawn.RANDOM),
    labels.Said(2, "一段话", {"fraud": 0}),
    labels.Said(3, "好", {"porn": 0}),
]
PASSWORD = "correct horse battery"
ADD_HOOK = "INSERT INTO webhooks (id, tenant, url, kinds, rotation, created_at) VALUES (?, ?, ?, ?, 0, ?)"
LEFT_TO_PEOPLE = "你就是个傻逼"
VERSION = ("content", "version", "commitment")
RECORDS = {"record", "record_many", "derive"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
ORM_CALLS = {"add", "add_all", "merge", "commit", "flush", "bulk_save_objects", "delete"}
ORM_VERBS = {"insert", "update", "delete"}
ASKED_WHOSE = {"connect", "begin", *ORM_CALLS}
"""Methods that write or do not: whose they are decides."""


class Writes(ast.NodeVisitor):
    """Collects (what, line) for each way of writing in one source."""

    def __init__(self) -> None:
        self.found: list[tuple[str, int]] = []
        self._recording = 0

    def visit_Constant(self, node):
        if isinstance(node.value, str) and SQL.search(node.value):
            self._note("sql", node)

    def visit_JoinedStr(self, node):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        self.visit_Constant(ast.copy_location(ast.Constant(text), node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part)

    def visit_ImportFrom(self, node):
        if (node.module or "").startswith(("sqlalchemy", "sqlmodel")):
            for alias in node.names:
                if alias.name in ORM_VERBS:
                    self._note("writes by ORM", node)
        if any(alias.name == "SqliteJournal" for alias in node.names):
            self._note("journal", node)

    def visit_Attribute(self, node):
        if node.attr in STATEMENTS and not self._recording:
            self._note("writes beside an act", node)
        self.generic_visit(node)

    def visit_Name(self, node):
        if node.id in STATEMENTS and not self._recording and isinstance(node.ctx, ast.Load):
            self._note("writes beside an act", node)

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        asked = isinstance(node.func, ast.Attribute) and name in ASKED_WHOSE
        of = ast.unparse(node.func.value) if asked else ""
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "write"}
        if (name == "connect" and of in {"sqlite3", "aiosqlite"}) or name in {"create_engine", "create_async_engine"}:
            self._note("connects", node)
        if name == "open_writer" or (name in {"make_engine", "make_async_engine"} and keywords.get("write") != "False"):
            self._note("opens a writer", node)
        if name == "transact":
            self._note("transacts", node)
        if name == "derive":
            self._note("derives", node)
        if (name in ORM_CALLS and "session" in of.lower()) or (name in {"begin", "commit"} and "engine" in of.lower()):
            self._note("writes by ORM", node)
        self._recording += name in RECORDS
        self.generic_visit(node)
        self._recording -= name in RECORDS

    def _note(self, what, node):
        self.found.append((what, node.lineno))


def writes_in(source: str, file: str) -> list[str]:
    """What in this source writes where it must not."""
    if file.startswith(MIGRATIONS + "versions/"):
        return []
    writes = Writes()
    writes.visit(_without_docstrings(ast.parse(source)))
    return [f"{file}:{line}: {what}" for what, line in writes.found if file not in ALLOWED[what]]


def _without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False):
            node.body[0].value = ast.copy_location(ast.Constant(""), node.body[0])
    return tree


def test_no_source_writes_around_the_ledger():
    found = []
    for path in sorted((ROOT / "service").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        # Migrations begin their own transaction before there is a ledger.
        known = {f"{file}: writes by ORM"} if file in {"service/store/db.py", MIGRATIONS + "env.py"} else set()
        writes = writes_in(path.read_text(encoding="utf-8"), file)
        found += [write for write in writes if re.sub(r":\d+", "", write) not in known]
    assert found == []
    assert len(STATEMENTS) >= 5


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ("connection.execute('INSERT INTO tenants VALUES (1)')", "sql"),
        ("sql = f'UPDATE {table} SET a = 1'", "sql"),
        ("sql = 'update tenants set a = 1'", "sql"),
        ("sql = 'WITH x AS (SELECT 1) DELETE FROM acts'", "sql"),
        ("sql = 'INSERT OR REPLACE INTO acts VALUES (0)'", "sql"),
        ("sql = f'{verb_of(\"drop table acts\")}'", "sql"),
        ("import sqlite3\nsqlite3.connect('data/qingliu.db')", "connects"),
        ("engine = create_async_engine('sqlite+aiosqlite:///x')", "connects"),
        ("db.open_writer(path, busy_timeout=1)", "opens a writer"),
        ("db.make_async_engine(path, write=True, busy_timeout=1)", "opens a writer"),
        ("async def f(): await self._journal.transact(wanted, plan)", "transacts"),
        ("from service.store.journal import SqliteJournal", "journal"),
        ("visit.derive(Write(sql.INSERT_TILE, row))", "derives"),
        ("from sqlmodel import insert, select", "writes by ORM"),
        ("async def f():\n  session.add(ApiKey())\n  await session.commit()", "writes by ORM"),
        ("reads.execute(statements.REVOKE_KEY, (1,))", "writes beside an act"),
        ("w = Write(INSERT_KEY, (1,))", "writes beside an act"),
        ("w = Write(people_statements.SET_ROLE, (1,))", "writes beside an act"),
    ],
)
def test_a_planted_write_is_found(planted, what):
    assert any(one.endswith(what) for one in writes_in(planted, "service/planted.py"))


def test_reading_and_recording_are_no_finding():
    fine = (
        "from sqlmodel import select\n"
        "async def f():\n"
        "  await ledger.record(Act(K, 's'), Write(statements.REVOKE_KEY, (1,)))\n"
        "  await reads.execute('SELECT 1')\n"
        "  db.make_async_engine(path, write=False, busy_timeout=1)\n"
    )
    assert writes_in(fine, "service/planted.py") == []


# What a used database holds


def untold(path: Path) -> list[str]:
    """Rows that no act tells of, and acts that tell of no row. A table without a rule here is a finding too."""
    database = sqlite3.connect(path)
    acts = [
        (kind, subject, json.loads(body)["facts"])
        for kind, subject, body in database.execute("SELECT kind, subject, body FROM acts ORDER BY seq")
    ]

    def told(kind):
        return Counter(subject for each, subject, _ in acts if each == kind)

    def held(sql):
        return Counter(value for (value,) in database.execute(sql))

    judged = [facts["judgement"] for _, _, facts in acts if "judgement" in facts]
    versions = [facts for kind, _, facts in acts if kind == "decision.auto"]
    versions += [
        {**facts["judgement"], **facts} for kind, _, facts in acts if kind == "label.added" and "commitment" in facts
    ]
    contents = Counter({"/".join(map(str, map(facts.get, VERSION))) for facts in versions})
    renewals = told("webhook.rotated")
    words = [facts[part] for _, _, facts in acts for part in ("note", "text") if part in facts]
    contents.update("/".join(map(str, map(one.get, VERSION))) for one in words)
    decided = (
        "golden.answered",
        "decision.auto",
        "decision.followed",
        "decision.human",
        "decision.undone",
        "decision.timeout",
        "golden.undone",
    )

    def settled(kind):
        return Counter(
            f"{subject}/{facts['round']}/{facts['reports']}" for each, subject, facts in acts if each == kind
        )

    rules = {
        "tenants": (held("SELECT name FROM tenants"), told("tenant.created")),
        "api_keys": (held("SELECT id FROM api_keys"), told("key.created")),
        "api_keys, ended": (held("SELECT id FROM api_keys WHERE revoked_at IS NOT NULL"), told("key.revoked")),
        "contents": (
            held("SELECT content_id || '/' || version || '/' || lower(hex(commitment)) FROM contents"),
            contents,
        ),
        "decisions": (
            held("SELECT id FROM decisions"),
            sum(map(told, (*decided, "golden.copied")), Counter()),
        ),
        "decisions, ended": (
            held("SELECT supersedes FROM decisions WHERE supersedes IS NOT NULL"),
            told("decision.superseded"),
        ),
        "idempotency": (
            held("SELECT value FROM idempotency, json_each(decisions) WHERE value NOT IN (SELECT id FROM decisions)"),
            Counter(),
        ),
        "tenant_lexicons": (held("SELECT tenant || '/' || version FROM tenant_lexicons"), told("lexicon.filed")),
        "tenant_activations": (
            held("SELECT tenant || '/' || coalesce(version, 0) FROM tenant_activations"),
            told("lexicon.activated"),
        ),
        "proposals": (held("SELECT id FROM proposals"), told("proposal.filed")),
        "proposals, as they are": (
            held("SELECT id || '/' || sha256 || '/' || state FROM proposals"),
            Counter(_proposals(acts)),
        ),
        "proposals, reported": (
            held("SELECT id FROM proposals WHERE report IS NOT NULL"),
            Counter({subject for kind, subject, _ in acts if kind == "proposal.rehearsed"}),
        ),
        "shadows": (held("SELECT id FROM shadows"), told("shadow.started")),
        "shadows, ended": (held("SELECT id FROM shadows WHERE ended_at IS NOT NULL"), told("shadow.ended")),
        "shadows, counted": (
            held("SELECT id || '/' || (counts ->> '$.judged') || '/' || (counts ->> '$.moved') FROM shadows"),
            Counter(_counted(acts)),
        ),
        "shadow_finds": (
            held("SELECT shadow || '/' || count(*) FROM shadow_finds GROUP BY shadow"),
            Counter(f"{id_}/{moved}" for id_, moved in _found(acts).items() if moved),
        ),
        "labels": (
            held(
                "SELECT judgement || '/' || content_id || '/' || version || '/' || head || '/' || value"
                " FROM labels JOIN contents ON contents.id = labels.content"
            ),
            Counter(
                f"{one['id']}/{one['content']}/{one['version']}/{head}/{value}"
                for one in judged
                for head, value in one["labels"].items()
            ),
        ),
        "models": (held("SELECT sha256 FROM models"), told("model.trained")),
        "model_activations": (
            held("SELECT coalesce(model, 'default') FROM model_activations"),
            told("model.activated"),
        ),
        "reviews": (held("SELECT id FROM reviews"), told("review.opened")),
        "reviews, rounds": (
            held("SELECT id || '/' || round FROM reviews WHERE round > 1"),
            Counter({s: f"{s}/{facts['round']}" for kind, s, facts in acts if kind == "review.reopened"}.values()),
        ),
        "reviews, as they are": (
            held("SELECT id || '/' || state || '/' || level || '/' || round || '/' || token FROM reviews"),
            Counter(_lives(acts)),
        ),
        "samples": (
            held("SELECT review || '/' || round FROM samples"),
            Counter(f"{s}/{facts['round']}" for kind, s, facts in acts if kind == "sample.opened"),
        ),
        "samples, answered": (
            held("SELECT review || '/' || round || '/' || agreed FROM samples WHERE agreed IS NOT NULL"),
            Counter(
                f"{s}/{facts['round']}/{int(facts['agreed'])}" for kind, s, facts in acts if kind == "sample.answered"
            ),
        ),
        "samples, settled": (
            held("SELECT review || '/' || round FROM samples WHERE settled_at IS NOT NULL"),
            Counter(
                f"{s}/{facts['round']}"
                for kind, s, facts in acts
                if kind == "sample.ended" or (kind == "sample.answered" and facts["settled"])
            ),
        ),
        "golden_items": (held("SELECT id FROM golden_items"), told("golden.added")),
        "golden_items, ended": (held("SELECT id FROM golden_items WHERE ended_at IS NOT NULL"), told("golden.ended")),
        "golden_copies": (
            held("SELECT decision FROM golden_copies JOIN reviews ON reviews.id = golden_copies.review"),
            told("golden.copied"),
        ),
        "golden_answers": (
            held("SELECT decision FROM golden_answers"),
            Counter(subject for kind, subject, facts in acts if kind == "golden.scored" and facts["counts"]),
        ),
        "handlings": (held('SELECT "user" FROM handlings'), told("handling.timed")),
        "users": (held("SELECT id FROM users"), told("user.created")),
        "users, roles": (
            held("SELECT id || '/' || role FROM users"),
            Counter(
                {
                    subject: f"{subject}/{facts['role']}"
                    for kind, subject, facts in acts
                    if kind in {"user.created", "user.changed"}
                }.values()
            ),
        ),
        "users, ended": (
            held("SELECT id FROM users WHERE disabled_at IS NOT NULL"),
            told("user.disabled") - told("user.enabled"),
        ),
        "sessions": (held("SELECT lower(hex(digest)) FROM sessions"), told("session.started")),
        "sessions, ended": (
            held("SELECT lower(hex(digest)) FROM sessions WHERE ended_at IS NOT NULL"),
            told("session.ended"),
        ),
        "review_skips": (
            held("SELECT review || '/' || round || '/' || user FROM review_skips"),
            Counter({f"{s}/{facts['round']}/{facts['by']}" for kind, s, facts in acts if kind == "review.skipped"}),
        ),
        "review_notes": (
            held("SELECT review FROM review_notes"),
            Counter(subject for _, subject, facts in acts if "note" in facts),
        ),
        "reports": (held("SELECT id FROM reports"), told("report.filed")),
        "reports, settled": (
            held(
                "SELECT review || '/' || round || '/' || count(*) FROM reports WHERE outcome IS NOT NULL "
                "GROUP BY review, round"
            ),
            settled("report.settled") - settled("report.unsettled"),
        ),
        "reporters": (
            held("SELECT reporter || '/' || (upheld + rejected) FROM reporters WHERE upheld + rejected > 0"),
            held(
                "SELECT reporter || '/' || count(*) FROM reports WHERE kind = 'report' AND outcome IS NOT NULL "
                "GROUP BY tenant, reporter"
            ),
        ),
        "saved_views": (held("SELECT user FROM saved_views"), told("view.saved") - told("view.removed")),
        "webhooks": (held("SELECT id FROM webhooks"), told("webhook.created")),
        "webhooks, ended": (held("SELECT id FROM webhooks WHERE ended_at IS NOT NULL"), told("webhook.ended")),
        "webhooks, renewed": (
            held("SELECT id || '/' || rotation FROM webhooks WHERE rotation > 1"),
            Counter(
                {
                    f"{subject}/{facts['rotation']}"
                    for kind, subject, facts in acts
                    if kind == "webhook.rotated" and facts["rotation"] == renewals[subject] + 1
                }
            ),
        ),
        "notices": (held("SELECT id FROM notices"), told("notice.opened")),
        "deliveries": (
            held("SELECT notice FROM deliveries WHERE state = 'delivered'"),
            told("notice.delivered"),
        ),
        "deliveries, dead": (
            held("SELECT notice FROM deliveries WHERE state = 'dead'"),
            told("notice.dead") - told("notice.replayed"),
        ),
        "deliveries, cancelled": (
            held("SELECT DISTINCT notice FROM deliveries WHERE state = 'cancelled'"),
            told("notice.cancelled") & held("SELECT notice FROM deliveries"),
        ),
        "blocks": (held("SELECT decision FROM blocks WHERE ended_at IS NULL"), Counter(_blocks(acts))),
        "blocks, told": (
            held("SELECT decision FROM blocks WHERE notified_at IS NOT NULL"),
            told("decision.notified"),
        ),
        "blocks, final": (held("SELECT decision FROM blocks WHERE final_at IS NOT NULL"), told("decision.final")),
        "appeals": (held("SELECT id FROM appeals"), told("appeal.filed")),
        "appeals, settled": (
            held("SELECT id FROM appeals WHERE outcome IS NOT NULL"),
            told("appeal.decided") - told("appeal.undone"),
        ),
        "log_keys": (held("SELECT key FROM log_keys"), told("log.key")),
        "exports": (held("SELECT id FROM exports"), told("export.asked")),
        "holds": (held("SELECT id FROM holds"), told("hold.placed")),
        "holds, lifted": (held("SELECT id FROM holds WHERE lifted_at IS NOT NULL"), told("hold.lifted")),
        "data_keys, destroyed": (
            held("SELECT lower(hex(id)) FROM data_keys WHERE destroyed_at IS NOT NULL"),
            Counter(one for kind, _, facts in acts if kind == "erasure.done" for one in facts["keys"]),
        ),
        "data_keys": (Counter(), Counter()),
        "retentions": (
            held(
                "SELECT c.content_id || '/' || c.version FROM retentions AS r JOIN contents AS c ON c.id = r.content"
                " WHERE r.purged_at IS NOT NULL"
            ),
            Counter(f"{s}/{facts['version']}" for kind, s, facts in acts if kind == "retention.purged"),
        ),
        "exports, ended": (
            held("SELECT id FROM exports WHERE state <> 'waiting'"),
            told("export.done") + told("export.failed") + told("export.cancelled"),
        ),
        "exports, removed": (held("SELECT id FROM exports WHERE removed_at IS NOT NULL"), told("export.removed")),
        "creators": (held("SELECT id FROM creators"), told("creator.added")),
        "creators, enrolled": (
            held("SELECT id FROM creators WHERE enrolled_at IS NOT NULL"),
            Counter({subject for kind, subject, _ in acts if kind == "creator.changed"}),
        ),
        "creator_links": (held("SELECT id FROM creator_links"), told("account.linked")),
        "creator_links, ended": (
            held("SELECT id FROM creator_links WHERE until IS NOT NULL"),
            told("account.unlinked"),
        ),
        "score_entries": (held("SELECT id FROM score_entries"), told("score.entry")),
        "measures": (held("SELECT id FROM measures"), told("measure.proposed")),
        "measures, as they are": (
            held("SELECT id || '/' || state FROM measures"),
            Counter({s: f"{s}/{facts['state']}" for kind, s, facts in acts if kind.startswith("measure.")}.values()),
        ),
        "boost_rankings": (held("SELECT id FROM boost_rankings"), told("boost.ranked")),
        "boost_spend": (
            Counter(dict(database.execute("SELECT day, sum(spent) FROM boost_spend WHERE sort = 'all' GROUP BY day"))),
            sum((Counter({f["day"]: f["granted"]}) for kind, _, f in acts if kind == "boost.ranked"), Counter()),
        ),
        "formulas": (held("SELECT id FROM formulas"), told("formula.added")),
        "formula_trials": (held("SELECT id FROM formula_trials"), told("trial.proposed")),
        "formula_trials, staged": (
            held("SELECT id || '/' || state FROM formula_trials WHERE state <> 'proposed'"),
            Counter({s: f"{s}/{facts['state']}" for kind, s, facts in acts if kind == "trial.staged"}.values()),
        ),
        "proofs": (held("SELECT id FROM proofs"), told("proof.filed")),
        "proofs, ended": (held("SELECT id FROM proofs WHERE ended_at IS NOT NULL"), told("proof.ended")),
        "products": (
            held("SELECT id FROM products"),
            Counter(dict.fromkeys(told("product.filed"), 1)),
        ),
        "certificates": (
            held("SELECT id FROM certificates"),
            Counter(one for kind, _, facts in acts if kind == "product.filed" for one in facts["certificates"]),
        ),
        "scripts": (held("SELECT id FROM scripts"), told("script.filed")),
        "scripts, approved": (held("SELECT id FROM scripts WHERE approved_at IS NOT NULL"), told("script.approved")),
        "scripts, voided": (held("SELECT id FROM scripts WHERE voided_at IS NOT NULL"), told("script.voided")),
        "shows": (held("SELECT id FROM shows"), told("show.started")),
        "shows, ended": (held("SELECT id FROM shows WHERE ended_at IS NOT NULL"), told("show.ended")),
        "host_checks": (held("SELECT id FROM host_checks"), told("host.checked")),
        "show_acts": (
            held("SELECT room FROM show_acts"),
            sum(map(told, ("room.muted", "room.unmuted", "room.warned", "room.noted")), Counter()),
        ),
        "corrections": (held("SELECT id FROM corrections"), told("correction.recorded")),
        "alerts": (
            held("SELECT id FROM alerts"),
            told("alert.raised"),
        ),
        "alerts, acknowledged": (
            held("SELECT id FROM alerts WHERE acknowledged_at IS NOT NULL"),
            told("alert.acknowledged"),
        ),
        "proofs, told of": (
            held("SELECT id FROM proofs WHERE told > 0 UNION SELECT id FROM certificates WHERE told > 0"),
            Counter(dict.fromkeys(told("ending.told"), 1)),
        ),
        "room_events": (
            Counter(
                f"{room}/{number}"
                for room, first, last in database.execute("SELECT room, first, last FROM room_events")
                for number in range(first, last + 1)
            ),
            _numbers(acts),
        ),
        "rulesets": (held("SELECT fingerprint FROM rulesets"), told("ruleset.activated")),
        "settings": (held("SELECT fingerprint FROM settings"), told("settings.changed")),
    }
    derived = _underived(database)
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables -= {"log_tiles", "log_checkpoints", "log_cosignatures"}
    database.close()
    unruled = tables - {name.partition(",")[0] for name in rules} - {"acts", "alembic_version"}
    return (
        [f"{name}: {(rows - acts_) + (acts_ - rows)}" for name, (rows, acts_) in rules.items() if rows != acts_]
        + [f"{name}: no rule" for name in sorted(unruled)]
        + derived
    )


def _underived(database):
    """What the log holds that does not follow from the acts; the acts are hashed anew."""
    leaves = [leaf_hash(body) for (body,) in database.execute("SELECT body FROM acts ORDER BY seq")]
    found = []
    for level, number, root, hashes in database.execute("SELECT level, number, root, hashes FROM log_tiles"):
        wide = 256 ** (level + 1)
        mine = leaves[number * wide : (number + 1) * wide]
        if root_of(mine) != root or (level == 0 and b"".join(mine) != hashes):
            found.append(f"log_tiles: {level}/{number}")
    for size, root in database.execute("SELECT size, root FROM log_checkpoints"):
        if root_of(leaves[:size]) != root or size > len(leaves):
            found.append(f"log_checkpoints: {size}")
    return found


async def _rooms_come_and_go(service):
    """Messages in two rooms, one of them twice, and an event."""
    at = datetime.now(UTC)
    for room in ("r1", "r2", "r1"):
        messages = [
            Message(
                id_,
                Kind.CHAT,
                Content(scene=Scene.LIVE_CHAT, parts=(Part("text", text),), at=at, id=f"{room}/{id_}", room=room),
            )
            for id_, text in (("m1", "你好"), ("m2", LEFT_TO_PEOPLE))
        ]
        await service.rooms.say("shop", room, messages)
    await service.rooms.tell("shop", "r1", Happening("noted", {"by": "k"}))


async def _people_come_and_go(service):
    """Made, signed in and out, given another role and password, disabled and enabled."""
    accounts, sessions = service.accounts, service.sessions
    for name in ("an", "bo", "chi"):
        user = await accounts.create("shop", name, Role.REVIEWER, PASSWORD, by="cli")
        attempt = SignIn(tenant="shop", name=name, password=PASSWORD, address="::1")
        first, second = await sessions.start(attempt), await sessions.start(attempt)
        await sessions.end(await sessions.caller(first.secret))
        if name == "an":
            caller = await sessions.caller(second.secret)
            await sessions.change_password(caller, current=PASSWORD, new=PASSWORD[::-1])
        if name == "bo":
            await accounts.change("shop", user.id, Change(role=Role.SENIOR), by="cli")
            await accounts.change("shop", user.id, Change(disabled=True, password=PASSWORD), by="cli")
            await accounts.change("shop", user.id, Change(disabled=False), by="cli")
        if name == "chi":
            await accounts.change("shop", user.id, Change(role=Role.AUDITOR, disabled=True), by="cli")


async def _creators_come_and_go(service, caller):
    """Enrolled, linked, measured, found against, ranked, kept in bounds, and judged by a formula that is tried."""
    parts = service.creators
    await parts.members.put("shop", "li", Profile("host"))
    await parts.members.link("shop", "li", "web", "li-web")
    await parts.members.unlink("shop", "li", "li-web")
    told = [Signal("engagement", int(datetime.now(UTC).timestamp()), 80)]
    await parts.members.signal("shop", "li", told)
    await parts.members.withdraw("shop", "li", await parts.members.find("shop", "li", "brush_order_found", "ann"))
    content = Content(
        scene=Scene.UGC, parts=(Part("text", "今天天气好"),), at=datetime.now(UTC), author=Author(id="li")
    )
    await service.moderation.one(caller, content)
    await parts.boosts.rank(Listing("shop", "ugc", [Entrant("li", 100), Entrant("wang", 100)], 500))
    ann, sue = Caller("shop", "ann", frozenset()), Caller("shop", "sue", frozenset())
    for kind in ("limit_traffic", "suspend_live", "warning"):
        measure = await parts.measures.propose(ann, "li", kind, "manual", 1)
        if kind != "warning":
            await parts.measures.decide(sue, measure, agrees=kind == "limit_traffic")
        if kind == "limit_traffic":
            await parts.measures.lift(sue, measure, "x")
    text = (FOLDER / SHIPPED).read_text(encoding="utf-8").replace('version = "2026-11"', 'version = "next"')
    trial = await parts.trials.propose(ann, text.replace("repeat_days = 30", "repeat_days = 31"))
    await parts.trials.roll_back(ann, trial)


async def _views_come_and_go(service):
    """Saved, saved anew, removed."""
    user = await service.accounts.create("shop", "dora", Role.REVIEWER, PASSWORD, by="cli")
    caller = Caller("shop", user.id, RIGHTS_OF[Role.REVIEWER])
    for name in ("mine", "late", "mine"):
        await service.views.save(caller, View(name, "state=held"))
    assert await service.views.remove(caller, "late")


async def notify(service: Service, key_id: str) -> None:
    """Notices that arrive, that are given up and that are sent again, to receivers that stand and that have ended."""
    webhooks = service.webhooks
    async with Receiver() as receiver:
        stays, leaves = [(await webhooks.create("shop", receiver.url, by=key_id)).webhook.id for _ in range(2)]
        await webhooks.rotate("shop", stays, by=key_id)
        await write_notice(service.ledger, [stays])
        await receiver.until(1)
        receiver.manner = "gone"
        await write_notice(service.ledger, [leaves])
        await until(lambda: service.relay.failed >= 1)  # other receivers may fail meanwhile
        await until(lambda: is_dead(service, leaves))
        await webhooks.end("shop", stays, by=key_id)


async def is_dead(service: Service, webhook: str) -> bool:
    return bool(await service.webhooks.deliveries("shop", webhook, state="dead"))


async def work_at_the_desk(service, caller):
    """Every step that there is, by a person, by a senior and by the house."""
    desk = service.desk

    def begin(visit):
        hire(visit, "ann", Role.REVIEWER)
        hire(visit, "sue", Role.SENIOR)
        hook = ("hook", "shop", "https://example.com/", "[]", visit.at)
        visit.record(Act("webhook.created", "hook", "shop"), Write(ADD_HOOK, hook))

    await service.ledger.visit(begin)
    ann, sue = Caller("shop", "ann", RIGHTS_OF[Role.REVIEWER]), Caller("shop", "sue", RIGHTS_OF[Role.SENIOR])
    contents = [
        Content(scene=Scene.UGC, parts=(Part("text", LEFT_TO_PEOPLE),), at=datetime.now(UTC), id=f"r{number}")
        for number in range(6)
    ]
    await service.moderation.many(caller, contents)
    block = Ruling(Action.BLOCK, (Reason("abuse_insult"),), "为什么")
    for number in range(3):
        await desk.file("shop", Said("report", f"r{number}", f"u{number}", "abuse", "骂人"))
    await desk.file("shop", Said("report", "a", "u0", "abuse"))
    await desk.file("shop", Said("complaint", "a", "u1", "fake", "假货", "order-1", "照片"))
    one, two, three, four, five, *_ = await desk.claim(ann, limit=6, sorts=Sorts(kinds=("content",)))
    await desk.heartbeat(ann, one.id, one.token)
    await desk.decide(ann, one.id, one.token, block)
    undone = await desk.undo(ann, one.id)
    await desk.decide(ann, one.id, undone.token, block)
    await desk.skip(ann, two.id, two.token)
    two = await desk.claim_one(ann, two.id)
    await desk.skip(ann, two.id, two.token)
    await desk.release(sue, three.id, None)
    await desk.escalate(ann, four.id, four.token, note="拿不准")
    await desk.decide(ann, five.id, five.token, Ruling(Action.PASS))
    for text in ("好用", LEFT_TO_PEOPLE):
        changed = replace(contents[0], id=five.target, parts=(Part("text", text),))
        await service.moderation.one(caller, changed)
    (report,) = await desk.claim(ann, sorts=Sorts(kinds=("report",)))
    await desk.decide(ann, report.id, report.token, Ruling(Action.PASS))
    await desk.file("shop", Said("report", "a", "u0", "abuse"))
    (complaint,) = await desk.claim(ann, sorts=Sorts(kinds=("complaint",)))
    await desk.decide(ann, complaint.id, complaint.token, Ruling(None, outcome="upheld", verification="verified"))
    await check(service, ann, sue, (caller, contents[0]))
    await appeal_at_the_desk(service, caller, ann, sue)
    await desk.claim(ann, lease=0)
    await desk.sweep()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        await desk.sweep()
        (late,) = await desk.claim(sue, limit=1)
        await desk.decide(sue, late.id, late.token, Ruling(Action.PASS))


async def check(service, reviewer, senior, content):
    """Second reviews that agree, disagree, are taken back; golden items that are copied, answered and ended."""
    checks = Checks(sample_share=1.0, golden_share=1.0, golden_wait=0.0)
    desk = Desk(service.ledger, service.rules, Deadlines(), checks, service.moderation.judged)
    bob = Caller("shop", "bob", RIGHTS_OF[Role.REVIEWER])

    await service.ledger.visit(partial(hire, id_="bob", role=Role.REVIEWER))
    for number in range(3):
        await service.moderation.one(content[0], replace(content[1], id=f"q{number}"))
    rows = await desk.claim(reviewer, limit=50)
    one, two, three = [next(row for row in rows if row.target == f"q{number}") for number in range(3)]
    for row in (one, two):
        await desk.decide(reviewer, row.id, row.token, Ruling(Action.PASS))
    held = await desk.undo(reviewer, two.id)
    await desk.decide(reviewer, two.id, held.token, Ruling(Action.PASS))
    for row in await desk.claim(bob, limit=50, sorts=Sorts(kinds=("sample",))):
        action = Action.PASS if row.target == "q0" else Action.BLOCK
        reasons = () if row.target == "q0" else (Reason("abuse_insult"),)
        await desk.decide(bob, row.id, row.token, Ruling(action, reasons))
    for row in await desk.claim(senior, limit=50, sorts=Sorts(kinds=("sample",))):
        await desk.decide(senior, row.id, row.token, Ruling(Action.PASS))
    await desk.make_golden(senior, "q0")
    await desk.release(reviewer, three.id, three.token)
    await desk.mixing.look()
    await service.moderation.one(content[0], replace(content[1], id="q3"))
    await desk.mixing.look()
    await desk.mixing.come()
    for row in await desk.claim(bob, limit=50):
        await desk.decide(bob, row.id, row.token, Ruling(Action.PASS))
    await desk.end_golden(senior, "q0")


async def appeal_at_the_desk(service, caller, ann, sue):
    """Blocks of which creators are told, that they appeal, that are upheld, overturned, and both taken back."""
    desk = service.desk
    contents = [
        Content(scene=Scene.UGC, parts=(Part("text", LEFT_TO_PEOPLE),), at=datetime.now(UTC), id=f"blocked{number}")
        for number in range(3)
    ]
    await service.moderation.many(caller, contents)
    rows = await desk.claim(sue, limit=9, sorts=Sorts(kinds=("content",)))
    rows = [row for row in rows if row.target.startswith("blocked")]
    decisions = [
        (await desk.decide(sue, row.id, row.token, Ruling(Action.BLOCK, (Reason("abuse_insult"),)))).outcome
        for row in rows
    ]
    for decision in decisions:
        await desk.notified("shop", decision)
        await desk.notified("shop", decision)
        await desk.appeal("shop", Appealed(decision, "", "creator", "不是骂人"))
    for outcome in ("upheld", "overturned"):
        (row,) = await desk.claim(ann, sorts=Sorts(kinds=("appeal",)))
        ruling = Ruling(None, note="看过", outcome=outcome)
        await desk.decide(ann, row.id, row.token, ruling)
        row = await desk.undo(ann, row.id)
        await desk.decide(ann, row.id, row.token, ruling)


def _numbers(acts):
    """Of which numbers of which rooms something is told: a message's verdict, or an event."""
    return Counter(
        f"{subject if kind == 'room.event' else facts['content'].partition('/')[0]}/{facts['number']}"
        for kind, subject, facts in acts
        if "number" in facts
    )


def _blocks(acts):
    """Of which decisions something is kept: people's blocks, and those that were told or appealed."""
    human = {s for kind, s, facts in acts if kind == "decision.human" and facts["action"] == "block"}
    again = {s for kind, s, facts in acts if "reinstates" in facts}
    told = {s for kind, s, _ in acts if kind == "decision.notified"}
    appealed = {facts["decision"] for kind, _, facts in acts if kind == "appeal.filed"}
    undone = {facts["supersedes"] for kind, _, facts in acts if kind == "decision.undone"}
    return (human - again | told | appealed) - undone


def _proposals(acts):
    """How each proposal must stand by the acts alone: its bytes and its state."""
    states = {"filed": "open", "revised": "open", "activated": "active"}
    stand = {}
    for kind, subject, facts in acts:
        what, _, step = kind.partition(".")
        if what == "proposal" and step != "rehearsed":
            sha256 = facts.get("sha256", stand.get(subject, ("", ""))[0])
            stand[subject] = (sha256, states.get(step, step))
    return ["/".join((subject, *how)) for subject, how in stand.items()]


def _counted(acts):
    counts = {subject: [0, 0] for kind, subject, _ in acts if kind == "shadow.started"}
    for kind, subject, facts in acts:
        if kind == "shadow.counted":
            counts[subject] = [counts[subject][0] + facts["judged"], counts[subject][1] + facts["moved"]]
    return [f"{subject}/{judged}/{moved}" for subject, (judged, moved) in counts.items()]


def _found(acts):
    found = Counter()
    for kind, subject, facts in acts:
        if kind == "shadow.counted":
            found[subject] += facts["moved"]
    return found


def _lives(acts):
    """How each item must stand by the acts alone: state, level, round and token."""
    items = {}
    for kind, subject, facts in acts:
        _, level, _, token = items.get(subject, ("", 0, 1, 0))
        if kind == "review.opened":
            items[subject] = ("waiting", facts.get("level", 0), facts["round"], 1)
        elif kind.startswith("review.") and kind != "review.extended":
            level = {"review.escalated": 1, "review.breached": 1, "review.reopened": 0}.get(kind, level)
            state = {"claimed": "held", "undone": "held", "decided": "closed", "withdrawn": "closed"}.get(
                kind.removeprefix("review."), "waiting"
            )
            items[subject] = (state, level, facts["round"], token + 1)
            assert facts.get("token", token + 1) == token + 1
    return ["/".join(map(str, (subject, *life))) for subject, life in items.items()]


@pytest.fixture(scope="module")
def lived(tmp_path_factory, shipped) -> Path:
    """A database in which everything happened that can happen."""
    with pytest.MonkeyPatch.context() as patch, cheap_passwords():
        patch.setattr("service.rules.Rules._load", lambda _: shipped)
        return asyncio.run(live(tmp_path_factory.mktemp("data")))


@pytest.fixture
def used(lived, tmp_path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(lived, tmp_path))


async def live(data: Path) -> Path:
    """Has everything happen; gives the database."""
    settings = Settings(data=data, webhook_private=True)
    async with open_service(settings) as service:
        key_id, secret = await service.keys.create("shop")
        await service.keys.create("rival")
        caller = await service.keys.caller(secret)
        contents = [
            Content(scene=Scene.AD, parts=(Part("text", text),), at=datetime.now(UTC), id=id_)
            for text, id_ in [("好用", "a"), ("更好用", "a"), ("好用", "b"), ("好用", "b"), ("好用", "")]
        ]
        await service.moderation.many(caller, contents, idempotency=Idempotency("k", b"body"))
        await service.moderation.many(caller, contents, idempotency=Idempotency("k", b"body"))
        await service.moderation.one(caller, contents[0])
        # An item that is opened, opened again and taken from the desk, and one that stays.
        for text, id_ in [(LEFT_TO_PEOPLE, "c"), (f"{LEFT_TO_PEOPLE}！", "c"), (LEFT_TO_PEOPLE, "d"), ("好用", "d")]:
            edited = Content(scene=Scene.UGC, parts=(Part("text", text),), at=datetime.now(UTC), id=id_)
            await service.moderation.one(caller, edited)
        await _rooms_come_and_go(service)
        await _people_come_and_go(service)
        await _views_come_and_go(service)
        await _creators_come_and_go(service, caller)
        await work_at_the_desk(service, caller)
        await go_live(service, caller)
        info = await service.lexicons.file("shop", OWN, by=key_id)
        await service.lexicons.activate("shop", info.version, by="cli")
        await service.lexicons.roll_back("shop", by="cli")
        await rules_change(service, caller)
        await service.labels.import_(SAID, tenant="shop", origin=Origin.IMPORT, by=key_id)
        await service.labels.import_(SAID[::-1], tenant="shop", origin=Origin.IMPORT, by=key_id)
        await trained(service)
        await export(service, key_id)
        await retain(service, key_id)
        await notify(service, key_id)
        await service.keys.revoke(key_id)
    async with open_service(settings.model_copy(update={"max_batch_items": 5})):
        pass
    return settings.database


async def export(service, key_id) -> None:
    """A pack that is made, and one that is given up before anybody looks."""
    exports = service.audit.exports
    one = await exports.ask("shop", PackOrder(pack="log", formats=()), by=key_id)
    await until(lambda: ended(exports, one))
    await exports.fetched("shop", one.id, by=key_id)
    two = await exports.ask("shop", PackOrder(pack="log", formats=()), by=key_id)
    await exports.cancel("shop", two.id, by=key_id)


async def retain(service, key_id) -> None:
    """Holds that stand and that are lifted, contents that grow old, and one who is forgotten."""
    retaining = service.audit.retaining
    for value in ("a", "b"):
        hold = await retaining.holds.place("shop", "content", value, reason="调查", by=key_id)
    await retaining.holds.lift("shop", hold.id, by=key_id)
    said = Content(
        scene=Scene.UGC, parts=(Part("text", "忘了我"),), at=datetime.now(UTC), id="me", author=Author(id="me")
    )
    await service.moderation.one(Caller("shop", key_id), said)
    await retaining.erase("shop", "me", reason="本人要求", by=key_id, retained=True)
    assert await retaining.sweep(stamp(datetime.now(UTC) + timedelta(days=5000)))


async def ended(exports, one):
    return (await exports.one("shop", one.id)).state != "waiting"


async def go_live(service, caller):
    """Everything that is filed for a show, said in it and done about it."""
    duties = service.duties
    ann, sue = Caller("shop", "ann", RIGHTS_OF[Role.REVIEWER]), Caller("shop", "sue", RIGHTS_OF[Role.SENIOR])
    soon = datetime.now(UTC).date() + timedelta(days=9)
    new = NewProof(("本店牙刷全网第一",), "ab" * 32, "报告", valid_to=soon)
    proof = await duties.proofs.file(caller, new)
    await duties.proofs.end(caller, await duties.proofs.file(caller, new._replace(source="另一份")))
    for number in ("1", "2"):
        await duties.products.file(caller, Product("p", "牙刷", None, (Paper("sc", number, soon),)))
        await duties.alerts.sweep()
    for text in ("大家好。", "大家好呀。"):
        version = await duties.scripts.file(ann, NewScript("s", "", text, ("p",), (proof,)))
        counted = Counted("r", {"block": 0}, "{}")
        await duties.scripts.approve(sue, version, counted, digest=version.digest, note="")
    new = NewShow("room", (Check("li", "face", soon),), ("p",), (proof,), "s")
    show = await duties.shows.start(caller, new, service.rooms.tell)
    await duties.shows.check(caller, show.id, Check("li", "face", soon))
    for doing in (Doing("mute", "u", "刷屏"), Doing("unmute", "u"), Doing("warn"), Doing("note", None, "留意")):
        await duties.shows.act(ann, "room", doing)
    said = Spoken(1, 0, 1, "2026-01-01T00:00:00.000000Z")
    corrected = Corrected("room", "li", "absolute_claim", said, said)
    await service.ledger.visit(lambda visit: correct(visit, "shop", corrected))
    await duties.shows.end(caller, show.id)
    (first, *_) = await duties.alerts.listed("shop", open_only=True, limit=9)
    await duties.alerts.acknowledge(ann, first.id)
    await duties.alerts.acknowledge(ann, first.id)


async def rules_change(service, caller):
    """A change of rules proposed, revised, tried, approved, active, beside and taken back; others end before."""
    book, names = service.rulebook, ("pat", "quy")

    for id_ in names:
        await service.ledger.visit(partial(hire, id_=id_, role=Role.POLICY_ADMIN))
    pat, quy = (Caller("shop", id_, RIGHTS_OF[Role.POLICY_ADMIN]) for id_ in names)

    def draft(word):
        return Draft(changes=[RuleChange(op=Op.ADD, category="abuse_insult", line=word)])

    ids = [await book.proposals.propose(pat, draft(f"某某某{number}词")) for number in range(3)]
    await book.proposals.withdraw(pat, ids[0])
    await book.proposals.reject(quy, ids[1])
    await book.proposals.revise(pat, ids[2], draft("更好用"))
    row = (await book.reads.proposal("shop", ids[2])).row
    await book.proposals.keep_report(quy, row.id, row.sha256, {"judged": 1, "moved": 0})
    await book.shadows.start(quy, row.version)
    content = Content(scene=Scene.UGC, parts=(Part("text", "更好用"),), at=datetime.now(UTC), id="beside")
    await service.moderation.one(caller, content)
    await book.shadows.stop(pat)
    await book.proposals.approve(quy, row.id, row.sha256)
    await book.proposals.activate(pat, row.id, row.sha256)
    await book.proposals.roll_back(quy, row.version)


async def trained(service) -> None:
    """The shipped weights once more, as if they came of labels: recorded, promoted, taken back."""
    sha256 = service.hearing.model.card.sha256
    shutil.copytree(REPOSITORY / "models" / "weights", service.settings.trained / sha256 / "weights")
    card = service.settings.trained / sha256 / "cards" / "ngram.json"
    card.parent.mkdir()
    shutil.copy(REPOSITORY / "models" / "cards" / "ngram.json", card)
    told = Trained(sha256, hashlib.sha256(card.read_bytes()).hexdigest(), sha256, 1, proposed=True, report={})
    await service.weights.record(told, by="k")
    await service.weights.promote(sha256, by="k")
    await service.weights.roll_back(by="k")


def test_every_row_is_told_by_an_act(used):
    assert untold(used) == []


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("INSERT INTO tenants VALUES ('ghost', 'now')", "tenants"),
        ("UPDATE api_keys SET revoked_at = 'now'", "api_keys, ended"),
        ("DELETE FROM decisions WHERE supersedes IS NOT NULL", "decisions"),
        ("UPDATE contents SET commitment = x'00' WHERE id = 1", "contents"),
        ("INSERT INTO rulesets VALUES ('x', 'ghost', '[]', 'now')", "rulesets"),
        ("INSERT INTO tenant_activations VALUES (99, 'shop', 1, 'ghost', 'now', 'direct', NULL)", "tenant_activations"),
        ("UPDATE proposals SET state = 'withdrawn', closed_by = author", "proposals, as they are"),
        ("UPDATE proposals SET sha256 = 'x'", "proposals, as they are"),
        ("UPDATE proposals SET report = '{}'", "proposals, reported"),
        ("UPDATE shadows SET ended_at = NULL", "shadows, ended"),
        ('UPDATE shadows SET counts = \'{"judged": 9, "moved": 1}\'', "shadows, counted"),
        ("DELETE FROM shadow_finds", "shadow_finds"),
        ("INSERT INTO labels VALUES (99, 'x', 'fraud', 'shop', 1, 1, 'review', '', 'ghost', 'now')", "labels"),
        ("INSERT INTO models VALUES ('x', 'y', 'z', 1, 1, '{}', 'ghost', 'now')", "models"),
        ("INSERT INTO model_activations VALUES (9, NULL, 'ghost', 'now')", "model_activations"),
        ("UPDATE users SET role = 'admin'", "users, roles"),
        ("UPDATE users SET disabled_at = NULL", "users, ended"),
        ("UPDATE sessions SET ended_at = NULL", "sessions, ended"),
        ("DELETE FROM sessions WHERE ended_at IS NULL", "sessions"),
        ("UPDATE webhooks SET ended_at = NULL", "webhooks, ended"),
        ("UPDATE webhooks SET rotation = 7", "webhooks, renewed"),
        ("UPDATE deliveries SET state = 'delivered', settled_at = 'now'", "deliveries"),
        ("DELETE FROM deliveries WHERE state = 'dead'", "deliveries, dead"),
        ("UPDATE reviews SET level = 1 - level WHERE state = 'closed'", "reviews, as they are"),
        ("DELETE FROM review_notes", "review_notes"),
        ("UPDATE reports SET outcome = 'upheld'", "reports, settled"),
        ("UPDATE deliveries SET state = 'cancelled'", "deliveries, cancelled"),
        ("DELETE FROM samples WHERE agreed = 0", "samples, answered"),
        ("UPDATE samples SET agreed = 1 - agreed WHERE agreed IS NOT NULL", "samples, answered"),
        ("UPDATE samples SET settled_at = NULL", "samples, settled"),
        ("UPDATE golden_items SET ended_at = NULL", "golden_items, ended"),
        ("DELETE FROM golden_answers", "golden_answers"),
        ("DELETE FROM handlings", "handlings"),
        ("UPDATE blocks SET final_at = 'now'", "blocks, final"),
        ("UPDATE blocks SET ended_at = 'now'", "blocks"),
        ("UPDATE blocks SET notified_at = NULL, appeal_until = NULL", "blocks, told"),
        ("UPDATE appeals SET outcome = NULL, settled_at = NULL", "appeals, settled"),
        ("DELETE FROM appeals", "appeals"),
        ("UPDATE exports SET state = 'waiting', ended_at = NULL", "exports, ended"),
        ("INSERT INTO log_keys VALUES (9, 'ghost', '', 'now')", "log_keys"),
        ("INSERT INTO log_tiles VALUES (0, 99, x'00', x'00')", "log_tiles"),
        ("INSERT INTO log_checkpoints VALUES (99999, x'00', 'now', '')", "log_checkpoints"),
        ("DELETE FROM room_events WHERE kind = 'noted'", "room_events"),
        ("UPDATE room_events SET last = last + 1 WHERE room = 'r2'", "room_events"),
        ("CREATE TABLE notes (text TEXT)", "notes"),
    ],
)
def test_a_row_written_around_the_ledger_is_found(used, sql, table):
    database = sqlite3.connect(used)
    database.execute(sql)
    database.commit()
    database.close()
    assert [one for one in untold(used) if one.startswith(f"{table}:")]

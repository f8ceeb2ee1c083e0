"""How each route is addressed, for the rights matrix. A new route joins by one line in ``WAYS``, or the matrix fails.

``right`` is what the route has to ask for, written down a second time on purpose. A route that names an object (in its
path, its query or its body, as ``{id}`` and the like) says which of ``OBJECTS`` makes one: for a tenant it gives what
fills the gaps (nothing, where ``house.asking`` cannot even name another tenant's), and for no tenant what fills them
with an object that does not exist.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial, wraps
from itertools import count
from types import SimpleNamespace

from moderation.change import Change, Op
from moderation.types import Action
from service.accounts import Change as AccountChange
from service.acts import Act
from service.audit.note import COSIGNATURE, note_from, signer_from
from service.audit.records import PackOrder
from service.creators.formulas import FOLDER, SHIPPED
from service.creators.members import Profile
from service.duty.alerts import Occasion, raise_alert
from service.http import assets
from service.ids import new_id
from service.keys import Caller
from service.ports import Write
from service.review.rulings import Ruling
from service.rights import RIGHTS_OF, Right, Role
from service.rulebook.proposals import Draft
from service.rulebook.rehearsal import Cast, Period
from service.rulebook.rows import Refused
from service.store.audit_statements import INSERT_EXPORT
from tests.http.conftest import PASSWORD

SHOP, RIVAL = "shop", "rival"
WITNESS = signer_from("witness", b"w" * 32, COSIGNATURE)
_numbers = count()
_HEAD = "@category abuse_insult\n@owner t\n@source t\n@licence x\n@reviewed 2026-11-22\n"
_BLOCKED = {"scene": "ad", "text": "全网第一"}
_AD = {"scene": "ad", "text": "这款面霜很好用"}
_BEFORE = "2000-01-01T00:00:00.000000Z"
"""Until when packs are asked for that nobody reads: the whole log again and again would take seconds."""
_NO_ID = "01a21557-f51d-7a24-8d3d-99c45f8526b6"
_RECEIVER = "https://receiver.invalid/hook"
_NOTICE = "INSERT INTO notices (id, tenant, kind, subject, facts, at) VALUES (?, ?, 'decision.human', 'c', '{}', ?)"
_DEAD = "INSERT INTO deliveries (notice, webhook, state, attempts, next_at, status) VALUES (?, ?, 'dead', 9, ?, 500)"


@dataclass(frozen=True, kw_only=True)
class Way:
    """One route as it is called by somebody who may."""

    right: Right
    object: str = ""
    body: object = None
    query: str = ""
    fine: frozenset[int] = frozenset({200})
    """What is answered to who may, on an object of theirs."""
    absent: int = 404
    """What is answered for an object of others, and for one that does not exist, in the same words."""
    spends: bool = False
    """Whether it ends the session that it came with."""


@dataclass
class House:
    """Two tenants in one service, and the marks by which each one's objects are known."""

    server: object
    marks: dict = field(default_factory=lambda: {SHOP: set(), RIVAL: set()})
    kept: dict = field(default_factory=dict)
    asking: str = SHOP
    """The tenant of who asks now."""
    who: str | None = None
    """The person who asks now."""

    def once(self, kind, tenant, make):
        """An object that is made once a tenant, because nothing uses it up."""
        if (kind, tenant) not in self.kept:
            self.kept[kind, tenant] = make()
        return self.kept[kind, tenant]

    def seen(self, tenant, *marks):
        """Remembers ids of a tenant: no answer to the other one may hold them."""
        self.marks[tenant].update(marks)

    def person(self, tenant, role=Role.REVIEWER):
        """A new person of a tenant."""
        name = f"someone{next(_numbers)}"
        user = self.server.within(self.server.service.accounts.create(tenant, name, role, PASSWORD, by="cli"))
        self.seen(tenant, user.id)
        return user

    def key(self, tenant, **more):
        """A new key of a tenant: id and secret."""
        key = self.server.within(self.server.service.keys.create(tenant, **more))
        self.seen(tenant, key[0])
        return key

    def sent(self, tenant, path, body):
        """What a tenant's pipeline sends."""
        _, key = self.once("pipeline", tenant, lambda: self.key(tenant))
        reply = self.server.call("POST", path, body, key=key)
        assert reply.status == 200, reply.body
        return reply.json

    def worker(self, tenant):
        """Who holds the items of a tenant: who asks, in their own, and somebody of the house in another."""
        own = tenant == self.asking and self.who
        return Caller(tenant, own or self.once("worker", tenant, lambda: self.person(tenant)).id, frozenset(Right))


OBJECTS = {}
"""What makes an object of each kind, by the house and a tenant or ``None``."""


def makes(name, *, own=False, **absent):
    """Puts what makes an object of a tenant into ``OBJECTS``. ``own``: nobody can even name another tenant's.

    ``absent`` fills the gaps with an object that does not exist; without it there is nothing to fill them with.
    """

    def kept(make):
        @wraps(make)
        def made(house, tenant):
            if tenant is None:
                return absent or None
            return None if own and tenant != house.asking else make(house, tenant)

        OBJECTS[name] = made
        return made

    return kept


@makes("decision", id=_NO_ID, content_id="no-such-content")
def _decision(house, tenant):
    def judged():
        content_id = f"content-of-{tenant}"
        judged = house.sent(tenant, "/v1/moderations", {**_AD, "content_id": content_id})
        house.seen(tenant, judged["id"], content_id)
        return {"id": judged["id"], "content_id": content_id}

    return house.once("decision", tenant, judged)


@makes("version", own=True, version="99")
def _version(house, tenant):
    """Versions are numbered by tenant, so nobody can name another's; its words must not come up all the same."""

    def filed():
        for each in (RIVAL, SHOP):
            files = {"own.txt": f"{_HEAD}{each}某词\n"}
            info = house.server.within(house.server.service.lexicons.file(each, files, by="cli"))
            house.seen(each, info.sha256, f"{each}某词")
        return {"version": "1"}

    return house.once("version", "", filed)


@makes("user", id="nobody")
def _user(house, tenant):
    return {"id": house.once("user", tenant, lambda: house.person(tenant)).id}


@makes("key", id="0123456789ab")
def _key(house, tenant):
    return {"id": house.key(tenant)[0]}


def _credentials(house, tenant):
    """Whose: a person's of the shop; "others'": those of one who is disabled; and a wrong password."""
    user = house.person(SHOP)
    if tenant == RIVAL:
        change = AccountChange(disabled=True)
        house.server.within(house.server.service.accounts.change(SHOP, user.id, change, by="cli"))
    return {"name": user.name, "secret": PASSWORD if tenant else "a wrong password"}


OBJECTS["credentials"] = _credentials


@makes("asset", own=True, asset="none.js")
def _asset(house, tenant):
    """Nobody's, and so no other tenant's either."""
    return {"asset": "docs.js"}


@makes("content", id="no-such-content")
def _content(house, tenant):
    return {"id": _decision(house, tenant)["content_id"]}


def _filed(house, tenant, kind):
    """The item of a content that somebody reported, or complained of, and what was filed."""

    def filed():
        who = "reporter_id" if kind == "report" else "complainant_id"
        about = {"content_id": _decision(house, tenant)["content_id"], who: "u", "reason": "other"}
        told = house.sent(tenant, f"/v1/{kind}s", about)
        house.seen(tenant, told["id"], told["review"])
        return {"id": told["review"], "filed": told["id"]}

    return house.once(kind, tenant, filed)


@makes("review", id=_NO_ID)
def _review(house, tenant):
    return _filed(house, tenant, "report")


@makes("report", id=_NO_ID)
def _report(house, tenant):
    return {"id": _filed(house, tenant, "report")["filed"]}


@makes("complaint", id=_NO_ID)
def _complaint(house, tenant):
    return {"id": _filed(house, tenant, "complaint")["filed"]}


@makes("waiting", id=_NO_ID, token=1)
def _waiting(house, tenant):
    """A new item that waits."""
    content_id = f"item-{next(_numbers)}"
    house.sent(tenant, "/v1/moderations", {**_AD, "content_id": content_id})
    about = {"content_id": content_id, "reporter_id": "u", "reason": "other"}
    return {"id": house.sent(tenant, "/v1/reports", about)["review"], "token": 1}


@makes("held", id=_NO_ID, token=1)
def _held(house, tenant):
    """A new item that is in somebody's hand."""
    item = _waiting(house, tenant)
    row = house.server.within(house.server.service.desk.claim_one(house.worker(tenant), item["id"]))
    return {"id": row.id, "token": row.token}


@makes("ruled", id=_NO_ID, token=1)
def _ruled(house, tenant):
    """A new item that was decided just now."""
    item = _held(house, tenant)
    ruling = Ruling(Action.PASS, (), "", "", "")
    decided = house.server.service.desk.decide(house.worker(tenant), item["id"], item["token"], ruling)
    house.server.within(decided)
    return item


@makes("room", own=True)
def _room(house, tenant):
    """Room for one more receiver of notices: nobody's, like an asset."""
    _no_webhooks(house, tenant)
    return {"room": "for one more"}


def _no_webhooks(house, tenant):
    webhooks = house.server.service.webhooks
    for one in house.server.within(webhooks.listed(tenant)):
        if one.ended_at is None:
            house.server.within(webhooks.end(tenant, one.id, by="cli"))


@makes("webhook", id=_NO_ID)
def _webhook(house, tenant):
    """A new receiver of notices."""
    _no_webhooks(house, tenant)
    made = house.server.within(house.server.service.webhooks.create(tenant, _RECEIVER, by="cli"))
    house.seen(tenant, made.webhook.id)
    return {"id": made.webhook.id}


@makes("delivery", webhook=_NO_ID, notice=_NO_ID)
def _delivery(house, tenant):
    """A new notice that did not reach its receiver."""
    webhook = _webhook(house, tenant)["id"]
    notice = new_id()

    def work(visit):
        visit.record(
            Act("notice.opened", notice, tenant),
            Write(_NOTICE, (notice, tenant, visit.at)),
            Write(_DEAD, (notice, webhook, visit.at)),
        )

    house.server.within(house.server.service.ledger.visit(work))
    return {"webhook": webhook, "notice": notice}


@makes("block", id=_NO_ID)
def _block(house, tenant):
    """A block of which nobody was told yet, by its decision."""
    _, key = house.key(tenant)
    reply = house.server.call("POST", "/v1/moderations", _BLOCKED, key=key)
    assert reply.json["action"] == "block", reply.json
    house.seen(tenant, reply.json["id"], reply.json["content_id"])
    return {"id": reply.json["id"]}


@makes("appeal", id=_NO_ID)
def _appeal(house, tenant):
    def appealed():
        about = {"decision_id": _block(house, tenant)["id"], "appellant_id": "c", "grounds": f"不是{tenant}"}
        reply = house.server.call("POST", "/v1/appeals", about, key=house.key(tenant)[1])
        house.seen(tenant, reply.json["id"], reply.json["review"], about["grounds"])
        return {"id": reply.json["id"]}

    return house.once("appeal", tenant, appealed)


def _on_file(house, tenant, kind, body, *marks):
    """What a tenant's pipeline filed: a proof, a product, a script, a show."""
    told = house.sent(tenant, f"/v1/{kind}s", body)
    house.seen(tenant, *[told[name] for name in marks])
    return told


@makes("proof", id=_NO_ID)
def _proof(house, tenant):
    """A new proof that stands."""
    body = {"claims": [f"{tenant}的证明"], "file_sha256": "ab" * 32, "source": tenant * 9}
    return {"id": _on_file(house, tenant, "proof", body, "id", "source")["id"]}


@makes("product", id="nothing")
def _product(house, tenant):
    body = {"product_id": f"product-of-{tenant}", "name": f"{tenant}的牙刷"}
    house.once("product", tenant, lambda: _on_file(house, tenant, "product", body, "product_id", "name"))
    return {"id": body["product_id"]}


@makes("script", id="nothing", digest="0" * 64)
def _script(house, tenant):
    """A new script that a machine filed, with its digest."""
    text = f"这是{tenant}的脚本。"
    told = _on_file(house, tenant, "script", {"text": text}, "script_id", "digest", "text")
    return {"id": told["script_id"], "digest": told["digest"]}


@makes("show", id=_NO_ID)
def _show(house, tenant):
    """A new show in a room of its own."""
    return {
        "id": _on_file(house, tenant, "show", {"room_id": f"stage{next(_numbers)}-of-{tenant}"}, "id", "room_id")["id"]
    }


@makes("any room", own=True, room="a-room")
def _any_room(house, tenant):
    """A room is named as one likes: nobody's, like an asset, and whatever name is as good."""
    return {"room": "a-room"}


@makes("new room", own=True)
def _new_room(house, tenant):
    """A room in which nothing was said: nobody's, like an asset."""
    return {"room": f"new-{tenant}"}


@makes("alert", id=_NO_ID)
def _alert(house, tenant):
    """A new alert that nobody acknowledged."""
    occasion = Occasion("complaint.surge", f"stage{next(_numbers)}-of-{tenant}", "", {"count": 9})
    alert = house.server.within(
        house.server.service.ledger.visit(partial(raise_alert, tenant=tenant, occasion=occasion))
    )
    house.seen(tenant, alert, occasion.subject)
    return {"id": alert}


@makes("golden", id="no-such-content")
def _golden(house, tenant):
    """A content that a person of the tenant decided, and that is golden."""
    content_id = f"golden-of-{tenant}"

    def decided():
        body = {"scene": "ugc", "text": "你就是个傻瓜蛋", "content_id": content_id}
        assert house.server.call("POST", "/v1/moderations", body, key=house.key(tenant)[1]).json["action"] == "review"
        who = Caller(tenant, house.person(tenant).id, RIGHTS_OF[Role.REVIEWER])
        desk = house.server.service.desk
        rows = house.server.within(desk.claim(who, limit=50))
        row = next(row for row in rows if row.target == content_id)
        house.server.within(desk.decide(who, row.id, row.token, Ruling(Action.PASS)))
        for other in rows:
            if other.id != row.id:
                house.server.within(desk.release(who, other.id, other.token))
        house.seen(tenant, content_id)

    house.once("golden", tenant, decided)
    maker = Caller(tenant, "cli", RIGHTS_OF[Role.SENIOR])
    house.server.within(house.server.service.desk.make_golden(maker, content_id))
    return {"id": content_id}


@makes("new_creator", own=True)
def _new_creator(house, tenant):
    """A creator that is not there yet: nobody's, like an asset."""
    return {"id": f"new-creator-{next(_numbers)}"}


@makes("creator", id="no-such-creator")
def _creator(house, tenant):
    """A new creator."""
    name = f"creator-{next(_numbers)}-of-{tenant}"
    house.server.within(house.server.service.creators.members.put(tenant, name, Profile()))
    house.seen(tenant, name)
    return {"id": name}


@makes("account", id="no-such-creator", account="no-such-account")
def _account(house, tenant):
    """A new creator with an account."""
    found = _creator(house, tenant)
    members, account = house.server.service.creators.members, f"account-{next(_numbers)}"
    house.server.within(members.link(tenant, found["id"], "web", account))
    return {**found, "account": account}


@makes("finding", id="no-such-creator", entry=_NO_ID)
def _finding(house, tenant):
    """A new creator against whom somebody found something."""
    found = _creator(house, tenant)
    members = house.server.service.creators.members
    return {**found, "entry": house.server.within(members.find(tenant, found["id"], "brush_order_found", "cli"))}


@makes("measure", id=_NO_ID)
def _measure(house, tenant):
    """A new measure that somebody else proposed."""
    who, measures = Caller(tenant, "cli", frozenset(Right)), house.server.service.creators.measures
    name = _creator(house, tenant)["id"]
    id_ = house.server.within(measures.propose(who, name, "limit_traffic", "manual", 5))
    house.seen(tenant, id_)
    return {"id": id_}


@makes("measure_in_force", id=_NO_ID)
def _measure_in_force(house, tenant):
    """A new measure that another person put into force."""
    found = _measure(house, tenant)
    who, measures = Caller(tenant, "other", frozenset(Right)), house.server.service.creators.measures
    house.server.within(measures.decide(who, found["id"], agrees=True))
    return found


def _another_formula():
    number = next(_numbers)
    text = (FOLDER / SHIPPED).read_text(encoding="utf-8").replace('version = "2026-11"', f'version = "t{number}"')
    return text.replace("repeat_days = 30", f"repeat_days = {31 + number % 3000}")


@makes("formula", own=True)
def _formula(house, tenant):
    """Room for one more trial, and a formula to be tried: nobody's, like an asset."""
    parts = house.server.service.creators
    house.server.within(parts.book.refresh())
    if (held := parts.formulas.held(tenant)).trial is not None:
        house.server.within(parts.trials.roll_back(Caller(tenant, "cli", frozenset(Right)), held.trial.id))
        house.server.within(parts.book.refresh())
    return {"formula": _another_formula()}


@makes("trial", id=_NO_ID)
def _trial(house, tenant):
    """The trial that is open, or a new one."""
    parts = house.server.service.creators
    house.server.within(parts.book.refresh())
    held = parts.formulas.held(tenant)
    if held.trial is not None:
        return {"id": held.trial.id}
    parts.trials.terms = parts.trials.terms._replace(days=0)
    who = Caller(tenant, "cli", frozenset(Right))
    id_ = house.server.within(parts.trials.propose(who, _another_formula()))
    house.server.within(parts.book.refresh())
    house.seen(tenant, id_)
    return {"id": id_}


@makes("live room", room="no-such-room")
def _live_room(house, tenant):
    """A room in which something was said. Names of rooms are each tenant's own."""

    def said():
        name = f"room-of-{tenant}"
        told = house.sent(tenant, f"/v1/rooms/{name}/messages", {"messages": [{"id": "m", "text": "你好"}]})
        house.seen(tenant, told["results"][0]["decision_id"], name)
        return {"room": name}

    return house.once("live room", tenant, said)


@makes("file", own=True, file="none.css")
def _file(house, tenant):
    """Nobody's, like an asset."""
    return {"file": assets.address("app.css").rpartition("/")[2]}


def _author(house, tenant):
    """Somebody who proposes changes of rules, and is not who asks."""
    return house.once("author", tenant, lambda: house.person(tenant, Role.POLICY_ADMIN))


def _filed_by(house, tenant, author):
    """A new proposal of somebody."""
    word = f"新词{unique()}"
    change = Change(op=Op.ADD, category="abuse_insult", line=word)
    book, caller = house.server.service.rulebook, Caller(tenant, author, frozenset(Right))
    id_ = house.server.within(book.proposals.propose(caller, Draft(changes=[change])))
    row = house.server.within(book.reads.proposal(tenant, id_)).row
    house.seen(tenant, id_, row.sha256, word)
    return {"id": id_, "sha256": row.sha256}


@makes("open_proposal", id=_NO_ID, sha256="0" * 64)
def _open_proposal(house, tenant):
    """A proposal of another person."""
    return _unused(house, "open", tenant, _author)


@makes("own_proposal", id=_NO_ID, sha256="0" * 64)
def _own_proposal(house, tenant):
    """A proposal of who asks, in their own house."""
    try:
        return _unused(house, "own", tenant, _asking)
    except Refused:  # who asks may propose nothing
        return _open_proposal(house, tenant)


def _asking(house, tenant):
    own = tenant == house.asking and house.who
    return SimpleNamespace(id=own) if own else _author(house, tenant)


def _unused(house, kind, tenant, author):
    """A proposal on which nobody has taken a step, and on which none stands in the way."""
    author = author(house, tenant).id
    kept = house.kept.get((kind, tenant, author))
    if kept is not None and _as_it_was(house, tenant, kept, "open"):
        return kept
    made = house.kept[kind, tenant, author] = _filed_by(house, tenant, author)
    return made


def _as_it_was(house, tenant, kept, state):
    """Whether a proposal still stands where it was made."""
    reads = house.server.service.rulebook.reads
    row = house.server.within(reads.proposal(tenant, kept["id"])).row
    history = house.server.within(reads.history(tenant, limit=1))
    return (row.state, row.revision, row.base) == (state, 1, history[0].version if history else 0)


@makes("approved", id=_NO_ID, sha256="0" * 64)
def _approved(house, tenant):
    """A proposal that two others stand for."""
    kept = house.kept.get(("approved", tenant))
    if kept is None or not _as_it_was(house, tenant, kept, "approved"):
        kept = house.kept["approved", tenant] = _filed_by(house, tenant, _author(house, tenant).id)
        second = house.once("second", tenant, lambda: house.person(tenant, Role.ADMIN))
        caller = Caller(tenant, second.id, frozenset(Right))
        house.server.within(house.server.service.rulebook.proposals.approve(caller, kept["id"], kept["sha256"]))
    return kept


@makes("active", own=True, active=2**31 - 1)
def _active(house, tenant):
    """A version that is active by a proposal; versions are numbered by tenant, so nobody can name another's."""
    service = house.server.service
    history = house.server.within(service.rulebook.reads.history(tenant, limit=1))
    if history and history[0].ground != "rollback":
        return {"active": history[0].version}
    made, author = _approved(house, tenant), Caller(tenant, _author(house, tenant).id, frozenset(Right))
    return {"active": house.server.within(service.rulebook.proposals.activate(author, made["id"], made["sha256"]))}


@makes("unshadowed", own=True, version=2**31 - 1)
def _unshadowed(house, tenant):
    """A version that may run beside, where nothing does."""
    book, author = house.server.service.rulebook, Caller(tenant, _author(house, tenant).id, frozenset(Right))
    with suppress(Refused):
        house.server.within(book.shadows.stop(author))
    return {"version": house.server.within(book.reads.proposal(tenant, _proposal(house, tenant)["id"])).row.version}


@makes("shadowed", own=True)
def _shadowed(house, tenant):
    """A shadow that runs."""
    found = _unshadowed(house, tenant)
    author = Caller(tenant, _author(house, tenant).id, frozenset(Right))
    house.server.within(house.server.service.rulebook.shadows.start(author, found["version"]))
    return found


@makes("proposal", id=_NO_ID)
def _proposal(house, tenant):
    return house.once("proposal", tenant, lambda: _open_proposal(house, tenant))


@makes("rehearsal", id=_NO_ID)
def _rehearsal(house, tenant):
    service = house.server.service

    async def started():
        engine = service.rules.engines.of(tenant)
        return service.rulebook.rehearsals.start(tenant, Cast(old=engine, new=engine), Period(last=1)).id

    return {"id": house.server.within(started())}


@makes("export", id=_NO_ID)
def _export(house, tenant):
    exports = house.server.service.audit.exports

    async def made():
        one = await exports.ask(tenant, PackOrder(pack="log", formats=()), by="cli")
        while (one := await exports.one(tenant, one.id)).state == "waiting":  # noqa: ASYNC110 - made elsewhere
            await asyncio.sleep(0.01)
        return one

    def make():
        house.once("pipeline", tenant, lambda: house.key(tenant))
        one = house.server.within(made())
        house.seen(tenant, one.id)
        return {"id": one.id}

    return house.once("export", tenant, make)


@makes("hold", id=_NO_ID)
def _hold(house, tenant):
    retaining = house.server.service.audit.retaining
    hold = house.server.within(retaining.holds.place(tenant, "creator", "nobody", reason="调查", by="cli"))
    house.seen(tenant, hold.id)
    return {"id": hold.id}


@makes("asked for", id=_NO_ID)
def _asked_for(house, tenant):
    """A pack that nobody makes before the maker looks again."""
    id_, asked = new_id(), json.dumps({**asdict(PackOrder(pack="log", until=_BEFORE, formats=())), "reason": ""})
    act, row = Act("export.asked", id_, tenant), (id_, tenant, "log", asked, "cli", "now")
    house.server.within(house.server.service.ledger.record(act, Write(INSERT_EXPORT, row)))
    house.seen(tenant, id_)
    return {"id": id_}


@makes("cosigned", own=True, note="nothing")
def _cosigned(house, tenant):
    """A checkpoint with a witness: the log is the whole house's."""
    log = house.server.service.audit.log
    note = note_from(house.server.within(log.checkpoint()).note)
    return {"note": str(note._replace(signatures=(WITNESS.signature(note.text, at=1),)))}


_DRAFT = {"changes": [{"op": "add", "category": "abuse_insult", "line": "词{unique}"}]}
_BYTES = {"sha256": "{sha256}"}
_FILES = [{"name": "own.txt", "text": _HEAD + "某词\n"}]
_SIGN_IN = {"tenant": SHOP, "name": "{name}", "password": "{secret}"}
_APPEAL = {"decision_id": "{id}", "appellant_id": "c", "grounds": "没有夸大"}
_NEW = {"name": "new{unique}", "role": "reviewer", "password": PASSWORD}
_TOKEN = {"token": "{token}"}
_SAID = {"content_id": "{id}", "reason": "other"}
_PROOF = {"claims": ["本店牙刷全网第一"], "file_sha256": "ab" * 32, "source": "某某报告"}
_CHECK = {"host_id": "li", "checked_on": "2026-11-01"}
_PASSWORDS = {"current": PASSWORD, "new": PASSWORD}

_MESSAGE = {"messages": [{"id": "m{unique}", "text": "你好"}]}
_ROOMS = {
    "POST /v1/rooms/{room}/messages": Way(right=Right.MODERATE, object="new room", body=_MESSAGE),
    "GET /v1/rooms": Way(right=Right.FOLLOW),
    "GET /v1/rooms/{room}": Way(right=Right.FOLLOW, object="live room"),
    "GET /v1/rooms/{room}/events": Way(right=Right.FOLLOW, object="live room"),
    "GET /v1/rooms/{room}/stream": Way(right=Right.FOLLOW, object="new room", fine=frozenset({426})),
}
WAYS = {
    **_ROOMS,
    "GET /healthz": Way(right=Right.OPEN),
    "GET /readyz": Way(right=Right.OPEN),
    "GET /metrics": Way(right=Right.OPEN),
    "GET /openapi.json": Way(right=Right.OPEN),
    "GET /docs": Way(right=Right.OPEN),
    "GET /docs/{asset}": Way(right=Right.OPEN, object="asset"),
    "POST /v1/moderations": Way(right=Right.MODERATE, body=_AD),
    "POST /v1/moderations/batch": Way(right=Right.MODERATE, body={"items": [_AD]}),
    "GET /v1/moderations": Way(right=Right.MODERATE, object="decision", query="?content_id={content_id}", absent=200),
    "GET /v1/moderations/{id}": Way(right=Right.MODERATE, object="decision"),
    "GET /v1/moderations/{id}/statement": Way(right=Right.MODERATE, object="block"),
    "POST /v1/decisions/{id}/notified": Way(right=Right.REPORT, object="block", body={}),
    "POST /v1/appeals": Way(right=Right.REPORT, object="block", body=_APPEAL, absent=422),
    "GET /v1/appeals/{id}": Way(right=Right.REPORT, object="appeal"),
    "GET /v1/labels": Way(right=Right.QUALITY),
    "POST /v1/lexicon": Way(right=Right.LEXICON, body={"files": _FILES}),
    "GET /v1/lexicon": Way(right=Right.LEXICON),
    "GET /v1/lexicon/versions/{version}": Way(right=Right.LEXICON, object="version"),
    "POST /v1/lexicon/activations": Way(right=Right.LEXICON, object="active", body={"version": "{active}"}, absent=422),
    "GET /v1/lexicons": Way(right=Right.READ),
    "GET /v1/lexicons/terms": Way(right=Right.READ),
    "POST /v1/lexicons/lint": Way(right=Right.LEXICON, body={}),
    "GET /v1/terms": Way(right=Right.QUALITY),
    "GET /v1/rulesets": Way(right=Right.READ),
    "GET /v1/rulesets/versions/{version}": Way(right=Right.READ, object="version"),
    "GET /v1/rulesets/proposals": Way(right=Right.READ),
    "POST /v1/rulesets/proposals": Way(right=Right.RULES, body=_DRAFT),
    "GET /v1/rulesets/proposals/{id}": Way(right=Right.READ, object="proposal"),
    "POST /v1/rulesets/proposals/{id}/revision": Way(right=Right.RULES, object="own_proposal", body=_DRAFT),
    "POST /v1/rulesets/proposals/{id}/approval": Way(right=Right.RULES, object="open_proposal", body=_BYTES),
    "POST /v1/rulesets/proposals/{id}/rejection": Way(right=Right.RULES, object="open_proposal", body={}),
    "POST /v1/rulesets/proposals/{id}/withdrawal": Way(right=Right.RULES, object="own_proposal", body={}),
    "POST /v1/rulesets/proposals/{id}/activation": Way(right=Right.RULES, object="approved", body=_BYTES),
    "POST /v1/rulesets/proposals/{id}/rehearsal": Way(right=Right.RULES, object="proposal", body={"last": 1}),
    "POST /v1/rulesets/rollback": Way(right=Right.RULES, object="active", body={"active": "{active}"}, absent=409),
    "POST /v1/rulesets/rehearsals": Way(right=Right.RULES, body={"changes": _DRAFT["changes"]}),
    "GET /v1/rulesets/rehearsals/{id}": Way(right=Right.READ, object="rehearsal"),
    "GET /v1/rulesets/shadows": Way(right=Right.READ),
    "POST /v1/rulesets/shadows": Way(right=Right.RULES, object="unshadowed", body={"version": "{version}"}, absent=422),
    "DELETE /v1/rulesets/shadows": Way(right=Right.RULES, object="shadowed"),
    "POST /v1/sessions": Way(right=Right.OPEN, object="credentials", body=_SIGN_IN, absent=401),
    "GET /v1/sessions/current": Way(right=Right.SELF),
    "DELETE /v1/sessions/current": Way(right=Right.SELF, spends=True),
    "POST /v1/users/me/password": Way(right=Right.SELF, body=_PASSWORDS, spends=True),
    "GET /v1/users": Way(right=Right.PEOPLE),
    "POST /v1/users": Way(right=Right.PEOPLE, body=_NEW),
    "GET /v1/users/{id}": Way(right=Right.PEOPLE, object="user"),
    "PATCH /v1/users/{id}": Way(right=Right.PEOPLE, object="user", body={"role": "auditor"}),
    "GET /v1/keys": Way(right=Right.PEOPLE),
    "POST /v1/keys": Way(right=Right.PEOPLE, body={"label": "x"}),
    "DELETE /v1/keys/{id}": Way(right=Right.PEOPLE, object="key"),
    "GET /v1/creators": Way(right=Right.CREATORS),
    "PUT /v1/creators/{id}": Way(right=Right.SIGNALS, object="new_creator", body={"role": "host"}),
    "GET /v1/creators/{id}": Way(right=Right.CREATORS, object="creator"),
    "GET /v1/creators/{id}/ledger": Way(right=Right.CREATORS, object="creator"),
    "GET /v1/creators/{id}/explanation": Way(right=Right.CREATORS, object="creator"),
    "GET /v1/creators/{id}/boost": Way(right=Right.CREATORS, object="creator", query="?scene=ugc"),
    "POST /v1/creators/{id}/signals": Way(
        right=Right.SIGNALS,
        object="creator",
        body={"signals": [{"name": "engagement", "value": 80, "at": datetime.now(UTC).isoformat()}]},
    ),
    "POST /v1/creators/{id}/accounts": Way(
        right=Right.SIGNALS, object="creator", body={"channel": "web", "account_id": "account{unique}"}
    ),
    "DELETE /v1/creators/{id}/accounts/{account}": Way(right=Right.SIGNALS, object="account"),
    "POST /v1/creators/{id}/findings": Way(right=Right.MEASURES, object="creator", body={"name": "brush_order_found"}),
    "DELETE /v1/creators/{id}/findings/{entry}": Way(right=Right.MEASURES, object="finding"),
    "POST /v1/creators/{id}/measures": Way(
        right=Right.MEASURES, object="creator", body={"kind": "suspend_live", "days": 3}
    ),
    "POST /v1/creators/{id}/measures/due": Way(right=Right.MEASURES, object="creator"),
    "GET /v1/measures": Way(right=Right.CREATORS),
    "POST /v1/measures/{id}/decision": Way(right=Right.MEASURES, object="measure", body={"agrees": True}),
    "POST /v1/measures/{id}/relief": Way(right=Right.MEASURES, object="measure_in_force", body={"why": "x"}),
    "POST /v1/boosts/rank": Way(
        right=Right.SIGNALS,
        body={"scene": "ugc", "budget": 10, "candidates": [{"creator_id": "a", "expected": 5}]},
    ),
    "GET /v1/boosts": Way(right=Right.CREATORS),
    "GET /v1/trials": Way(right=Right.CREATORS),
    "POST /v1/trials": Way(right=Right.FORMULA, object="formula", body={"formula": "{formula}"}),
    "POST /v1/trials/{id}/advance": Way(right=Right.FORMULA, object="trial", fine=frozenset({200, 409})),
    "POST /v1/trials/{id}/rollback": Way(right=Right.FORMULA, object="trial"),
    "GET /v1/quality": Way(right=Right.QUALITY),
    "GET /v1/golden": Way(right=Right.GOLDEN),
    "POST /v1/golden": Way(right=Right.GOLDEN, object="golden", body={"content_id": "{id}"}),
    "DELETE /v1/golden/{id}": Way(right=Right.GOLDEN, object="golden"),
    "GET /v1/views": Way(right=Right.SELF),
    "POST /v1/views": Way(right=Right.SELF, body={"name": "mine", "query": "state=held"}),
    "DELETE /v1/views": Way(right=Right.SELF, query="?name=mine"),
    "GET /v1/reviews": Way(right=Right.READ, query="?state=held"),
    "POST /v1/reviews/claim": Way(right=Right.REVIEW, body={"limit": 1}),
    "GET /v1/reviews/{id}": Way(right=Right.READ, object="review"),
    "GET /v1/reviews/{id}/suggestion": Way(right=Right.READ, object="review"),
    "POST /v1/reviews/{id}/claim": Way(right=Right.REVIEW, object="waiting", body={}),
    "POST /v1/reviews/{id}/heartbeat": Way(right=Right.REVIEW, object="held", body=_TOKEN),
    "POST /v1/reviews/{id}/release": Way(right=Right.REVIEW, object="held", body=_TOKEN),
    "POST /v1/reviews/{id}/skip": Way(right=Right.REVIEW, object="held", body=_TOKEN),
    "POST /v1/reviews/{id}/escalate": Way(right=Right.REVIEW, object="held", body={**_TOKEN, "note": "难说"}),
    "POST /v1/reviews/{id}/decision": Way(right=Right.REVIEW, object="held", body={**_TOKEN, "action": "pass"}),
    "POST /v1/reviews/{id}/undo": Way(right=Right.REVIEW, object="ruled", body={}),
    "POST /v1/reports": Way(right=Right.REPORT, object="content", body={**_SAID, "reporter_id": "u"}, absent=422),
    "POST /v1/complaints": Way(right=Right.REPORT, object="content", body={**_SAID, "complainant_id": "u"}, absent=422),
    "GET /v1/reports/{id}": Way(right=Right.REPORT, object="report"),
    "GET /v1/complaints/{id}": Way(right=Right.REPORT, object="complaint"),
    "GET /v1/search": Way(right=Right.READ, query="?text=%E5%BE%88%E5%A5%BD%E7%94%A8"),
    "GET /v1/contents/{id}": Way(right=Right.READ, object="content"),
    "GET /v1/webhooks": Way(right=Right.NOTICES),
    "POST /v1/webhooks": Way(right=Right.NOTICES, object="room", body={"url": _RECEIVER}),
    "DELETE /v1/webhooks/{id}": Way(right=Right.NOTICES, object="webhook"),
    "POST /v1/webhooks/{id}/rotate": Way(right=Right.NOTICES, object="webhook"),
    "GET /v1/webhooks/{id}/deliveries": Way(right=Right.NOTICES, object="webhook"),
    "POST /v1/deliveries/{notice}/{webhook}/replay": Way(right=Right.NOTICES, object="delivery"),
    "GET /v1/log/checkpoint": Way(right=Right.AUDIT),
    "GET /v1/log/consistency": Way(right=Right.AUDIT, query="?old=1"),
    "GET /v1/log/inclusion": Way(right=Right.AUDIT, query="?seq=0"),
    "POST /v1/log/cosignatures": Way(right=Right.AUDIT, object="cosigned", body={"note": "{note}"}, absent=422),
    "GET /v1/acts": Way(right=Right.AUDIT),
    "GET /v1/decisions/{id}/story": Way(right=Right.AUDIT, object="decision"),
    "GET /v1/retention": Way(right=Right.AUDIT),
    "GET /v1/holds": Way(right=Right.AUDIT),
    "POST /v1/holds": Way(right=Right.RETAIN, body={"kind": "creator", "value": "nobody", "reason": "调查"}),
    "DELETE /v1/holds/{id}": Way(right=Right.RETAIN, object="hold"),
    "POST /v1/erasures": Way(right=Right.RETAIN, body={"person_id": "nobody-at-all", "reason": "本人要求"}),
    "POST /v1/exports": Way(right=Right.AUDIT, body={"pack": "log", "until": _BEFORE, "formats": []}),
    "GET /v1/exports": Way(right=Right.AUDIT),
    "GET /v1/exports/{id}": Way(right=Right.AUDIT, object="export"),
    "DELETE /v1/exports/{id}": Way(right=Right.AUDIT, object="asked for", fine=frozenset({200, 409})),
    "GET /v1/exports/{id}/pack": Way(right=Right.AUDIT, object="export"),
    "GET /v1/exports/{id}/verification": Way(right=Right.AUDIT, object="export"),
    "POST /v1/proofs": Way(right=Right.SCRIPTS, body=_PROOF),
    "GET /v1/proofs": Way(right=Right.SHOWS),
    "GET /v1/proofs/{id}": Way(right=Right.SHOWS, object="proof"),
    "DELETE /v1/proofs/{id}": Way(right=Right.SCRIPTS, object="proof"),
    "POST /v1/products": Way(right=Right.SCRIPTS, body={"product_id": "mine", "name": "牙刷"}),
    "GET /v1/products": Way(right=Right.SHOWS),
    "GET /v1/products/{id}": Way(right=Right.SHOWS, object="product"),
    "POST /v1/scripts": Way(right=Right.SCRIPTS, body={"text": "大家好。"}),
    "GET /v1/scripts": Way(right=Right.SHOWS),
    "GET /v1/scripts/{id}": Way(right=Right.SHOWS, object="script"),
    "GET /v1/scripts/{id}/versions": Way(right=Right.SHOWS, object="script"),
    "GET /v1/scripts/{id}/report": Way(right=Right.SHOWS, object="script"),
    "GET /v1/scripts/{id}/diff": Way(right=Right.SHOWS, object="script", query="?from=1&to=1"),
    "POST /v1/scripts/{id}/approval": Way(right=Right.APPROVE, object="script", body={"digest": "{digest}"}),
    "POST /v1/shows": Way(right=Right.SCRIPTS, body={"room_id": "room-{unique}"}),
    "GET /v1/shows": Way(right=Right.SHOWS),
    "GET /v1/shows/{id}": Way(right=Right.SHOWS, object="show"),
    "POST /v1/shows/{id}/checks": Way(right=Right.SCRIPTS, object="show", body=_CHECK),
    "POST /v1/shows/{id}/end": Way(right=Right.SCRIPTS, object="show", body={}),
    "GET /v1/shows/{id}/corrections": Way(right=Right.SHOWS, object="show"),
    "POST /v1/rooms/{room}/acts": Way(right=Right.LIVE, object="any room", body={"kind": "warn"}, absent=200),
    "GET /v1/rooms/{room}/acts": Way(right=Right.SHOWS, object="any room", absent=200),
    "GET /v1/alerts": Way(right=Right.SHOWS),
    "POST /v1/alerts/{id}/acknowledgement": Way(right=Right.LIVE, object="alert", body={}),
    "GET /": Way(right=Right.SELF),
    "GET /login": Way(right=Right.OPEN),
    "GET /desk/{id}": Way(right=Right.READ, object="review"),
    "GET /desk/{id}/suggestion": Way(right=Right.READ, object="review"),
    "GET /items/{id}": Way(right=Right.READ, object="review"),
    "GET /queue": Way(right=Right.READ),
    "GET /search": Way(right=Right.READ, query="?text=%E5%A5%BD"),
    "GET /contents": Way(right=Right.READ, object="content", query="?id={id}"),
    "GET /contents/{id}": Way(right=Right.READ, object="content"),
    "GET /v1/rooms/{room}/pulse": Way(right=Right.SHOWS, object="any room", absent=200),
    "GET /live": Way(right=Right.SHOWS),
    "GET /live/{room}": Way(right=Right.SHOWS, object="any room", absent=200),
    "GET /scripts": Way(right=Right.SHOWS),
    "GET /scripts/{id}": Way(right=Right.SHOWS, object="script"),
    "GET /scripts/{id}/diff": Way(right=Right.SHOWS, object="script", query="?from=1&to=1"),
    "GET /files": Way(right=Right.SHOWS),
    "GET /alerts": Way(right=Right.SHOWS),
    "GET /try": Way(right=Right.SELF),
    "POST /try/verdict": Way(right=Right.SELF, body=_AD),
    "POST /try/rewrite": Way(right=Right.SELF, body=_AD),
    "GET /lexicons": Way(right=Right.READ, query="?text=%E5%9B%BD"),
    "GET /rulesets": Way(right=Right.READ),
    "GET /rulesets/{id}": Way(right=Right.READ, object="proposal"),
    "GET /rehearsals/{id}": Way(right=Right.READ, object="rehearsal"),
    "GET /terms": Way(right=Right.QUALITY),
    "GET /people": Way(right=Right.PEOPLE),
    "GET /notices": Way(right=Right.NOTICES),
    "GET /creators": Way(right=Right.CREATORS),
    "GET /creators/{id}": Way(right=Right.CREATORS, object="creator"),
    "GET /boosts": Way(right=Right.CREATORS),
    "GET /formula": Way(right=Right.CREATORS),
    "GET /quality": Way(right=Right.QUALITY),
    "GET /system": Way(right=Right.READ),
    "GET /audit": Way(right=Right.AUDIT),
    "GET /audit/decisions/{id}": Way(right=Right.AUDIT, object="decision"),
    "GET /exports": Way(right=Right.AUDIT),
    "GET /retention": Way(right=Right.AUDIT),
    "POST /csp": Way(right=Right.OPEN),
    "GET /static/{file}": Way(right=Right.OPEN, object="file"),
}


def told(value, gaps):
    """A query or a body with its gaps filled; what is nothing but a gap becomes what fills it, be it a number."""
    if isinstance(value, str):
        for name, filling in gaps.items():
            if value == "{" + name + "}":
                return filling
            value = value.replace("{" + name + "}", str(filling))
        return value
    if isinstance(value, dict):
        return {name: told(each, gaps) for name, each in value.items()}
    return [told(each, gaps) for each in value] if isinstance(value, list) else value


def unique():
    """Something that was never said before."""
    return hashlib.sha256(str(next(_numbers)).encode()).hexdigest()[:12]

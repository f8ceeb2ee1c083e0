"""A day of believable work for the demo, all through the interface: reports, and two reviewers who decide."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from aiohttp import ClientSession

from service.accounts import Change
from service.cli.demo_show import aired
from service.passwords import random_password
from service.rights import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.accounts import Accounts

FIRST, SENIOR, ADMIN, POLICY = "lin.yue", "zhou.ran", "admin", "he.qing"
PEOPLE: Final = {ADMIN: Role.ADMIN, FIRST: Role.REVIEWER, SENIOR: Role.SENIOR, POLICY: Role.POLICY_ADMIN}
"""Two of them may change rules: one proposes, the other approves."""
DUE_SOON: Final = 20.0
"""Seconds that live chat waits in the demo: the line that is left over is overdue when one looks."""
_BY: Final = "demo"
_REPORTS: Final = (
    ("viewer-881", "看着不对劲，请核实一下"),
    ("viewer-204", "朋友买过，根本不是这样"),
    ("viewer-377", "这样宣传合适吗？"),
)
_COMPLAINT: Final = {
    "complainant_id": "buyer-5120",
    "reason": "not_as_described",
    "detail": "收到的和直播里说的不一样，客服不理",
    "order_id": "D20261126-0417",
}
_PROPOSAL: Final = {
    "note": "“第一次”常被写成“第一”，先送人工看一周",
    "changes": [
        {"op": "add", "category": "absolute_claim", "line": "第一次 | severity: 2 | weight: 60"},
        {"op": "allow", "line": "第一次来"},
    ],
}
_LIVE: Final = ("live_chat", "live_speech")


class Member(NamedTuple):
    """Somebody who works in the demo, and this run's password."""

    name: str
    role: Role
    password: str


class Desk(NamedTuple):
    """Whose day it is: the service's address, the pipeline's key, the tenant and its people."""

    url: str
    key: str
    tenant: str
    members: Sequence[Member]


async def hired(accounts: Accounts, tenant: str) -> list[Member]:
    """The people of the demo, each with a fresh random password; those of an earlier run get a new one."""
    known = {user.name: user for user in await accounts.listed(tenant, limit=len(PEOPLE) + 1)}
    members = []
    for name, role in PEOPLE.items():
        password = random_password()
        if name in known:
            await accounts.change(tenant, known[name].id, Change(password=password), by=_BY)
        else:
            await accounts.create(tenant, name, role, password, by=_BY)
        members.append(Member(name, role, password))
    return members


async def worked(desk: Desk, judged: Sequence[dict[str, Any]]) -> None:
    """Reports and a complaint come in; the live lines are decided but one; of the rest each reviewer does a few.

    Beside it a show is filed, approved and aired.
    """
    async with ClientSession() as session:
        client = _Client(session, desk)
        await _complain(client, [one for one in judged if one["action"] == "review" and one["scene"] == "ad"])
        first, senior = [await client.signed_in(name) for name in (FIRST, SENIOR)]
        live = (await client.ask(first, "claim", {"limit": 50, "scenes": list(_LIVE)}))["items"]
        kept = next((one["id"] for one in live if one["scene"] == "live_chat"), "")
        for item in live:
            if item["id"] == kept:
                await client.ask(first, f"{item['id']}/release", _held(item))
            else:
                await client.decide(first, item)
        mixed = (await client.ask(first, "claim", {"limit": 4, "scenes": ["ad", "ugc"]}))["items"]
        for item in mixed[:1]:
            note = "拿不准是否属于医疗宣称，请资深同事看看"
            await client.ask(first, f"{item['id']}/escalate", {**_held(item), "note": note})
        for item in mixed[1:]:
            await client.decide(first, item)
        asked = {"limit": 5, "scenes": ["ad", "ugc"], "kinds": ["content", "report", "complaint"]}
        for item in (await client.ask(senior, "claim", asked))["items"][:3]:
            await client.decide(senior, item)
        await client.propose(await client.signed_in(POLICY))
        await aired(client.file, partial(client.post, headers=senior), await client.live())


async def _complain(client: _Client, judged: Sequence[dict[str, Any]]) -> None:
    for one, (who, detail) in zip(judged[::4], _REPORTS, strict=False):
        reason = one["categories"][0] if one["categories"] else "other"
        report = {"content_id": one["content_id"], "reporter_id": who, "reason": reason, "detail": detail}
        await client.file("/v1/reports", report)
    for one in judged[-1:]:
        await client.file("/v1/complaints", {**_COMPLAINT, "content_id": one["content_id"]})


def _held(item: dict[str, Any]) -> dict[str, Any]:
    return {"token": item["token"]}


class _Client:
    """Keeps the connection and asks as the pipeline or as a person who is signed in."""

    def __init__(self, session: ClientSession, desk: Desk) -> None:
        self._session, self._desk = session, desk

    async def file(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Sends what the pipeline files."""
        return await self.post(path, body, self._key)

    async def live(self) -> list[dict[str, Any]]:
        """The shows that are on."""
        async with self._session.get(f"{self._desk.url}/v1/shows?state=live", headers=self._key) as answer:
            answer.raise_for_status()
            found: list[dict[str, Any]] = orjson.loads(await answer.read())["shows"]
            return found

    @property
    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._desk.key}"}

    async def signed_in(self, name: str) -> dict[str, str]:
        """The headers of a person's session. A client library would not send a secure cookie over plain HTTP."""
        password = next(member.password for member in self._desk.members if member.name == name)
        body = {"tenant": self._desk.tenant, "name": name, "password": password}
        async with self._session.post(f"{self._desk.url}/v1/sessions", json=body) as answer:
            answer.raise_for_status()
            told = orjson.loads(await answer.read())
            pairs = [line.partition(";")[0] for line in answer.headers.getall("Set-Cookie")]
            return {"Cookie": "; ".join(pairs), "X-CSRF-Token": told["csrf"]}

    async def ask(self, who: dict[str, str], step: str, body: dict[str, Any]) -> dict[str, Any]:
        """Takes a step at the desk."""
        return await self.post(f"/v1/reviews/{step}", body, who)

    async def propose(self, who: dict[str, str]) -> None:
        """Proposes a change of rules, and tries it; somebody else may approve it."""
        made = await self.post("/v1/rulesets/proposals", _PROPOSAL, who)
        await self.post(f"/v1/rulesets/proposals/{made['id']}/rehearsal", {"last": 500}, who)

    async def decide(self, who: dict[str, str], item: dict[str, Any]) -> None:
        """Blocks what rests on a rule, lets pass what only a score suspected."""
        rules = [one for one in item["decision"]["evidence"] if one["source"] != "text" and one["severity"] > 1]
        ruling: dict[str, Any] = {"action": "pass"}
        if rules:
            reasons = {one["category"]: {"category": one["category"]} for one in rules}
            ruling = {"action": "block", "reasons": list(reasons.values())}
        if item["kind"] == "complaint":
            ruling["outcome"] = "upheld" if rules else "rejected"
        await self.ask(who, f"{item['id']}/decision", {**_held(item), **ruling})

    async def post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Sends a body with these headers; gives the answer."""
        async with self._session.post(f"{self._desk.url}{path}", json=body, headers=headers) as answer:
            answer.raise_for_status()
            told: dict[str, Any] = orjson.loads(await answer.read())
            return told

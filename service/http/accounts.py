"""The routes about who may call: sessions of people, the people of a tenant, its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, StringConstraints

from service.accounts import Change, LastAdmin, NoSuchUser, Taken
from service.http.answer import NO_STORE, Answer, confide
from service.http.answers import Answered
from service.http.asking import ListQuery, cursor_of, cut, place_of, read_as, read_query
from service.http.browser import DEVICE, address_of, cookie, no_session, session_cookies
from service.http.problems import CHALLENGE, Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.keys import LABEL_CHARS
from service.lockout import Delayed
from service.passwords import PasswordsWaiting, Unfit
from service.rights import RIGHTS_OF, Right, Role, Scope
from service.sessions import SignIn, SignInRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from service.http.serving import Asked
    from service.keys import KeyInfo
    from service.sessions import Started
    from service.store.people_reads import User

Given = TypeVar("Given")

_WRITES: Final = (*BODY, "csrf", *CALLED)
_HASHES: Final = (*_WRITES, "crowded")

_Word = Annotated[StrictStr, StringConstraints(min_length=1, max_length=200)]
_Password = Annotated[StrictStr, StringConstraints(min_length=1, max_length=1024)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignInRequest(_Sent):
    """Who signs in."""

    tenant: _Word
    name: _Word
    password: _Password


class PasswordRequest(_Sent):
    """A new password of one's own: 12 to 256 characters, and not one's name."""

    current: _Password
    new: _Password


class UserRequest(_Sent):
    """A new person: letters, digits and ``._-@+`` in the name, 12 to 256 characters in the password."""

    name: _Word
    role: Role
    password: _Password


class UserChange(_Sent):
    """What is to become of a person; what is left out stays. Each change ends the person's sessions."""

    role: Role | None = None
    disabled: StrictBool | None = None
    password: _Password | None = None


class KeyRequest(_Sent):
    """A new key."""

    label: Annotated[StrictStr, StringConstraints(max_length=LABEL_CHARS)] = Field(
        default="", description="to know it by later"
    )
    scope: Scope = Field(default=Scope.MODERATE, description="what it may do")


class Nothing(Answered):
    """An object without members."""


class Me(Answered):
    """Who is signed in, and what they may do."""

    id: str
    tenant: str
    name: str
    role: Role
    rights: list[Right]


class Session(Answered):
    """A session. Unsafe requests bring ``csrf`` as ``X-CSRF-Token``."""

    user: Me
    csrf: str


class Member(Answered):
    """One person of the tenant."""

    id: str
    name: str
    role: Role
    created_at: str
    disabled_at: str | None


class Members(Answered):
    """People, oldest first, and the cursor of those that follow."""

    users: list[Member]
    next: str | None


class Key(Answered):
    """One key, without its secret."""

    id: str
    label: str
    scope: Scope
    created_at: str
    revoked_at: str | None


class KeyCreated(Answered):
    """A new key with its secret, which is shown only here."""

    id: str
    label: str
    scope: Scope
    secret: str


class KeyList(Answered):
    """Keys, oldest first, and the cursor of those that follow."""

    keys: list[Key]
    next: str | None


@route(
    "POST",
    "/v1/sessions",
    policy=Right.OPEN,
    takes=SignInRequest,
    gives=Session,
    problems=(*BODY, "sign-in-refused", "csrf", "sign-in-delayed", "crowded", "unavailable"),
)
async def sign_in(asked: Asked) -> Answer:
    """Sign in; the session is a cookie that no script can read."""
    sent = await read_as(asked, SignInRequest)
    request, serving = asked.request, asked.serving
    attempt = SignIn(
        tenant=sent.tenant,
        name=sent.name,
        password=sent.password,
        address=address_of(request, proxies=serving.settings.proxies),
        device=cookie(request, DEVICE),
    )
    try:
        return await _started(asked, serving.service.sessions.start(attempt))
    except SignInRefused:
        raise Problem("sign-in-refused", headers={"WWW-Authenticate": CHALLENGE}) from None


@route("GET", "/v1/sessions/current", policy=Right.SELF, gives=Session, problems=CALLED)
async def current_session(asked: Asked) -> Answer:
    """Tell who is signed in."""
    caller, service = asked.who, asked.serving.service
    user = await _found(service.accounts.one(caller.tenant, caller.id))
    return confide({"user": _me(user), "csrf": service.sessions.csrf(caller.session)})


@route("DELETE", "/v1/sessions/current", policy=Right.SELF, gives=Nothing, problems=("csrf", *CALLED))
async def sign_out(asked: Asked) -> Answer:
    """Sign out; the session is over everywhere at once, and with the last one what one held goes back."""
    caller, service = asked.who, asked.serving.service
    await service.sessions.end(caller)
    await service.desk.left(caller)
    return Answer(b"{}", headers=NO_STORE, cookies=no_session())


@route(
    "POST",
    "/v1/users/me/password",
    policy=Right.SELF,
    takes=PasswordRequest,
    gives=Session,
    problems=(*_HASHES, "sign-in-delayed"),
)
async def change_own_password(asked: Asked) -> Answer:
    """Change one's own password; all one's sessions end, and this browser gets a new one."""
    sent = await read_as(asked, PasswordRequest)
    caller, sessions = asked.who, asked.serving.service.sessions
    changing = sessions.change_password(caller, current=sent.current, new=sent.new)
    try:
        return await _started(asked, _found(changing, at="new"))
    except SignInRefused:
        raise Problem("invalid-body", faults=[Fault(("current",), "password_wrong")]) from None


@route("GET", "/v1/users", policy=Right.PEOPLE, query=ListQuery, gives=Members, problems=("invalid-query", *CALLED))
async def users(asked: Asked) -> Answer:
    """List the people of the tenant."""
    query = read_query(asked, ListQuery)
    after = place_of(query.cursor)
    found = await asked.serving.service.accounts.listed(asked.who.tenant, after=after, limit=query.limit + 1)
    listed, last = cut(found, query.limit)
    more = cursor_of(last.created_at, last.id) if last else None
    return confide({"users": [_member(user) for user in listed], "next": more})


@route(
    "POST",
    "/v1/users",
    policy=Right.PEOPLE,
    takes=UserRequest,
    gives=Member,
    problems=(*_HASHES, "user-exists"),
)
async def create_user(asked: Asked) -> Answer:
    """Create a person of the tenant."""
    sent = await read_as(asked, UserRequest)
    caller, accounts = asked.who, asked.serving.service.accounts
    made = accounts.create(caller.tenant, sent.name, sent.role, sent.password, by=caller.id)
    return confide(_member(await _found(made)))


@route("GET", "/v1/users/{id}", policy=Right.PEOPLE, gives=Member, problems=("not-found", *CALLED))
async def one_user(asked: Asked) -> Answer:
    """Read one person."""
    found = asked.serving.service.accounts.one(asked.who.tenant, _id(asked))
    return confide(_member(await _found(found)))


@route(
    "PATCH",
    "/v1/users/{id}",
    policy=Right.PEOPLE,
    takes=UserChange,
    gives=Member,
    problems=(*_HASHES, "not-found", "last-admin"),
)
async def change_user(asked: Asked) -> Answer:
    """Give a person another role or password, disable or enable them; their sessions end at once."""
    sent = await read_as(asked, UserChange)
    caller, accounts = asked.who, asked.serving.service.accounts
    change = Change(role=sent.role, disabled=sent.disabled, password=sent.password)
    return confide(_member(await _found(accounts.change(caller.tenant, _id(asked), change, by=caller.id))))


@route("GET", "/v1/keys", policy=Right.PEOPLE, query=ListQuery, gives=KeyList, problems=("invalid-query", *CALLED))
async def keys(asked: Asked) -> Answer:
    """List the keys of the tenant, without their secrets."""
    query = read_query(asked, ListQuery)
    after = place_of(query.cursor)
    found = await asked.serving.service.keys.listed(asked.who.tenant, after=after, limit=query.limit + 1)
    listed, last = cut(found, query.limit)
    more = cursor_of(last.created_at, last.key_id) if last else None
    return confide({"keys": [_key(key) for key in listed], "next": more})


@route("POST", "/v1/keys", policy=Right.PEOPLE, takes=KeyRequest, gives=KeyCreated, problems=_WRITES)
async def create_key(asked: Asked) -> Answer:
    """Create a key of the tenant; its secret is shown only now."""
    sent = await read_as(asked, KeyRequest)
    if not sent.label.isprintable():
        raise Problem("invalid-body", faults=[Fault(("label",), "not_printable")])
    caller = asked.who
    made = asked.serving.service.keys.create(caller.tenant, label=sent.label, scope=sent.scope, by=caller.id)
    key_id, secret = await made
    return confide({"id": key_id, "label": sent.label, "scope": sent.scope, "secret": secret})


@route("DELETE", "/v1/keys/{id}", policy=Right.PEOPLE, gives=Nothing, problems=("not-found", "csrf", *CALLED))
async def revoke_key(asked: Asked) -> Answer:
    """Revoke a key of the tenant; it is over everywhere within a second."""
    caller = asked.who
    if not await asked.serving.service.keys.revoke(_id(asked), tenant=caller.tenant, by=caller.id):
        raise Problem("not-found")
    return confide({})


ROUTES: Final = (
    sign_in,
    current_session,
    sign_out,
    change_own_password,
    users,
    create_user,
    one_user,
    change_user,
    keys,
    create_key,
    revoke_key,
)


def _id(asked: Asked) -> str:
    """The id in the path. Ours are ASCII; the database need not be asked for others, and takes not all of them."""
    name = asked.found["id"]
    if not name.isascii():
        raise Problem("not-found")
    return name


async def _started(asked: Asked, starting: Awaitable[Started]) -> Answer:
    """The answer to who gets a session; what goes wrong is counted, and logged without the name that was tried."""
    serving = asked.serving
    try:
        started = await _found(starting)
    except SignInRefused as refused:
        serving.metrics.signed_in("refused")
        remote = address_of(asked.request, proxies=serving.settings.proxies)
        structlog.get_logger().info("sign-in refused", remote=remote, user=refused.user)
        raise
    except Delayed as delayed:
        serving.metrics.signed_in("delayed")
        retry = {"retry": delayed.seconds}
        raise Problem("sign-in-delayed", context=retry, headers={"Retry-After": str(delayed.seconds)}) from None
    serving.metrics.signed_in("ok")
    cookies = session_cookies(started.secret, started.device, life=serving.settings.session_life)
    told = orjson.dumps({"user": _me(started.user), "csrf": started.csrf})
    return Answer(told, headers=NO_STORE, cookies=cookies)


async def _found(doing: Awaitable[Given], *, at: str = "password") -> Given:
    """What was asked of accounts; what cannot be is a problem. ``at`` is the field of a new password."""
    try:
        return await doing
    except NoSuchUser:
        raise Problem("not-found") from None
    except Taken:
        raise Problem("user-exists") from None
    except LastAdmin:
        raise Problem("last-admin") from None
    except PasswordsWaiting:
        raise Problem("crowded", headers={"Retry-After": "2"}) from None
    except Unfit as unfit:
        place = at if unfit.field == "password" else unfit.field
        raise Problem("invalid-body", faults=[Fault((place,), unfit.kind, unfit.context)]) from None


def _me(user: User) -> dict[str, Any]:
    rights = sorted(RIGHTS_OF[Role(user.role)])
    return {"id": user.id, "tenant": user.tenant, "name": user.name, "role": user.role, "rights": rights}


def _member(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }


def _key(key: KeyInfo) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "label": key.label,
        "scope": key.scope,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }

"""Sessions: signing in and out, and who is signed in. A secret stands in the browser, its digest in the database.

A session is looked up by one read for every request, so whatever ends it holds at once, everywhere.
"""

from __future__ import annotations

import hmac
import re
import sqlite3
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from service.accounts import end_sessions, end_stale_sessions, set_password
from service.acts import SESSION_ENDED, SESSION_STARTED, Act
from service.ids import from_stamp, now, stamp
from service.keys import Caller
from service.ledger import LedgerUnwritable, Unchanged
from service.lockout import places
from service.passwords import Unfit, fit, name_from
from service.ports import Write
from service.rights import RIGHTS_OF, Role
from service.store import people_statements
from service.store.people_reads import User

if TYPE_CHECKING:
    from service.ledger import Ledger
    from service.lockout import Delays
    from service.passwords import Passwords
    from service.ports import Visit
    from service.secret import Secret
    from service.store.people_reads import People

MOST_SESSIONS: Final = 20
"""So many devices a person may be signed in on; the oldest session gives way."""
_SECRET_BYTES: Final = 32
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_DEVICE: Final = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")
_DEVICE_BYTES: Final = 16


class SignInRefused(Exception):
    """No such person, a wrong password, or one who is disabled: nobody is told which. ``user`` is for the log."""

    def __init__(self, user: str = "") -> None:
        super().__init__(user)
        self.user = user


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """An attempt to sign in. ``device`` is the cookie of a device that signed in before, if it sent one."""

    tenant: str
    name: str
    password: str
    address: str
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A session that began: what the browser keeps, and what its unsafe requests have to bring."""

    user: User
    secret: str
    csrf: str
    device: str
    """What keeps this device out of the crowd's delay."""


class Sessions:
    """The sessions of one database. ``life`` is in seconds, from signing in, whatever happens."""

    def __init__(  # noqa: PLR0913 - the parts that it is made of
        self, ledger: Ledger, people: People, *, passwords: Passwords, secret: Secret, delays: Delays, life: float
    ) -> None:
        self._ledger, self._people, self._passwords = ledger, people, passwords
        self._secret, self._delays, self._life = secret, delays, life

    async def start(self, attempt: SignIn) -> Started:
        """Signs a person in. Costs the same whether or not there is one.

        Raises ``SignInRefused``, ``lockout.Delayed``, ``passwords.PasswordsWaiting`` and what the ledger raises.
        """
        tenant, name = attempt.tenant, _name(attempt.name)
        device = self._device(tenant, name, attempt.device)
        counted = places(tenant, name, address=attempt.address, device=device)
        self._delays.admit(counted)
        found = await self._people.named(tenant, name)
        hashed = found.password if found and found.disabled_at is None else ""
        right = await self._passwords.verified(hashed, attempt.password, known=device is not None)
        if found is None or not right:
            raise SignInRefused(found.id if found else "")
        user, secret = await self._ledger.visit(lambda visit: self._signed_in(visit, tenant, found.id, hashed))
        self._delays.succeeded(counted)
        return self._started(user, secret, device=attempt.device if device else "")

    async def caller(self, secret: str) -> Caller | None:
        """Who is signed in by a secret. Raises ``LedgerUnwritable`` when that cannot be read."""
        if not _SECRET.fullmatch(secret):
            return None
        digest = _digest(secret)
        try:
            found = await self._people.signed(digest, now())
        except sqlite3.Error as error:
            raise LedgerUnwritable(f"sessions cannot be read: {error}") from error
        return Caller(found.tenant, found.user, RIGHTS_OF[Role(found.role)], digest) if found else None

    def csrf(self, session: bytes) -> str:
        """What an unsafe request of a session has to bring: nobody can make it who does not know the house's secret."""
        return urlsafe_b64encode(self._secret.marked("csrf", session)).decode().rstrip("=")

    def is_own(self, caller: Caller, token: str) -> bool:
        """Whether a request brought the token of the session that it came with."""
        return hmac.compare_digest(self.csrf(caller.session).encode(), token.encode("utf-8", "surrogateescape"))

    async def end(self, caller: Caller) -> None:
        """Signs a person out; ending a session twice changes nothing."""
        act = Act(SESSION_ENDED, caller.session.hex(), caller.tenant, {"user": caller.id, "why": "signed_out"})
        try:
            await self._ledger.record(act, Write(people_statements.END_SESSION, (now(), caller.session)))
        except Unchanged:
            return

    async def change_password(self, caller: Caller, *, current: str, new: str) -> Started:
        """Changes one's own password. All sessions end, and this device gets a new one.

        Raises ``SignInRefused`` for a wrong current password, ``lockout.Delayed``, ``passwords.Unfit``,
        ``passwords.PasswordsWaiting`` and what the ledger raises.
        """
        user = await self._people.user(caller.tenant, caller.id)
        hashed = await self._people.hash_of(caller.tenant, caller.id)
        if user is None or hashed is None:
            raise SignInRefused
        wanted = fit(new, name=user.name)
        # The one who holds the session is known; only they are counted.
        counted = places(caller.tenant, user.name, address="", device=caller.session.hex())
        self._delays.admit(counted)
        if not await self._passwords.verified(hashed, current, known=True):
            raise SignInRefused(caller.id)
        fresh = await self._passwords.hashed(wanted)

        def work(visit: Visit) -> tuple[User, str]:
            _unchanged(visit, caller.tenant, caller.id, hashed)
            set_password(visit, caller.tenant, caller.id, fresh, by=caller.id)
            end_sessions(visit, caller.tenant, caller.id, why="password")
            return self._begin(visit, caller.tenant, caller.id)

        changed, secret = await self._ledger.visit(work)
        self._delays.succeeded(counted)
        return self._started(changed, secret, device="")

    def _signed_in(self, visit: Visit, tenant: str, user_id: str, hashed: str) -> tuple[User, str]:
        _unchanged(visit, tenant, user_id, hashed)
        end_stale_sessions(visit, tenant, user_id, keep=MOST_SESSIONS - 1)
        return self._begin(visit, tenant, user_id)

    def _begin(self, visit: Visit, tenant: str, user_id: str) -> tuple[User, str]:
        """A new session: its owner, and the secret that nobody will be told again."""
        secret = token_urlsafe(_SECRET_BYTES)
        digest = _digest(secret)
        until = stamp(from_stamp(visit.at) + timedelta(seconds=self._life))
        act = Act(SESSION_STARTED, digest.hex(), tenant, {"until": until, "user": user_id})
        visit.record(act, Write(people_statements.INSERT_SESSION, (digest, user_id, visit.at, until)))
        return User(*visit.rows(people_statements.USER, tenant, user_id)[0]), secret

    def _started(self, user: User, secret: str, *, device: str) -> Started:
        kept = device or self._device_of(user.tenant, user.name, token_urlsafe(_DEVICE_BYTES))
        return Started(user=user, secret=secret, csrf=self.csrf(_digest(secret)), device=kept)

    def _device(self, tenant: str, name: str, cookie: str) -> str | None:
        """The mark of a device that signed in to this very account before."""
        match = _DEVICE.fullmatch(cookie)
        if match is None or not hmac.compare_digest(self._device_of(tenant, name, match[1]).encode(), cookie.encode()):
            return None
        return match[1]

    def _device_of(self, tenant: str, name: str, mark: str) -> str:
        signature = self._secret.marked("device", tenant.encode(), name.encode(), mark.encode())
        return f"{mark}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def _unchanged(visit: Visit, tenant: str, user_id: str, hashed: str) -> None:
    """Raises ``SignInRefused`` where the person was disabled or got another password while this one was checked."""
    if visit.rows(people_statements.HASH_OF, tenant, user_id) != [(hashed,)]:
        raise SignInRefused(user_id)


def _name(typed: str) -> str:
    """The name as it is kept; what may not be one is nobody's, and costs the same."""
    try:
        return name_from(typed)
    except Unfit:
        return ""


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()

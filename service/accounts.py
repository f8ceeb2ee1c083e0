"""People of a tenant: made, listed, given a role, disabled, given a password. Each change ends what it makes untrue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import tenants
from service.acts import PASSWORD_CHANGED, SESSION_ENDED, USER_CHANGED, USER_CREATED, USER_DISABLED, USER_ENABLED, Act
from service.ids import new_id, now
from service.ledger import LedgerRefused
from service.passwords import fit, name_from
from service.ports import Write
from service.review.rows import give_back
from service.review.states import Person
from service.rights import RIGHTS_OF, Role
from service.store import people_statements
from service.store.people_reads import START, User

if TYPE_CHECKING:
    from service.ledger import Ledger
    from service.passwords import Passwords
    from service.ports import Visit
    from service.store.people_reads import People
    from service.store.reads import Reads


class Taken(Exception):
    """The tenant has a person of this name."""


class NoSuchUser(LookupError):
    """The tenant has no such person."""


class LastAdmin(Exception):
    """Nobody would be left who may manage the tenant's people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of a person; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = None


class Accounts:
    """The people of one database. Whoever changes one is told by id: a key, a person or ``cli``."""

    def __init__(self, ledger: Ledger, reads: Reads, people: People, passwords: Passwords) -> None:
        self._ledger, self._reads, self._people, self._passwords = ledger, reads, people, passwords

    async def create(self, tenant: str, name: str, role: Role, password: str, *, by: str) -> User:
        """A new person of a tenant (made on first use).

        Raises ``Taken``, ``passwords.Unfit`` for a name or password that may not be one, ``ValueError`` for a tenant
        that may not be one, ``passwords.PasswordsWaiting`` and what the ledger raises.
        """
        kept = name_from(name)
        hashed = await self._passwords.hashed(fit(password, name=kept))
        await tenants.made(tenant, ledger=self._ledger, reads=self._reads)
        user = User(new_id(), tenant, kept, role.value, now(), None)
        row = (user.id, tenant, kept, user.role, hashed, user.created_at)
        act = Act(USER_CREATED, user.id, tenant, {"by": by, "role": user.role})
        try:
            await self._ledger.record(act, Write(people_statements.INSERT_USER, row))
        except LedgerRefused:
            if await self._people.called(tenant, kept) is None:
                raise
            raise Taken(kept) from None
        return user

    async def knows(self, tenant: str) -> bool:
        """Whether there is such a tenant. Raises ``BadName`` for a name that may not be one."""
        return await tenants.known(tenant, reads=self._reads)

    async def listed(self, tenant: str, *, after: tuple[str, str] = START, limit: int = 1000) -> list[User]:
        """The people of a tenant, oldest first; ``after`` is time and id of the last one seen."""
        return await self._people.users(tenant, after=after, limit=limit)

    async def one(self, tenant: str, user_id: str) -> User:
        """One person. Raises ``NoSuchUser``."""
        found = await self._people.user(tenant, user_id)
        if found is None:
            raise NoSuchUser(user_id)
        return found

    async def called(self, tenant: str, name: str) -> User:
        """The person who bears a name. Raises ``NoSuchUser``."""
        found = await self._people.called(tenant, name_from(name))
        if found is None:
            raise NoSuchUser(name)
        return found

    async def change(self, tenant: str, user_id: str, change: Change, *, by: str, even_last: bool = False) -> User:
        """Changes a person, ends their sessions and gives back what they hold, in one transaction; gives who it is now.

        ``even_last``: also when nobody is left who may manage people. Raises ``NoSuchUser``, ``LastAdmin``,
        ``passwords.Unfit``, ``passwords.PasswordsWaiting`` and what the ledger raises.
        """
        user = await self.one(tenant, user_id)
        hashed = ""
        if change.password is not None:
            hashed = await self._passwords.hashed(fit(change.password, name=user.name))

        def work(visit: Visit) -> User:
            return changed(visit, (tenant, user_id), change, hashed, by=by, even_last=even_last)

        return await self._ledger.visit(work)


def changed(  # noqa: PLR0913 - the whole change
    visit: Visit, of: tuple[str, str], change: Change, hashed: str, *, by: str, even_last: bool
) -> User:
    """Changes a person, by tenant and id, as part of a visit; ``hashed`` is a new password. Raises as ``change``."""
    found = visit.rows(people_statements.USER, *of)
    if not found:
        raise NoSuchUser(of[1])
    user = User(*found[0])
    role = user.role if change.role is None else change.role.value
    disabled = user.disabled_at is not None if change.disabled is None else change.disabled
    if not even_last and _leaves_nobody(visit, user, admin=role == Role.ADMIN and not disabled):
        raise LastAdmin(user.id)
    why = _ends(visit, user, role, hashed, by=by)
    if disabled and user.disabled_at is None:
        act = Act(USER_DISABLED, user.id, user.tenant, {"by": by})
        visit.record(act, Write(people_statements.DISABLE_USER, (visit.at, user.id)))
        why = "disabled"
    elif not disabled and user.disabled_at is not None:
        act = Act(USER_ENABLED, user.id, user.tenant, {"by": by})
        visit.record(act, Write(people_statements.ENABLE_USER, (user.id,)))
    if why:
        end_sessions(visit, user.tenant, user.id, why=why)
        give_back(visit, user.tenant, Person(user.id, RIGHTS_OF[Role(user.role)]))
    return User(*visit.rows(people_statements.USER, *of)[0])


def _ends(visit: Visit, user: User, role: str, hashed: str, *, by: str) -> str:
    """Writes a new role and a new password; gives why sessions end, if they do."""
    why = ""
    if role != user.role:
        act = Act(USER_CHANGED, user.id, user.tenant, {"by": by, "role": role, "was": user.role})
        visit.record(act, Write(people_statements.SET_ROLE, (role, user.id)))
        why = "role"
    if hashed:
        set_password(visit, user.tenant, user.id, hashed, by=by)
        why = "password"
    return why


def _leaves_nobody(visit: Visit, user: User, *, admin: bool) -> bool:
    """Whether a tenant that has an admin would have none."""
    if admin or user.role != Role.ADMIN or user.disabled_at is not None:
        return False
    return not visit.rows(people_statements.ADMINS_BESIDE, user.tenant, user.id)


def set_password(visit: Visit, tenant: str, user_id: str, hashed: str, *, by: str) -> None:
    """Writes a password's hash. Ending the sessions is left to the caller."""
    act = Act(PASSWORD_CHANGED, user_id, tenant, {"by": by})
    visit.record(act, Write(people_statements.SET_PASSWORD, (hashed, user_id)))


def end_sessions(visit: Visit, tenant: str, user_id: str, *, why: str) -> None:
    """Ends a person's sessions, each by an act."""
    for (digest,) in visit.rows(people_statements.OPEN_SESSIONS, user_id):
        _end(visit, tenant, user_id, digest, why)


def end_stale_sessions(visit: Visit, tenant: str, user_id: str, *, keep: int) -> None:
    """Ends a person's sessions that have run out, and all but so many of the newest."""
    for digest, expired in visit.rows(people_statements.STALE_SESSIONS, user_id, visit.at, keep):
        _end(visit, tenant, user_id, digest, "expired" if expired else "surplus")


def _end(visit: Visit, tenant: str, user_id: str, digest: bytes, why: str) -> None:
    act = Act(SESSION_ENDED, digest.hex(), tenant, {"user": user_id, "why": why})
    visit.record(act, Write(people_statements.END_SESSION, (visit.at, digest)))

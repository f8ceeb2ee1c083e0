"""Names and passwords of people: what may be one, and argon2id hashes, made in threads and few at once."""

from __future__ import annotations

import asyncio
import unicodedata
from base64 import b64encode
from secrets import token_bytes, token_urlsafe
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

Given = TypeVar("Given")

SHORTEST: Final = 12
LONGEST: Final = 256
NAME_CHARS: Final = 64
PASSES, KIBIBYTES, LANES = 3, 64 * 1024, 1
"""About a quarter of a second of one core and 64 MiB (RFC 9106 4, its second choice, with one lane)."""
_QUEUE: Final = 24
"""So many may wait for their turn: six seconds."""
_MARKS: Final = frozenset("._-@+")
_RANDOM_BYTES: Final = 15


class Unfit(ValueError):
    """What may not be a name or a password. ``field`` says which, ``kind`` why (an entry of ``messages.toml``)."""

    def __init__(self, field: str, kind: str, **context: int) -> None:
        super().__init__(f"{field}: {kind}")
        self.field, self.kind, self.context = field, kind, context


class PasswordsWaiting(Exception):
    """Too many passwords wait to be hashed: try again in a moment."""


def name_from(typed: str) -> str:
    """A name as it is kept: one form for all ways to type it. Raises ``Unfit``.

    Letters and digits of any script and ``._-@+`` alone: no two names may look the same in a list.
    """
    name = unicodedata.normalize("NFKC", typed.strip()).casefold()
    if not 1 <= len(name) <= NAME_CHARS or not all(one.isalnum() or one in _MARKS for one in name):
        raise Unfit("name", "user_name", limit=NAME_CHARS)
    return name


def fit(password: str, *, name: str) -> str:
    """A password as it is hashed. Raises ``Unfit``; ``name`` is its owner's, as it is kept."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise Unfit("password", "password_too_short", limit=SHORTEST)
    if len(plain) > LONGEST:
        raise Unfit("password", "password_too_long", limit=LONGEST)
    if plain.casefold() == name:
        raise Unfit("password", "password_is_name")
    if not plain.isprintable():
        raise Unfit("password", "not_printable")
    return plain


def random_password() -> str:
    """A password that nobody chose: 120 random bits."""
    return token_urlsafe(_RANDOM_BYTES)


def _plain(password: str) -> str:
    """One form for the same signs: an input method may type them wide or composed in another way."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """Makes and checks hashes: one at a time for devices that signed in before, one for all the others.

    So a crowd that guesses does not take the owner's turn.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=KIBIBYTES, parallelism=LANES)
        self._lanes = {known: asyncio.Semaphore(1) for known in (False, True)}
        self._waiting = dict.fromkeys(self._lanes, 0)

    async def hashed(self, password: str) -> str:
        """The hash of a password that is ``fit``. Raises ``PasswordsWaiting``."""
        return await self._in_turn(True, self._hasher.hash, password)

    async def verified(self, hashed: str, password: str, *, known: bool) -> bool:
        """Whether the password is the one behind the hash. An empty hash costs the same and is nobody's.

        ``known``: the device signed in before. Raises ``PasswordsWaiting``.
        """
        right = await self._in_turn(known, self._verify, hashed or self._nobodys(), _plain(password))
        return right and bool(hashed)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _nobodys(self) -> str:
        """A hash like the others, of no password: to check against it takes as long."""
        salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (16, 32))
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p={self._hasher.parallelism}"
        return f"$argon2id$v=19${cost}${salt}${digest}"

    async def _in_turn(self, known: bool, work: Callable[..., Given], *given: str) -> Given:  # noqa: FBT001 - which lane
        if self._waiting[known] >= _QUEUE:
            raise PasswordsWaiting
        self._waiting[known] += 1
        try:
            async with self._lanes[known]:
                return await asyncio.to_thread(work, *given)
        finally:
            self._waiting[known] -= 1

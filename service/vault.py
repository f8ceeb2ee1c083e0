"""Words at rest, sealed with a key a person (AES-256-GCM), which a master key wraps: destroy it, and they are gone.

What is sealed names its key, so that whoever reads a row needs nothing else: a one, 16 bytes of the key's id, 12 of
the nonce, then ciphertext and tag. What begins otherwise was never sealed. What was sealed with a key that is no more
reads as what was erased: nothing. Only the journal seals, in the transaction that makes the key.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.ids import CHANCE_BYTES, chance
from service.store import vault_statements as sql

if TYPE_CHECKING:
    import sqlite3

    from service.secret import Secret

SEALED: Final = b"\x01"
PURPOSE: Final = "data keys"
MARKS: Final = "marks of persons"
ALONE: Final = "marks of contents by nobody"
_NONCE: Final = 12
_HEAD: Final = 1 + CHANCE_BYTES
_AUTHOR: Final = re.compile(rb'"author":\[("(?:[^"\\]|\\.)*")')
"""Who a stored content is by, as JSON. A quote within a text is escaped, so it cannot look like a member."""
_MOST: Final = 100_000
"""So many keys are kept unwrapped; then the memory starts anew."""


class Vault:
    """Keeps the master key and the keys that were used lately. ``sealing``: whether what is new is sealed."""

    def __init__(self, secret: Secret, reader: sqlite3.Connection, *, sealing: bool) -> None:
        self._master, self._marks = AESGCM(secret.derived(PURPOSE)), secret
        self._reader, self.sealing = reader, sealing
        self._keys: dict[bytes, AESGCM | None] = {}
        self._of: dict[tuple[str, bytes], bytes] = {}
        self._new: list[tuple[str, bytes]] = []
        self._ended: set[bytes] = set()
        self._turn = Lock()

    def close(self) -> None:
        """Opens nothing any more."""
        if self in _OPEN:
            _OPEN.remove(self)
        with self._turn:
            self._reader.close()

    def opens(self) -> bool:
        """Whether the newest key that stands, if there is one, is this house's."""
        with self._turn:
            found = self._reader.execute(sql.NEWEST_KEY).fetchone()
        return found is None or self._unwrapped(*found) is not None

    def mark(self, tenant: str, person: str) -> bytes:
        """By what a person's key is found; nobody can tell the person from it."""
        return self._marks.marked(MARKS, tenant.encode(), person.encode())

    def key(self, key_id: bytes) -> AESGCM | None:
        """A key by its id; nothing for one that was destroyed or is another house's."""
        try:
            return self._keys[key_id]
        except KeyError:
            with self._turn:
                found = self._reader.execute(sql.KEY, (key_id,)).fetchone()
                return None if found is None else self._keep(key_id, self._unwrapped(key_id, found[0]))

    def forget(self, key_id: bytes) -> None:
        """The transaction that runs destroys the key: it seals nothing more, and the database tells when it is gone.

        Until then, or if that transaction does not stand, it is unwrapped anew each time.
        """
        with self._turn:
            self._ended.add(key_id)
            self._keys.pop(key_id, None)
            self._of = {name: known for name, known in self._of.items() if known != key_id}

    def sealed(  # noqa: PLR0913 - what a text is sealed by
        self, connection: sqlite3.Connection, at: str, *, tenant: str, name: str, salt: bytes, body: bytes
    ) -> tuple[bytes, bytes]:
        """The salt and the body of a content, sealed in the transaction of the connection."""
        if found := _AUTHOR.search(body):
            mark = self.mark(tenant, orjson.loads(found[1]))
        else:
            mark = self._marks.marked(ALONE, tenant.encode(), name.encode())
        key_id, key = self._key_of(connection, at, tenant, mark)
        return _sealed(key_id, key, salt), _sealed(key_id, key, body)

    def roll_back(self) -> None:
        """Forgets keys that a transaction made which does not stand."""
        for name in self._new:
            self._of.pop(name, None)
        self._new.clear()

    def commit(self) -> None:
        """The keys that a transaction made stand."""
        self._new.clear()

    def _key_of(self, connection: sqlite3.Connection, at: str, tenant: str, mark: bytes) -> tuple[bytes, AESGCM | None]:
        name = tenant, mark
        key_id = self._of.get(name)
        if key_id is not None and (known := self._keys.get(key_id)) is not None:
            return key_id, known
        found = connection.execute(sql.KEY_OF, name).fetchone()
        if found is not None:
            key_id, wrapped = found
            key = self._unwrapped(key_id, wrapped)
        else:
            key_id, nonce, fresh = chance(), chance()[:_NONCE], AESGCM.generate_key(256)
            wrapped = nonce + self._master.encrypt(nonce, fresh, key_id)
            connection.execute(sql.INSERT_KEY, (key_id, *name, wrapped, at))
            key = AESGCM(fresh)
            self._new.append(name)
        with self._turn:
            self._keep(key_id, key)
            self._of[name] = key_id
        return key_id, key

    def _unwrapped(self, key_id: bytes, wrapped: bytes) -> AESGCM | None:
        if not wrapped:
            return None
        try:
            return AESGCM(self._master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], key_id))
        except InvalidTag:  # another house's secret
            return None

    def _keep(self, key_id: bytes, key: AESGCM | None) -> AESGCM | None:
        if key is None:
            self._ended.discard(key_id)
        elif key_id in self._ended:
            return key
        if len(self._keys) >= _MOST:
            self._keys.clear()
            self._of.clear()
        self._keys[key_id] = key
        return key


def _sealed(key_id: bytes, key: AESGCM | None, plain: bytes) -> bytes:
    assert key is not None
    nonce = chance()[:_NONCE]
    return SEALED + key_id + nonce + key.encrypt(nonce, plain, key_id)


_OPEN: list[Vault] = []


def use(vault: Vault) -> None:
    """What is sealed can be opened by this vault from now on, until it is closed."""
    _OPEN.append(vault)


def opened(value: bytes) -> bytes:
    """What was sealed, in plain; nothing where its key is no more. What was never sealed is that itself."""
    if value[:1] != SEALED or len(value) <= _HEAD + _NONCE:
        return value
    key_id, nonce = value[1:_HEAD], value[_HEAD : _HEAD + _NONCE]
    for vault in _OPEN:
        key = vault.key(key_id)
        if key is not None:
            try:
                return key.decrypt(nonce, value[_HEAD + _NONCE :], key_id)
            except InvalidTag:
                return b""
    return b""


def opened_salt(value: bytes) -> bytes:
    """The same for a salt, which may begin with anything: a plain one is known by its length."""
    return value if len(value) == CHANCE_BYTES else opened(value)

"""The log's signing key: from the settings, or from a file that the first start makes. Nobody else can read the file.

A key is replaced by ``rotate``: the old one signs the new one's name (an endorsement), so that whoever trusts the old
key can go on to the new one. The endorsement is told by an act, and goes into every pack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moderation.told import Wrong
from service import private
from service.audit.note import NoteRefused, Signer, note_from, signed_by, signer_from, verifier_from
from service.audit.tree import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.audit.note import Verifier
    from service.settings import Settings

ENDORSEMENT: Final = "qingliu/key/1\n"


class KeyRefused(Wrong):
    """The signing key is not what it has to be."""


def open_signer(settings: Settings, *, signed: bool = False) -> Signer:
    """The log's key, made where there is none and nothing was ``signed``. Raises ``KeyRefused``."""
    try:
        if settings.audit_key is not None:
            return signer_from(settings.audit_origin, bytes.fromhex(settings.audit_key.get_secret_value()))
        private.required(settings.audit_key_file, where=signed)
        return signer_from(settings.audit_origin, private.kept(settings.audit_key_file, HASH_BYTES))
    except NoteRefused as error:
        raise KeyRefused(*error.told) from None
    except private.NotPrivate as error:
        raise KeyRefused(*error.told) from None


class KeyInUse:
    """Keeps the log's key, and reads its file again when that was replaced. Called, it gives the key of the moment."""

    def __init__(self, settings: Settings, *, signed: bool = False) -> None:
        self._settings = settings
        self._stamp = self._now()
        self._signer = open_signer(settings, signed=signed)

    def __call__(self) -> Signer:
        """The key that signs now. Raises ``KeyRefused``."""
        if (stamp := self._now()) != self._stamp:
            self._signer, self._stamp = open_signer(self._settings, signed=True), stamp
        return self._signer

    def _now(self) -> int:
        path = self._settings.audit_key_file
        return path.stat().st_mtime_ns if self._settings.audit_key is None and path.exists() else 0


def endorsed(old: Signer, new: Verifier) -> str:
    """The note by which a key says that another one follows it."""
    return str(old.note(f"{ENDORSEMENT}{old.verifier}\n{new}\n"))


def follows(endorsement: str) -> tuple[Verifier, Verifier]:
    """The old and the new key of an endorsement that the old one signed. Raises ``NoteRefused``."""
    note = note_from(endorsement)
    lines = note.text.removeprefix(ENDORSEMENT).splitlines()
    if not note.text.startswith(ENDORSEMENT) or len(lines) != 2:  # noqa: PLR2004 - old and new
        raise NoteRefused("expected the endorsement of a key")
    old, new = verifier_from(lines[0]), verifier_from(lines[1])
    if signed_by(note, old) is None:
        raise NoteRefused(f"{old.name} did not sign it")
    return old, new


def trusted(first: Verifier, endorsements: Iterable[str]) -> list[Verifier]:
    """The keys that may be trusted by whoever trusts ``first``. Raises ``NoteRefused`` for a forged endorsement."""
    keys = [first]
    for endorsement in endorsements:
        old, new = follows(endorsement)
        if old in keys:
            keys.append(new)
    return keys

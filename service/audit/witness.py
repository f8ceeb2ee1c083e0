"""A witness: keeps the last checkpoint that it saw of a log, cosigns what goes on from it, and refuses all else.

It needs nothing of the service but its answers, and is meant to run elsewhere. What it saw and its key lie in a folder
of its own.
"""

from __future__ import annotations

from base64 import b64decode
from time import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from moderation.told import Wrong
from service import private
from service.audit.keys import trusted
from service.audit.note import COSIGNATURE, NoteRefused, checkpoint_from, note_from, opened, signer_from, verifier_from
from service.audit.tree import HASH_BYTES, ProofRefused, verify_consistency

if TYPE_CHECKING:
    from pathlib import Path

    from service.audit.note import Checkpoint, Signer, Verifier

SEEN: Final = "seen"
KEY: Final = "witness.key"
KEY_FILE: Final = "log.key"


class LogRefused(Wrong):
    """The log is not what it was: smaller, forked or rewritten, or signed by another key. ``code`` says which."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.code = code


class Told(NamedTuple):
    """What a log tells of itself: its newest checkpoint as a note, and its keys with their endorsements."""

    note: str
    keys: list[str]
    endorsements: list[str]


class Source(Protocol):
    """Where a witness asks."""

    def checkpoint(self) -> Told: ...  # noqa: D102 - the words of the interface

    def consistency(self, old: int, new: int) -> list[str]: ...  # noqa: D102 - hashes in base64


class Witness:
    """Keeps a folder. ``pinned`` is the log's key, where it is known; else that of the first answer is kept."""

    def __init__(self, folder: Path, name: str, *, pinned: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.signer: Signer = signer_from(name, private.kept(folder / KEY, HASH_BYTES), COSIGNATURE)
        path = folder / KEY_FILE
        if pinned and not path.exists():
            path.write_text(pinned + "\n", encoding="utf-8")

    @property
    def seen(self) -> str:
        """The last checkpoint that was cosigned, as a note; empty before the first."""
        path = self._folder / SEEN
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def look(self, source: Source) -> str:
        """Cosigns the newest checkpoint, if it goes on from the last: the note with both signatures.

        Raises ``LogRefused``. Nothing is kept of what is refused.
        """
        told = source.checkpoint()
        checkpoint = self._opened(told)
        if self.seen:
            self._compare(source, checkpoint)
        note = note_from(told.note)
        signed = note._replace(signatures=(*note.signatures[:1], self.signer.signature(note.text, at=int(time()))))
        fresh = self._folder / f"{SEEN}.new"
        fresh.write_text(str(signed), encoding="utf-8")
        fresh.replace(self._folder / SEEN)
        return str(signed)

    def _compare(self, source: Source, now: Checkpoint) -> None:
        before = checkpoint_from(note_from(self.seen).text)
        if now.size < before.size:
            zh, en = (
                f"日志现有 {now.size} 条，此前有 {before.size} 条",
                f"the log has {now.size} acts, and had {before.size}",
            )
            raise LogRefused("rolled-back", zh, en)
        if now.size == before.size and now.root != before.root:
            raise LogRefused("forked", f"{now.size} 条的日志有两个不同的根", f"two logs of {now.size} acts")
        try:
            proof = [b64decode(one) for one in source.consistency(before.size, now.size)]
            verify_consistency(before.size, before.root, now.size, now.root, proof)
        except ProofRefused as error:
            zh = f"由 {before.size} 条到 {now.size} 条的一致性证明不成立"
            raise LogRefused("rewritten", zh, f"from {before.size} to {now.size}: {error}") from None

    def _opened(self, told: Told) -> Checkpoint:
        """The checkpoint, signed by the key that is known or by one that it endorsed."""
        path = self._folder / KEY_FILE
        if not path.exists():
            path.write_text(told.keys[-1] + "\n", encoding="utf-8")
        try:
            keys = trusted(verifier_from(path.read_text(encoding="utf-8")), filter(None, told.endorsements))
            return _signed(told.note, keys)
        except NoteRefused as error:
            raise LogRefused("wrong-key", *error.told) from None


def _signed(note: str, keys: list[Verifier]) -> Checkpoint:
    for key in reversed(keys):
        try:
            return opened(note, key)
        except NoteRefused as error:
            why = error
    raise why

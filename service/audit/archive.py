"""The rules and weights that were judged by, kept by their content, so that a decision can be derived again.

A file of rules lies once under ``blobs`` by its SHA-256. Rulesets are lists of names and digests, which the acts of
their activation tell; a folder of rules is put together from them when it is asked for. A stage of the text expert lies
under ``models`` by the SHA-256 of its weights, in ``cards`` and ``weights`` as any folder of models.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCENES: Final = "scenes/"
_NEW: Final = ".new"


class NotKept(LookupError):
    """A file that a ruleset consists of is not in the archive."""


class Archive:
    """Keeps a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, digest: str) -> bool:
        """Whether a file of this content is kept."""
        return self._blob(digest).exists()

    def keep(self, data: bytes) -> str:
        """Keeps what a file holds; gives its digest."""
        digest = sha256(data).hexdigest()
        path = self._blob(digest)
        if not path.exists():
            _write(path, data)
        return digest

    def keep_rules(self, lexicons: Path, scenes: Path, files: Mapping[str, str]) -> list[str]:
        """Keeps the files of a ruleset from where it was read; gives the names of those that are others by now."""
        changed = []
        for name, digest in files.items():
            if self.has(digest):
                continue
            path = scenes / name.removeprefix(SCENES) if name.startswith(SCENES) else lexicons / name
            data = b""
            with suppress(OSError):
                data = path.read_bytes()
            if sha256(data).hexdigest() == digest:
                self.keep(data)
            else:
                changed.append(name)
        return changed

    def rules(self, fingerprint: str, files: Mapping[str, str]) -> tuple[Path, Path]:
        """A folder of rules and one of scenes, put together from what is kept. Raises ``NotKept``."""
        root = self._folder / "rules" / fingerprint
        if not root.exists():
            fresh = root.with_name(f"{fingerprint}{_NEW}{os.getpid()}")
            shutil.rmtree(fresh, ignore_errors=True)
            (fresh / "lexicons").mkdir(parents=True)
            (fresh / "scenes").mkdir()
            for name, digest in files.items():
                blob = self._blob(digest)
                if not blob.exists():
                    raise NotKept(f"{name} ({digest[:12]})")
                place = "scenes" if name.startswith(SCENES) else "lexicons"
                path = fresh / place / name.removeprefix(SCENES)
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(blob, path)
            with suppress(OSError):  # another process may have been first
                fresh.replace(root)
        return root / "lexicons", root / "scenes"

    def keep_stage(self, models: Path, name: str) -> bool:
        """Keeps a stage of the text expert, ``models/cards/NAME.json`` with all weights of that name.

        False where another card of the same weights is kept, or the weights are not those of the card.
        """
        path = models / "cards" / f"{name}.json"
        card = path.read_bytes()
        told = orjson.loads(card)
        home = self._folder / "models" / told["sha256"]
        kept = home / "cards" / path.name
        if kept.exists() and kept.read_bytes() != card:
            return False
        # Beside the weights of a second stage may lie what was made from them for another runtime.
        for one in sorted({models / "weights" / told["weights"], *(models / "weights").glob(f"{name}.*")}):
            data, target = one.read_bytes(), home / "weights" / one.name
            if one.name == told["weights"] and sha256(data).hexdigest() != told["sha256"]:
                return False
            if not target.exists() or target.read_bytes() != data:
                _write(target, data)
        if not kept.exists():
            _write(kept, card)
        return True

    def stage(self, digits: str) -> Path | None:
        """A folder with the cards and weights of a stage whose SHA-256 begins so."""
        return stage_in(self._folder / "models", digits)

    def _blob(self, digest: str) -> Path:
        return self._folder / "blobs" / digest[:2] / digest


def stage_in(folder: Path, digits: str) -> Path | None:
    """Among folders that are named by the SHA-256 of weights, the one that begins so and has a card."""
    found = (path for path in sorted(folder.glob("*/cards")) if digits and path.parent.name.startswith(digits))
    return next((path.parent for path in found), None)


def damaged_in(data: Path) -> list[str]:
    """The kept files of a data directory that are not what they are named by, or lack their weights. Reads them all."""
    blobs = [path for path in sorted((data / "archive/blobs").glob("*/*")) if _NEW not in path.name]
    wrong = [path for path in blobs if digest_of(path) != path.name]
    for card in sorted([*data.glob("archive/models/*/cards/*.json"), *data.glob("models/*/cards/*.json")]):
        home = card.parents[1]
        try:
            weights = home / "weights" / orjson.loads(card.read_bytes())["weights"]
        except (ValueError, TypeError, KeyError):
            weights = card
        if not weights.is_file() or digest_of(weights) != home.name:
            wrong.append(weights)
    return [str(path.relative_to(data)) for path in wrong]


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Writes a file that is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}{_NEW}{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)

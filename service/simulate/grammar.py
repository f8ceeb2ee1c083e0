"""Reads what simulated rooms say from a TOML file: sentence frames by who says them, and what fills their slots."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.tables import not_toml
from moderation.told import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from random import Random

Frames = tuple[str, ...]
GROUPS = {
    "chat": ("talk", "asks", "chants", "gripes"),
    "host": ("talk", "invites", "words"),
    "gift": ("names",),
    "claim": ("texts", "corrections"),
    "split": ("targets", "leads", "accounts", "numbers", "fillers", "lures", "asks"),
    "raid": ("texts", "tails"),
    "flood": ("texts", "shorts"),
    "complaint": ("texts",),
    "praise": ("texts",),
}
"""The tables of a grammar and their lists of frames."""
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Grammar:
    """Sentence frames by ``table.list``; ``bits`` are sentences that people send in several messages."""

    slots: Mapping[str, Frames]
    frames: Mapping[str, Frames]
    bits: tuple[Frames, ...]

    def say(self, chance: Random, name: str, **given: str) -> str:
        """One of the sentences of a list, its slots filled. ``given`` fills slots that the file has no words for."""
        return self.fill(chance, chance.choice(self.frames[name]), **given)

    def fill(self, chance: Random, frame: str, **given: str) -> str:
        """A frame with its slots filled; what is put in may have slots itself."""
        for _ in range(3):
            if "{" not in frame:
                break
            frame = _SLOT.sub(lambda slot: given.get(slot[1]) or chance.choice(self.slots[slot[1]]), frame)
        return frame

    def sentences(self) -> Iterator[str]:
        """Every frame, as it stands in the file."""
        for frames in self.frames.values():
            yield from frames
        for bit in self.bits:
            yield from bit


class GrammarWrong(Wrong, ValueError):
    """A grammar that cannot be played from, and why."""


def read_grammar(path: Path) -> Grammar:
    """A grammar from its file.

    Raises:
        GrammarWrong: naming the file, and the table, list or slot that is missing or wrong.
        OSError: where the file cannot be read.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise GrammarWrong(f"{path}: 不是 UTF-8 编码", f"{path}: is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        told = not_toml(str(path), error)
        raise GrammarWrong(told.in_("zh"), told.in_("en")) from error
    slots = {name: _frames(path, f"slots.{name}", frames) for name, frames in tree.get("slots", {}).items()}
    frames = {
        f"{table}.{name}": _frames(path, f"{table}.{name}", tree.get(table, {}).get(name))
        for table, names in GROUPS.items()
        for name in names
    }
    bits = tuple([_frames(path, "chat.bits", bit) for bit in tree["chat"].get("bits", [])])
    grammar = Grammar(slots, frames, bits)
    for frame in (*grammar.sentences(), *[one for frames in slots.values() for one in frames]):
        for slot in _SLOT.findall(frame):
            if slot not in slots and slot != "word":
                raise GrammarWrong(
                    f"{path}: “{frame}”中的 {{{slot}}} 在 [slots] 中没有可填的词",
                    f"{path}: {frame!r} has the slot {slot!r}, which [slots] does not fill",
                )
    return grammar


def _frames(path: Path, name: str, found: Any) -> Frames:
    if not isinstance(found, list) or not found or not all(isinstance(frame, str) for frame in found):
        raise GrammarWrong(f"{path}: {name} 应为至少有一句的列表", f"{path}: {name} is a list of at least one sentence")
    return tuple(found)

"""What a live room is judged by besides words: limits of crowds, the phrases they use, and how risk adds up. Values."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From how many messages, people or seconds on the behaviour of a crowd is a finding. All whole numbers.

    ``*_seconds`` are windows of time, ``*_milli`` shares in thousandths, the others counts, or lengths in characters.
    """

    same: int
    """Messages of one person with one text, or nearly one, of ``same_length`` characters or more."""
    same_length: int
    same_short: int
    """The same of a shorter text, word for word and in a row."""
    same_refrain: int
    """The same of a refrain, which everybody chants."""
    same_seconds: int
    burst: int
    """Messages of one person, refrains left out."""
    burst_seconds: int
    rate: int
    """Messages of one person in 10 seconds, refrains included."""
    raid: int
    """New accounts that say one thing."""
    raid_first: int
    """People of unknown age whose first message in the room says one thing."""
    raid_length: int
    """So long a text must be for ``raid_first``."""
    raid_milli: int
    """New accounts among all who say it."""
    raid_seconds: int
    young_days: int
    """An account of fewer days is new."""
    crowd: int
    """People who say one text of ``crowd_length`` characters or more, nobody having asked them to."""
    crowd_length: int
    crowd_seconds: int
    alike_milli: int
    """From so many shared pairs of neighbouring characters on two texts are one text with edits."""
    echo_milli: int
    """The same, to a blocked text."""
    piece: int
    """A longer message is no piece of a split one, unless it is a code of Latin letters and digits."""
    piece_code: int
    piece_seconds: int
    reply: int
    """A longer message is no reply to a violation."""
    reply_seconds: int
    invite_seconds: int
    """So long what the host asked everybody to write counts as asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """Phrases of live rooms, folded."""

    refrains: frozenset[str] = frozenset()
    invite: tuple[str, ...] = ()
    """What the host says before the words that everybody is to write: 公屏打, 扣."""
    spell: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Asking others to spell what may not be said: sets of lists; one phrase of each list of a set must be there."""
    replies: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    """Characters of which at least one stands in a piece that different people may have sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRules:
    """``lexicons/live.toml``. ``split`` are the categories that are looked for in pieces put together."""

    limits: Limits
    cues: Cues
    split: frozenset[str]


LIMITS = tuple(item.name for item in fields(Limits))

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
    chanters: int
    """A text that so many others say too, none of them new, is their chant."""
    chant_seconds: int
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
    """The same, to a blocked text, by whoever said that, or who is new."""
    echo_old_milli: int
    """The same, by others: viewers who talk of one thing use the same words."""
    piece: int
    """A longer message is no piece of a split one, unless it is a code of Latin letters and digits."""
    piece_code: int
    piece_seconds: int
    reply: int
    """A longer message is no reply to a violation."""
    reply_seconds: int
    invite_seconds: int
    """So long what the host asked everybody to write counts as asked for."""
    correction_seconds: int
    """So long after a claim a correction is one of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """Phrases of live rooms, folded."""

    refrains: frozenset[str] = frozenset()
    invite: tuple[str, ...] = ()
    """What the host says when asking everybody to write something: 公屏, 扣."""
    spell: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Asking others to spell what may not be said: sets of lists; one phrase of each list of a set must be there."""
    replies: frozenset[str] = frozenset()
    spelled: tuple[str, ...] = ()
    """Words that lead away where somebody sends them in pieces, whatever they are as a whole."""
    names: tuple[str, ...] = ()
    """Names of messengers: an account that follows one in a message of its own is led away to."""
    corrections: tuple[str, ...] = ()
    """What takes something back that was said on air."""
    no_corrections: tuple[str, ...] = ()
    """What holds one of these phrases and takes nothing back."""
    letters: frozenset[str] = frozenset()
    """Characters of which at least one stands in a piece that different people may have sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRules:
    """How the risk of a room adds up, fades and is answered. All whole numbers; ``*_milli`` are thousandths.

    ``chat`` and ``speech`` are the points of a violation by severity, 0 to 4.
    """

    half_life_seconds: int
    chat: tuple[int, ...]
    speech: tuple[int, ...]
    review_milli: int
    """What a violation that a person must decide on counts, of its points."""
    score_milli: int
    """What a violation that only a model's score tells of counts, of what is left."""
    crowd: int
    """The least that a message counts which a room's behaviour is found in."""
    script: int
    """A claim that the approved script does not have."""
    complaint: int
    corrected_milli: int
    """What is left of the points of a claim that was put right on air."""
    amber: int
    red: int
    down_milli: int
    """Levels and advice end at so much of where they began."""
    slow: int
    """Points of chat from which on slow mode is advised."""
    slow_seconds: int
    slow_red_seconds: int
    warn: int
    """Points of speech and script from which on the host is warned."""
    senior_after: int
    """Violations after a warning for which a senior should look; red is enough by itself."""
    cut_after: int
    """Violations after a warning for which a cut is advised, where the room is red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRules:
    """When a rate, a surge or a wave is told. Whole numbers; ``*_milli`` are thousandths, ``*_micro`` millionths.

    ``horizons`` are so many windows each, over which the newest are compared with those before.
    """

    window_seconds: int
    windows: int
    horizons: tuple[int, ...]
    alarm_micro: int
    """So many false alarms in a million windows a category, at most, where nothing changes."""
    least: int
    """So many messages the past must have."""
    least_new: int
    rise_milli: int
    """So much of what was expected is a rise at the least."""
    fall_milli: int
    """So much of what was expected is a fall at the most."""
    surge_people: int
    surge_share_milli: int
    """People who complain among all messages, where a room has no past: no fewer are ever thought usual."""
    surge_milli: int
    """So much of what is usual is a surge at the least, and so many standard deviations above it."""
    surge_deviations: int
    surge_seconds: int
    praise: tuple[str, ...]
    """Words of five-star lines."""
    praise_words: int
    """So many of them make a line praise."""
    praise_length: int
    praise_people: int
    praise_milli: int
    praise_seconds: int
    swap_people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRules:
    """``lexicons/live.toml``.

    ``split`` are the categories that are looked for in pieces put together, ``echo`` those whose blocked texts are
    known by their echoes and the replies to them.
    """

    limits: Limits
    cues: Cues
    split: frozenset[str]
    echo: frozenset[str]
    risk: RiskRules
    signals: SignalRules


LIMITS = tuple(item.name for item in fields(Limits))
RISK = tuple(item.name for item in fields(RiskRules) if item.name not in {"chat", "speech"})
SIGNALS = tuple(item.name for item in fields(SignalRules) if item.name not in {"horizons", "praise"})
"""The names of the whole numbers in each table."""

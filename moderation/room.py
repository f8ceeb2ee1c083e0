"""Folds the messages of a live room, and tells what the room adds to each: numbers, and pieces put together.

Pure and clockless: ``content.at`` is the clock, and nothing but ``LiveRules`` is read. Nothing is decided here: the
court weighs the numbers, which go into the evidence, so that a replay needs no room. ``Engine.hear`` folds messages
and judges them; who wants the numbers alone calls ``observe``.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from moderation.likeness import MARKED, marks_of, nearest, pairs_of
from moderation.roomstate import (
    BLOCKED,
    FIRST,
    ID,
    INVITED,
    KEPT,
    KEYS,
    NAME,
    NOTHING,
    OLD,
    PIECES,
    POSTS,
    RING,
    TEXTS,
    TYPING,
    USERS,
    YOUNG,
    Block,
    Company,
    Finding,
    Joined,
    Piece,
    Post,
    Retraction,
    RoomState,
    User,
)
from moderation.types import FULL_WEIGHT, UNSURE, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.liverules import Limits, LiveRules
    from moderation.types import Content, Evidence

__all__ = [
    "COMPLAINTS", "GIFT", "NOTHING", "ROOM", "Company", "Finding", "Joined", "Retraction", "RoomState",
    "block", "fold", "forget", "observe", "recall", "remember", "rest",
]  # fmt: skip

ROOM = "room"
"""The source of evidence that a room gave."""
SPLIT = "split"
"""The rule of evidence that pieces make together."""
ECHO = "echo"
"""The rule of evidence that a text is nearly one that was blocked."""
SPAM, DIVERSION = "spam_flood", "contact_diversion"
COMPLAINTS = "negative_sentiment"
"""The category of what is no violation: it is counted, and told where there is much of it."""
GIFT = "gift"
"""The name of the part that holds the name of a gift: gifts rain, so they are no flood."""
BEHIND = 60
"""A message so many seconds behind the room's clock sets it back: one with a date far ahead must not stop the room."""
COUNTED = 4
"""Shorter texts are not counted over different people."""
ACCOUNT = 5
"""A piece of so many Latin letters and digits is a word of its own."""
PARTNERS = 4
"""With so many others are the pieces of a person put together."""
ASKED, FOLLOWS = 80, 15
"""So many characters of the host's words are remembered when they ask everybody to write something, and so many seconds
later they may still say what."""
MOBILE = ((3, 4, 4), (3, 8), (7, 4))
"""How people cut a mobile number."""
_CUTS = frozenset(itertools.chain.from_iterable(MOBILE))
_ROUND = re.compile(r"(.{1,16}?)\1*")
_new = tuple.__new__


def observe(state: RoomState, content: Content, text: str, rules: LiveRules) -> tuple[RoomState, Company]:
    """Fold one message into a room: the room after it, and what the room adds to the message.

    ``text`` is what was read of it (``PartReading.text``, of all parts joined). ``content.at`` should be no later than
    the clock of who keeps the room. Without an author id nothing is told of persons.
    """
    after = state.copy()
    return after, fold(after, content, text, rules)


def remember(state: RoomState, content: Content, text: str, category: str) -> RoomState:
    """The room after a message was blocked, however late: its echoes and the replies to it are findings."""
    after = state.copy()
    block(after, content, text, category)
    after.blocked = dict(sorted(after.blocked.items(), key=lambda known: known[1].at))
    return after


def forget(state: RoomState, text: str) -> RoomState:
    """The room after a block did not stand: what was read of the message is looked for no longer."""
    after, kept = state.copy(), text[:KEPT]
    after.blocked = {known: item for known, item in after.blocked.items() if known != kept}
    after.echoes = {mark: known for mark, known in after.echoes.items() if known != kept}
    return after


def rest(state: RoomState, at: float, rules: LiveRules) -> RoomState:
    """What is left of a room at a later time (seconds since 1970): once all windows are over, its blocked texts alone.

    Who keeps many quiet rooms saves their memory. Nothing else is lost but who had spoken there before.
    """
    limits = rules.limits
    longest = max(limits.same_seconds, limits.raid_seconds, limits.invite_seconds, limits.chant_seconds, BEHIND)
    if at - state.clock <= longest:
        return state
    return RoomState(clock=state.clock, blocked=state.blocked, echoes=state.echoes)


def recall(evidence: Iterable[Evidence]) -> Company:
    """What a room had added to a message, from the evidence of its decision: a replay needs no room."""
    findings = tuple(
        Finding(item.category, item.rule.partition(".")[2], item.facts, item.weight, item.note, item.severity)
        for item in evidence
        if item.source == ROOM
    )
    return Company(findings) if findings else NOTHING


def block(state: RoomState, content: Content, text: str, category: str) -> None:
    """``remember`` at once, for who has copied the room."""
    kept = text[:KEPT]
    if not kept:
        return
    others = {text: item for text, item in state.blocked.items() if text != kept}
    blocked = {**others, kept: Block(content.at.timestamp(), category, (content.author.id or "")[:NAME])}
    echoes = {
        **state.echoes,
        **dict.fromkeys(marks_of(kept, pairs_of(kept)) if len(kept) >= MARKED else (), kept),
        kept: kept,
    }
    if len(blocked) > BLOCKED:
        oldest = next(iter(blocked))
        del blocked[oldest]
        echoes = {mark: known for mark, known in echoes.items() if known != oldest}
    state.blocked, state.echoes = blocked, echoes


class _Said(NamedTuple):
    """One message: its time in seconds, author ("" where not told), text, the part of it that is remembered."""

    at: float
    author: str
    text: str
    kept: str
    refrain: bool
    chanted: bool
    age: int


def fold(state: RoomState, content: Content, text: str, rules: LiveRules) -> Company:
    """``observe``, for who has copied the room."""
    at = content.at.timestamp()
    if at > state.clock or at < state.clock - BEHIND:
        state.clock = at
    if content.scene is Scene.LIVE_SPEECH:
        _invite(state, at, text, rules)
        return _asks_to_spell(text, rules)
    if content.scene is not Scene.LIVE_CHAT or content.parts[0].name == GIFT:
        return NOTHING
    return _chat(state, content, at, text, rules)


def _chat(state: RoomState, content: Content, at: float, text: str, rules: LiveRules) -> Company:
    limits, kept = rules.limits, text[:KEPT]
    author = (content.author.id or "")[:NAME]
    root = _root(kept)
    refrain = _is_refrain(state, at, root, rules)
    age = _age(state, content, author, limits) if author else OLD
    findings: list[Finding] = []
    chanted = refrain
    if not refrain:
        posts = _note(state, _new(Post, (at, author, age)), kept, limits)
        chanted = len(posts) > limits.chanters and len(root) < limits.crowd_length and _is_chanted(posts, limits)
        if len(posts) >= limits.raid and len(kept) >= COUNTED:
            _weigh(posts, len(root), limits, findings)
            if not chanted:
                _weigh_own(posts, len(kept), limits, findings)
    said = _new(_Said, (at, author, text, kept, refrain, chanted, age))
    if author:
        _by_one(state, said, limits, findings)
    if state.blocked:
        _after_blocks(state, said, rules, findings)
    joined: tuple[Joined, ...] = ()
    if author and len(text) <= limits.piece_code and (text or len(content.parts[0].text) <= limits.piece):
        joined = _put_together(state, content, said, rules)
    if len(text) >= MARKED:
        findings.extend(_asks_to_spell(text, rules).findings)
    return Company(tuple(findings), joined) if findings or joined else NOTHING


def _age(state: RoomState, content: Content, author: str, limits: Limits) -> int:
    days = content.author.age_days
    if days is not None:
        return YOUNG if days < limits.young_days else OLD
    return OLD if state.users.get(author) else FIRST


def _root(kept: str) -> str:
    """What is said again and again in a text; else the text."""
    if kept and kept.count(kept[0]) > 1 and (match := _ROUND.fullmatch(kept)):
        return match[1]
    return kept


def _is_refrain(state: RoomState, at: float, root: str, rules: LiveRules) -> bool:
    """Whether it is what everybody chants everywhere, or what the host asked everybody to write."""
    if len(root) <= 1 or root in rules.cues.refrains:
        return True
    return any(root in asked for asked in _invited(state, at, rules.limits))


def _invited(state: RoomState, at: float, limits: Limits) -> list[str]:
    """What the host asks everybody to write now."""
    return [asked for since, asked in state.invited if abs(at - since) <= limits.invite_seconds]


def _is_chanted(posts: Sequence[Post], limits: Limits) -> bool:
    """Whether others of this room, none of them new, say it too: it is their chant, not one person's flood."""
    at, author, _ = posts[-1]
    others = {post.author for post in posts if post.age == OLD and abs(at - post.at) <= limits.chant_seconds}
    others -= {author, ""}
    return len(others) >= limits.chanters


def _by_one(state: RoomState, message: _Said, limits: Limits, findings: list[Finding]) -> None:
    """Count what a person says: one text in a row, many messages in a breath, many at all."""
    at, author, _, kept, refrain, chanted, _ = message
    bucket = int(at) // 10
    user = state.users.get(author)
    if user is None:
        state.users.put(author, _new(User, (kept, 1, at, () if refrain else (at,), bucket, 1, 0)), USERS)
        return
    said, run, since, times, last, now, before = user
    if said == kept and -1 <= at - since <= limits.same_seconds:
        run += 1
    else:
        run, since = 1, at
    if not refrain:
        times = (*times[1 - limits.burst :], at)
    if bucket == last:
        now += 1
    else:
        before, now = (now if bucket == last + 1 else 0), 1
    state.users.put(author, _new(User, (kept, run, since, times, bucket, now, before)), USERS)
    if run >= limits.same_short and (run >= limits.same_refrain if chanted else len(kept) < limits.same_length):
        findings.append(_spam("same", ("times", run), ("seconds", int(at - since))))
    if len(times) >= limits.burst and not refrain and 0 <= at - times[0] <= limits.burst_seconds:
        findings.append(_spam("burst", ("times", len(times)), ("seconds", int(at - times[0]))))
    rate = now + before * (9 - int(at) % 10) // 10
    if rate >= limits.rate:
        findings.append(_spam("rate", ("times", rate), ("seconds", 10)))


def _spam(rule: str, *facts: tuple[str, int]) -> Finding:
    return Finding(SPAM, rule, facts, FULL_WEIGHT)


def _note(state: RoomState, post: Post, kept: str, limits: Limits) -> tuple[Post, ...]:
    """Remember who says a text, and give all who lately said it, or one nearly equal to it."""
    known = kept
    if len(kept) >= MARKED:
        keys = state.keys
        found = keys.get(kept)
        known = _meet(state, kept, limits) if found is None else found
        keys.put(kept, known, KEYS)
    posts = (*(state.texts.get(known) or ())[1 - POSTS :], post)
    state.texts.put(known, posts, TEXTS)
    return posts


def _meet(state: RoomState, kept: str, limits: Limits) -> str:
    """The text that a new one is nearly equal to; else itself, to be met by its marks."""
    keys, pairs = state.keys, pairs_of(kept)
    marks = marks_of(kept, pairs)
    other, _ = nearest(pairs, marks, keys.get, limits.alike_milli)
    known = kept if other is None else other
    for mark in marks:
        keys.put(mark, known, KEYS)
    return known


def _weigh_own(posts: Sequence[Post], length: int, limits: Limits, findings: list[Finding]) -> None:
    """Whether the messages of a text are one person's flood."""
    at, author, _ = posts[-1]
    if not author or length < limits.same_length:
        return
    own = [post.at for post in posts if post.author == author and abs(at - post.at) <= limits.same_seconds]
    if len(own) >= limits.same:
        findings.append(_spam("same", ("times", len(own)), ("seconds", int(at - min(own)))))


def _weigh(posts: Sequence[Post], length: int, limits: Limits, findings: list[Finding]) -> None:
    """Whether the messages of a text are a raid of new accounts, or a crowd's flood."""
    at = posts[-1].at
    ages: dict[str, int] = {}
    for when, who, age in posts:
        if who and abs(at - when) <= limits.raid_seconds:
            ages[who] = max(age, ages.get(who, OLD))
    people = len(ages)
    if people < limits.raid:
        return
    young, first = (sum([age >= least for age in ages.values()]) for least in (YOUNG, FIRST))
    began = min([post.at for post in posts if abs(at - post.at) <= limits.raid_seconds])
    told = ("people", people), ("seconds", int(at - began))
    if young >= limits.raid and young * 1000 >= limits.raid_milli * people:
        findings.append(_spam("raid", *told, ("newcomers", young)))
    elif length >= limits.raid_length and first >= limits.raid_first and first * 1000 >= limits.raid_milli * people:
        findings.append(_spam("raid", *told, ("first", first)))
    elif length >= limits.crowd_length:
        crowd = {post.author for post in posts if post.author and abs(at - post.at) <= limits.crowd_seconds}
        if len(crowd) >= limits.crowd:
            findings.append(_spam("crowd", ("people", len(crowd)), ("seconds", limits.crowd_seconds)))


def _after_blocks(state: RoomState, message: _Said, rules: LiveRules, findings: list[Finding]) -> None:
    """An echo of a text that was blocked, or a reply to the last one."""
    at, kept, limits = message.at, message.kept, rules.limits
    known = state.echoes.get(kept)
    share = 1000
    if known is None and len(kept) >= MARKED:
        pairs = pairs_of(kept)
        known, share = nearest(pairs, marks_of(kept, pairs), state.echoes.get, limits.echo_milli)
    item = None if known is None or len(known) < COUNTED else state.blocked.get(known)
    if item is not None:
        own = message.age != OLD or message.author == item.author
        if item.category in rules.echo and share >= (limits.echo_milli if own else limits.echo_old_milli):
            facts = ("share_milli", share), ("seconds", max(0, int(at - item.at)))
            findings.append(Finding(item.category, ECHO, facts, UNSURE))
    elif len(kept) <= limits.reply and kept in rules.cues.replies and not message.chanted:
        last = next(reversed(state.blocked.values()))
        if last.category in rules.echo and 0 <= at - last.at <= limits.reply_seconds:
            findings.append(Finding(last.category, "reply", (("seconds", int(at - last.at)),), UNSURE))


def _asks_to_spell(text: str, rules: LiveRules) -> Company:
    """Whether others are asked to spell what may not be said."""
    for lists in rules.cues.spell:
        if all(any(phrase in text for phrase in phrases) for phrases in lists):
            return Company((Finding(DIVERSION, "spell", (), UNSURE),))
    return NOTHING


def _invite(state: RoomState, at: float, text: str, rules: LiveRules) -> None:
    """Note what the host says when asking everybody to write something, and right after it: ASR cuts where it likes."""
    called = any(cue in text for cue in rules.cues.invite)
    if called or at < state.called <= at + FOLLOWS:
        state.invited = (*state.invited[1 - INVITED :], (at, text[:ASKED]))
    if called:
        state.called = at + FOLLOWS


def _put_together(state: RoomState, content: Content, message: _Said, rules: LiveRules) -> tuple[Joined, ...]:
    """What pieces make: those of a person, of two who take turns, and of all."""
    at, author, text = message[:3]
    limits, letters, said = rules.limits, rules.cues.letters, content.parts[0].text.strip()
    is_code = len(text) > limits.piece
    chanted = message.refrain and (len(set(text)) > 1 or text in rules.cues.refrains)
    if chanted or (is_code and not (text.isascii() and text.isalnum())) or not said:
        return ()
    if len(said) > limits.piece_code:
        said = re.sub(r"^[\W_]+|[\W_]+$", "", said) or said
    piece = Piece(at, author, said[: limits.piece_code], content.id[:ID])
    window = limits.piece_seconds
    earlier = state.pieces.get(author)
    own = (*[item for item in earlier if abs(at - item.at) <= window][1 - PIECES :], piece) if earlier else (piece,)
    state.pieces.put(author, own, TYPING)
    lines = [own] if len(own) > 1 else []
    cut = len(said) in _CUTS and said.isdecimal() and not _invited(state, at, limits)
    if (is_code or cut or not letters.isdisjoint(said)) and letters:
        near = [item for item in state.ring if abs(at - item.at) <= window]
        others = list(dict.fromkeys([item.author for item in reversed(near) if item.author != author]))
        state.ring = (*near[1 - RING :], piece)
        lines.extend(
            [(*[item for item in near if item.author in {author, other}], piece) for other in others[:PARTNERS]]
        )
        if len(others) > 1:
            lines.append((*near, piece))
        if cut:
            lines.extend([number for line in (*lines, near) if (number := _number([*line, piece]))])
    return tuple([_joined(line, backwards=backwards) for line in lines for backwards in (False, True)]) if lines else ()


def _number(line: Sequence[Piece]) -> tuple[Piece, ...]:
    """The last pieces of digits, where they are cut as people cut a mobile number; else nothing."""
    digits = tuple([item for item in dict.fromkeys(line) if item.text.isdecimal()])
    return next((last for last in (digits[-3:], digits[-2:]) if tuple([len(item.text) for item in last]) in MOBILE), ())


def _joined(line: Sequence[Piece], *, backwards: bool) -> Joined:
    """A line of pieces read forwards or backwards."""
    people, seconds = len({item.author for item in line}), int(line[-1].at - line[0].at)
    text, ends = "", []
    if backwards:
        line = line[::-1]
    for item in line:
        said = item.text[::-1] if backwards else item.text
        if len(said) >= ACCOUNT and said.isascii() and not said.isdigit() and text[-1:].isascii():
            text += " "  # 加v and abc123: letters that run on would be one word
        text += said
        ends.append(len(text))
    return Joined(text, tuple(ends), tuple([item.id for item in line]), people, seconds, backwards)

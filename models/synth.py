"""Training text that the project writes itself: frames with slots, compliant twins, hard negatives. Holds no text.

The text lies in ``models/templates``: one TOML file a head (pairs of a violation and its compliant twin),
``slots.toml`` (fillers that all share) and ``hard_negatives.txt`` (ordinary lines, every head 0); and in
``models/written``: whole sentences, a line each, ``heads<TAB>text`` with ``-`` for none. A frame's grammar:

* ``{a|b|}`` draws one of the alternatives, ``{name}`` a filler of that slot; both may hold further braces.
* ``№`` becomes a random digit, so that no number stands in the repository and none is learnt by heart.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from models.card import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TEMPLATES = Path(__file__).with_name("templates")
WRITTEN = Path(__file__).with_name("written")
UNBIASED = "unbiased"
"""The file of written sentences that are learnt from once more for the sake of what they do not say."""
WHOLE = 0.6
"""Share of the examples that are whole written sentences rather than filled frames."""
BREAKING = 0.55
"""Share of these that break a rule."""
BLURRED = {
    "gambling": ("spam", "diversion", "fraud", "minors"),
    "fraud": ("spam", "diversion", "illicit", "ad_law", "privacy", "rumor"),
    "diversion": ("spam", "fraud", "illicit", "ad_law", "privacy", "minors"),
    "illicit": ("spam", "fraud", "diversion", "gambling", "ad_law", "privacy", "minors", "violence"),
    "spam": ("diversion", "illicit", "fraud", "ad_law"),
    "ad_law": ("fraud", "spam", "rumor"),
    "porn": ("spam", "diversion", "illicit", "minors", "privacy"),
    "abuse": ("negative", "violence", "privacy"),
    "violence": ("abuse", "negative", "illicit", "self_harm"),
    "self_harm": ("abuse", "negative", "violence", "minors"),
    "minors": ("diversion", "illicit", "fraud", "porn", "privacy", "abuse", "ad_law", "violence"),
    "privacy": ("diversion", "illicit", "fraud", "spam", "abuse", "porn", "violence", "negative"),
    "rumor": ("fraud", "ad_law", "spam", "negative"),
}
"""Heads on which a written sentence of one head says nothing: the border between them is no line."""
VIOLATIONS, TWINS = 0.45, 0.25
"""Shares of the examples that break a rule and of their compliant twins; the rest are hard negatives."""
DISGUISED = 0.3
"""Share of the violations that are handed to ``disguise``."""
OPENED, CLOSED, BESIDE, JOINED = 0.12, 0.25, 0.1, 0.2
"""Shares of texts with a greeting, an ending, an ordinary sentence beside them, and with two sentences of one kind."""
DEPTH = 8
"""Braces inside fillers inside braces: more levels than this are a slot that names itself."""
PATIENCE = 2_000
"""Repeats in a row after which the templates count as exhausted."""

Slots = Mapping[str, tuple[str, ...]]
Disguise = Callable[[random.Random, str], str]

_BRACES = re.compile(r"\{([^{}]*)\}")
_DIGIT = re.compile("№")
_HALF_WIDTH = str.maketrans("，。！？：；（）", ",.!?:;()")
_PAUSES = re.compile("[，。！？：；]")
_JOINTS = ("", " ", "。", "！", "，", "\n")
_MANNERS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: _PAUSES.sub(" ", text),
    lambda text: _PAUSES.sub("", text),
    lambda text: text.translate(_HALF_WIDTH),
)
_MANNER_WEIGHTS = (70, 12, 8, 10)
_OPENINGS = ("{问}", "{问}，", "{问}～", "回复：", "@{人} ", "【{城}】", "1.", "ps ", "求转 ", "来自{城}的朋友：")
_CLOSINGS = (
    "{语}",
    "{脸}{脸}",
    "！！",
    "……",
    "～",
    "？",
    "。",
    " №",
    "{脸} {语}",
    "哈哈",
    "666",
    " #{城}",
    "[强]",
    "[玫瑰]",
)


@dataclass(frozen=True, slots=True)
class Example:
    """A text with 1 or 0 for every head that is known; a head that is absent is unknown and must not enter the loss.

    ``frame`` is the unexpanded frame or line that it comes from, the same for both twins: what a split must not cut.
    """

    text: str
    labels: Mapping[str, int]
    frame: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A violation of one head and its twin, both unexpanded; ``clear`` are heads that the violation surely leaves 0."""

    head: str
    bad: str
    good: str
    clear: tuple[str, ...]
    slots: Slots


@dataclass(frozen=True, slots=True)
class Line:
    """An ordinary line, unexpanded, of one kind; every head is 0 but those in ``unknown``."""

    kind: str
    text: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A whole sentence and the heads that hold for it."""

    text: str
    heads: tuple[str, ...]

    @property
    def labels(self) -> Mapping[str, int]:
        """What is known of every head."""
        unknown = {head for mine in self.heads for head in BLURRED.get(mine, ())}
        return {head: int(head in self.heads) for head in HEADS if head in self.heads or head not in unknown}


@dataclass(frozen=True, slots=True)
class Templates:
    """All that the folders hold; ``slots`` are the shared ones."""

    slots: Slots
    frames: tuple[Frame, ...]
    lines: tuple[Line, ...]
    sentences: Mapping[str, tuple[Sentence, ...]]
    """Written sentences by the head that holds, ``-`` for none; one of several heads stands under each."""
    unbiased: tuple[str, ...]
    """Lines and sentences that speak of groups, slurs and quarrels and attack nobody."""


def examples(*, seed: int, count: int, disguise: Disguise | None = None) -> Iterator[Example]:
    """``count`` different examples, the same for the same seed; ``disguise`` rewrites a share of the violations.

    Raises:
        ValueError: the templates cannot give that many different texts, or a template file is malformed.
    """
    templates = load()
    by_head = {head: [frame for frame in templates.frames if frame.head == head] for head in HEADS}
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    seen: set[str] = set()
    repeats = 0
    while len(seen) < count:
        example = _drawn(rng, templates, by_head, disguise)
        if example.text in seen:
            repeats += 1
            if repeats == PATIENCE:
                raise ValueError(f"the templates give {len(seen)} different texts, {count} were asked for")
            continue
        repeats = 0
        seen.add(example.text)
        yield example


def expand(rng: random.Random, text: str, slots: Slots) -> str:
    """One sentence of a frame.

    Raises:
        ValueError: a slot has no fillers, or the fillers nest without end.
    """

    def filled(match: re.Match[str]) -> str:
        name = str(match[1])
        if "|" in name:
            return rng.choice(name.split("|"))
        if name not in slots:
            raise ValueError(f"no slot is named {{{name}}} in {text!r}; name one of {', '.join(slots)}")
        return rng.choice(slots[name])

    sentence = text
    for _ in range(DEPTH):
        if "{" not in sentence:
            return _DIGIT.sub(lambda _: str(rng.randrange(10)), sentence).strip()
        sentence = _BRACES.sub(filled, sentence)
    raise ValueError(f"braces nest deeper than {DEPTH} or do not close in {text!r}")


@cache
def load(folder: Path = TEMPLATES, written: Path = WRITTEN) -> Templates:
    """The templates of a folder, every frame tried once, and the written sentences of another.

    Raises:
        ValueError: names the file and what was expected.
    """
    shared = _slots(folder / "slots.toml", _toml(folder / "slots.toml"))
    frames = tuple(frame for head in HEADS for frame in _frames(folder / f"{head}.toml", head, shared))
    lines = tuple(_lines(folder / "hard_negatives.txt"))
    rng = random.Random(0)  # noqa: S311  reproducible, not secret
    for text, slots in [
        *((text, frame.slots) for frame in frames for text in (frame.bad, frame.good)),
        *((line.text, shared) for line in lines),
    ]:
        expand(rng, text, slots)
    sentences = {path.stem: list(_sentences(path)) for path in sorted(written.glob("*.tsv"))}
    unbiased = [line.text for line in lines if line.kind == "anti_bias"]
    unbiased += [sentence.text for sentence in sentences.get(UNBIASED, ())]
    return Templates(shared, frames, lines, _by_head(sentences.values()), tuple(unbiased))


def _drawn(
    rng: random.Random, templates: Templates, by_head: Mapping[str, list[Frame]], disguise: Disguise | None
) -> Example:
    """One example: what kind, of which head and frame, and how it is dressed."""
    if rng.random() < WHOLE:
        return _whole(rng, templates, disguise)
    kind = rng.random()
    if kind >= VIOLATIONS + TWINS:
        line = rng.choice(templates.lines)
        text = _dressed(rng, expand(rng, line.text, templates.slots), templates)
        return Example(text, {head: 0 for head in HEADS if head not in line.unknown}, line.text)
    frames = rng.choices(by_head[rng.choice(HEADS)], k=2 if rng.random() < JOINED else 1)
    if kind >= VIOLATIONS:
        text = rng.choice(_JOINTS).join(expand(rng, frame.good, frame.slots) for frame in frames)
        return Example(_dressed(rng, text, templates), dict.fromkeys(HEADS, 0), frames[0].bad)
    text = rng.choice(_JOINTS).join(expand(rng, frame.bad, frame.slots) for frame in frames)
    if disguise is not None and rng.random() < DISGUISED:
        text = disguise(rng, text)
    labels = {**dict.fromkeys(frames[0].clear, 0), frames[0].head: 1}
    return Example(_dressed(rng, text, templates), labels, frames[0].bad)


def _whole(rng: random.Random, templates: Templates, disguise: Disguise | None) -> Example:
    """A written sentence, sometimes two of one kind, dressed as everything else."""
    head = rng.choice(HEADS) if rng.random() < BREAKING else "-"
    drawn = rng.choices(templates.sentences[head], k=2 if rng.random() < JOINED else 1)
    text = rng.choice(_JOINTS).join(expand(rng, sentence.text, templates.slots) for sentence in drawn)
    if disguise is not None and head != "-" and rng.random() < DISGUISED:
        text = disguise(rng, text)
    labels = {
        name: max(one.labels[name] for one in drawn) for name in HEADS if all(name in one.labels for one in drawn)
    }
    return Example(_dressed(rng, text, templates), labels, drawn[0].text)


def _dressed(rng: random.Random, text: str, templates: Templates) -> str:
    """The text as different people type it: greetings, endings, punctuation, an ordinary sentence beside it.

    Violations and clean text are dressed alike, so that none of this becomes a cue.
    """
    if rng.random() < OPENED:
        text = expand(rng, rng.choice(_OPENINGS), templates.slots) + text
    if rng.random() < CLOSED:
        text += expand(rng, rng.choice(_CLOSINGS), templates.slots)
    if rng.random() < BESIDE:
        line = rng.choice(templates.lines)
        if not line.unknown:
            beside = expand(rng, line.text, templates.slots)
            text = rng.choice((f"{beside}。{text}", f"{text} {beside}"))
    (manner,) = rng.choices(_MANNERS, _MANNER_WEIGHTS)
    return " ".join(manner(text).split())


def _sentences(path: Path) -> Iterator[Sentence]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        named, _, text = line.partition("\t")
        heads = () if named == "-" else tuple(named.split(","))
        if not set(heads) <= set(HEADS) or not text.strip() or "{" in text:
            raise ValueError(f"{path}:{number}: expected heads of {', '.join(HEADS)} or -, a tab and a sentence")
        yield Sentence(text, heads)


def _by_head(files: Iterable[Sequence[Sentence]]) -> Mapping[str, tuple[Sentence, ...]]:
    found: dict[str, list[Sentence]] = {head: [] for head in (*HEADS, "-")}
    for sentence in chain.from_iterable(files):
        for head in sentence.heads or ("-",):
            found[head].append(sentence)
    return {head: tuple(sentences) for head, sentences in found.items()}


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: expected a TOML file, {error}") from error


def _slots(path: Path, table: Mapping[str, object]) -> Slots:
    slots = {}
    for name, fillers in table.items():
        if not isinstance(fillers, list) or not fillers or not all(isinstance(filler, str) for filler in fillers):
            raise ValueError(f"{path}: slot {name} must be a list of strings")
        slots[name] = tuple(fillers)
    return slots


def _frames(path: Path, head: str, shared: Slots) -> Iterator[Frame]:
    table = _toml(path)
    clear, own, frames = table.get("clear"), table.get("slots", {}), table.get("frames")
    if not isinstance(clear, list) or not set(clear) <= set(HEADS) - {head}:
        raise ValueError(f"{path}: clear must list other heads of {', '.join(HEADS)}")
    if not isinstance(own, dict) or not isinstance(frames, dict) or not isinstance(frames.get("pairs"), list):
        raise ValueError(f"{path}: expected the tables [slots] and [frames] with pairs")  # noqa: TRY004  a file's fault
    slots = {**shared, **_slots(path, own)}
    for pair in frames["pairs"]:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):  # noqa: PLR2004
            raise ValueError(f"{path}: expected [violation, twin], got {pair!r}")
        yield Frame(head, pair[0], pair[1], tuple(clear), slots)


def _lines(path: Path) -> Iterator[Line]:
    """Sections ``[kind]`` or ``[kind] unknown: head``, one line a sentence, ``#`` for remarks."""
    kind, unknown = "", ()
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        if section := re.fullmatch(r"\[(\w+)\](?: unknown: ([\w, ]+))?", text):
            kind, unknown = section[1], tuple(filter(None, re.split("[, ]+", section[2] or "")))
            if not set(unknown) < set(HEADS):
                raise ValueError(f"{path}:{number}: unknown must list heads of {', '.join(HEADS)}")
            continue
        if not kind:
            raise ValueError(f"{path}:{number}: expected a [kind] before the first line")
        yield Line(kind, text, unknown)

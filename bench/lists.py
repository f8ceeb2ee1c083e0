"""A word list as they lie about in public, made up, and how long it takes from the file to being live.

``python -m bench.lists`` prints the figures of docs/measurements.md. The list has the measured faults of public ones: a
fifth of its lines are repetitions, one in fifty is a single character, two in five are Latin, one in fifty is a number,
some join words by ``+`` and some are everyday words of commerce.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date
from random import Random
from string import ascii_lowercase
from time import process_time
from typing import TYPE_CHECKING, Any, Final

import orjson
from daachorse import CharwiseDoubleArrayAhoCorasick

from bench.rules import SEED, padding
from moderation.encoding import decode
from moderation.engine import Engine
from moderation.importer import Order, Provenance, allowed_words, sort_out, term_file
from moderation.lint import LIMIT, Kind, false_alarms, lint, standing
from moderation.load import LEXICONS, load_frame, with_terms
from moderation.wordlist import Shape, read_text
from service.rulebook.linting import clean_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.ruleset import Ruleset

TERMS: Final = 60_000
ROUNDS: Final = 5
EVERYDAY: Final = (
    "国家", "客服", "官方", "本店", "微信", "优惠", "发票", "电影", "价格", "活动", "招聘", "网络", "到货", "手机",
    "今天", "孩子", "时候", "公司", "QQ", "24", "3P",
)  # fmt: skip
SINGLE: Final = "日自出退法妈奶爸操买比温真杀毒"
_PROVENANCE: Final = Provenance(source="made up", licence="Apache-2.0", owner="bench", reviewed=date(2026, 11, 22))


def public_list(count: int = TERMS, *, seed: int = SEED) -> bytes:
    """A list of ``count`` lines, CRLF, in GB18030, the same for the same seed."""
    random = Random(seed)
    words = padding(count, (), seed=seed)
    lines: list[str] = []
    for word in words[: count - len(EVERYDAY)]:
        kind = random.choices(("one", "latin", "number", "again", "joined", "word"), weights=(2, 38, 2, 18, 1, 39))[0]
        lines.append(_line(kind, word, lines or words, random))
    lines += EVERYDAY
    random.shuffle(lines)
    return "\r\n".join(lines).encode("gb18030")


def _line(kind: str, word: str, before: Sequence[str], random: Random) -> str:
    """A line of its kind, which may repeat one ``before``."""
    if kind == "one":
        return random.choice(SINGLE)
    if kind == "latin":
        return "".join(random.choices(ascii_lowercase, k=random.randint(4, 12))) + ".com"
    if kind == "number":
        return str(random.randrange(1, 100_000))
    if kind == "again":
        return random.choice(before)
    return f"{word}+{random.choice(before)}" if kind == "joined" else word


def live(data: bytes, frame: Ruleset, texts: Sequence[str]) -> tuple[dict[str, float], dict[str, int], Engine]:
    """From the bytes of a list to an engine that judges by it: seconds of each step, counts, the engine."""
    times: dict[str, float] = {}
    clock = process_time()

    def lap(name: str) -> None:
        nonlocal clock
        now = process_time()
        times[name], clock = now - clock, now

    text, _ = decode(data)
    items = read_text(text, Shape()).items
    lap("read")
    order = Order(
        folding=frame.folding, category="gambling", allowed=allowed_words(frame.terms, frame.folding), force=False
    )
    found = sort_out(items, order)
    lap("sort")
    file = term_file("gambling", found.lines["gambling"], _PROVENANCE)
    ruleset, wrong = with_terms(frame, "list.txt", file)
    lap("load and check")
    terms = ruleset.terms[len(frame.terms) :]
    seen = Engine(replace(ruleset, terms=tuple(standing(ruleset.terms, frame.folding, texts))))
    lap("compile what stands in the corpus")
    findings = lint(terms, ruleset, false_alarms(seen, texts), refused=wrong, limit=LIMIT)
    lap("lint")
    bad = {one.term for one in findings if one.kind is Kind.FREQUENT}  # left out, as the import does
    engine = Engine(replace(ruleset, terms=tuple(term for term in ruleset.terms if term.text not in bad)))
    lap("compile the rest")
    counts = {"lines": len(items), "rejected": len(found.rejected), "terms": len(terms), "doubts": len(findings)}
    return times, counts, engine


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """The medians of some rounds, bare automaton and whole way alternating, without garbage collection."""
    data, frame = public_list(), load_frame(LEXICONS)
    texts = clean_texts()
    words = sorted(set(data.decode("gb18030").split("\r\n")))
    bare, whole = [], []
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        started = process_time()
        CharwiseDoubleArrayAhoCorasick(words)
        bare.append(process_time() - started)
        times, counts, _ = live(data, frame, texts)
        whole.append(times)
        gc.enable()
    middle = sorted(whole, key=lambda times: sum(times.values()))[rounds // 2]
    automaton = sorted(bare)[rounds // 2]
    return {
        "counts": counts,
        "bare_seconds": round(automaton, 3),
        "seconds": {name: round(seconds, 3) for name, seconds in middle.items()},
        "total_seconds": round(sum(middle.values()), 3),
        "ratio": round(sum(middle.values()) / automaton, 1),
    }


if __name__ == "__main__":
    print(orjson.dumps(measure(), option=orjson.OPT_INDENT_2).decode())

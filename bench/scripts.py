"""How well an approved script is heard in speech, and what that costs: ``python -m bench.scripts``.

The script is made of sample scripts; speech is cut anywhere, without a mark, and a share of its characters is misheard:
half as another character of the same sound, the rest lost, doubled or another character altogether. What belongs to
other scripts must not be heard. Prints Markdown.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import process_time
from typing import TYPE_CHECKING, Final

from moderation.load import load_ruleset
from moderation.script import ALIKE, ApprovedScript, sentences
from moderation.types import Part
from service.cli.say import out
from service.duty.report import proven_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.ruleset import Ruleset

SAMPLES: Final = Path(__file__).parent.parent / "samples"
NOISE: Final = (0.0, 0.05, 0.1, 0.2, 0.3)
ROUNDS: Final = 20
MARKS: Final = str.maketrans("", "", "，。！？；、：,.!?;:“”《》（）()…— \n")
_KEPT: Final = 3
"""Of so many sample scripts one is left out of what is approved."""


def texts(name: str) -> list[str]:
    """The texts of a sample file."""
    lines = (SAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def heard(text: str, noise: float, alike: dict[str, list[str]], random: Random) -> Iterator[str]:
    """A text as a recogniser gives it: pieces of 12 to 40 characters with mistakes."""
    said = "".join(_misheard(char, noise, alike, random) for char in text.translate(MARKS))
    while said:
        length = random.randint(12, 40)
        yield said[:length]
        said = said[length:]


def _misheard(char: str, noise: float, alike: dict[str, list[str]], random: Random) -> str:
    if random.random() >= noise:
        return char
    draw = random.random()
    others = alike.get(char, [])
    if draw < 1 / 2 and others:
        return random.choice(others)
    return "" if draw < 2 / 3 else char * 2 if draw < 5 / 6 else random.choice("的一是了我不在人有他")


def alikes(ruleset: Ruleset) -> dict[str, list[str]]:
    """For each character those that are read like it."""
    by_sound: dict[str, list[str]] = {}
    for char, sound in ruleset.variants.sounds.usual.items():
        by_sound.setdefault(sound, []).append(char)
    return {char: by_sound[sound] for char, sound in ruleset.variants.sounds.usual.items()}


def share_heard(script: ApprovedScript, spoken: Sequence[str]) -> float:
    """The share of pieces of speech that the script is heard in, for the most part."""
    found = [script.followed((Part("text", one),)).covered >= ALIKE for one in spoken]
    return sum(found) / len(found)


def main() -> None:
    """Measure and print."""
    ruleset, random = load_ruleset(examples=False), Random(8)
    scripts = texts("live_script")
    approved = [text for place, text in enumerate(scripts) if place % _KEPT]
    others = [text for place, text in enumerate(scripts) if not place % _KEPT] + texts("live_speech")
    whole = "\n".join(approved)
    script, alike = ApprovedScript(whole, "d", ruleset, {}), alikes(ruleset)
    out.print(f"{len(whole)} characters, {len(sentences(whole))} sentences approved\n")
    out.print("| misheard characters | pieces of the script that are heard | pieces of other texts that are heard |")
    out.print("|---|---|---|")
    for noise in NOISE:
        own = [one for _ in range(ROUNDS) for text in approved for one in heard(text, noise, alike, random)]
        foreign = [one for _ in range(ROUNDS) for text in others for one in heard(text, noise, alike, random)]
        out.print(f"| {noise:.0%} | {share_heard(script, own):.1%} | {share_heard(script, foreign):.1%} |")
    _costs(script, whole, own, ruleset)


def _costs(script: ApprovedScript, whole: str, spoken: Sequence[str], ruleset: Ruleset) -> None:
    began = process_time()
    for one in spoken:
        script.followed((Part("text", one),))
    each = (process_time() - began) / len(spoken)
    long = whole * (20_000 // len(whole) + 1)
    began = process_time()
    ApprovedScript(long, "d", ruleset, proven_sentences(long, (), datetime.now(UTC), ruleset))
    built = process_time() - began
    out.print(f"\nA piece of speech takes {each * 1e6:.0f} µs to compare.")
    out.print(f"A script of {len(long)} characters is made ready in {built:.2f} s.")


if __name__ == "__main__":
    main()

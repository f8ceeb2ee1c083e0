"""The rules that the benchmarks load: the shipped ones, padded with made-up terms to the size of a real lexicon.

The padding is reproducible: words of 4 to 6 characters (each length as likely), every character drawn uniformly from
the 3 755 of GB2312 level 1, by Python's Mersenne Twister from ``SEED``. Such words hardly ever stand in real text, so
they cost what a big automaton costs and change no verdict. They are written to a file and loaded like any other.
"""

from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING, Final

from moderation.load import LEXICONS, load_ruleset

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from moderation.ruleset import Ruleset

TERMS: Final = 60_000
SEED: Final = 2312
SHORTEST, LONGEST = 4, 6
_NESTED: Final = 16
"""As many words as the loader lets end at one character."""
_HEADER: Final = """\
@category porn_vulgar
@owner bench
@source made up by bench/rules.py
@licence Apache-2.0
@reviewed 2026-11-22
"""


def padded(folder: Path, *, terms: int = TERMS) -> Ruleset:
    """The shipped rules with padding up to ``terms``, written to ``folder`` and loaded from there."""
    shipped = _shipped(folder)
    known = {term.text for term in shipped.terms}
    _add(folder, "padding", padding(terms - len(shipped.terms), known))
    return load_ruleset(folder, examples=False)


def nested(folder: Path) -> Ruleset:
    """The shipped rules with as many words nested in each other as the loader lets through."""
    _shipped(folder)
    _add(folder, "nested", ["囍" * length for length in range(2, _NESTED + 2)])
    return load_ruleset(folder, examples=False)


def padding(count: int, known: Iterable[str], *, seed: int = SEED) -> list[str]:
    """``count`` made-up words, none of them among ``known``, in a fixed order."""
    random = Random(seed)
    letters = common_letters()
    taken = set(known)
    made: list[str] = []
    while len(made) < count:
        word = "".join(random.choices(letters, k=random.randint(SHORTEST, LONGEST)))
        if word not in taken:
            taken.add(word)
            made.append(word)
    return made


def common_letters() -> list[str]:
    """GB2312 level 1: rows 16 to 55, the last one five short."""
    codes = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 56) for cell in range(1, 95))
    return [code.decode("gb2312") for code in codes if code < b"\xd7\xfa"]


def _shipped(folder: Path) -> Ruleset:
    shutil.copytree(LEXICONS, folder, dirs_exist_ok=True)
    return load_ruleset(folder, examples=False)


def _add(folder: Path, name: str, words: Iterable[str]) -> None:
    text = _HEADER + "\n" + "\n".join(words) + "\n"
    (folder / "safety" / f"{name}.txt").write_text(text, encoding="utf-8")

"""What codes of closed lists are called where pages and reports name them alike, from ``names.toml``. No sentences."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language

NAMES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    group: {code: (zh, en) for code, (zh, en) in names.items()}
    for group, names in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}
"""By group and code, Chinese and English."""


def called(lang: Language, group: str, code: str) -> str:
    """What a code is called; one that nobody named is its own name."""
    return NAMES[group].get(code, (code, code))[lang == "en"]

"""The word lists that ship: none lies idle, for whoever edits one expects that it counts."""

from __future__ import annotations

import re
import tomllib

from moderation.detect.covert import LISTS
from moderation.load import LEXICONS

BY_THE_ENGINE = {"units", *LISTS}
"""Lists that code asks for by name."""


def test_every_list_of_words_is_used() -> None:
    told = "\n".join(path.read_text("utf-8") for path in LEXICONS.rglob("*") if path.suffix in {".txt", ".toml"})
    used = set(re.findall(r"@([a-z0-9_]+)", told)) | BY_THE_ENGINE
    lists = {name for path in (LEXICONS / "words").glob("*.toml") for name in tomllib.loads(path.read_text("utf-8"))}
    assert lists - used == set()

"""``python -m bench.accuracy``: what it counts of lines that ought to be flagged and of innocent ones."""

from __future__ import annotations

import json

from bench.accuracy import measure

LINES = (
    {"side": "flag", "text": "澳门赌场线上开户，首存送88", "scene": "ugc", "category": "gambling"},
    {"side": "flag", "text": "澳门赌场线上开户，首存送88", "scene": "ugc", "category": "abuse_insult"},
    {"side": "flag", "text": "澳门赌场线上开户，首存送88", "scene": "ugc", "category": "no_category_of_ours"},
    {"side": "flag", "text": "今天的红薯三块一斤", "scene": "ugc", "category": "gambling"},
    {"side": "ok", "text": "今天的红薯三块一斤", "scene": "ugc", "category": None},
)


def test_a_verdict_names_another_category_only_where_the_writer_named_one_that_there_is(tmp_path, shipped):
    (tmp_path / "few.jsonl").write_text("\n".join(map(json.dumps, LINES)), encoding="utf-8")
    score = measure(shipped, tmp_path)["few"]
    assert (score.flags, score.found, score.clean, score.alarms) == (4, 3, 1, 0)
    assert (score.named, score.others) == (2, 1)
    assert [line["text"] for line in score.wrong] == ["今天的红薯三块一斤"]

"""The text expert on the command line: heard by default, told with its score, left out on request."""

from __future__ import annotations

import orjson
import pytest

from service.cli import evaluate
from tests.cli.conftest import told

ABUSIVE = "像你这种货色，倒贴钱都没人愿意多看一眼"
HEARD = {"QINGLIU_EXPERT": "ngram"}


def explained(inside, *words, **env):
    done = inside("explain", ABUSIVE, "--scene", "ugc", "--json", *words, **env)
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def test_explain_tells_the_score_its_threshold_and_its_place(inside):
    verdict = explained(inside, **HEARD)
    (item,) = [item for item in verdict["evidence"] if item["source"] == "text"]
    assert verdict["action"] == "review"
    assert item["rule"] == "text.abuse"
    assert item["why"].startswith("模型评分 ")
    assert item["why"].endswith("，请人工复核")
    assert item["text"] in ABUSIVE
    assert item["facts"]["score_milli"] >= item["facts"]["threshold_milli"]
    assert [step["step"] for step in item["trace"]] == ["gate", "verdict"]
    assert "模型评分" in inside("explain", ABUSIVE, "--scene", "ugc", **HEARD).stdout.decode()


@pytest.mark.parametrize(("words", "env"), [(("--no-expert",), HEARD), ((), {"QINGLIU_EXPERT": "off"})])
def test_rules_judge_alone_on_request(inside, words, env):
    verdict = explained(inside, *words, **env)
    assert (verdict["action"], verdict["evidence"], verdict["degraded"]) == ("pass", [], False)


def test_screen_hears_the_expert_as_explain_does(inside):
    lines = b"".join(orjson.dumps({"text": text, "scene": "ugc"}) + b"\n" for text in (ABUSIVE, "今天天气不错"))
    heard, alone = (told(inside("screen", "-", *words, input=lines, **HEARD)) for words in ((), ("--no-expert",)))
    assert [line["action"] for line in heard] == ["review", "pass"]
    assert [line["action"] for line in alone] == ["pass", "pass"]
    assert heard[0]["evidence"] == [
        {name: value for name, value in item.items() if name != "trace"}
        for item in explained(inside, **HEARD)["evidence"]
    ]
    assert not any(line["degraded"] for line in (*heard, *alone))


def test_refused_weights_end_the_command_with_the_reason(inside, tmp_path):
    done = inside("explain", ABUSIVE, QINGLIU_MODELS=str(tmp_path), **HEARD)
    assert done.returncode == 2
    assert "文本模型未通过检查：模型卡无法读取：ngram.json（" in done.stderr.decode()
    assert "ngram.json" in done.stderr.decode()


@pytest.mark.parametrize(("lang", "unit"), [("zh", "条/秒（逐条 / 批量）"), ("en", "texts/s (single / batch)")])
def test_speed_is_told_in_the_readers_language(capsys, lang, unit):
    evaluate._tell({"sets": {}, "speed": {"single": 9, "batch": 28}}, lang)
    assert capsys.readouterr().out == f"speed: 9 / 28 {unit}\n"

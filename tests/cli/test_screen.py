"""``qingliu screen`` from the outside."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import orjson
import pytest

from moderation.engine import Engine
from moderation.load import load_ruleset
from moderation.render import render
from moderation.types import Content, Part, Scene
from tests.cli.conftest import command, place, told, write_terms

CONTRACT = (
    "id", "action", "severity", "categories", "effects", "evidence", "exemptions", "proof", "degraded", "ruleset",
)  # fmt: skip
LINES = (
    '{"id":"a","scene":"ad","text":"国\u200b家級配方，送礼有面子"}\n'
    '{"id":"b","text":"手工牛轧糖，独立包装","note":"not ours"}\n'
    '{"id":"c","scene":"mail","text":"茶"}\n'
    "\n"
    "not json\n"
    '{"id":"d","scene":"live_chat","text":"你这个大傻瓜"}\n'
    '{"id":"e","scene":"ad","text":"国家级湿地公园旁"}\n'
)


def test_every_line_gets_its_verdict_or_error_in_input_order(qingliu):
    done = qingliu("screen", "-", "--scene", "ugc", input=LINES.encode())
    results = told(done)
    assert done.returncode == 1
    assert [result["id"] for result in results] == ["a", "b", "c", None, "d", "e"]
    assert [result.get("action") for result in results] == ["block", "pass", None, None, "block", "pass"]
    for result in results:
        if "error" not in result:
            assert set(CONTRACT) <= result.keys()
    assert [result["line"] for result in results if "error" in result] == [3, 5]
    (finding,) = results[0]["evidence"]
    assert (finding["text"], finding["start"], finding["end"]) == ("国\u200b家級", 0, 4)
    assert (finding["folds"], finding["category"]) == (["traditional", "invisible"], "absolute_claim")
    error = results[2]["error"]
    assert error["errors"][0]["loc"] == ["scene"] and "应为以下之一" in error["errors"][0]["msg"]
    assert {"type", "title", "detail", "errors"} <= error.keys()
    assert results[-1]["exemptions"][0]["code"] == "allow_term"
    summary = done.stderr.decode()
    assert "广告文案" in summary and "绝对化用语" in summary and "无法审核 2 条" in summary and "note" in summary


def test_the_verdicts_are_those_of_the_library(inside, rules):
    texts = ["国家级配方", "好茶", "全网最❤低价，加我薇❤了解"]
    sent = b"".join(orjson.dumps({"id": str(n), "text": text}) + b"\n" for n, text in enumerate(texts))
    done = inside("screen", "--scene", "ad", "--lang", "en", input=sent)
    ruleset = load_ruleset(rules)
    engine = Engine(ruleset)
    expected = []
    for number, text in enumerate(texts):
        content = Content(scene=Scene.AD, parts=(Part("text", text),), at=datetime.now(UTC))
        verdict = render(engine.examine(content).conclude(), content, ruleset, lang="en")
        expected.append({"id": str(number), "scene": "ad", **orjson.loads(orjson.dumps(verdict))})
    assert done.returncode == 0
    assert told(done) == expected
    assert "Advertising copy" in done.stderr.decode()


def test_a_file_gives_what_standard_input_gives(inside, tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES, encoding="utf-8")
    piped = inside("screen", "-", "--scene", "ugc", input=LINES.encode())
    filed = inside("screen", source, "--scene", "ugc", "--output", target)
    assert filed.returncode == piped.returncode == 1
    assert filed.stdout == b""
    assert target.read_bytes() == piped.stdout != b""
    assert inside("screen", source, "--scene", "ugc", "--output", "-").stdout == piped.stdout


def test_csv_and_text_files_are_known_by_their_names(inside, tmp_path):
    table, plain = tmp_path / "in.csv", tmp_path / "in.txt"
    table.write_text("id,text,scene\nx,国家级配方,ad\ny,好茶,ugc\n", encoding="utf-8")
    plain.write_bytes("好茶\n国家级配方\n".encode("gb18030"))
    done = inside("screen", table)
    assert (done.returncode, [(result["id"], result["action"]) for result in told(done)]) == (
        0,
        [("x", "block"), ("y", "pass")],
    )
    done = inside("screen", plain, "--scene", "ad", "--encoding", "gb18030", "--fail-on", "block")
    assert (done.returncode, [(result["id"], result["action"]) for result in told(done)]) == (
        3,
        [("1", "pass"), ("2", "block")],
    )


def test_a_file_in_another_encoding_is_refused_at_once_with_the_option_for_it(inside, tmp_path):
    (tmp_path / "in.txt").write_bytes("好茶\n国家级配方\n".encode("gbk"))
    done = inside("screen", tmp_path / "in.txt", "--scene", "ad")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "--encoding gb18030" in done.stderr.decode() and done.stderr.count(b"\n") == 1


def test_a_line_that_was_not_judged_outweighs_the_gate(inside):
    sent = '{"id":"a","scene":"ad","text":"国家级"}\n{\n'.encode()
    assert inside("screen", "--fail-on", "review", input=sent).returncode == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["{dir}/in.txt"], "--scene"),
        (["{dir}/in.csv", "--scene", "ad"], "CSV"),
        (["{dir}/missing.jsonl"], "missing.jsonl"),
        (["{dir}/in.jsonl", "--output", "{dir}/in.jsonl"], "输出文件"),
        (["{dir}/in.jsonl", "--output", "{dir}/out.csv"], ".jsonl"),
        (["{dir}/in.jsonl", "--scene", "mail"], "mail"),
        (["{dir}/in.jsonl", "--output", "{dir}/no/out"], "no/out"),
        (["{dir}/in.jsonl", "--lexicons", "{dir}/nowhere"], "nowhere"),
    ],
)
def test_what_cannot_begin_ends_with_two(inside, tmp_path, words, expected):
    for name in ("in.txt", "in.csv", "in.jsonl"):
        (tmp_path / name).write_text("茶\n", encoding="utf-8")
    done = inside("screen", *(word.format(dir=tmp_path) for word in words))
    assert (done.returncode, done.stdout) == (2, b"")
    assert expected in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert (tmp_path / "in.jsonl").read_text(encoding="utf-8") == "茶\n"


def test_broken_rules_end_with_two_and_name_their_places(inside, rules, tmp_path):
    write_terms(tmp_path / "absolute_claim.txt", "absolute_claim", "最 | weight: 500")
    broken = tmp_path / "lexicons"
    subprocess.run(["cp", "-r", rules, broken], check=True)
    (tmp_path / "absolute_claim.txt").rename(broken / "ad_law" / "absolute_claim.txt")
    done = inside("screen", "--scene", "ad", "--lexicons", broken, input=b"{}\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "ad_law/absolute_claim.txt:8: " in done.stderr.decode()


def test_wrong_settings_end_with_two(inside):
    done = inside("screen", "--scene", "ad", input=b"{}\n", QINGLIU_PORT="never")
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_pipe_gets_its_verdict_before_the_input_ends(rules):
    process = subprocess.Popen(
        command("screen", "-", "--scene", "ad"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **place(rules),
    )
    with process:
        assert process.stdin and process.stdout
        for number in range(3):
            process.stdin.write(orjson.dumps({"id": number, "text": "国家级"}) + b"\n")
            process.stdin.flush()
            assert orjson.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.stdout.read() == b""
    assert process.returncode == 0


def test_a_reader_who_leaves_causes_no_traceback(rules, tmp_path):
    source = tmp_path / "in.txt"
    source.write_text("国家级配方\n" * 5000, encoding="utf-8")
    process = subprocess.Popen(
        command("screen", source, "--scene", "ad"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **place(rules)
    )
    with process:
        assert process.stdout and process.stderr
        assert orjson.loads(process.stdout.readline())["id"] == "1"
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode != 0


def test_the_exit_codes_are_documented(inside):
    told_ = inside("screen", "--help").stdout.decode()
    for code in ("0 全部审核完毕", "1 有无法审核的行", "3 达到"):
        assert code in told_


def test_a_file_is_judged_under_the_law_of_the_day_asked_for(inside):
    line = (
        b'{"id":"a","scene":"ad","text":"\xe5\x9b\xbd\xe5\xae\xb6\xe7\xba\xa7","published_at":"2026-01-01T00:00:00Z"}\n'
    )
    cited = [
        told(inside("screen", *words, input=line))[0]["evidence"][0]["laws"]
        for words in ((), ("--as-of", "2023-02-24"), ("--as-of", "2023-02-25"))
    ]
    assert ["绝对化用语执法指南 2" in laws for laws in cited] == [True, False, True]
    assert inside("screen", "--as-of", "2026-02-30", input=line).returncode == 2

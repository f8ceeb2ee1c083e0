"""The benchmarks: fair contestants, honest verdicts on the results, and one small run of everything."""

from __future__ import annotations

import shutil
import subprocess
from io import StringIO
from time import process_time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench import engine, linear, serving
from bench.chart import draw
from bench.checks import checks
from bench.contestants import BATCH, NaivePipeline, NaiveTrie, contestants
from bench.corpus import clean_comments, everyday_comments, fresh, samples
from bench.machine import machine
from bench.options import Effort
from bench.report import tell
from bench.rules import common_letters, padding
from bench.timing import rounds
from moderation.engine import Engine
from moderation.load import load_ruleset
from tests.cli.conftest import command
from tests.naive import NaiveMatcher

TINY = Effort(rounds=2, least=0.0001, comments=50, http_rounds=1, http_seconds=0.2, connections=4)
LETTERS = st.text(alphabet="国家级最好 ❤ＡａA", max_size=30)


@pytest.fixture(scope="module")
def ruleset(rules):
    return load_ruleset(rules)


def test_padding_is_the_same_every_time_and_knows_no_shipped_word():
    words = padding(1000, [])
    assert words[:3] == padding(3, [])
    assert len(set(words)) == 1000
    assert {len(word) for word in words} == {4, 5, 6}
    assert not set(padding(1000, words[:10])) & set(words[:10])


def test_the_letters_are_gb2312_level_1():
    letters = common_letters()
    assert (len(letters), len(set(letters)), letters[0], letters[-1]) == (3755, 3755, "啊", "座")


@given(LETTERS)
def test_the_naive_trie_finds_what_the_oracle_finds(text):
    words = ("国家", "国家级", "家级", "最好", "A")
    assert sorted(NaiveTrie(words).find(text)) == sorted(NaiveMatcher(words).find(text))


def test_the_naive_pipeline_sees_through_width_case_and_signs_and_gives_original_offsets():
    assert NaivePipeline(("国家级", "abc")).find("一国❤家 级ＡbC") == [(1, 6, 0), (6, 9, 1)]


@pytest.mark.parametrize("comments", [clean_comments, everyday_comments])
def test_comments_are_innocent_and_of_the_promised_length(ruleset, comments):
    judge = Engine(ruleset)
    contents, different = comments(judge, least=300)
    assert len(contents) == 300
    assert 20 < different <= 300
    assert all(40 <= len(content.parts[0].text) <= 80 for content in contents)
    assert {judge.examine(content).conclude().action.code for content in contents} == {"pass"}


def test_fresh_contents_are_equal_and_none_of_their_texts_is_the_same_object():
    contents = [content for content, _ in samples()]
    again = fresh(contents)
    assert again == contents
    for one, other in zip(contents, again, strict=True):
        assert all(a.text is not b.text for a, b in zip(one.parts, other.parts, strict=True) if len(a.text) > 1)


def test_rounds_give_every_contestant_its_turns_and_fresh_input():
    seen: dict[str, list[object]] = {"a": [], "b": []}
    taken = rounds({name: seen[name].append for name in seen}, lambda _: object(), count=3, least=0)
    assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3}
    assert all(len(set(map(id, inputs))) == len(inputs) for inputs in seen.values())


def test_rounds_tell_a_slow_contestant_from_a_fast_one():
    def burn(seconds: float):
        end = process_time() + seconds
        while process_time() < end:
            pass

    taken = rounds({"slow": burn, "fast": burn}, {"slow": 0.02, "fast": 0.002}.__getitem__, count=3, least=0)
    assert min(taken["slow"]) > 3 * max(taken["fast"])


@pytest.mark.slow
def test_a_small_run_of_everything_is_told_drawn_and_checked(rules, ruleset, tmp_path):
    shutil.copytree(rules, tmp_path / "lexicons")
    comments, _ = clean_comments(Engine(ruleset), least=TINY.comments)
    result = {
        "machine": machine(),
        "lexicon": {"terms": len(ruleset.terms)},
        "engine": engine.measure(ruleset, TINY),
        "http": serving.measure(comments, tmp_path, TINY),
        "linear": linear.measure(ruleset, TINY, scale=100),
    }
    result = orjson.loads(orjson.dumps(result))
    found = checks(result)
    assert len(found) == 8
    for name in ("clean", "everyday", "samples"):
        speeds = result["engine"]["corpora"][name]["texts_per_second"]
        assert set(speeds) == {one.key for one in contestants(ruleset, Engine(ruleset))}
        assert all(len(speed["rounds"]) == TINY.rounds and speed["median"] > 0 for speed in speeds.values())
    targets = result["http"]["targets"]
    assert targets["batch"]["texts_per_cpu_second"] == pytest.approx(
        BATCH * targets["batch"]["requests_per_cpu_second"], rel=0.05
    )
    assert all(len(told["microseconds"]) == 2 for told in result["linear"].values())
    console = Console(record=True, width=100, file=StringIO())
    tell(result, found, console, "zh")
    assert "每批 100 条" in console.export_text()
    draw(result, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_a_promise_that_was_not_kept_is_called_so():
    http = {
        "echo": {"requests_per_cpu_second": 10_000, "texts_per_cpu_second": 10_000},
        "single": {"requests_per_cpu_second": 3_999, "texts_per_cpu_second": 3_999},
        "batch": {"requests_per_cpu_second": 131, "texts_per_cpu_second": 13_100},
    }
    single, batch = checks({"http": {"targets": http}})
    assert (single.met, batch.met) == (False, True)
    (growth,) = checks({"linear": {"steady": {"ratio": 2.0}, "steep": {"ratio": 2.31}}})
    assert (growth.met, "steep" in growth.en) == (False, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bench", "--help"], ["用法：", "--quick", "─ 选项 ─", "[默认：60000]", "显示此说明"]),
        (["bench", "--lang", "en", "--help"], ["Usage: ", "a quick trial", "─ Options ─", "[default: 60000]"]),
        (["--lang", "en", "bench", "--help"], ["Usage: ", "a quick trial", "─ Options ─", "[default: 60000]"]),
        (["bench", "--quik"], ["命令有误：没有选项 --quik，是否为 --quick\n用法见 "]),
        (["bench", "--quik", "--lang", "en"], ["Usage: ", "No such option: --quik"]),
    ],
)
def test_the_command_passes_its_options_on_and_its_help_and_errors_are_in_the_language_of_others(
    inside, capfd, words, said
):
    assert inside(*words).returncode == (0 if "--help" in words else 2)
    told = "".join(capfd.readouterr())
    assert [one for one in said if one not in told] == []


@pytest.mark.slow
def test_a_quick_run_writes_its_results(tmp_path):
    done = subprocess.run(
        command("bench", "--quick", "--only", "engine", "--terms", "40000", "--output", tmp_path),
        capture_output=True,
        check=True,
    )
    told = orjson.loads((tmp_path / "bench-engine.json").read_bytes())
    assert told["lexicon"]["terms"] == 40000
    assert told["machine"]["cpu"]
    assert len(told["checks"]) == 4
    assert b"Traceback" not in done.stderr

"""The command itself: what it knows, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bench.cli import app as bench
from service.cli import app as app_module
from service.cli.app import HELP, MODULES, Commands, app
from service.cli.usage import LANG, english

CLI = Path(app_module.__file__).parent


def test_every_module_that_registers_commands_has_its_line_and_every_line_a_command():
    registering = {path.stem for path in CLI.glob("*.py") if "\ndef register(" in path.read_text(encoding="utf-8")}
    assert registering == set(MODULES.values())
    told = CliRunner().invoke(app, ["--help"])
    assert told.exit_code == 0, told.output
    assert [name for name in MODULES if f" {name} " not in told.output] == []


@pytest.mark.parametrize(
    ("more", "said", "unsaid"),
    [
        (
            [],
            ["用法：", "─ 参数 ─", "─ 选项 ─", "[默认：zh]", "显示此说明"],
            ["Usage", "Options", "default", "Show this"],
        ),
        (["--lang", "en"], ["Usage: ", "─ Options ─", "[default: zh]", "Show this message"], ["用法", "选项 ─"]),
    ],
)
def test_help_is_framed_in_chinese_and_in_english_on_request(more, said, unsaid):
    told = CliRunner().invoke(app, ["audit", "verify", *more, "--help"], env={"COLUMNS": "120"}).output
    assert ([one for one in said if one not in told], [one for one in unsaid if one in told]) == ([], [])


@pytest.mark.parametrize("words", [[], ["screen"], ["serve"], ["key", "create"], ["audit", "verify"]])
def test_no_help_is_cut_off(words):
    told = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80"}).output
    assert "─ 选项 ─" in told
    assert "…" not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--help", "--lang", "en"], "Usage: "),
        (["--lang=en", "key", "--help"], "Manage API keys"),
        (["lexicon", "--help", "--lang", "en"], "Work on lexicons."),
        (["--lang", "en", "serve", "--help"], "Serve until SIGTERM"),
        (["--lang", "en", "key", "revoke", "x", "--data", "nowhere"], "there is no data in nowhere"),
        (["key", "--lang", "en", "list", "--data", "nowhere"], "there is no data in nowhere"),
        (["--lang", "en", "key", "list", "--lang", "zh", "--data", "nowhere"], "nowhere 中没有数据"),
        (["--lang", "fr", "key", "list"], "命令有误：--lang：“fr”应为其中之一：zh、en"),
    ],
)
def test_a_language_may_be_asked_for_before_the_command_and_of_a_group(here, words, said):
    assert said in CliRunner().invoke(app, words).output


def test_every_line_of_help_has_its_english_and_every_english_a_line():
    lines = {HELP, *(line for name in MODULES for line in _help_of(Commands()[name])), *_help_of(get_command(bench))}
    assert sorted(english()) == sorted(lines)


def _help_of(command):
    for one in (command, *command.params):
        yield from filter(None, (getattr(one, "help", None) or "").split("\n"))
    for one in getattr(command, "commands", {}).values():
        yield from _help_of(one)


@pytest.mark.parametrize("words", [["--help"], ["lexicon", "--help"], ["key", "create", "--help"]])
def test_all_help_is_english_where_the_environment_asks_for_it(words):
    told = CliRunner().invoke(app, words, env={LANG: "en", "COLUMNS": "120"})
    assert told.exit_code == 0, told.output
    assert [char for char in told.output if "\u4e00" <= char <= "\u9fff"] == []


def test_a_command_speaks_english_where_the_environment_asks_for_it(tmp_path):
    told = CliRunner().invoke(app, ["key", "create", "--data", str(tmp_path)], env={LANG: "en"})
    assert told.output.startswith("id: ")


def test_a_mistyped_command_is_told_what_was_meant():
    told = CliRunner().invoke(app, ["scren"])
    assert told.exit_code == 2
    assert "'screen'" in told.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scren"], "命令有误：没有命令“scren”，是否为 'screen'\n用法见 "),
        (["screen", "--scene", "广告"], "命令有误：--scene：“广告”应为其中之一：ad、live_script、live_speech、"),
        (["screen", "a", "b"], "命令有误：多出的参数：b\n用法见 "),
        (["screen", "--scene"], "命令有误：选项 --scene 须有值\n"),
        (["lexicon", "check"], "命令有误：缺少 DIR\n"),
        (["lexicon", "check", __file__], f"命令有误：DIR：“{__file__}”是文件，应为目录\n"),
        (["lexicon", "lint", "--limit", "3"], "命令有误：--limit：应不大于 1.0\n"),
        (["lexicon", "lint", "--limitt"], "命令有误：没有选项 --limitt，是否为 --limit\n"),
        (["screen", "--scene", "广告", "--lang", "en"], "Usage: "),
    ],
)
def test_a_wrong_command_line_is_told_in_chinese_and_in_english_on_request(words, said):
    told = CliRunner().invoke(app, words)
    assert (told.exit_code, told.output[: len(said)]) == (2, said)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of its own to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("toml", "words", "said"),
    [
        (b"port = [", ["key", "list"], "设置文件不是合法的 TOML："),
        (b"\xc4\xe3", ["key", "list"], "设置文件无法读取：不是 UTF-8 编码\n"),
        (
            b'port = "x"\nnosuch = 1',
            ["key", "list"],
            "设置有误：port：应为整数\n设置有误：nosuch：没有这个字段；请检查拼写\n",
        ),
        (b'data = "qingliu.toml"', ["key", "list"], "数据目录 qingliu.toml 不是目录\n"),
        (b"", ["replay", "qingliu.toml"], "不是审计包：qingliu.toml\n"),
        (b"", ["screen", "nofile", "--scene", "ad"], "文件无法读写：nofile 不存在\n"),
        (b"", ["explain", "好", "--own", "gbk.txt"], "无法读取 gbk.txt：不是 UTF-8 编码\n"),
        (b"", ["lexicon", "lint", "gbk.txt"], "gbk.txt:1: 不是 UTF-8 编码\n"),
        (b"", ["key", "create", "--tenant", "坏"], "无法创建：租户名（tenant）为 1 到 63 个"),
        (b"", ["user", "create", "x", "--tenant", "坏"], "租户名（tenant）为 1 到 63 个"),
        (b"", ["audit", "verify", ".", "--key", "x"], "--key: 应为公钥（形如 名称+十六进制+base64）或其文件: x"),
        (b"", ["screen", "gbk.txt", "-o", "."], "命令有误：--output、-o：“.”是目录，应为文件\n"),
    ],
)
def test_files_that_are_no_use_are_told_in_words(inside, here, toml, words, said):
    (here / "qingliu.toml").write_bytes(toml)
    (here / "gbk.txt").write_bytes("最好".encode("gbk"))
    assert inside(*words).stderr.decode()[: len(said)] == said


def test_screening_imports_neither_server_nor_database():
    code = (
        "import sys\nfrom service.cli.app import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['screen', '--help']).exit_code == 0\n"
        "print([name for name in ('service.wiring', 'service.http.server', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The command itself: what it knows, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app as app_module
from service.cli.app import MODULES, app

CLI = Path(app_module.__file__).parent


def test_every_module_that_registers_commands_has_its_line_and_every_line_a_command():
    registering = {path.stem for path in CLI.glob("*.py") if "\ndef register(" in path.read_text(encoding="utf-8")}
    assert registering == set(MODULES.values())
    told = CliRunner().invoke(app, ["--help"])
    assert told.exit_code == 0, told.output
    assert [name for name in MODULES if f" {name} " not in told.output] == []


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


def test_screening_imports_neither_server_nor_database():
    code = (
        "import sys\nfrom service.cli.app import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['screen', '--help']).exit_code == 0\n"
        "print([name for name in ('service.wiring', 'service.http.server', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

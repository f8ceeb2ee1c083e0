"""The command itself: what it knows, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_screening_imports_neither_server_nor_database():
    code = (
        "import sys\nfrom service.cli.app import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['screen', '--help']).exit_code == 0\n"
        "print([name for name in ('service.wiring', 'service.http.server', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The commands of ``docs/reviewing.md`` run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.rights import Role
from service.settings import Settings
from tests.http.conftest import PASSWORD

PAGE = Path(__file__).parents[2] / "docs" / "reviewing.md"


@pytest.mark.usefixtures("shipped")
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_commands_of_the_page_work(serving, tmp_path):
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    with serving(lexicons=Settings().lexicons) as server:
        server.hire("zhou.ran", Role.SENIOR)
        url = f"http://127.0.0.1:{server.port}"
        known = {"QINGLIU": url, "KEY": server.key, "PASSWORD": PASSWORD, "TENANT": "shop"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env={**os.environ, **known},
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        told = done.stdout.decode()
        assert done.returncode == 0, told + done.stderr.decode()
        assert "您发布的内容（编号 post-1" in told
        assert '"grounds":"公园当天开放，有门票为证"' in told

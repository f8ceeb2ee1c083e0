"""Makes docs/images/explain.png: what `qingliu explain` shows on a terminal, drawn by a headless Chromium.

Needs Debian's chromium and a font with Chinese characters (fonts-noto-cjk).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

TARGET = Path(__file__).parent.parent / "docs" / "images" / "explain.png"
LINE = "这款面霜全網最＊低价，连用七天祛斑效果看得见"
COLUMNS = 108
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
PAGE = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: quotes; src: local("Noto Sans Mono CJK KR"); unicode-range: U+2018-201D }}
body {{ margin: 0; background: #1e1e1e; color: {foreground} }}
pre {{ margin: 18px 22px; font: 15px/1.42 quotes, "Noto Sans Mono CJK SC", monospace }}</style><pre>{code}</pre>"""
ROW = 21.3
PLAIN_BOXES = str.maketrans("━─┃│┏┓┗┛┡┩├┤└┘┳┻┬┴┼╇", "--||" + "+" * 16)
"""Fonts with Chinese characters draw box lines as wide as those, which would tear the tables."""


def main() -> None:
    """Run the command, record its colours, draw them."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    command = [sys.executable, "-m", "service", "explain", LINE, "--scene", "ad"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"))  # noqa: SIM115
    console.print(Text.from_ansi(f"$ qingliu explain {LINE} --scene ad\n\n{shown.translate(PLAIN_BOXES)}"))
    html = console.export_html(theme=MONOKAI, inline_styles=True, code_format=PAGE)
    height = int((shown.count("\n") + 3) * ROW) + 36
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        own = (f"--user-data-dir={folder}/profile", f"--window-size=870,{height}", f"--screenshot={TARGET}")
        subprocess.run(["chromium", *OPTIONS, *own, page.as_uri()], check=True, capture_output=True)  # noqa: S603, S607


if __name__ == "__main__":
    main()

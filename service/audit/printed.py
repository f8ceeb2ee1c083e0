"""A report as PDF/A: ``python printed.py REPORT.html REPORT.pdf``. A program of its own, without project code.

The letters of Chinese fonts take hundreds of megabytes to choose from; they go when it ends.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn


def _refused(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(url)


def main(source: Path, target: Path) -> None:
    """Writes the page as PDF/A-3u, which archives keep. It fetches nothing, whatever the page says."""
    weasyprint = import_module("weasyprint")  # an extra: whoever only asks where this file is need not have it
    weasyprint.LOGGER.setLevel("ERROR")  # it warns of styles that are for screens
    page = weasyprint.HTML(string=source.read_text(encoding="utf-8"), url_fetcher=_refused)
    page.write_pdf(target, pdf_variant="pdf/a-3u")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

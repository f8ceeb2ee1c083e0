"""Which Chromium shows the console to tests and pictures: the one without windows first, it works a third less."""

from __future__ import annotations

import os
import shutil
from typing import Final

_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM: Final = os.environ.get("QINGLIU_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
"""Its path; ``None`` where there is none."""

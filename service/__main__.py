"""``python -m service``, and the entry point of ``qingliu``."""

from __future__ import annotations

import sys

from service import logs
from service.cli.app import app


def main() -> None:
    """Runs the command line. What goes wrong beside it is told on stderr: stdout is for what was asked."""
    logs.configure(sys.stderr.buffer, level="warning")
    app()


if __name__ == "__main__":
    main()

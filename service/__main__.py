"""``python -m service``, and the entry point of ``qingliu``."""

from __future__ import annotations

from service.cli.app import app


def main() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    main()

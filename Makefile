# `make check` is what every commit must pass; `make test` is the whole default run; `make slow` the long experiments.
PYTHON ?= .venv/bin/python

check:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest tests/moderation tests/test_architecture.py

test:
	$(PYTHON) -m pytest

slow:
	$(PYTHON) -m pytest -n 0 -m slow

coverage:
	$(PYTHON) -m pytest tests/moderation --cov=moderation --cov-branch --cov-fail-under=100

.PHONY: check test slow coverage

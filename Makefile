# `make check` is what every commit must pass; `make test` is the whole default run; `make slow` the long experiments.
PYTHON ?= .venv/bin/python

check:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n auto tests/moderation tests/test_architecture.py

test:
	$(PYTHON) -m pytest -n auto

slow:
	$(PYTHON) -m pytest -m slow

coverage:
	$(PYTHON) -m pytest tests/moderation --cov=moderation --cov-branch --cov-fail-under=100

.PHONY: check test slow coverage

# Each recipe does its own set-up first; set-up does nothing twice (stamps in .venv).
PYTHON ?= python3
SETUP = $(PYTHON) bin/setup.py
BIN = .venv/bin

.PHONY: run test check i18n bench lock setup setup-dev

run: setup
	@exec $(BIN)/lab up

test: setup-dev
	@$(SETUP) tools
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

check: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy config.py wsgi.py lab bin
	@$(BIN)/lint-imports
	@$(BIN)/lab i18n check
	@$(BIN)/djlint --lint --quiet templates

i18n: setup
	@$(BIN)/lab i18n update

bench: setup-dev
	@$(BIN)/python -m bench $(ARGS)

lock:
	@$(SETUP) lock

setup:
	@$(SETUP) run

setup-dev:
	@$(SETUP) dev

# streamprocessor. Needs Python 3.10 or later and make; all else is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
CHECKED := streamprocessor tests

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up test check bench nightly clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run.stamp ## see it: embedded Kafka, a worker, simulated traffic, hot leads in the terminal (Ctrl-C ends it)
	@$(BIN)/streamprocessor demo

up: .venv/run.stamp ## run it here: embedded Kafka, topics, model, a worker (Ctrl-C ends it, data stays in .streamprocessor)
	@$(BIN)/streamprocessor up

test: check ## all checks and all tests, on a real Kafka
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

check: .venv/test.stamp ## ruff, ruff format, mypy --strict, import-linter
	@$(BIN)/ruff check --quiet $(CHECKED)
	@$(BIN)/ruff format --quiet --check $(CHECKED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/bench.stamp ## events a second, against a hand-written loop and stock Faust
	@$(BIN)/python -m tests.bench

nightly: .venv/test.stamp ## all tests, with thousands of examples and dozens of kills
	@HYPOTHESIS_PROFILE=nightly FAULT_KILLS=40 FAULT_EVENTS=60000 $(BIN)/python -m pytest -q

clean: ## remove .venv and caches; the data in .streamprocessor stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	@find streamprocessor tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- what is installed ---------------------------------------------------------------------------------------------

# A dot for each package, so that a slow network can be told from a stopped one.
define install
	@printf 'installing %s into .venv ' '$(1)'
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input -c constraints.txt -e '$(1)' \
	  | awk '/^(Collecting|Installing)/ {printf "."; fflush()} END {print " done"}'
	@touch $@
endef

.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); wanted Python 3.10 or later: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: .venv/pip.stamp pyproject.toml constraints.txt
	$(call install,.)

.venv/test.stamp: .venv/pip.stamp pyproject.toml constraints.txt
	$(call install,.[test])
	@touch .venv/run.stamp

.venv/bench.stamp: .venv/pip.stamp pyproject.toml constraints.txt
	$(call install,.[test$(comma)bench])
	@touch .venv/run.stamp .venv/test.stamp

comma := ,

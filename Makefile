# streamprocessor. Needs Python 3.10 or later and make; all else is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
CHECKED := streamprocessor tests

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up test browser-test check bench compiled compiled-test nightly clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run.stamp ## see it: embedded Kafka, a worker, simulated traffic, hot leads in the terminal (Ctrl-C ends it)
	@$(BIN)/streamprocessor demo

up: .venv/run.stamp ## run it here: embedded Kafka, topics, model, a worker (Ctrl-C ends it, data stays in .streamprocessor)
	@$(BIN)/streamprocessor up

test: check ## all checks and all tests but those in a browser, on a real Kafka
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m 'not browser'

browser-test: .venv/test.stamp ## the tests in a browser (apt install chromium); pictures of the page in build/screenshots
	@$(BIN)/python -m pytest -q -rs tests/browser

check: .venv/test.stamp ## ruff, ruff format, mypy --strict, import-linter
	@$(BIN)/ruff check --quiet $(CHECKED)
	@$(BIN)/ruff format --quiet --check $(CHECKED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/test.stamp $(if $(shell command -v cc),build/compiled.stamp) ## events a second, against a hand-written loop and stock Faust
	@$(BIN)/python -m tests.bench

compiled: build/compiled.stamp ## the hot modules as machine code in build/compiled, by mypyc (needs a C compiler)

nightly: .venv/test.stamp compiled-test ## all tests, with thousands of examples and dozens of kills
	@HYPOTHESIS_PROFILE=nightly FAULT_KILLS=40 FAULT_EVENTS=60000 FAULT_CONTACTS=10000 FAULT_CHANGES=100000 \
	  FAULT_COLLECTOR_KILLS=12 FAULT_OUTAGE_SECONDS=30 $(BIN)/python -m pytest -q --timeout 14400

clean: ## remove .venv and caches; the data in .streamprocessor stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	@find streamprocessor tests -name __pycache__ -type d -prune -exec rm -rf {} +

compiled-test: compiled ## the tests of scoring, contract, worker and faults, on the compiled modules
	@cd build/compiled && ../../$(BIN)/python -m pytest -q -n 2 --dist worksteal tests/scoring tests/contract tests/stream tests/faults

# ---- what is compiled ----------------------------------------------------------------------------------------------

# The same files, compiled beside the tree: in it, a stale compiled module would hide the source that is edited.
HOT := $(filter-out %/__init__.py streamprocessor/scoring/model/%,$(wildcard streamprocessor/scoring/*.py streamprocessor/scoring/*/*.py)) \
  streamprocessor/errors.py streamprocessor/contract/rfc3339.py streamprocessor/contract/strict_json.py streamprocessor/contract/reason_codes.py \
  $(addprefix streamprocessor/contract/events/,cloud_events.py events.py event_fields.py updates.py) \
  $(addprefix streamprocessor/contract/changelog/,evidence_codec.py record_codec.py) streamprocessor/contract/messages/announcements.py \
  $(addprefix streamprocessor/stream/partition/,hot_stages.py partition.py microbatch.py microbatch_result.py timers.py)

build/compiled.stamp: .venv/test.stamp $(shell find streamprocessor -name '*.py')
	@rm -rf build/compiled && mkdir -p build/compiled
	@cp -r streamprocessor build/compiled/
	@echo 'compiling $(words $(HOT)) modules into build/compiled'
	@cd build/compiled && PATH="$$PWD/../../$(BIN):$$PATH" mypyc --ignore-missing-imports $(HOT) > ../compiled.log 2>&1 \
	  || { tail -20 ../compiled.log >&2; exit 1; }
	@cp pyproject.toml build/compiled/
	@ln -s ../../tests ../../topics ../../deploy build/compiled/
	@touch $@

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

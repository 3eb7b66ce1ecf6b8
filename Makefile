# streamprocessor. Needs Python 3.11 or later and make; all else is installed into .venv.

PYTHON ?= python3
BIN := .venv/bin
CHECKED := streamprocessor tests deploy
STYLED := $(CHECKED) setup.py
# Those that pyproject.toml names.
SUPPORTED := $(shell sed -n 's/.*"Programming Language :: Python :: \(3\.[0-9]*\)".*/\1/p' pyproject.toml)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Without their bytecode every process of ours, and every process that runs tests, would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE
# Processes that run tests: two a core, since half of what tests do is wait; but each keeps a Kafka of its own.
TESTERS := $(shell n=$$((2 * $$(getconf _NPROCESSORS_ONLN))); echo $$((n < 4 ? 4 : n > 8 ? 8 : n)))
# What a tool prints only matters where it fails.
quietly = printed=$$($(1) 2>&1) || { echo "$$printed" >&2; exit 1; }
.DELETE_ON_ERROR:
.PHONY: help demo up test browser-test ops-test gameday newcomer check style manifests pictures bench compiled compiled-test nightly every-python release wheel clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run.stamp ## see it: hot leads of simulated traffic (Ctrl-C ends it)
	@$(BIN)/streamprocessor demo

up: .venv/run.stamp ## run it here, on a Kafka of its own (Ctrl-C ends it)
	@$(BIN)/streamprocessor up

test: style ## all checks and tests, on a real Kafka, but no browser
	@mkdir -p build
	@$(BIN)/mypy > build/mypy.log 2>&1 & mypy=$$!; tests=0; \
	  $(BIN)/python -m pytest -q -n $(TESTERS) --dist worksteal --durations=25 --ignore tests/browser -m 'not browser and not nightly and not ops' || tests=$$?; \
	  wait $$mypy || { cat build/mypy.log >&2; exit 1; }; exit $$tests

browser-test: .venv/test.stamp ## the tests in Chromium; pictures in build/screenshots
	@$(BIN)/python -m pytest -q -rs tests/browser

ops-test: .venv/test.stamp ## with a real Prometheus, Alertmanager, three brokers, as far as they are installed
	@$(BIN)/python -m pytest -q -rs -m ops tests

newcomer: build/dist.stamp ## the first minutes of somebody with the wheel and an empty folder, on the clock
	@$(BIN)/python -m tests.packaging.newcomer build/dist/*.whl

gameday: .venv/test.stamp ## break the whole system in twelve ways; which alert comes after how long, and is anything lost
	@$(BIN)/python -m tests.ops.gameday

check: style ## style, types, import rules, what is depended on
	@$(BIN)/mypy

# What takes seconds; mypy takes half a minute, beside the tests where there are some.
style: .venv/test.stamp
	@$(BIN)/ruff check --quiet $(STYLED)
	@$(BIN)/ruff format --quiet --check $(STYLED)
	@$(call quietly,$(BIN)/lint-imports --no-logo)
	@$(BIN)/python -m tests.audit.exact_pins
	@$(BIN)/pip-licenses > /dev/null
	@$(call quietly,$(BIN)/deptry streamprocessor --optional-dependencies-dev-groups test)
	@$(call quietly,$(BIN)/deptry $(CHECKED))

manifests: .venv/run.stamp ## make what deploy/kubernetes and deploy/helm have of other files
	@$(BIN)/python -m deploy.kubernetes.manifests
	@$(BIN)/python -m deploy.helm.chart

pictures: .venv/run.stamp ## draw what deploy/pictures has of the scoring core
	@$(BIN)/python -m deploy.pictures

bench: .venv/test.stamp $(if $(shell command -v cc),build/compiled.stamp) ## events a second, against a plain loop and stock Faust
	@$(BIN)/python -m tests.bench

compiled: build/compiled.stamp ## the hot modules as machine code in build/compiled

compiled-test: compiled ## the tests of what is compiled
	@cd build/compiled && ../../$(BIN)/python -m pytest -q -n $(TESTERS) --dist worksteal tests/scoring tests/contract tests/stream tests/faults

nightly: .venv/test.stamp compiled-test ## all tests with many kills, then on every Python
	@HYPOTHESIS_PROFILE=nightly FAULT_KILLS=40 FAULT_EVENTS=60000 FAULT_CONTACTS=10000 FAULT_CHANGES=100000 \
	  FAULT_COLLECTOR_KILLS=12 FAULT_OUTAGE_SECONDS=30 FAULT_PAUSE_SECONDS=0 FAULT_PEOPLE=500 FUZZ_REQUESTS=100000 \
	  FAULT_IMPORT_ROWS=1000000 FAULT_IMPORT_KILLS=5 FAULT_MODEL_CHANGES=20 \
	  $(BIN)/python -m pytest -q --timeout 14400
	@$(MAKE) --no-print-directory every-python

every-python: ## make test's tests on each Python of 3.11 to 3.14 found
	@TESTERS=$(TESTERS) .ci/every-python $(SUPPORTED)

release: test ## check, tag and build a release; publishes nothing
	@.ci/release

clean: ## remove .venv, build and caches; the data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find streamprocessor tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- what is compiled ----------------------------------------------------------------------------------------------

# The same files, compiled beside the tree: in it, a stale compiled module would hide the source that is edited.
HOT := $(filter-out %/__init__.py streamprocessor/scoring/model/%,$(wildcard streamprocessor/scoring/*.py streamprocessor/scoring/*/*.py)) \
  streamprocessor/errors.py streamprocessor/contract/rfc3339.py streamprocessor/contract/strict_json.py streamprocessor/contract/reason_codes.py \
  $(addprefix streamprocessor/contract/events/,cloud_events.py events.py event_fields.py updates.py) \
  $(addprefix streamprocessor/contract/changelog/,evidence_codec.py record_codec.py) streamprocessor/contract/messages/announcements.py \
  $(addprefix streamprocessor/stream/partition/,hot_stages.py partition.py placement.py microbatch.py microbatch_result.py microbatch_size.py stored_contacts.py \
  timers.py) streamprocessor/kafka/partitioner.py

build/compiled.stamp: .venv/test.stamp $(shell find streamprocessor -name '*.py')
	@rm -rf build/compiled && mkdir -p build/compiled
	@cp -r streamprocessor build/compiled/
	@echo 'compiling $(words $(HOT)) modules into build/compiled'
	@cd build/compiled && PATH="$$PWD/../../$(BIN):$$PATH" mypyc --ignore-missing-imports $(HOT) > ../compiled.log 2>&1 \
	  || { tail -20 ../compiled.log >&2; exit 1; }
	@cp pyproject.toml build/compiled/
	@ln -s ../../tests ../../topics ../../deploy ../../README.md build/compiled/
	@touch $@

build/dist.stamp: .venv/test.stamp setup.py MANIFEST.in README.md LICENSE $(shell find streamprocessor topics deploy -type f -not -name '*.pyc')
	@rm -rf build/dist && mkdir -p build
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m build --outdir build/dist > build/dist.log 2>&1 \
	  || { tail -20 build/dist.log >&2; exit 1; }
	@touch $@

# The same modules in a package that is installed: what the image is made of. Its compiler has an environment of its own.
wheel: build/wheel.stamp ## a wheel with the hot modules as machine code, in build/wheel

build/wheel.stamp: build/compiler.stamp setup.py README.md LICENSE $(shell find streamprocessor topics deploy -type f -not -name '*.pyc')
	@rm -rf build/wheel && mkdir -p build/wheel/source
	@cp -r pyproject.toml setup.py README.md LICENSE streamprocessor topics deploy build/wheel/source/
	@echo 'compiling $(words $(HOT)) modules into a wheel in build/wheel'
	@cd build/wheel && COMPILED_MODULES='$(HOT)' ../compiler/bin/python -m pip wheel --no-deps --no-build-isolation -w . ./source > ../wheel.log 2>&1 \
	  || { tail -20 ../wheel.log >&2; exit 1; }
	@touch $@

build/compiler.stamp: pyproject.toml setup.py constraints.txt
	@mkdir -p build
	@$(PYTHON) -m venv build/compiler
	@build/compiler/bin/python -m pip install --disable-pip-version-check --no-input -q -c constraints.txt . 'mypy[mypyc]' setuptools
	@touch $@

# ---- what is installed ---------------------------------------------------------------------------------------------

# Into the venv $(1), what $(2) names. A dot for each package, so that a slow network can be told from a stopped one.
define install
	@printf 'installing %s into %s ' '$(2)' '$(1)'
	@$(1)/bin/python -m pip install --disable-pip-version-check --no-input -c constraints.txt -e '$(2)' \
	  | awk '/^(Collecting|Installing)/ {printf "."; fflush()} END {print " done"}'
	@touch $@
endef

.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); wanted Python 3.11 or later: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: .venv/pip.stamp pyproject.toml constraints.txt
	$(call install,.venv,.)

.venv/test.stamp: .venv/pip.stamp pyproject.toml constraints.txt
	$(call install,.venv,.[test])
	@touch .venv/run.stamp

build/python%/test.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -m venv build/python$*
	$(call install,build/python$*,.[test])

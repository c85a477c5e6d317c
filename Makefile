# Two commands on a fresh Debian with Python >= 3.11 and make: `make demo` and `make test`.
# Each does all of its own set-up. CONTRIBUTING.md tells what the others are for.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# The tests start Python hundreds of times: it must not compile every module each time.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTHON ?=
RUN_STAMP := .venv/run.stamp
DEV_STAMP := .venv/dev.stamp
NPM := tests/conformance/npm
# Four workers for two cores: tests that wait, for a server, a browser or a time-out, leave their core to the others. A file
# stays in one worker, which makes its fixtures once; dear files come first (`tests/conftest.py`), so that none ends late.
PYTEST := $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term
# What has one process each is done two at a time; each tells what it has to say at its end.
BESIDE := $(MAKE) --no-print-directory --jobs=2 --output-sync=target
TYPED := schemas ledger api cli tests bench
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --no-annotate --no-strip-extras --quiet

.PHONY: all demo test check gates types rules collected bench soak mutants docs lock outside clean

all: $(RUN_STAMP)

$(RUN_STAMP): requirements.txt pyproject.toml .ci/setup
	PYTHON="$(PYTHON)" .ci/setup requirements.txt
	touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	PYTHON="$(PYTHON)" .ci/setup requirements-dev.txt
	touch $@

demo: $(RUN_STAMP)
	rm -rf build/demo
	$(BIN)/oreprint demo --home build/demo

# Everything that CI runs. The tests come last, so that pytest's closing line closes the run.
test: $(DEV_STAMP)
	$(BESIDE) types rules collected outside
	$(PYTEST)

# Before each commit: the gates, and the tests of one room at a time.
check: gates
	$(PYTEST) -q -m "not slow and not soak" tests/unit tests/golden tests/validation tests/architecture

gates: $(DEV_STAMP)
	$(BESIDE) types rules

types: $(DEV_STAMP)
	$(BIN)/mypy $(TYPED)

rules: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell

# Let pytest read all tests once: it keeps what it has compiled, which four workers would compile four times. Of tests that
# can't be read it tells when it runs.
collected: $(DEV_STAMP)
	-$(BIN)/pytest --collect-only -qq --no-cov >/dev/null 2>&1

# Without the limit of ten minutes: hours are what it is for.
soak: $(DEV_STAMP) outside
	$(BIN)/pytest -m soak -s --timeout 0

# Which changed line would no test notice? Takes long; `mutmut browse` shows what survived.
mutants: $(DEV_STAMP)
	$(BIN)/mutmut run

bench: $(DEV_STAMP)
	$(BIN)/python -m bench

# What is made from the code: the reference pages (codes, commands, settings), the page's catalogues of words.
docs: $(DEV_STAMP)
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/make_translations.py

# Outside checkers in JavaScript, for the tests only; without npm those tests say that they were skipped.
outside: $(DEV_STAMP)
	.ci/setup-outside $(NPM)

lock: $(DEV_STAMP)
	$(LOCK) --group build pyproject.toml -o requirements.txt
	$(LOCK) --group build --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	.ci/lock-npm $(NPM)

clean:
	rm -rf .venv build dist mutants $(NPM)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

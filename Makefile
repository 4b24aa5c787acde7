# One word per chore; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# Python 3.11 is what constraints.txt was made with; a newer python3 is tried where it is absent.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Further arguments for pip, such as --extra-index-url for CPU-only PyTorch (see constraints.txt).
PIP_ARGS ?=
# Further arguments for the demo and for pytest: make demo ARGS="--seed 2"
ARGS ?=
JOBS ?= 2

.PHONY: help demo test test-slow fuzz lint format bench bench-campaign docs wheel clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## build a library, train, screen, and write a ranked hit list (a few minutes)
	$(BIN)/hitsieve demo $(ARGS)

test: $(VENV)/.installed-dev ## run the tests, without the slow ones
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m "not slow" $(ARGS)

test-slow: $(VENV)/.installed-dev ## run the slow tests too (tens of minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "slow" $(ARGS)

fuzz: $(VENV)/.installed-dev ## try half an hour of damaged files and texts (HITSIEVE_FUZZ_SECONDS)
	HITSIEVE_FUZZ_SECONDS=$${HITSIEVE_FUZZ_SECONDS:-1800} OMP_NUM_THREADS=1 \
	  $(BIN)/python -m pytest -q -s -m "slow" tests/fuzz $(ARGS)

lint: $(VENV)/.installed-dev ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## format the code and apply safe corrections
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev ## run the benchmarks (CHEMPROP_PYTHON: an interpreter with chemprop)
	@for script in benchmarks/[!_]*.py; do \
	  echo "== $$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; \
	done

bench-campaign: $(VENV)/.installed-dev ## replay campaigns over pools of known values
	@for script in benchmarks/campaign_*.py benchmarks/synthons.py; do \
	  echo "== $$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; \
	done

docs: $(VENV)/.installed ## write the generated pages of docs/ anew
	$(BIN)/python docs/generate.py

wheel: $(VENV)/.installed-dev ## build the wheel into dist/
	$(BIN)/python -m pip wheel $(PIP_ARGS) --no-deps --wheel-dir dist .

clean: ## remove everything make has created
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .hypothesis
	find src tests docs benchmarks ray_jobs -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no python3.11 and no python3 found" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "hitsieve needs Python 3.11 or newer, $(PYTHON) is older;" \
	    "name another: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps make repeated calls quick: pip runs again only if what it reads has changed.
$(VENV)/.installed: pyproject.toml setup.py constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install $(PIP_ARGS) --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml setup.py constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install $(PIP_ARGS) --quiet -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.installed $@

# The one door to this checkout: `make` alone lists what it does.

PORT ?= 8000
DATA_DIR ?= tamis-data
BROWSER ?= 1
ARGS ?=

# What an outer shell sets for other projects has no say in here.
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport UV_PYTHON VIRTUAL_ENV PYTHONHOME PYTHONPATH
ifeq ($(HOME),)
export UV_CACHE_DIR ?= .cache/uv
endif
# The system's certificates, where it has some: a company's own authority is among them.
ifneq ($(wildcard /etc/ssl/certs/* /etc/ssl/cert.pem /etc/pki/tls/certs/*),)
export UV_SYSTEM_CERTS ?= true
endif
ifdef PYTHON
export PYTHON
endif

.DEFAULT_GOAL := help
.PHONY: help demo test attack lint format bench faults real setup clean

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.run-time ## Start Tamis with sample data. PORT=8000 DATA_DIR=tamis-data BROWSER=1 (0: open no browser)
	@.venv/bin/tamis demo --port "$(PORT)" --data-dir "$(DATA_DIR)" $(if $(filter 0 no false,$(BROWSER)),--no-browser)

test: .venv/.development ## Run every test on SQLite, Postgres and Chromium. ARGS='-k novelty' goes to pytest
	@.ci/test $(ARGS)

attack: .venv/.development ## Try what hostile people would, for minutes: odd forms, every door, bombs; prints counts
	@.ci/test -m attack --long $(ARGS)

lint: .venv/.development ## Check style, types and the direction of imports
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/.development ## Lay the code out and fix what can be fixed by itself
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

bench: .venv/.development ## Measure every claim in benchmarks/; fails when a figure misses its bar
	@.ci/bench

faults: .venv/.development ## Kill, stop and starve Tamis for ten minutes; fails when anything was lost. ARGS='--seed 7' repeats
	@.ci/faults $(ARGS)

real: .venv/.development ## Go through every pipeline with a small real model, in ten minutes. Fetches it: 130 MB
	$(UV_SYNC) --group real-model --inexact --quiet
	@.ci/real $(ARGS)

setup: .venv/.development ## Prepare .venv for development. PYTHON=python3.12 picks the interpreter

clean: ## Remove .venv, caches and builds; data stay
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find app tests benchmarks migrations -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Compiled at once, so that the second start is fast where PYTHONDONTWRITEBYTECODE is set, too.
UV_SYNC = .venv/bin/uv sync --locked --compile-bytecode

.venv/.run-time: pyproject.toml uv.lock | .venv/bin/uv
	$(UV_SYNC) --no-dev --inexact
	@touch $@

.venv/.development: pyproject.toml uv.lock | .venv/bin/uv
	$(UV_SYNC)
	@touch .venv/.run-time $@

.venv/bin/uv:
	@python=$$(.ci/python) && echo "$$python -m venv .venv" && "$$python" -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13'

# `make help` lists the targets. Only Python >= 3.11 and make are needed; the rest comes from the package registries.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first Python that is new enough and can make virtual environments; `make PYTHON=/path/to/python map` overrides.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)
REPORT ?= data/reports/2022-02-16-border-of-ukraine.txt
PAGE ?= out/map.html
SHARED ?= ../shared
# Where the cross-validated weights lie, once `make train` and `make fit` have run.
FOLDS ?= out/folds

BIN := .venv/bin
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-compile

.PHONY: help map test check bench score train fit screenshots gazetteer lock docs format clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "geomap needs Python 3.11, 3.12 or 3.13 with venv (Debian: python3-venv); none was found" >&2; exit 1; }
	@echo "making .venv with $$($(PYTHON) --version)" >&2
	@$(PYTHON) -m venv .venv

# A stamp says that the environment holds what the pinned lists and pyproject.toml ask for.
$(RUNTIME): requirements/runtime.txt pyproject.toml | .venv/bin/python
	@echo "installing the pinned packages (a few minutes the first time)" >&2
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): requirements/development.txt $(RUNTIME)
	@echo "installing the pinned development packages" >&2
	@$(PIP) --require-hashes -r requirements/development.txt
	@touch $@

map: $(RUNTIME) ## map a report (REPORT=..., PAGE=...) and say where the page lies
	@mkdir -p "$(dir $(PAGE))"
	@$(BIN)/geomap map "$(REPORT)" -o "$(PAGE)"
	@echo "the map of $(REPORT) lies at $(abspath $(PAGE))"

test: $(DEVELOPMENT) ## run all tests, browser tests included (TESTS=... for some)
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python -m pytest $(TESTS)

check: $(DEVELOPMENT) ## lint, types, layers and docstrings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/numpydoc lint geomap/*.py

format: $(DEVELOPMENT) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DEVELOPMENT) ## measure speed
	@for script in $(filter-out benchmarks/generate.py,$(wildcard benchmarks/*.py)); do $(BIN)/python "$$script"; done

score: $(DEVELOPMENT) ## score on the development sets in SHARED and write docs/evaluation.md
	@$(BIN)/python tests/score.py --shared "$(SHARED)" $(if $(wildcard $(FOLDS)),--folds "$(FOLDS)")

train: $(DEVELOPMENT) ## train the tagger of place names on the corpora in SHARED, once in whole and once a fold
	@nice $(BIN)/python data/train_toponyms.py --shared "$(SHARED)"
	@nice $(BIN)/python data/train_toponyms.py --shared "$(SHARED)" --folds "$(FOLDS)"

fit: $(DEVELOPMENT) ## fit the weights of toponym resolution on the corpora in SHARED
	@nice $(BIN)/python data/fit_places.py --shared "$(SHARED)" --tagger-folds "$(FOLDS)" --folds "$(FOLDS)"
	@nice $(BIN)/python data/fit_places.py --shared "$(SHARED)" --tagger-folds "$(FOLDS)"

gazetteer: $(DEVELOPMENT) ## build the embedded gazetteer from its pinned sources
	@nice $(BIN)/python data/build_gazetteer.py

screenshots: $(DEVELOPMENT) ## take the pictures in docs/images and draw docs/figures
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python docs/screenshots.py
	@$(BIN)/python docs/figures.py

docs: $(DEVELOPMENT) ## write the generated pages, and the site to out/site
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html -d out/doctrees docs out/site

lock: | .venv/bin/python ## resolve the pinned lists anew from pyproject.toml (needs uv; PACKAGES="a b" upgrades these)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(PIP) uv
	@$(BIN)/python requirements/lock.py $(PACKAGES)

clean: ## remove what was made here, but for .venv
	@rm -rf out dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

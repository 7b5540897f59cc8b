# Every target is one line of `make help`. All paths are relative, so the folder's own path may hold spaces.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test test-all lint docs bench golden clean
.DELETE_ON_ERROR:

BENCHMARKS := compare_recipes prepare_photos stylize_convolutions stylize_vgg19 train_dcgan

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1	\2/p' Makefile | expand -t 14

setup: $(STAMP) ## Build .venv with gantools and the development tools, once
	@echo 'ready; type this once in each new shell:  . .venv/bin/activate'

# torch comes first and alone: where a build for CPUs is offered, this takes it, and torchvision is content with it.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) torch
	$(PIP) -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP) ## See a first GAN learn, in about five minutes; everything goes to demo/
	PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

check: lint test ## Run lint and the fast tests

test: $(STAMP) ## Run the fast tests
	$(BIN)/python -m pytest -n auto -m "not slow"

test-all: $(STAMP) ## Run every test
	$(BIN)/python -m pytest -n auto

lint: $(STAMP) ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(STAMP) ## Write the references of docs/reference that come from the program
	$(BIN)/python docs/generate.py

bench: $(STAMP) ## Measure what needs no pictures; each benchmark prints one table, and wants a quiet machine
	set -e; for name in $(BENCHMARKS); do $(BIN)/python tests/benchmarks/$$name.py; done

golden: $(STAMP) ## Rewrite the golden losses, for a change that alters numbers on purpose
	GOLDEN=1 $(BIN)/python -m pytest -q tests/golden

clean: ## Remove what was built, also .venv and demo/
	rm -rf .venv demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Everyday tasks in this checkout; `make help` lists them. Needs Python 3.11 or newer, with pip and venv.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?= -n auto

BIN := $(VENV)/bin
SAMPLE := examples/sample
# wnut17 trains the model that the four after it use.
BENCHES := run_ner wnut17 long_text invariance start explain score train time_to_f1 train_scaling tag bulk english raw_text case heads intervals label_noise \
	fuzz_readers plausibility

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint types docs bench clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

venv: $(VENV)/dev.stamp ## create .venv with everything that development needs

demo: $(VENV)/demo.stamp ## tag a sentence, train on the sample corpus, score the model, tag again (about a minute)
	$(BIN)/onoma tag --text "Angela Merkel visited Lyon with engineers of Siemens."
	$(BIN)/onoma train $(SAMPLE)/run.toml --overwrite
	$(BIN)/onoma tag --model runs/sample --lines $(SAMPLE)/sentences.txt

test: lint types ## check lint, types and imports, then run all tests and doctests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)  # one thread for each worker

lint: $(VENV)/dev.stamp ## check style with ruff and the order of imports with import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/dev.stamp ## check types with mypy, strict
	$(BIN)/mypy

docs: $(VENV)/dev.stamp ## write docs/commands.md and docs/api.md from the code
	$(BIN)/python docs/generate.py

bench: $(VENV)/bench.stamp ## run the benchmarks of docs/benchmarks.md (hours); BENCH=name runs one
	@for name in $(or $(BENCH),$(BENCHES)); do echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

clean: ## remove the virtual environment, caches and runs/
	rm -rf $(VENV) build dist runs .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One call of pip for all extras of a target, so that one resolution keeps torch within our range.
$(VENV)/demo.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[train,small]"
	touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[train,small,multilingual,lora,dev]"
	touch $@ $(VENV)/demo.stamp

$(VENV)/bench.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[train,small,explain,bench]"
	touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "onoma needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format docs bench-model bench-cuda bench-edits bench-context bench-diffs bench-hashhop
.PHONY: bench bench-loader clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(VENV)/.installed ## Make .venv with pinned dependencies

$(VENV)/.installed: pyproject.toml constraints.txt $(wildcard model/native/src/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "magicode needs Python 3.11 or later; set PYTHON=…")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup ## Fetch the default model once and watch it change an example
	@$(BIN)/python examples/demo.py

test: setup ## Fetch the small model once and run all tests
	@$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/python -m pytest

check: setup ## Format, lint, types, import contracts, README in step with --help
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/readme_help.py --check

format: setup ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## Write the help texts into the README
	$(BIN)/python tools/readme_help.py --write

bench: bench-loader bench-hashhop bench-diffs bench-model bench-edits ## The short forms of these, an hour together

bench-model: setup ## Measure speed beside llama.cpp in 15 minutes; ARGS=--full for everything
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/magicode models pull qwen2.5-coder-1.5b
	$(BIN)/python -m tests.benchmarks.bench_model $(ARGS)

bench-cuda: setup ## Speed on an NVIDIA GPU beside plain transformers, with random weights, in three minutes
	$(BIN)/python -m tests.benchmarks.bench_cuda $(ARGS)

bench-edits: setup ## Count the editing tasks that both models solve, in 15 minutes; ARGS=--full for all of them
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/magicode models pull qwen2.5-coder-1.5b
	$(BIN)/python -m tests.benchmarks.bench_edits $(ARGS)

bench-context: setup ## Count edits of real commits that are found, ARGS="--repo DIR"; with --bits, bits of their diffs
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/python -m tests.benchmarks.bench_context $(ARGS)

bench-hashhop: setup ## Follow chains of hashes in up to 1 million tokens; ARGS=--full for 100 million, in hours
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/magicode models pull qwen2.5-coder-1.5b
	$(BIN)/python -m tests.benchmarks.bench_hashhop $(ARGS)

bench-diffs: setup ## Apply 10,000 diffs of random logits, and time the automaton; ARGS="--repo DIR" for real models, too
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/magicode models pull qwen2.5-coder-1.5b
	$(BIN)/python -m tests.benchmarks.bench_diffs $(ARGS)

bench-loader: setup ## Read and count a repository of 60 MB beside repomix; ARGS="--small DIR --large DIR" for real ones
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/python -m tests.benchmarks.bench_loader $(ARGS)

bench-batch: setup ## Do 50 tasks unattended, killed twice, and beside single runs; ARGS="--repo DIR …", five of them
	$(BIN)/magicode models pull qwen2.5-coder-0.5b
	$(BIN)/python -m tests.benchmarks.bench_batch $(ARGS)

clean: ## Remove what was built; models in the cache stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

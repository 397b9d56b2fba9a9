# make help says what there is. Everything happens in .venv; nothing else on the machine changes,
# except that `make test` installs Chromium where it finds none, and fetches promtool into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Python compiles what it imports, and keeps it: to compile all that pip brings takes far longer.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
DATA := $(or $(SLO_DATA),data/store)
LIVE := data/live
PORT := 8501
TESTS ?= -n auto --dist loadfile --no-loadscope-reorder
CODE := $(wildcard app.py slo_core pages clients tests tools benchmarks docs/*.py)

BIN := .venv/bin
RUNTIME := .venv/runtime.stamp
TOOLS := .venv/tools.stamp
CHROMIUM := .venv/chromium.stamp
PROMTOOL_FOUND := .venv/promtool.stamp
SPARK := .venv/spark.stamp

.PHONY: help run live sample test check format test-all long-rounds bench bench-forecast bench-ingest pictures clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: $(RUNTIME) sample ## Open the dashboards in your browser, on sample data unless you have logs
	$(BIN)/streamlit run app.py

sample: $(RUNTIME) # Sample data, where the data folder is empty
	@if [ -z "$$(ls -A '$(DATA)' 2>/dev/null)" ]; then \
	    $(BIN)/python -m slo_core sample --data '$(DATA)'; fi

live: $(RUNTIME) ## Open the dashboards on a story that goes on in real time, to break and to watch
	@if [ -z "$$(ls -A '$(LIVE)' 2>/dev/null)" ]; then \
	    $(BIN)/python -m slo_core sample --data '$(LIVE)' --days 8 --scale 0.5; fi
	@SLO_DATA='$(LIVE)' $(BIN)/streamlit run app.py --server.port $(PORT) & \
	trap "kill $$!" EXIT; \
	$(BIN)/python -m slo_core live run --data '$(LIVE)' --to http://localhost:$(PORT)

test: $(TOOLS) $(CHROMIUM) $(PROMTOOL_FOUND) ## Run all tests, in a real browser too
	$(BIN)/python -m pytest $(TESTS) -m 'not long'

check: $(TOOLS) ## Check style and types, quickly
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)

format: $(TOOLS) ## Put the code in order
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

test-all: check $(CHROMIUM) $(PROMTOOL_FOUND) $(SPARK) ## Check, then test with ten times the random examples, and the long rounds
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest $(TESTS)

long-rounds: $(TOOLS) ## Kill, fill and fuzz for an hour, and write down what was lost
	$(BIN)/python -m tests.long_rounds

bench-forecast: $(TOOLS) sample ## Measure how good projections are, on histories replayed
	$(BIN)/python -m benchmarks.forecast --data '$(DATA)'

bench-ingest: $(TOOLS) ## Measure how quick logs are taken in
	$(BIN)/python -m benchmarks.ingest

bench: $(TOOLS) $(CHROMIUM) ## Measure speed, each figure beside its alternatives
	$(BIN)/python -m benchmarks

pictures: $(TOOLS) $(CHROMIUM) sample ## Renew the pictures in docs/ from the sample data
	$(BIN)/python -m tools.pictures '$(DATA)'

clean: ## Remove what was installed and cached; data stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build
	find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp is newer than what it stands for: the second time costs nothing.
$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": name another with make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -r requirements.txt
	@touch $@

$(TOOLS): requirements-dev.txt $(RUNTIME)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(SPARK): requirements-spark.txt $(TOOLS)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -r requirements-spark.txt
	@touch $@

$(CHROMIUM): tests/chromium.py $(TOOLS)
	$(BIN)/python -m tests.chromium
	@touch $@

# Without it the tests of Prometheus rules fail and say what to do; the others need none.
$(PROMTOOL_FOUND): tests/promtool.py $(TOOLS)
	@if $(BIN)/python -m tests.promtool; then touch $@; fi

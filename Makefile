# The two commands: `make serve` and `make test`. Both install what they need, into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=
STAMP := $(VENV)/.installed
# A process for each core, and in each one thread for what would take a thread for each core.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal

.DEFAULT_GOAL := help
.PHONY: help serve test check format generated shapes bench models clean

help:  ## List the targets.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 12

$(STAMP): pyproject.toml setup.py constraints.txt src/recognizance/gallery/indexes/scan.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name it: make serve PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "venv is missing: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV) (a minute or two the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.developing: $(STAMP) pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[develop]'
	@touch $@

serve: $(STAMP)  ## Install, bring the default models, and serve on 127.0.0.1:8477.
	@$(BIN)/recognizance serve $(if $(DATA),--data $(DATA))

models: $(STAMP)  ## Bring the default models.
	@$(BIN)/recognizance models install

test: $(VENV)/.developing  ## Run the test suite.
	@$(PYTEST)

format: $(VENV)/.developing  ## Put the code into its form.
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

generated: $(VENV)/.developing  ## Write every generated file again.
	@for page in tools/shapes.py tools/settings_page.py tools/cli_page.py tools/coverage_page.py tools/models_page.py tools/policy_page.py tools/accuracy_page.py; do $(BIN)/python $$page || exit 1; done

shapes: $(VENV)/.developing  ## Write shapes.py again from botocore's model.
	@$(BIN)/python tools/shapes.py

check: $(VENV)/.developing  ## All that CI checks.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	@for page in tools/shapes.py tools/settings_page.py tools/cli_page.py tools/coverage_page.py tools/models_page.py tools/policy_page.py tools/accuracy_page.py; do echo "$$page --check"; $(BIN)/python $$page --check || exit 1; done
	$(PYTEST) --cov=recognizance --cov-branch --cov-report=term:skip-covered

bench: $(VENV)/.developing  ## Time everything beside a peer; one table, and JSON in out/.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@$(BIN)/python -m benchmarks

clean:  ## Remove what was made here; data and models stay.
	rm -rf $(VENV) .venv-peer .venv-peer-compiled build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis

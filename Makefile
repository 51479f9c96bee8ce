# Everything happens in .venv, made from any Python 3.11 or later with its venv module.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
DEMO := fixtures/company
BENCHMARKS := normalise extract interpret load matching whole_run accuracy synthetic peers

# compiled modules are kept whatever the environment says: compiling ours anew costs each process a second
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint golden bench soak clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install the program and its tools into .venv
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 setup")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY) ## Unify the invented company's customers and write the report
	$(BIN)/crm-unify run $(DEMO) --yes
	$(BIN)/crm-unify report $(DEMO)

test: $(READY) ## Run the tests on two cores
	$(BIN)/python -m tests.in_memory $(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(READY) ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-logo

golden: $(READY) ## Rewrite the golden files from what the program says now
	$(BIN)/python -m pytest -m golden --rewrite-golden

bench: $(READY) ## Measure time, memory and accuracy, stage by stage
	@set -e; for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

soak: $(READY) ## Try the laws with thousands of examples, and every kill
	$(BIN)/python -m tests.in_memory $(BIN)/python -m pytest -n 2 -m "hypothesis or slow or soak" --hypothesis-profile=soak

clean: ## Remove what make, the tests and the demo leave behind
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf fixtures/*/.crm_unify fixtures/*/crm.db fixtures/*/crm.db-* fixtures/*/crm.db.lock fixtures/*/production.db* fixtures/*/quarantine.xlsx fixtures/*/review.xlsx fixtures/*/sample.* fixtures/*/erasure-*.json fixtures/*/erasure-*.txt fixtures/*/signoff_*.zip fixtures/*/plan.jsonl fixtures/*/report.html fixtures/*/export fixtures/*/rule_book

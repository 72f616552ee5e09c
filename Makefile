# Everything a developer types. Needs Python 3.11 or newer with pip, git and make; Node, uv and databases come along.
.DEFAULT_GOAL := help
.PHONY: help demo test check fuzz bench nightly faults soak web openapi requirements clean bootstrap
MAKEFLAGS += --no-print-directory

PYTHON ?= $(or $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done),python3)
RUN := .venv/bin
# It keeps a file of settings, asks for newer versions and counts its runs, unless it is told otherwise.
SEMGREP := SEMGREP_SETTINGS_FILE="$(CURDIR)/.venv/checks/semgrep.yml" .venv/checks/bin/semgrep scan \
	--metrics=off --disable-version-check --config scripts/semgrep
NPM := PATH="$(CURDIR)/.venv/node:$$PATH" npm_config_cache="$(CURDIR)/.venv/cache/npm" .venv/node/npm --prefix web --silent

help: ## Say what can be typed.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: bootstrap ## Run the desk with the sandbox and sample firms; Ctrl-C ends everything.
	@exec $(RUN)/invekto demo --with-parent

test: bootstrap ## Run every test; the browser stories need Chromium and are counted as skipped without it.
	@$(NPM) run test
	@$(RUN)/python -m pytest -n 2

check: ## Check style, types, layers, rules of our own, and that the generated files are up to date.
	@$(PYTHON) scripts/bootstrap --checks
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports --no-logo
	@.venv/checks/bin/bandit -q -c pyproject.toml -r src migrations scripts hatch_build.py
	@$(SEMGREP) --test scripts/semgrep > .venv/checks/samples.log 2>&1 || { cat .venv/checks/samples.log; exit 1; }
	@$(SEMGREP) --error --quiet --exclude scripts/semgrep src migrations scripts web/src
	@$(RUN)/invekto openapi | diff -u web/openapi.json - || \
		{ echo "The client's OpenAPI document is old: run 'make openapi'."; exit 1; }
	@$(NPM) run api -- --check
	@$(NPM) run check
	@$(NPM) run budget

fuzz: bootstrap ## Ask every route many hundred times what it promises and what it forbids; another seed each time.
	@INVEKTO_FUZZ_EXAMPLES=$(or $(EXAMPLES),100) INVEKTO_FUZZ_SEED=$(or $(SEED),$$(date +%s)) \
		sh -c 'echo "seed $$INVEKTO_FUZZ_SEED"; exec $(RUN)/python -m pytest -q -x tests/attacks/test_fuzz.py'

bench: bootstrap ## Measure against pgbench and the budget; writes bench.json.
	@$(RUN)/python -m benchmarks

nightly: bench ## Measure, and compare with the last release's figures (benchmarks/released.json).
	@$(RUN)/python -m benchmarks.compare

faults: bootstrap ## Bring about every fault RUNS=3 times and write the table of docs/reliability.md; takes over an hour.
	@$(RUN)/python -m tests.faults.report --runs $(or $(RUNS),3)

soak: bootstrap ## MINUTES=20 of mixed load with faults at random, held against the ledger.
	@$(RUN)/python -m tests.faults.soak --minutes $(or $(MINUTES),20)

web: bootstrap ## Build the web client (the other targets do it when its sources changed).

openapi: ## Write the server's OpenAPI document and the client's types made from it.
	@$(PYTHON) scripts/bootstrap --packages-only
	@$(RUN)/invekto openapi > web/openapi.json
	@$(NPM) run api

requirements: ## Pin the requirements again, with hashes (needs uv).
	@uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements/runtime.txt
	@uv pip compile --group pyproject.toml:checks --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements/checks.txt
	@uv pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements/dev.txt

clean: ## Remove the environment, the built client and every cache; the data folder stays.
	@rm -rf .venv .venv.lock web/node_modules web/tools/node_modules web/dist web/dist.unfinished web/dist.old dist build \
		.mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench.json
	@find src tests benchmarks migrations scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

bootstrap:
	@$(PYTHON) scripts/bootstrap

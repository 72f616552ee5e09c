# Everything a developer types. Needs Python 3.11 or newer with pip, git and make; Node, uv and databases come along.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench nightly web openapi requirements clean bootstrap
MAKEFLAGS += --no-print-directory

PYTHON ?= $(or $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done),python3)
RUN := .venv/bin
NPM := PATH="$(CURDIR)/.venv/node:$$PATH" npm_config_cache="$(CURDIR)/.venv/cache/npm" .venv/node/npm --prefix web --silent

help: ## Say what can be typed.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: bootstrap ## Run the desk with the sandbox and sample firms; Ctrl-C ends everything.
	@exec $(RUN)/invekto demo --with-parent

test: bootstrap ## Run every test; the browser stories need Chromium and are counted as skipped without it.
	@$(NPM) run test
	@$(RUN)/python -m pytest -n 2

check: bootstrap ## Check style, types, layers, and that the generated files are up to date.
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports --no-logo
	@$(RUN)/invekto openapi | diff -u web/openapi.json - || \
		{ echo "The client's OpenAPI document is old: run 'make openapi'."; exit 1; }
	@$(NPM) run api -- --check
	@$(NPM) run check
	@$(NPM) run budget

bench: bootstrap ## Measure against pgbench and the budget; writes bench.json.
	@$(RUN)/python -m benchmarks

nightly: bench ## Measure, and compare with the last release's figures (benchmarks/released.json).
	@$(RUN)/python -m benchmarks.compare

web: bootstrap ## Build the web client (the other targets do it when its sources changed).

openapi: ## Write the server's OpenAPI document and the client's types made from it.
	@$(PYTHON) scripts/bootstrap --packages-only
	@$(RUN)/invekto openapi > web/openapi.json
	@$(NPM) run api

requirements: ## Pin the requirements again, with hashes (needs uv).
	@uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements/runtime.txt
	@uv pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements/dev.txt

clean: ## Remove the environment, the built client and every cache; the data folder stays.
	@rm -rf .venv .venv.lock web/node_modules web/tools/node_modules web/dist web/dist.unfinished web/dist.old dist build \
		.mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench.json
	@find src tests benchmarks migrations scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

bootstrap:
	@$(PYTHON) scripts/bootstrap

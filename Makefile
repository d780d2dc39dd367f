# Everything a newcomer needs: `make up`, `make demo`, `make test`. `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
TESTS_AT_ONCE ?= 2

.DEFAULT_GOAL := help
.PHONY: help install install-dev up demo schema check check-style check-imports check-types check-fresh test nightly bench wheel lock snapshots environment secrets clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: ## the virtual environment, from pinned hashes
	@$(PYTHON) -m devstack.install $(VENV) requirements.txt

install-dev: ## the same with what tests and checks need
	@$(PYTHON) -m devstack.install $(VENV) requirements-dev.txt

up: install ## start everything; GraphiQL at http://localhost:4000/
	@exec $(BIN)/python -m devstack up --end-with-parent

demo: install ## the tour of the README, against a running `make up`
	@$(BIN)/python -m devstack demo

schema: install ## export both subgraphs, compose, write the API schema
	@$(BIN)/python -m devstack schema

environment: install ## write .env.example, docs/configuration.md and docs/errors.md from the code
	@$(BIN)/python -m devstack environment

secrets: install ## what docker compose needs: .env and .secrets/
	@$(BIN)/python -m devstack secrets

check: check-style check-imports check-types check-fresh ## format, lint, types, imports, nothing stale

check-style: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-imports: install-dev
	$(BIN)/lint-imports

check-types: install-dev
	$(BIN)/mypy .

check-fresh: install-dev
	$(BIN)/python -m devstack schema --check
	$(BIN)/python -m devstack environment --check
	$(BIN)/python -m router check

test: install-dev ## every test that needs no further programs
	$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadgroup

nightly: install-dev ## long random, load and soak runs
	$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadgroup -m nightly

bench: install-dev ## how fast the router is, against bare prototypes and other routers
	@$(BIN)/python -m benchmarks.router

snapshots: install-dev ## rewrite the expected text of planner and composer cases; review the diff
	UPDATE_SNAPSHOTS=1 $(BIN)/python -m pytest -q -n $(TESTS_AT_ONCE) tests/router || true
	git --no-pager diff --stat -- tests

wheel: install-dev ## the router as a package of its own, in dist/
	$(BIN)/uv build --quiet --wheel --out-dir dist .

lock: install-dev ## pin requirements*.in again
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.txt

clean: ## forget the data of `make up`
	rm -rf .data

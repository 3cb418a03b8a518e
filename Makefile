# gatelog: `make demo` to try it, `make test` before handing in, `make help` for the rest.
PYTHON ?= python3
BIN := .venv/bin
STATIC := src/gatelog/api/static/index.html
ANALYSER := tests/conformance/kql/analyser

.DEFAULT_GOAL := help
.PHONY: help demo test unit bench soak lint format docs lock clean

help: ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/run.stamp $(STATIC) ## install, start everything with the simulator and a little traffic, print the URLs
	@$(BIN)/gatelog demo $(ARGS)

test: .venv/dev.stamp .venv-llamaindex/stamp $(STATIC) $(ANALYSER)/node_modules/.stamp lint ## install everything and run every test (minutes)
	@sh scripts/system-packages.sh
	@cd portal && npm run --silent test
	$(BIN)/pytest -q $(ARGS)

unit: .venv/dev.stamp ## the inner loop: unit tests only (seconds)
	$(BIN)/pytest -q tests/unit $(ARGS)

bench: .venv/dev.stamp $(STATIC) ## measure against the peers and rewrite docs/performance.md (long)
	@sh bench/peers.sh
	$(BIN)/python bench/run.py $(ARGS)

soak: .venv/dev.stamp ## ten minutes of mixed traffic and kill -9; memory, descriptors and row counts must hold
	$(BIN)/python bench/soak.py $(ARGS)

lint: .venv/dev.stamp ## ruff, mypy --strict, the floors, spelling
	$(BIN)/ruff check src tests bench scripts examples
	$(BIN)/ruff format --check -q src tests bench scripts examples
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell src docs tests scripts *.md

format: .venv/dev.stamp ## rewrite the code in the house's layout
	$(BIN)/ruff check -q --fix src tests bench scripts examples
	$(BIN)/ruff format -q src tests bench scripts examples

docs: .venv/dev.stamp ## rewrite the generated parts of docs/
	$(BIN)/python scripts/docs.py

lock: .venv/dev.stamp ## resolve the dependencies anew and rewrite the lock files
	sh scripts/lock.sh

clean: ## remove what make made, but no data
	rm -rf .venv .venv-llamaindex portal/node_modules $(ANALYSER)/node_modules src/gatelog/api/static

.venv/bin/python:
	@sh scripts/check-machine.sh $(PYTHON)
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing gatelog's dependencies (about a minute the first time)"
	@test -e .venv/dev.stamp || $(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "installing the development dependencies (a few minutes the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@ .venv/run.stamp

# llama-index pins an older openai client than the rest of the tests, so it lives by itself.
.venv-llamaindex/stamp: requirements-llamaindex.lock | .venv/bin/python
	$(PYTHON) -m venv .venv-llamaindex
	@.venv-llamaindex/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-llamaindex.lock
	@touch $@

portal/node_modules/.stamp: portal/package-lock.json
	@sh scripts/check-machine.sh $(PYTHON) node
	@echo "installing the portal's dependencies"
	@cd portal && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Microsoft's own KQL analyser, against which names and types are checked.
$(ANALYSER)/node_modules/.stamp: $(ANALYSER)/package-lock.json
	@cd $(ANALYSER) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): portal/node_modules/.stamp $(shell find portal/src portal/index.html portal/vite.config.ts 2>/dev/null)
	@echo "building the portal"
	@cd portal && npm run --silent build
	@touch $@

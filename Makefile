# `make help` lists the targets. Everything runs in .venv, which the locks fill.
PYTHON ?= python3
BIN := .venv/bin
LOCK ?= requirements-cpu.lock
UV := $(BIN)/uv
REAL_DATA := ../shared/rakuten
export RAY_ENABLE_UV_RUN_RUNTIME_ENV := 0
export UV_LINK_MODE ?= copy
ifneq ($(wildcard $(REAL_DATA)/X_train_update.csv),)
export RAYONNAGE_REAL_DATA ?= $(abspath $(REAL_DATA))
endif

.PHONY: help setup demo test quick lint bench screenshots lock chromium mariadb clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.synced ## make .venv from the lock

.venv/.synced: $(LOCK) pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { echo "python3 -m venv does not work here: apt-get install python3-venv"; exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "Installing the locked packages …"
	@cp -a $(UV) .venv/uv-kept && .venv/uv-kept pip sync --quiet --python $(BIN)/python $(LOCK)
	@.venv/uv-kept pip install --quiet --python $(BIN)/python --no-deps --editable .
	@mv .venv/uv-kept $(UV)
	@touch $@

demo: setup ## train the first model when there is none, serve page and API
	@$(BIN)/rayonnage demo

test: setup chromium mariadb ## run every test
	$(BIN)/pytest

quick: setup ## run the fast tests
	$(BIN)/pytest -m "not slow and not e2e and not real_data and not gpu and not cluster"

lint: setup ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## measure against the plain way
	$(BIN)/python -m bench

screenshots: setup chromium ## draw the pictures of the documentation
	$(BIN)/python -m ui.screenshot

lock: setup ## renew the locks from pyproject.toml
	@for extra in cpu gpu; do \
	  $(UV) pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet \
	    --extra $$extra --extra mysql --extra mlflow --extra dev pyproject.toml --output-file requirements-$$extra.lock; \
	done

# The browser tests drive Debian's Chromium, those of the database a MariaDB of their own.
chromium: ; $(call debian,/usr/bin/chromium,chromium,the browser tests)
mariadb: ; $(call debian,/usr/sbin/mariadbd,mariadb-server,the tests of the database)

define debian
	@command -v $(1) > /dev/null || { \
	  echo "Installing $(2) for $(3) …"; \
	  SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$SUDO apt-get update -qq > /dev/null && \
	  DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends $(2) > /dev/null; }
endef

clean: ## remove what the tools left
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info

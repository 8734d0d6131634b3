# run, test and check do all of their set-up on a fresh machine and may be run again at any time.
PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
WORKERS ?= auto
# A word a package, so that the wait is seen to go on; pip's own last lines, and its exit code, come through.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
TOLD := | $(BIN)/python -c 'import sys; [print(f"  {n}  {l.split()[1]}" if l.startswith("Collecting") else l.strip(), flush=True) for n, l in enumerate(sys.stdin, 1) if l.startswith(("Collecting", "Installing", "Successfully", "ERROR"))]'

.DEFAULT_GOAL := help
.PHONY: help run test nightly check messages routes bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.runtime: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the packages, once; this takes a minute or two:"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -r requirements.txt $(TOLD)
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the packages for development, once; this takes two or three minutes:"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -r requirements-dev.txt $(TOLD)
	@touch $(VENV)/.runtime $@

run: $(VENV)/.runtime ## the back office with a demo fleet, on http://127.0.0.1:$$PORT (8000)
	$(BIN)/python manage.py up

test: $(VENV)/.dev ## every test, browser included (DATABASE_URL and REDIS_URL choose other servers)
	$(BIN)/python tests/browser/find_chromium.py
	$(BIN)/python -m pytest -n $(WORKERS)

nightly: $(VENV)/.dev ## the long proofs of credit: 2,000 stories of 50 steps, twenty kills (needs PostgreSQL's programs, Redis)
	CREDIT_CALLS=10000 CREDIT_STORIES=2000 $(BIN)/python -m pytest -n0 -o timeout=0 apps/dcm/tests/test_at_once.py apps/dcm/tests/test_model.py
	$(BIN)/python -m tests.faults.credit

check: $(VENV)/.dev ## style, types, order of rooms, migrations, deployment, translations, icons
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W error manage.py makemigrations --check --dry-run
	DEBUG=0 HTTPS=1 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') ALLOWED_HOSTS=backoffice.example.org \
	  $(BIN)/python -W error manage.py check --deploy --fail-level WARNING
	$(BIN)/python -W error manage.py messages --check
	$(BIN)/python manage.py icons --check

messages: $(VENV)/.dev ## collect and compile the translations
	$(BIN)/python manage.py messages

routes: $(VENV)/.runtime ## print every route with its method, level and handler
	@$(BIN)/python manage.py routes

bench: $(VENV)/.dev ## performance ratios (needs DATABASE_URL of a scratch PostgreSQL)
	$(BIN)/python -m bench

clean: ## remove the environment and local data
	rm -rf $(VENV) var

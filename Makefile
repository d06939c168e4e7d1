# Everything a person does here. `make` alone lists it.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-dev.txt)
# A production that never serves: what `check --deploy` looks at. The key is made afresh each time.
PRODUCTION_LIKE = ENV_FILE=/dev/null DEBUG=0 DATABASE_URL=postgresql://nobody@localhost/none \
	ALLOWED_HOSTS=queue.example.com \
	SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))')"

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-fast check bench format lock vendor budgets chaos coverage stop clean

help:  ## list what can be done
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; \
		do printf '  make %-10s %s\n' "$$name" "$$what"; done

setup: .venv/.synced  ## make the virtual environment (every other target does it when needed)

.venv/.synced: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what requirements-dev.txt names into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'
	@test -w "$${HOME:-/nonexistent}" || export UV_NO_CACHE=1; \
		$(BIN)/uv pip sync --quiet --system-certs --require-hashes --python $(BIN)/python requirements-dev.txt \
		|| { echo "uv could not; trying pip, which knows this machine's own mirrors"; \
			$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt; }
	@touch $@

demo: setup  ## score made-up buyers and listings through sandbox and workers, one of them killed; under 3 minutes
	@$(BIN)/python manage.py demo $(ARGS)

up: setup  ## serve the admin and the workers until Ctrl-C; ARGS="--port 8001 --sandbox"
	@$(BIN)/python manage.py up $(ARGS)

test: setup  ## run every test, three at a time; browser tests fetch a Chromium once; ARGS="-k claim", ARGS="-n 0"
	@$(BIN)/python -m tests.e2e.browser
	@$(BIN)/python -m pytest -n 3 $(ARGS)

test-fast: setup  ## run the tests that start no browser and no processes
	@$(BIN)/python -m pytest -m "not browser and not e2e and not chaos and not slow" $(ARGS)

check: setup  ## look for faults without running tests: style, types, imports, templates, migrations, deployment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/djlint --check --quiet templates
	git ls-files -z '*.py' | xargs -0 $(BIN)/django-upgrade --target-version 5.2 --check
	$(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION_LIKE) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: setup  ## measure on a durable private server; ARGS="drain --jobs 20000 --workers 2 --json"
	@$(BIN)/python -m queueproject.postgres run -- $(BIN)/python -m tests.bench $(ARGS)

budgets: setup  ## hold the budgets against providers that count strictly, ten minutes; ARGS="--window 10 --windows 6"
	@$(BIN)/python -m queueproject.postgres run -- $(BIN)/python -m tests.budgets $(ARGS)

chaos: setup  ## kill, freeze and cut off real processes for half an hour, and show a table; ARGS="-k kills"
	@$(BIN)/python -m tests.chaos $(ARGS)

coverage: setup  ## run the fast tests and show the branches they miss
	@$(BIN)/coverage run -m pytest -m "not browser and not e2e and not chaos and not slow" $(ARGS)
	@$(BIN)/coverage report

format: setup  ## bring code and templates into their form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates

lock: setup  ## resolve the dependencies of pyproject.toml; ARGS=--upgrade takes newer versions
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
		pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
		pyproject.toml --group dev -o requirements-dev.txt

vendor: setup  ## fetch the pinned scripts that pages load, and list what they are
	@$(BIN)/python -m queueproject.console.vendoring

stop:  ## stop the private Postgres servers of this checkout
	@test ! -x $(BIN)/python || for profile in "" --fast; do $(BIN)/python -m queueproject.postgres stop $$profile; done

clean: stop  ## remove what can be made again: environment, caches, private servers with their data
	@test ! -x $(BIN)/python || for profile in "" --fast; do $(BIN)/python -m queueproject.postgres remove $$profile; done
	rm -rf .venv var staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

# make run | test | check | bench | audit | content. Each sets up what it needs and can be run twice.

PORT ?= 5000
BIN := .venv/bin
MAILBOX_PORT = $(shell expr $(PORT) + 1)
STRIPE_PORT = $(shell expr $(PORT) + 2)
SMTP_PORT = $(shell expr $(PORT) + 3)

# Compiled once, not in each of the many processes; where this is set to "no", that is a minute.
export PYTHONDONTWRITEBYTECODE =

# One machine, loopback only; these open nothing anywhere else.
LOCAL = APP_ENV=development PORT=$(PORT) PUBLIC_URL=http://127.0.0.1:$(PORT) \
	MAIL_SERVER=127.0.0.1 MAIL_PORT=$(SMTP_PORT) MAILBOX_PORT=$(MAILBOX_PORT) \
	STRIPE_PORT=$(STRIPE_PORT) STRIPE_API_BASE=http://127.0.0.1:$(STRIPE_PORT) \
	STRIPE_WEBHOOK_SECRET=whsec_local PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: run test test-fast test-postgresql test-endurance test-interleavings search check bench audit content clean

run: .venv/run
	@echo "Database and course …"
	@$(LOCAL) flask db upgrade
	@$(LOCAL) flask course import content/course
	@$(LOCAL) flask booking import content/booking.toml
	@$(LOCAL) flask clinician add rh@kirohaderslev.dk
	@echo
	@echo "  The site      http://127.0.0.1:$(PORT)/"
	@echo "  The clinic    http://127.0.0.1:$(PORT)/klinik  (sign in as rh@kirohaderslev.dk)"
	@echo "  The mailbox   http://127.0.0.1:$(MAILBOX_PORT)/"
	@echo "  Local Stripe  http://127.0.0.1:$(STRIPE_PORT)/_control/"
	@echo "  Stop with Ctrl-C."
	@echo
	@$(LOCAL) honcho start

test: .venv/test
	@deploy/need headless
	@$(MAKE) --no-print-directory test-fast test-postgresql test-endurance
	$(BIN)/pytest tests -m browser -n 2 --dist loadfile

# In memory where there is such a place: the databases' waiting for the disk is not what is tested.
WITHOUT_BROWSER = folder=$$(mktemp -d -p "$$(test -w /dev/shm && echo /dev/shm || echo /tmp)" tests-XXXXXX); \
	trap 'rm -rf "$$folder"' EXIT; $(BIN)/pytest --basetemp="$$folder/run" -n 2 --dist worksteal \
	tests --ignore tests/journeys

# Everything that needs neither Chromium nor long, on SQLite; then what asks a database, on PostgreSQL.
test-fast: .venv/test
	@$(WITHOUT_BROWSER) -m "not endurance and not postgresql"

test-postgresql: .venv/test
	@$(WITHOUT_BROWSER) -m "not endurance and postgresql"

# Both processors at work, and what each test counted printed below.
test-endurance: .venv/test
	@$(WITHOUT_BROWSER) -m endurance

# Two thousand random lives of orders on both databases; a few dozen are part of test-endurance.
test-interleavings: .venv/test
	INTERLEAVINGS=2000 $(BIN)/pytest tests/orders/test_interleavings.py -s -n 2 --hypothesis-profile=search

# What the gate tries with the same examples each time, with many new ones.
search: .venv/test
	$(BIN)/pytest tests -m "hypothesis and not endurance" -n 2 --dist worksteal --hypothesis-profile=search

check: .venv/test .cache/holes/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint templates sandbox/templates --lint --quiet
	@# Fails on a known hole, not on a day when there is nobody to ask.
	.cache/holes/bin/pip-audit -r requirements.txt --disable-pip --no-deps --progress-spinner off \
		>.cache/holes/said 2>&1 || ! grep "known vulnerabilit" .cache/holes/said || { cat .cache/holes/said; exit 1; }

bench: .venv/test
	$(BIN)/python -m bench

# The lessons: length, reading level, tone, sources.
content: .venv/test
	@$(BIN)/python -m audit.content

# Valid HTML and Lighthouse: for these alone Java and Node are installed.
audit: .venv/test audit/node_modules/.package-lock.json
	@deploy/need chromium
	@deploy/need java
	@$(BIN)/python -m audit

audit/node_modules/.package-lock.json: audit/package-lock.json
	@deploy/need node
	@echo "Lighthouse and the Nu Html Checker …"
	@npm ci --prefix audit --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.venv/bin/python:
	@deploy/need python
	@echo "Python environment …"
	@"$$(deploy/need which-python)" -m venv .venv

.venv/run: .venv/bin/python requirements.txt sandbox/requirements.txt
	@echo "Packages (the long part, once) …"
	@$(BIN)/pip install -q --disable-pip-version-check -r sandbox/requirements.txt
	@touch $@

.venv/test: .venv/run tests/requirements.txt
	@echo "Packages for tests and checks …"
	@$(BIN)/pip install -q --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# On its own: it brings libraries that the program would load if it found them (structlog and rich).
.cache/holes/ready: .venv/bin/python audit/requirements.txt
	@echo "The list of known holes …"
	@$(BIN)/python -m venv .cache/holes
	@.cache/holes/bin/pip install -q --disable-pip-version-check -r audit/requirements.txt
	@touch $@

clean:
	rm -rf .venv .cache/holes audit/node_modules instance .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Needs python3 (3.11 or newer), git and make. The rest is fetched into .tools/ and .venv/ by .ci/bootstrap.py.

PYTHON ?= python3
# Another interpreter gets an environment of its own: make test PYTHON=python3.13
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
BOOTSTRAP := $(PYTHON) .ci/bootstrap.py --venv $(VENV)

.DEFAULT_GOAL := help
.PHONY: help demo run test check fmt bench
MAKEFLAGS += --no-print-directory

help: ## list these targets
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: ## the console with jobs to look at, on http://localhost:8000 (PORT, DEMO_PASSWORD); needs no servers
	@$(BOOTSTRAP)
	@$(BIN)/python manage.py demo

run: ## the same on the RabbitMQ and Redis of LEVERET_AMQP_URL and LEVERET_REDIS_URL
	@$(BOOTSTRAP)
	@$(BIN)/python manage.py demo --servers

test: ## all tests, against real servers, which are found or started first (ARGS='-k retry')
	@$(BOOTSTRAP) --dev
	@$(BIN)/python -m tests.servers -- $(BIN)/pytest $(ARGS)

check: ## everything that needs no server: style, types, layers, templates, migrations
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/check.py

fmt: ## rewrite Python files and templates into the house style
	@$(BOOTSTRAP) --dev
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format --quiet .
	@git ls-files -z -- 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --target-version 5.2

bench: ## the engine's figures on the servers of LEVERET_AMQP_URL and LEVERET_REDIS_URL (ARGS='--runs 5')
	@$(BOOTSTRAP) --dev
	@$(BIN)/python -m benchmarks.engine $(ARGS)

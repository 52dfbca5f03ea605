# Nothing is needed but a POSIX shell, make and Python 3.11 to 3.14: everything else goes into .venv.
#
# Options, from the environment or behind the target:
#   PYTHON=python3.13    the Python that .venv is made from; else the one it has, else the newest here
#   PORT=8000            where `make serve` listens, on loopback
#   PYTEST_ARGS=         what `make test` hands to pytest: PYTEST_ARGS="tests/votes -x"
#   FAULTS=long          how hard `make test` tries its tests of faults: 20,000 readers, 50 kills, a quarter of an hour's outage
#   ARGS=                what `make manage` hands to manage.py: ARGS="import_catalog FILE"
#   ARGS=                what `make bench` measures alone: ARGS=pages, ARGS=memory, ARGS=votes, ARGS=mail, ARGS=growth, ARGS=catalog, ARGS=desk
#   DATABASE_URL, REDIS_URL             engines of your own for `make serve`
#   TEST_DATABASE_URL, TEST_REDIS_URL   the same for `make test`, which never touches the former
#   POSTGRES_MAJOR=18    which PostgreSQL a new private database is made with
#   VAR_DIR=var          where data, logs and passwords lie

# Hundreds of processes of the tests load the product: compiled once, it loads in less time.
unexport PYTHONDONTWRITEBYTECODE
# Of another project in the same shell: its packages and settings would take the place of ours.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH DJANGO_SETTINGS_MODULE

PYTHON ?= $(shell sh backend/find_python.sh)
BIN = .venv/bin
DEVSTACK = $(BIN)/python -m backend.devstack

.PHONY: help secrets serve stop reset manage test pictures lint format types schema contract fuzz deploycheck bench bench-quick lock upgrade audit clean runtime dev

help: ## Show the targets and options
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-19s%s\n", $$1, $$2 }'
	@sed -n '/^# Options/,/^$$/s/^#//p' Makefile

secrets: ## Print a .env with new secrets: make -s secrets > .env
	@"$(PYTHON)" -P backend/env_file.py

serve: runtime ## Run the product on http://127.0.0.1:8000 and a site on the next free port, with data kept in var/serve
	@exec $(DEVSTACK) serve

stop: runtime ## End what `make serve` started
	@exec $(DEVSTACK) stop

reset: runtime ## Stop, and remove the data of `make serve`
	@exec $(DEVSTACK) reset

manage: runtime ## Run manage.py with the data of the running `make serve`
	@exec $(DEVSTACK) manage $(ARGS)

# The tests' own calls of make must not print what this one was told to, as that it enters a folder (`make -C`).
test: dev ## Run the tests on a private PostgreSQL and Redis
	@unset MAKEFLAGS; exec $(DEVSTACK) run -- $(BIN)/python -m pytest -n auto --maxprocesses 16 --no-loadscope-reorder $(PYTEST_ARGS)

pictures: dev ## Take the pictures of docs/curators.md into docs/pictures, on a curator's first day (needs Chromium)
	@mkdir -p docs/pictures
	@exec $(DEVSTACK) run -- env PICTURES=docs/pictures $(BIN)/python -m pytest -n 0 -rs tests/browser/test_first_day.py

lint: dev ## Check style, import directions and declared dependencies
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/deptry .

format: dev ## Mend what the linter can mend
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types: dev ## Check types
	@exec $(DEVSTACK) run -- $(BIN)/python -m mypy

schema: dev ## Write openapi.yaml anew, and the collection of requests for Postman
	@$(DEVSTACK) run -- $(BIN)/python manage.py spectacular --file openapi.yaml --validate --fail-on-warn
	$(BIN)/python -m contract.collection

contract: dev ## Lint openapi.yaml, generate clients by five generators, compile the site, let each client call a live server (needs Node.js)
	cd contract && npm ci --silent && npm run --silent check
	cd clients/typescript && npm ci --silent && npm run --silent check
	$(BIN)/python -m contract.breaking
	@$(BIN)/python backend/bootstrap.py generators
	@$(DEVSTACK) run -- $(BIN)/python -m contract.calls
	@exec $(DEVSTACK) run -- $(BIN)/python -m contract.vote

fuzz: dev ## Send generated requests to a live server on demo content
	@exec $(DEVSTACK) run -- $(BIN)/python -m contract.fuzz

deploycheck: dev ## Check production settings and the compose file (needs docker-compose)
	@exec $(DEVSTACK) run -- env PUBLIC_BASE_URL=https://api.example.com ALLOWED_HOSTS=api.example.com BEHIND_TLS_PROXY=true CLIENT_ADDRESS_HEADER=ClientAddress TRUSTED_PROXIES=10.0.0.0/8 $(BIN)/python manage.py check --deploy --fail-level WARNING
	SECRET_KEY=x POSTGRES_PASSWORD=x VOTER_KEYS=x VOTER_PEPPER=x NEWSLETTER_KEYS=x NEWSLETTER_PEPPER=x docker-compose --file docker-compose.yml config --quiet

bench: runtime ## Measure speed beside nginx, pgbench, FastAPI and Fastify; `make bench-quick` takes three minutes
	@$(BIN)/python backend/bootstrap.py bench
	@exec $(DEVSTACK) run --durable -- $(BIN)/python -m bench $(ARGS)

bench-quick:
	@$(MAKE) --no-print-directory bench ARGS="--quick $(ARGS)"

lock: dev ## Resolve requirements/*.txt anew from pyproject.toml, with as few changes as it asks for
	$(BIN)/uv pip compile $(LOCK) pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile $(LOCK) --group embedded -o requirements/embedded.txt
	$(BIN)/uv pip compile $(LOCK) --group providers -c requirements/runtime.txt -o requirements/providers.txt
	$(BIN)/uv pip compile $(LOCK) --group bench -c requirements/dev.txt -o requirements/bench.txt
	$(BIN)/uv pip compile $(LOCK) --group generators -c requirements/dev.txt -o requirements/generators.txt
	echo uv | $(BIN)/uv pip compile $(LOCK) - -o requirements/uv.txt

upgrade: ## Resolve them to the newest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory lock LOCK_OPTIONS=--upgrade

audit: dev ## Look up the versions of requirements/*.txt among known vulnerabilities
	@for file in runtime providers dev embedded; do \
	    $(BIN)/pip-audit --progress-spinner off --disable-pip --require-hashes -r requirements/$$file.txt >var/audit.log 2>&1 \
	        || { cat var/audit.log >&2; exit 1; }; \
	    echo "$$file: no known vulnerability; $$(grep -c 'could not be audited' var/audit.log) of $$(grep -c == requirements/$$file.txt) versions unknown to the index"; \
	done

LOCK = --quiet $(LOCK_OPTIONS) --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

clean: ## Remove .venv and every cache; the data of `make serve` stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

runtime dev:
	@python="$(PYTHON)"; command -v "$${python:-none}" >/dev/null || { echo "There is no $${python:-Python 3.11 to 3.14} here:" \
	    'install one (`apt install python3 python3-venv`), or name one with `make PYTHON=/path/to/python3`.' >&2; exit 1; }; \
	"$$python" backend/bootstrap.py $@

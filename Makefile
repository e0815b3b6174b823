# The commands of the project, the same for a person and for CI. Needs Python 3.11 and pip; everything else is fetched.
.DELETE_ON_ERROR:
.PHONY: demo test check contract fix bench lock programs clean

PYTHON ?= python3
PORT ?= 8000
ZIMBRA_PORT ?= 8070
RESET ?=
PYTEST_ARGS ?=
BIN := .venv/bin

# The demo and the tests start dozens of processes: what Python has compiled once is kept, whatever the surroundings say.
unexport PYTHONDONTWRITEBYTECODE

# `--without-pip` and `pip --python`: Debian's Python comes without the module that puts pip into an environment.
define environment
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	@echo "Installation des dépendances ($(1))…"
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --require-hashes --requirement $(1)
	@touch $@
endef

.venv/.installed: requirements.lock
	$(call environment,requirements.lock)

.venv/.installed-dev: requirements-dev.lock
	$(call environment,requirements-dev.lock)
	@touch .venv/.installed

demo: .venv/.installed
	@$(BIN)/python manage.py demo --port $(PORT) --zimbra-port $(ZIMBRA_PORT) $(if $(RESET),--reset)

# Debian's Chromium, curl, sieve-test, PostgreSQL and Postfix, for the tests that need them; left out, and said, where
# they cannot be had.
programs:
	@.ci/programs

test: .venv/.installed-dev programs
	@$(BIN)/python -m pytest -n 3 --dist worksteal $$(command -v chromium >/dev/null || echo "-m not\ browser") $(PYTEST_ARGS)

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m pytest -q -p no:randomly tests/test_architecture.py tests/test_project.py

# What the client counts on from a Zimbra, and which of it was ever seen on a real one (docs/contract.md).
contract: .venv/.installed-dev
	@$(BIN)/python -m pytest -q -p no:randomly --contract-list tests/zimbra/contract

fix: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.installed-dev
	@for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done
	@echo "== workers killed at 20 random moments; people who act on a box at once, each scene 200 times"
	@PORTAL_TEST_KILLS=20 PORTAL_TEST_ROUNDS=200 $(BIN)/python -m pytest -q tests/races
	@echo "== properties of readers and writers, each with all its examples"
	@PORTAL_TEST_ROUNDS=200 $(BIN)/python -m pytest -q -m hypothesis
	@PORTAL_TEST_ROUNDS=200 $(BIN)/python -m pytest -q -k endless tests/bascule/conversions/signatures
	@echo "== filters: old scripts and Zimbra's, by sieve-test, ten times as many"
	@PORTAL_PROOF_ROUNDS=10 $(BIN)/python -m pytest -q tests/bascule/conversions/filters/proof tests/bascule/conversions/filters/test_zimbra_engine_proof.py

lock: .venv/.installed-dev
	$(BIN)/uv pip compile --quiet pyproject.toml --generate-hashes --no-header --no-annotate --universal --python-version 3.11 --output-file requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --generate-hashes --no-header --no-annotate --universal --python-version 3.11 --output-file requirements-dev.lock

clean:
	rm -rf .venv var

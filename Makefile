# run · test · format · lint · cover · load · docs · clean. Every target sets itself up.

PYTHON ?= $(firstword $(foreach candidate,python3.11 python3.12 python3.13 python3.14 python3,\
	$(if $(shell command -v $(candidate) 2>/dev/null),$(candidate))))
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-to-run
TEST_READY := $(VENV)/.ready-to-test
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run test check-code unit golden interop peers format lint cover load docs clean

run: $(RUN_READY) ## start on conf/ and rules/, with backends of its own to answer
	$(BIN)/bfe-py run -c conf -r rules --demo

test: $(TEST_READY) lint ## everything that CI asks for
	sh tests/interop/install_peers.sh
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q
	$(BIN)/coverage combine -q
	$(BIN)/python tests/kit/coverage_policy.py

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: apt-get install python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found; name one: make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); sh tests/interop/install_venv.sh $(PYTHON); $(PYTHON) -m venv $(VENV); }

$(RUN_READY): $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@$(BIN)/python -m compileall -q bfe_py
	@touch $@

$(TEST_READY): $(RUN_READY)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

lint: $(TEST_READY) ## ruff, mypy, import contracts
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

format: $(TEST_READY) ## rewrite the layout of the code
	$(BIN)/ruff check -q --fix-only . && $(BIN)/ruff format -q .

golden: $(TEST_READY) ## recorded answers of BFE against this proxy
	$(BIN)/python -m pytest -q tests/golden

cover: $(TEST_READY) ## coverage of every file against the policy
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q tests/unit tests/conformance tests/property tests/integration
	$(BIN)/coverage combine -q
	$(BIN)/python tests/kit/coverage_policy.py

load: $(RUN_READY) ## speed beside that of other proxies; ARGS="--quick --only cpu"
	$(BIN)/python -m loadtest $(ARGS)

docs: $(TEST_READY) ## write docs/ anew from the code
	$(BIN)/bfe-py docs --output docs

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build *.egg-info

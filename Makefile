# Thin verbs over `claims` (lib/suite/cli.py), pytest and ruff. `make` alone prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help figures test test-paths mutants run sweep bench lab lint lock site read test-site clean
# The targets share the environment and two cores: what runs side by side, they decide themselves.
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?=
NOTEBOOK ?=
PARAMETERS ?=
OUTPUT ?=
SEEDS ?= 30
FIRST ?=
SCALE ?=
SCHEDULER ?=
PIP_OPTIONS ?=
PORT ?=
LAB_OPTIONS ?=
# To the shells as environment variables: no quote or bracket in a value meets make or a command line.
export NOTEBOOK PARAMETERS OUTPUT SCHEDULER SCALE

help: ## print the targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 13
	@echo 'variables: NOTEBOOK, PARAMETERS="seed=7 depths=[2,3]", OUTPUT, SEEDS, FIRST, SCALE, SCHEDULER, JOBS, PYTHON, PIP_OPTIONS'

# .installed, written last, holds the checksum of the lock and of where we are: an environment that was
# left half made, moved, or belongs to another lock is made again. (Times say nothing in a fresh clone.)
.PHONY: environment
environment:
	@wanted="$$({ pwd; cat requirements.txt; } | cksum)"; \
	[ "$$(cat $(VENV)/.installed 2>/dev/null)" != "$$wanted" ] || exit 0; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo '$(PYTHON) is missing or older than 3.11; name another: make PYTHON=python3.12' >&2; exit 1; }; \
	set -e; mkdir -p build; exec 9>build/environment.lock; \
	if command -v flock >/dev/null; then flock 9; fi; \
	[ "$$(cat $(VENV)/.installed 2>/dev/null)" != "$$wanted" ] || exit 0; \
	echo 'making $(VENV) from requirements.txt: some minutes; on Linux without a CUDA card up to 3 GB come, unless the CPU build of torch is named: see environment.yml, PIP_OPTIONS'; \
	$(PYTHON) -m venv --clear $(VENV); \
	$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_OPTIONS) -r requirements.txt; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_OPTIONS) --no-deps -e .; \
	echo "$$wanted" > $(VENV)/.installed

figures: environment ## re-run what changed: notebooks, results, figures, README table (SCALE=paper: into build/paper)
	@case "$$SCALE" in \
	  "") $(BIN)/claims figures $(if $(JOBS),--jobs $(JOBS)) $$NOTEBOOK;; \
	  paper) $(BIN)/claims paper $$NOTEBOOK;; \
	  *) echo "SCALE '$$SCALE' is not allowed; paper is" >&2; exit 2;; \
	esac

# What nbval's kernels write (ledgers, figures) is compared too: nbval sees only what is printed.
test: environment ## unit tests, structure and pairing of notebooks, then every stored output anew
	$(BIN)/python -m pytest -q -n 2 tests
	@rm -rf build/nbval && mkdir -p build/nbval
	env -u MPLBACKEND CLAIMS_COMPARE="$$PWD/build/nbval" OMP_NUM_THREADS=1 \
	  MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0 IPYTHONDIR="$$PWD/build/nbval/ipython" \
	  $(BIN)/python -m pytest -q --nbval --nbval-current-env -n 2 --dist loadscope notebooks/*.ipynb
	$(BIN)/claims compare build/nbval

test-paths: environment ## unit tests and stored outputs on the code paths of other processors (PATHS="oldest other": those)
	$(if $(JOBS),JOBS=$(JOBS) )tests/paths.sh $(BIN)/python $(PATHS)

mutants: environment ## wrong theories that the notebooks must reject: make mutants NOTEBOOK=... (all without)
	@$(BIN)/claims mutants $(if $(JOBS),--jobs $(JOBS)) $$NOTEBOOK

run: environment ## one notebook with other parameters: make run NOTEBOOK=... PARAMETERS="seed=7" OUTPUT=folder
	@[ -n "$$NOTEBOOK" ] || { echo 'give NOTEBOOK=, one of:' >&2; $(BIN)/claims list >&2; exit 2; }
	@set -f; $(BIN)/claims run "$$NOTEBOOK" $${OUTPUT:+--output "$$OUTPUT"} $$PARAMETERS

sweep: environment ## notebooks on fresh seeds: make sweep NOTEBOOK=... SEEDS=100 (all notebooks without NOTEBOOK)
	@$(BIN)/claims sweep --seeds $(SEEDS) $(if $(FIRST),--first $(FIRST)) $(if $(JOBS),--jobs $(JOBS)) $${SCHEDULER:+--scheduler "$$SCHEDULER"} $$NOTEBOOK

bench: environment ## our stepping against jax and the processor's best: build/benchmarks.json, benchmarks/README.md
	$(BIN)/python benchmarks/bench.py --publish

lab: environment ## copies of the notebooks in JupyterLab, to be changed at will (LAB_OPTIONS are its own)
	@$(BIN)/claims lab -- $(LAB_OPTIONS)

lint: environment ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The reading site has an environment of its own, without torch: what it shows is stored already.
SITE_VENV := .venv-site
SITE_BIN := $(SITE_VENV)/bin
.PHONY: site-environment
site-environment:
	@wanted="$$({ pwd; cat requirements-site.txt; } | cksum)"; set -e; \
	[ "$$(cat $(SITE_VENV)/.installed 2>/dev/null)" != "$$wanted" ] || exit 0; \
	echo 'making $(SITE_VENV) from requirements-site.txt'; \
	$(PYTHON) -m venv --clear $(SITE_VENV); \
	$(SITE_BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_OPTIONS) -r requirements-site.txt; \
	echo "$$wanted" > $(SITE_VENV)/.installed

# SITE_REPOSITORY and SITE_URL, where they are set: addresses of the repository and of the published site.
site: site-environment ## build the reading site from what is committed: build/site/html
	@rm -rf build/site
	@$(SITE_BIN)/python site/stage.py
	@$(SITE_BIN)/python -m sphinx -W --keep-going -q -b html -c site -d build/site/doctrees build/site/source build/site/html
	@echo "build/site/html/index.html: $$(du -sh build/site/html | cut -f1)"

read: site ## build the site and serve it; the address is printed
	@$(SITE_BIN)/python site/serve.py $(PORT)

test-site: environment site ## the built site in a browser, and its scripts against lib
	$(BIN)/python -m pytest -q -n 2 site/tests

# uv reads metadata only. What torch asks for under CUDA is left out by pyproject.toml.
lock: environment ## compile both requirements*.in to requirements*.txt; make lock LOCK_OPTIONS=--upgrade
	for name in requirements requirements-site; do $(BIN)/uv pip compile --quiet $(LOCK_OPTIONS) --universal --python-version 3.11 \
	  --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit; done

clean: ## remove build/, but for what you wrote in JupyterLab (build/lab)
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name lab -exec rm -rf {} +

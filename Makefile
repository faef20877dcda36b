# Everything a developer, an operator and CI call. Each target says what it does: `make help`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

NETWORKS ?= $(or $(CUTOUTD_MODELS_DIR),data/models)

BUILT  := pyproject.toml hatch_build.py tools/install $(wildcard src/cutoutd/imaging/c/*)

.DEFAULT_GOAL := help
.PHONY: audit bench bench-edges bench-gpu bench-mnn bench-peers bench-precision bench-real chaos chart check check-files check-layers check-openapi check-python check-types clean clients conformance coverage \
	corpus dist docs e2e examples fix fuzz generate generated-clients help hooks image image-daemonless install-lines lock sanitize sbom scale scaled-demo serve setup size soak stranger test test-runtimes train-smoke

help: ## Show the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.runtime ## Install cutoutd into .venv, nothing else

serve: $(VENV)/.runtime ## Set up if need be, then serve on 127.0.0.1:8000
	@exec $(BIN)/cutoutd serve

test: $(VENV)/.dev $(if $(T),,$(VENV)/.clients) ## Set up if need be, then run the tests, or some: make test T=tests/imaging/test_png.py
	$(BIN)/python -m pytest -q $(or $(T),--numprocesses auto --maxprocesses 4 --dist worksteal)

coverage: $(VENV)/.dev $(VENV)/.clients ## Run the tests and say which lines they leave out; fewer than the floor is an error (but for costs, which it would change)
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -q --numprocesses auto --maxprocesses 4 --dist worksteal --ignore tests/fuzz/test_costs.py
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report

clients: $(VENV)/.clients ## Install the real clients that the tests drive

conformance: $(VENV)/.dev $(VENV)/.clients ## Say how much of each vendor's API is here, by the tests that prove it
	@$(BIN)/python -m tools.conformance

test-runtimes: ## Check the models beside rembg, OpenVINO, MNN and Triton, in environments of their own
	@tools/test_runtimes

check: check-python check-types check-layers check-files check-openapi ## Lint, format, types, layers, and the files beside the code

check-python: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: $(VENV)/.dev
	$(BIN)/mypy

check-layers: $(VENV)/.dev
	$(BIN)/lint-imports

check-files: $(VENV)/.dev
	$(BIN)/yamllint --strict .
	$(BIN)/hadolint Dockerfile docker/gpu.Dockerfile
	$(BIN)/check-jsonschema -q --builtin-schema vendor.compose-spec docker/compose*.yaml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet .github

check-openapi: $(VENV)/.lint
	@if [ -x $(VENV)/lint/node_modules/.bin/redocly ]; then \
		$(VENV)/lint/node_modules/.bin/redocly lint --config redocly.yaml openapi.yaml 2>&1 | grep -v '[║╔╚]' && \
		$(VENV)/lint/node_modules/.bin/spectral lint --quiet --fail-severity warn openapi.yaml; \
	else echo "NOT TESTED: openapi.yaml is not linted without npm"; fi

generated-clients: $(VENV)/.dev ## Generate clients from openapi.yaml for four languages, and call a server with each
	@tools/test_generated_clients

hooks: $(VENV)/.dev ## Let Git run the checks before each commit
	$(BIN)/pre-commit install

fix: $(VENV)/.dev ## Mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

e2e: $(VENV)/.dev ## Try the pages in headless Chromium, and make the documentation's screenshots
	$(BIN)/python -m pytest -q -m e2e tests/e2e

stranger: $(VENV)/.dev ## Time a stranger's first five minutes: clone, serve, drop a photo, run the curl
	$(BIN)/python -m tests.e2e.stranger

docs: $(VENV)/docs/.installed ## Build the documentation into build/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --strict --quiet
	@echo "build/site/index.html"

generate: $(VENV)/.dev ## Write what the code knows best anew: openapi.yaml, tables and quoted code of the pages
	$(BIN)/python -m tools.generate

examples: $(VENV)/.dev ## Record anew what the server answers to each main operation, for openapi.yaml
	$(BIN)/python -m tools.record_examples
	$(BIN)/python -m tools.generate

dist: $(VENV)/.dev ## Build the wheel and the source archive into dist/
	$(BIN)/uv build --quiet --out-dir dist
	@ls -l dist

image: ## Build the container image cutoutd:latest
	docker build --tag cutoutd:latest .

image-daemonless: ## Build the image and try it where there is no Docker: as root, by buildah on Debian's packages
	@docker/daemonless.sh

chart: ## Lint the Helm chart and pack it into build/chart
	@rm -rf build/chart && mkdir -p build/chart
	PATH="$(CURDIR)/$(BIN):$$PATH" helm lint --strict docker/helm/cutoutd
	PATH="$(CURDIR)/$(BIN):$$PATH" helm package docker/helm/cutoutd --destination build/chart

install-lines: dist ## Run every install line of the pages in a Debian that has only Python: as root, by buildah
	@docker/install_lines.sh

bench: .venv-bench/.installed ## Measure speed and memory beside rembg, in an environment of its own
	PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.speed --memory --no-special $(BUSY)
	PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.speed --keep --cases $(BUSY)
	@if [ -e $(NETWORKS)/u2netp.onnx ]; then $(MAKE) bench-real; else \
		echo "NOT MEASURED: no networks in $(NETWORKS); name their folder with: make bench NETWORKS=…"; fi
	PYTHONPATH=src:. .venv-bench/bin/python benchmarks/models.py --rembg
	PYTHONPATH=src:. .venv-bench/bin/python benchmarks/runtime.py

bench-mnn: .venv-bench/.installed ## The same where networks run on MNN (the extra `mnn`)
	PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.speed --provider mnn $(BUSY)
	PYTHONPATH=src:. .venv-bench/bin/python benchmarks/models.py throughput memory latency --provider mnn --rembg

bench-real: .venv-bench/.installed ## Published networks through cutoutd, rembg and what `make bench-peers` installed: NETWORKS=…, PHOTOS=…, DATA=…
	PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.real speed $(NETWORKS) $(BUSY) $(if $(PHOTOS),--photos $(PHOTOS))
	$(if $(DATA),PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.real quality $(NETWORKS) --data $(DATA) --missing)

bench-peers: ## Install the other programs that bench-real measures, each in an environment of its own
	-@$(MAKE) --no-print-directory .venv/bench-peers/backgroundremover/.installed
	-@$(MAKE) --no-print-directory .venv/bench-peers/imgly/.installed

bench-edges: .venv-bench/.installed ## Measure edges and colours beside rembg's on drawn pictures
	PYTHONPATH=src:. .venv-bench/bin/python benchmarks/edges.py
	PYTHONPATH=src:. .venv-bench/bin/python benchmarks/edges.py --blurred

.venv/bench-peers/backgroundremover/.installed: benchmarks/real/peers/backgroundremover.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	touch $@

# Without scripts: one would fetch ONNX Runtime for CUDA from elsewhere, the one for CPUs is in the package.
.venv/bench-peers/imgly/.installed: benchmarks/real/peers/imgly.json
	mkdir -p $(@D)
	cp $< $(@D)/package.json
	npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts --prefix $(@D)
	touch $@

bench-precision: .venv-bench/.installed ## Measure what lower precision costs and gains: DATA=shards NETWORKS=published ones
	PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.precision $(DATA) $(NETWORKS) quality
	PYTHONPATH=src:. .venv-bench/bin/python -m benchmarks.precision $(DATA) $(NETWORKS) times

bench-gpu: .venv-gpu/.installed ## Measure networks and the pipeline on a GPU, in 12 minutes: NETWORKS=published ones
	PYTHONPATH=src:. .venv-gpu/bin/python -m benchmarks.gpu $(NETWORKS)

# As docker/gpu.Dockerfile does it; PyTorch brings CUDA and cuDNN along.
.venv-gpu/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-gpu
	.venv-gpu/bin/python -m pip --disable-pip-version-check --quiet install '.[models]' torch
	.venv-gpu/bin/python -m pip --disable-pip-version-check --quiet uninstall --yes onnxruntime
	.venv-gpu/bin/python -m pip --disable-pip-version-check --quiet install onnxruntime-gpu
	touch $@

# py-sod-metrics by itself: it asks for scikit-image below 0.26, rembg for 0.26, which it runs with.
.venv-bench/.installed: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install '.[server]' -r benchmarks/requirements.txt
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --no-deps pysodmetrics==1.6.2
	touch $@

train-smoke: training/.venv/.installed ## Pack, train, export, evaluate on 64 drawn pictures; test training
	OMP_NUM_THREADS=1 training/.venv/bin/python -W ignore -m training.smoke
	OMP_NUM_THREADS=1 training/.venv/bin/python -m pytest -q tests/training --confcutdir=tests/training

lock: $(VENV)/.dev ## Resolve the requirements anew, with hashes and without index addresses
	@tools/lock

chaos: $(VENV)/.dev ## Kill processes and the database at random, and lose nothing
	$(BIN)/python -m tests.chaos

scaled-demo: $(VENV)/.dev ## PostgreSQL, S3, one web process, two workers, one accident
	$(BIN)/python -m tests.chaos.scaled_demo

scale: $(VENV)/.dev ## Measure a job and the queue, validate the simulation of many machines: some ten minutes of an idle machine
	$(BIN)/python -m benchmarks.scale $(S)
	$(BIN)/python -m tools.generate

fuzz: $(VENV)/.dev ## Send damaged files and odd requests to every dialect, and weigh what a request costs: some fifteen minutes
	FUZZ_SECONDS=61 timeout 1200 $(BIN)/python -m pytest -q tests/fuzz tests/test_contract.py
	@mkdir -p build
	@$(BIN)/python -c "import atheris" 2>/dev/null || { echo "NOT TESTED: atheris is for Linux on x86-64"; exit 0; }; \
		$(BIN)/python -m tests.fuzz.parsers -max_total_time=25 -max_len=300 -verbosity=0 -artifact_prefix=build/

sanitize: $(VENV)/.dev ## Run the kernels' tests with GCC's sanitizers for addresses and undefined behaviour
	@tools/sanitize

corpus: $(VENV)/.dev ## Read some 400 files drawn from one picture, and print how many are right
	$(BIN)/python -W ignore -m tests.imaging.corpus

size: ## Install into a fresh environment, and say how large that is and how long it took
	$(PYTHON) tools/measure_installation.py

soak: $(VENV)/.dev ## Ten thousand mixed requests: memory, threads and files must stay flat
	$(BIN)/python benchmarks/soak.py

audit: $(VENV)/.dev ## Look for known vulnerabilities in what we pin
	$(BIN)/python -m pip_audit --require-hashes --disable-pip --requirement requirements/runtime.txt

sbom: $(VENV)/.dev ## Write the bill of materials of the image's Python packages: build/sbom.cdx.json
	@mkdir -p build
	$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom.cdx.json requirements/image.txt
	@echo "build/sbom.cdx.json"

clean: ## Remove .venv and what the tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cutoutd needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements/runtime.txt $(BUILT) | $(VENV)/bin/python
	@echo "Installing cutoutd into $(VENV) (once; about a minute) …"
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@tools/install
	@touch $@

training/.venv/.installed: requirements/training.txt requirements/torch.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what training needs into training/.venv (once; about a minute, PyTorch is large) …"
	@$(BIN)/python -m venv training/.venv
	@training/.venv/bin/python -m pip --disable-pip-version-check --quiet install -r requirements/torch.txt
	@training/.venv/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/training.txt
	@tools/install training/.venv/bin/python
	@touch $@

# Beside the rest: what both need, they pin at different versions.
$(VENV)/docs/.installed: requirements/docs.txt | $(VENV)/bin/python
	@echo "Installing what builds the documentation into $(VENV)/docs (once) …"
	@$(BIN)/python -m venv $(VENV)/docs
	@$(VENV)/docs/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/docs.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(BUILT) | $(VENV)/bin/python
	@echo "Installing cutoutd and its development tools into $(VENV) (once; about a minute) …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@tools/install
	@touch $@ $(VENV)/.runtime

$(VENV)/.lint: tools/lint/package.json | $(VENV)/bin/python
	@echo "Installing what lints openapi.yaml into $(VENV)/lint (once) …"
	@mkdir -p $(VENV)/lint
	@cp tools/lint/package.json $(VENV)/lint/
	@npm install --silent --no-audit --no-fund --no-package-lock --prefix $(VENV)/lint || true
	@touch $@

$(VENV)/.clients: tests/programs/requirements.txt tests/programs/package.json requirements/helm.txt | $(VENV)/.dev
	@echo "Installing the real clients that the tests drive into $(VENV)/clients …"
	@$(PIP) install --upgrade --target $(VENV)/clients/python --no-deps -r tests/programs/requirements.txt
	@$(PIP) install --upgrade --target $(VENV)/clients/python huggingface-hub aiofiles asyncstdlib httpx-sse websockets runware-sdk==1.8.0
	@tools/install_helm
	@cp tests/programs/package.json $(VENV)/clients/
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/clients || \
		echo "Without npm, the npm client of remove.bg and the S3 server s3rver are not tried here."
	@touch $@

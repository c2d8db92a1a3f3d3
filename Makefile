# Every target sets up what it needs by itself. Start with `make demo` or `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The matrices in tests are small: numpy's threads would only wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
# Many tests wait for something: one process more than there are cores keeps those busy.
TEST_PROCESSES ?= $(shell expr $$(nproc) + 1)
# Only the library is needed, not llama.cpp's own programs.
export CMAKE_ARGS ?= -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF

.PHONY: demo test live check lint types imports format install install-gpu fuzz pictures kill crash lock clean help
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp ## Judge a small invented chat and print the cards
	@$(BIN)/safeguild demo

test: $(VENV)/dev.stamp ## Run the test suite
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal

check: lint types imports test ## All that CI checks: format, lint, types, import direction, tests

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/dev.stamp
	@$(BIN)/mypy

imports: $(VENV)/dev.stamp
	@$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Format the code and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

install: $(VENV)/run.stamp ## Install Safeguild into .venv, llama.cpp for the CPU

# llama.cpp is built for the GPU of this machine. With GPU_WHEELS=cu124 (or another of the bindings' own index)
# a prebuilt wheel is taken instead.
install-gpu: $(VENV)/run.stamp ## The same with llama.cpp for CUDA (GPU_WHEELS=cu124: prebuilt)
ifdef GPU_WHEELS
	$(PIP) install --force-reinstall --no-deps --only-binary llama-cpp-python \
	  --index-url https://abetlen.github.io/llama-cpp-python/whl/$(GPU_WHEELS) \
	  "$$(sed -n 's/^\(llama-cpp-python==[^ ;]*\).*/\1/p' requirements/run.lock)"
else
	sed -n '/^llama-cpp-python==/,/^[^ ]*$$/p' requirements/run.lock | awk '/^[a-z]/ && NR > 1 {exit} {print}' > $(VENV)/llama.lock
	CMAKE_ARGS="$(CMAKE_ARGS) -DGGML_CUDA=on $(CUDA_ARGS)" $(PIP) install --force-reinstall --no-deps --no-cache-dir \
	  --require-hashes --requirement $(VENV)/llama.lock
endif
	@$(BIN)/safeguild doctor

fuzz: $(VENV)/dev.stamp ## The long versions of the suite's fuzz tests
	$(BIN)/python -m tests.policies.fuzz_documents 100000
	$(BIN)/python -m tests.bot.cogs.fuzz_cards 10000
	$(BIN)/python -m tests.bot.cogs.hostile_pages
	$(BIN)/python -m tests.inference.fuzz_injection 100000

pictures: $(VENV)/dev.stamp ## Draw the pictures of docs/desk.md from real payloads (needs chromium)
	$(BIN)/python -m tools.pictures

live: $(VENV)/dev.stamp ## Try the bot on a small Discord on this machine, in a browser (MODEL=FILE.gguf: a real model)
	@$(BIN)/python -m tools.live $(if $(MODEL),--model "$(MODEL)")

kill: $(VENV)/dev.stamp ## Kill the running bot 100 times and look for lost cases, second cards and second actions
	$(BIN)/python -m tests.journeys.kill_campaign 100

crash: $(VENV)/dev.stamp ## Kill the writing process 1,000 times and look for what was acknowledged
	$(BIN)/python -m tests.bot.store.crash_campaign 1000

lock: ## Pin the newest versions that pyproject.toml admits (needs uv)
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  --group build pyproject.toml --output-file requirements/run.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  --group build --group dev --constraint requirements/run.lock pyproject.toml --output-file requirements/dev.lock

clean: ## Remove everything that make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Safeguild needs Python 3.11 or newer; $$($(PYTHON) --version) is $(PYTHON). Try: make PYTHON=python3.12 ..."; exit 1; }
	@command -v $${CXX:-c++} > /dev/null \
	  || { echo "A C++ compiler is needed to build llama.cpp (on Debian: apt install build-essential)."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The first installation compiles llama.cpp, which takes some minutes; pip keeps what it built for the next one.
$(VENV)/run.stamp: requirements/run.lock pyproject.toml $(VENV)/python.stamp
	@echo "Installing what is locked. llama.cpp is compiled the first time: allow 3 to 10 minutes."
	$(PIP) install --quiet --require-hashes --requirement requirements/run.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(PIP) install --quiet --require-hashes --requirement requirements/dev.lock
	@touch $@

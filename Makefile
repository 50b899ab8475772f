# Everything on a fresh machine: `make demo` or `make test`. Needs Python 3.11 to 3.13 and make.
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SAMPLE ?= fixtures/reports/amber-2021.office200.pdf
OPENCV := opencv-python-headless==4.10.0.84
OPENCV_CONTRIB := opencv-contrib-python-headless==4.10.0.84

# The first of these that is new enough.
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo "$$name"; break; }; done)
UV := $(shell command -v uv)

.PHONY: help setup demo test check lint bench severity ner calibration fixtures pictures clean
.DEFAULT_GOAL := help

help:  ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(STAMP)  ## make .venv with everything in it

# The three OpenCV wheels write the same folder, so the last one stays. The headless one is put there
# last, because it alone needs no graphics libraries of the system.
$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 was found: install one of them, then run this again." >&2; exit 1; }
	@test -x $(BIN)/python || $(if $(UV),$(UV) venv -q --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV)) \
		|| { echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: apt install $(PYTHON)-venv)." >&2; exit 1; }
	@echo "Installing into $(VENV); the first time takes some minutes."
	@$(if $(UV),true,{ $(BIN)/python -m pip -q --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; } \
		&& $(BIN)/python -m pip install -q --disable-pip-version-check uv)
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --group dev -e .
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --reinstall --no-deps "$(OPENCV)"
	@touch $@

demo: setup  ## extract a scanned sample report and show the result
	$(BIN)/extractor extract $(SAMPLE) --format summary

test: setup  ## all checks and all tests
	@$(MAKE) --no-print-directory lint VENV=$(VENV)
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

lint: $(STAMP)  ## ruff, mypy and the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check:  ## the quick checks, silent where all is well; needs `make setup` once
	@test -x $(BIN)/ruff || { echo "There is no $(VENV): run make setup first." >&2; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports 2>&1) || { echo "$$out"; exit 1; }

bench: setup  ## speed and memory against plain RapidOCR and pdfplumber
	$(BIN)/python -m benchmarks.speed

# img2table calls what only OpenCV's contrib wheels have: its own copy, so that .venv keeps the headless one.
severity: setup  ## cells read right as damage grows, beside RapidOCR and img2table (needs chromium, fonts-noto-cjk; about 25 min)
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --group fixtures --group bench
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --reinstall --no-deps "$(OPENCV)"
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --no-deps --target build/opencv-contrib "$(OPENCV_CONTRIB)"
	$(BIN)/python -m benchmarks.severity --plot docs/severity.png

ner: setup  ## train the tagger of the prose anew (about seven minutes)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m spacy train models/ner/config.cfg --code models/ner/reader.py --output build/ner
	rm -rf models/ner/trained
	$(BIN)/python -m models.ner.calibrate build/ner/model-last models/ner/trained
	$(BIN)/python -m models.evaluate

calibration: setup  ## fit the model of confidence anew, from generated scans (needs chromium, fonts-noto-cjk; about two hours)
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --group fixtures
	$(BIN)/python -m models.calibration
	$(BIN)/python -m benchmarks.archives --plot docs/certificate.png

fixtures: setup  ## render the committed sample reports anew (needs chromium, libreoffice-writer, fonts-noto-cjk)
	@$(or $(UV),$(BIN)/uv) pip install -q --python $(BIN)/python --group fixtures
	$(BIN)/python -m fixtures.generate --committed fixtures/reports

pictures: setup  ## take the pictures of the service's pages anew (needs chromium, fonts-noto-cjk)
	$(BIN)/python -m tests.pictures

clean:  ## remove what can be made again
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# Reeldrop's commands. `make help` lists them.
SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)

DATA ?= data
PORT ?= 8080
FILE ?=
# Of the programs: reeldrop-store/google for Google Cloud Storage.
FEATURES ?=
BROKER ?=
LISTEN ?=
# Images for NVIDIA cards, where a function can use one.
GPU ?=
# Compute capabilities of the cards, as CMake names them: L4. T4 is 75-real, A100 80-real, H100 90-real.
CARDS ?= 89-real

.DEFAULT_GOAL := help
.PHONY: help setup page build cuda run test check bench images conformance scale clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

setup: ## install what is missing: system packages, Rust
	@local/scripts/setup

page: functions/portal/page/dist/index.html ## build the web page

# Not `npm ci`: it refuses a lock that leaves out other platforms' optional packages.
functions/portal/page/node_modules/.package-lock.json: functions/portal/page/package-lock.json
	@echo "Fetching the page's packages"
	@cd functions/portal/page && npm install --no-save --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json

functions/portal/page/dist/index.html: functions/portal/page/node_modules/.package-lock.json $(shell find functions/portal/page -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print 2>/dev/null)
	@echo "Building the page"
	@cd functions/portal/page && npm run build --silent && touch dist/index.html

build: page ## build all programs, optimised
	@echo "Building Reeldrop (the first time takes a while)"
	cargo build --release --workspace --bins --features "$(FEATURES)"

run: setup ## set up, start everything, add FILE=clip.mp4 (or a sample) and print where it plays
	@$(MAKE) --no-print-directory build
	@REELDROP_DATA="$(DATA)" REELDROP_PORT="$(PORT)" local/scripts/run "$(FILE)"

test: ## run all tests
	@local/scripts/setup --tests
	@$(MAKE) --no-print-directory page
	@local/scripts/test

check: ## formatting, lints, documentation, dependency rules
	@local/scripts/check

bench: setup ## measure side by side: ffmpeg, Shaka Packager; with models a Python script, whisper.cpp
	@$(MAKE) --no-print-directory build
	@tests/bench/run

images cuda: FEATURES = reeldrop-store/google
images: build $(if $(GPU),cuda) ## build the functions' container images, without a Docker engine (GPU=1: for NVIDIA cards)
	@local/scripts/images $(if $(GPU),--gpu)

cuda: ## build what listens for NVIDIA cards (CARDS=89-real: of which kind, L4 by default)
	@local/scripts/setup-cuda
	@local/scripts/build-cuda "$(CARDS)" "$(FEATURES)"

conformance: ## hold a broker against what Reeldrop expects: BROKER=http://... LISTEN=host:port, or the local one
	@REELDROP_CONFORMANCE_BROKER="$(BROKER)" REELDROP_CONFORMANCE_LISTEN="$(LISTEN)" \
		cargo test --workspace --quiet --test conformance

scale: ## simulate clusters of many sizes, and write docs/scale.md
	@cargo run --quiet --release --bin scale > target/scale.md && mv target/scale.md docs/scale.md

clean: ## remove what was built and the one-machine data
	cargo clean
	rm -rf functions/portal/page/dist functions/portal/page/node_modules "$(DATA)"

# The front door. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## set up, build, start Zhike with a demo company
	@tools/demo

test: ## set up, build and prove everything (unit, integration, browser, fuzz, answers)
	@tools/test

setup: ## Debian packages, web packages, models
	@tools/setup

release: ## build/release/zhike and a relocatable tar.gz in dist/
	@tools/release

bench: ## measure the figures of docs/PERFORMANCE.md beside their rivals (tools/bench --list)
	@tools/build && tools/bench

docs: ## docs/CONFIG.md, docs/COMMANDS.md, docs/openapi.json from the program
	@tools/build && tools/docs

lint: ## formatting, clang-tidy, layers, web types
	@tools/lint

format: ## clang-format and prettier, in place
	@tools/format

train: ## train ranker, decision and encoders again (tools/train)
	@tools/train/run

.PHONY: help demo test setup release bench docs lint format train

# `make` tells what there is to make. A machine needs Python >= 3.11 (with venv), git and make, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup run story stop test check check-static miniprogram soak soak-money soak-messages soak-journeys scenarios fuzz bench console phone lock smoke clean

SHELL := /bin/sh
PYTHON := $(shell for python in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV := .venv/bin

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## Prepare .venv with the pinned packages (nothing to do the second time)
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 with venv found. On Debian: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) dev/setup.py

run: setup ## Start everything: database, queue, web, workers, WeChat simulator; Ctrl-C ends it
	@$(VENV)/python -m dev run

story: setup ## Live through the product over HTTP, while `make run` is running
	@$(VENV)/python -m miniprogram_mock.story

stop: setup ## End a run from another terminal, or what a killed one left behind
	@$(VENV)/python -m dev stop

test: setup console phone ## Run all tests on real PostgreSQL and Valkey, the phone's in the machine's Chromium; ARGS="-k words" chooses
	@$(VENV)/python -m pytest -n auto --dist loadgroup $(ARGS)

check: check-static test ## Everything that must be green: format, lint, types, imports, the mini-program, then the tests (laws, migrations)

check-static: setup ## The part of check that runs nothing: format, lint, types, imports, the mini-program
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy app
	@$(VENV)/lint-imports
	@$(VENV)/python -m dev miniprogram

miniprogram: setup ## Check the mini-program: our rules, WeChat's compilers, types (part of check-static)
	@$(VENV)/python -m dev miniprogram

soak: setup ## Ten minutes of calls to the simulator while a tenth goes wrong; SOAK_SECONDS and SOAK_SEED choose otherwise
	@SOAK_SECONDS=$${SOAK_SECONDS:-600} $(VENV)/python -m pytest -n0 -q -s tests/wechat/test_soak.py

soak-money: setup ## Kill the money's processes at every point, then at random under load for ten minutes; SOAK_SECONDS, SOAK_SEED
	@MONEY_POINTS=all SOAK_SECONDS=$${SOAK_SECONDS:-600} HYPOTHESIS_EXAMPLES=500 $(VENV)/python -m pytest -n0 -q -s \
		tests/money tests/orders/test_many_buyers.py tests/orders/test_any_order_of_things.py

soak-story: setup ## Live through the product twice while any of its processes dies, twenty times each; STORY_KILLS
	@STORY_KILLS=$${STORY_KILLS:-20} $(VENV)/python -m pytest -n0 -q -s tests/stories/test_crash.py

soak-messages: setup ## Send to 100,000 people while a worker dies every two seconds, a hundred times, and the servers restart; BROADCAST_PEOPLE, _KILLS
	@BROADCAST_PEOPLE=$${BROADCAST_PEOPLE:-100000} BROADCAST_KILLS=$${BROADCAST_KILLS:-100} $(VENV)/python -m pytest -n0 -q -s \
		tests/stories/test_broadcast.py
	@CONSENT_RACES=$${CONSENT_RACES:-100000} $(VENV)/python -m pytest -n0 -q tests/messaging/test_limits.py -k hundreds_of_races

soak-journeys: setup ## 100,000 people walk while a worker dies every two seconds, 200 times, and the servers restart; JOURNEY_PEOPLE, _KILLS
	@JOURNEY_PEOPLE=$${JOURNEY_PEOPLE:-100000} JOURNEY_KILLS=$${JOURNEY_KILLS:-200} $(VENV)/python -m pytest -n0 -q -s \
		tests/stories/test_walkers.py

scenarios: setup ## The acceptance scenarios of journeys at their full size, with what they found; SCENARIO=poison, SCENARIO_SIZE=10 (percent)
	@SCENARIO_SIZE=$${SCENARIO_SIZE:-100} $(VENV)/python -m pytest -n0 -q -s tests/journeys/test_scenario_$${SCENARIO:-*}.py

fuzz: setup ## Ten minutes of everything that the description of finding a car allows and forbids: no 5xx; FUZZ_SECONDS, FUZZ_SEED
	@$(VENV)/python -m pytest -n0 -q -s tests/fuzz/visitors.py

bench: setup ## Measure: make bench NAME=story (routes, import, money, ...)
	@test -n "$(NAME)" || { echo "Say which: make bench NAME=story"; exit 1; }
	@$(VENV)/python -m bench $(NAME)

console: setup ## Build the staff console, if its sources have changed
	@$(VENV)/python -m dev console

phone: setup ## Install the packages of the phone in the browser and of the checks of the mini-program, if they have changed
	@$(VENV)/python -m dev phone

lock: setup ## Pin requirements*.in to requirements*.txt with hashes
	@$(VENV)/python -m uv --version >/dev/null 2>&1 || $(VENV)/python -m pip install --quiet uv
	@for name in requirements requirements-dev; do \
		$(VENV)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			--no-emit-index-url --no-emit-find-links $$name.in --output-file $$name.txt; done

smoke: ## A fresh clone in an empty home, as root and as a normal user, cold and warm (Debian, as root)
	@bash dev/fresh.sh

clean: setup ## Forget the data and all that was built; sources and .venv stay
	@$(VENV)/python -m dev clean

# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make demo and make test work on a fresh machine, for an ordinary user as for root; make help lists the targets.

.DEFAULT_GOAL := help
.PHONY: help setup demo test evaluate bench lab-up lab-down lock clean

CHECKS ?=
ARGS ?=
WORLD ?=
LAB = .venv/bin/python -m lab

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

setup:  ## install what lab and checks need, into .venv and a cache (minutes the first time, then a second)
	@python=$$(tools/find-python.sh) && exec "$$python" -m tools.setup

demo: setup  ## move a virtual cluster to two route reflectors, let one die, count lost packets
	@exec $(LAB) demo

test:  ## run every check and test in each world; CHECKS="ruff pytest" runs just those, WORLD=new one world
	@python=$$(tools/find-python.sh) && exec "$$python" -m tools.setup $(if $(CHECKS),,--all)
	@exec .venv/bin/python -m tools.check $(if $(WORLD),--world $(WORLD)) $(CHECKS)

evaluate: setup  ## measure what VXLAN and IPIP cost beside native BGP, with table and plot; ARGS="--rounds 9 --seconds 2"
	@.venv/bin/python -m tools.setup --evaluate
	@exec $(LAB) evaluate $(ARGS)

bench: setup  ## compare the orders of the change on the lab and plot the outage; ARGS="--repeat 3 --output DIR"
	@.venv/bin/python -m tools.setup --bench
	@exec .venv/bin/python -m tests.bench.order $(ARGS)

lab-up: setup  ## start the virtual lab and leave it running
	@exec $(LAB) up

lab-down:  ## stop the virtual lab
	@exec $(LAB) down

lock:  ## renew the locked requirements from requirements/*.in
	@exec .venv/bin/python -m tools.lock

clean:  ## remove what make wrote into the checkout (the cache stays)
	rm -rf .venv .venv-new .build .ansible .mypy_cache .ruff_cache .pytest_cache .hypothesis

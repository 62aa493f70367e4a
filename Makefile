# Throughline. `make` alone lists what there is. Everything runs from .venv; nothing is installed outside of it but the
# cache of Kafka's jars (README, "What it downloads").
.DEFAULT_GOAL := help
# The first Python that runs and is of a version that we support; a shim of a version manager may do neither.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
export PYTHONSAFEPATH = 1
# Where it is set, each of the thousand processes of the tests compiles our modules anew, a second of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev demo test test-fastavro lint types imports chaos chaos-scale simulate simulate-partitions enumerate-consent oracle signals-kill-test rebuild-test moves-test erase-test canaries upgrade-test withdrawal-test bad-inputs fuzz test-registry clients test-slim audit-tampering mutation test-compose bench bench-scale bench-stage bench-decisions bench-consent bench-stores bench-recovery takeover-test bench-partners bench-partners-way bench-moves bench-identity schemas identity-model lock clean ci

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: .venv/.ready  ## .venv from the hash-locked requirements, and Kafka's jars

setup-dev: .venv/.ready-dev  ## the same, with what tests and linters need

demo: setup  ## the main job, live: local Kafka, made-up partners, every stage, the portal; Ctrl-C stops it
	@$(BIN)/throughline demo

JOBS ?= 3
test: setup-dev  ## the whole suite against real brokers, in three processes, which wait a lot (JOBS=n)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

test-fastavro: setup-dev  ## the contract, the decisions and the scenarios with fastavro in charge, not the columns
	@THROUGHLINE_CODEC=fastavro $(BIN)/python -m pytest tests/schemas_avro tests/processors tests/scenarios

SEED ?= 0
chaos: setup-dev  ## workers and broker killed, workers stopped, while events flow; everything compared (LONG=1, SEED=n, STANDBYS=1, BROKERS=3)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/chaos.py $(if $(LONG),--long) $(if $(STANDBYS),--standbys) --seed $(SEED) \
	  $(if $(BROKERS),--brokers $(BROKERS) --broker-kills $(BROKERS))

chaos-scale: setup-dev  ## the same past one machine: three brokers, standbys, sinks that join and leave, a PostgreSQL that is killed and cut off; minutes (LONG=1, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/chaos_scale.py $(if $(LONG),--long) --seed $(SEED)

SCHEDULES ?= 5000
simulate: setup-dev  ## the stage and consent under seeded schedules of faults, no Kafka (SCHEDULES=100000, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/simulate.py --schedules $(SCHEDULES) --seed $(SEED)

simulate-partitions: SCHEDULES = 1000
simulate-partitions: setup-dev  ## a log partitioned by person, which there is not: what it would cost, no Kafka; minutes (SCHEDULES, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/simulate_partitions.py --schedules $(SCHEDULES) --seed $(SEED)

enumerate-consent: setup-dev  ## rules of law, an oracle and Cedar over every disclosure that can be (EACH=1: none merged; CEDAR=n, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/enumerate_consent.py $(if $(EACH),--each) $(if $(CEDAR),--cedar $(CEDAR)) --seed $(SEED)

HISTORIES ?= 5000
oracle: setup-dev  ## random histories through consent, an independent oracle at every commit; minutes (HISTORIES=100000, SEED=n; BROKER=200: so many on a real broker)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/oracle.py $(if $(BROKER),--broker $(BROKER),--histories $(HISTORIES)) --seed $(SEED)

signals-kill-test: setup-dev  ## the same, where only the worker signals is killed, again and again
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/chaos.py --roles signals --kills 20 --pauses 0 --broker-kills 0

rebuild-test: setup-dev  ## stores rebuilt from topics, and topics read in other orders; compared record by record
	@$(BIN)/python tests/proofs/rebuild.py

PEOPLE_SETS ?= 20
moves-test: setup-dev  ## people joined by mistake and parted again while workers are killed; nobody's facts stay with another (PEOPLE_SETS, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/moves.py --people $(PEOPLE_SETS) --seed $(SEED)

erase-test: PEOPLE ?= 40
erase-test: setup-dev  ## people erased while workers are killed; then all that is kept is searched for them (PEOPLE, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/erase.py --people $(PEOPLE) --seed $(SEED)

canaries: PEOPLE ?= 46
canaries: setup-dev  ## a marked value in all that is withheld; then all that anybody can read is searched for them; minutes (PEOPLE, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/canaries.py --people $(PEOPLE) --seed $(SEED)

upgrade-test: setup-dev  ## the version before and this one side by side on the same topics and views, one process after the other; minutes
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/upgrade.py

withdrawal-test: setup-dev  ## a consent withdrawn in front of a real browser
	@$(BIN)/python tests/proofs/withdrawal.py

bad-inputs: setup-dev  ## every bad input at every place of a batch, over a real broker; minutes
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/bad_inputs.py

MINUTES ?= 10
fuzz: setup-dev  ## hostile bytes for every parser, in processes that may die of them (MINUTES, SEED=n, ONLY="csv portal", REPLAY=csv:FILE)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/fuzz.py --minutes $(MINUTES) --seed $(SEED) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(REPLAY),--replay $(REPLAY))

test-registry: setup-dev  ## the catalog put into a real Apicurio, natively, and found by Confluent's client; a minute, and 159 MB once
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/registry.py

clients: setup-dev  ## clients that nobody here wrote, Python, Java (needs Maven) and Node (needs npm), publish and read; a minute or two (ONLY=node)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/clients.py $(if $(ONLY),--only $(ONLY))

test-slim: setup-dev  ## what a partner needs, alone, in a fresh environment: it publishes a file; a minute
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/slim.py

TAMPERINGS ?= 10000
audit-tampering: setup-dev  ## the disclosure log tampered with in every way, 10,000 times; each must be found (TAMPERINGS, SEED=n)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/audit_tampering.py --tamperings $(TAMPERINGS) --seed $(SEED)

mutation: setup-dev  ## rules of law and their evaluator changed in one thing at a time: is it noticed? half an hour (MUTANTS=n of code, SEED=n, FOLDER)
	@PYTHONPATH=.:tests PYTHONHASHSEED=0 nice -n 10 $(BIN)/python tests/proofs/mutation.py $(if $(MUTANTS),--mutants $(MUTANTS)) --seed $(SEED) \
	  $(if $(FOLDER),--folder $(FOLDER))

test-compose: setup-dev  ## docker-compose.yml brought up for real, people published, compared with the truth; minutes (PROFILE=scale)
	@PYTHONPATH=.:tests $(BIN)/python tests/proofs/compose.py $(if $(PROFILE),--profile $(PROFILE))

bench: setup-dev  ## partner topic to case view, 200,000 events; minutes
	@PYTHONPATH=. $(BIN)/python -m bench.pipeline $(if $(EVENTS),--events $(EVENTS))

bench-scale: setup-dev  ## the same with PostgreSQL, one sink and three, and standbys; minutes (EVENTS, ROUNDS; GROW=1: at three sizes of everything, an hour)
	@PYTHONPATH=.:tests $(BIN)/python -m bench.scale $(if $(EVENTS),--events $(EVENTS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(GROW),--grow)

bench-stage: setup-dev  ## the whole stage beside Kafka Streams, Quix Streams, Faust and a bare loop; half an hour
	@PYTHONPATH=. $(BIN)/python -m bench.stage $(if $(EVENTS),--events $(EVENTS)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench-decisions: setup-dev  ## CPU an event of resolve, consent and sink in one process, no Kafka; a minute or two
	@PYTHONPATH=. $(BIN)/python -m bench.decisions $(if $(EVENTS),--events $(EVENTS))

bench-consent: setup-dev  ## decisions a second with 500 rules and 50 agreements; a person decided again; minutes (PEOPLE, WITHDRAWALS)
	@PYTHONPATH=. $(BIN)/python -m bench.consent $(if $(PEOPLE),--people $(PEOPLE)) $(if $(WITHDRAWALS),--withdrawals $(WITHDRAWALS))

bench-stores: setup-dev  ## the state store on RocksDB, beside SQLite and LMDB, over 3,000,000 persons; an hour (PERSONS, ROUNDS, FOLDER)
	@PYTHONPATH=. $(BIN)/python -m bench.stores $(if $(PERSONS),--persons $(PERSONS)) $(if $(BATCHES),--batches $(BATCHES)) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ENGINES),--engines $(ENGINES)) $(if $(FOLDER),--folder $(FOLDER))

bench-recovery: setup-dev  ## kill -9 with the state of 3,000,000 persons, then a backlog of 1,000,000 (PERSONS, KILLS, BACKLOG, FOLDER)
	@PYTHONPATH=. $(BIN)/python -m bench.recovery $(if $(PERSONS),--persons $(PERSONS)) $(if $(KILLS),--kills $(KILLS)) \
	  $(if $(BACKLOG),--backlog $(BACKLOG)) $(if $(FOLDER),--folder $(FOLDER))

takeover-test: setup-dev  ## kill -9 of whoever acts for resolve and consent, another standing by; minutes (PERSONS, RECORDS, KILLS, FOLDER)
	@PYTHONPATH=. $(BIN)/python -m bench.takeover $(if $(PERSONS),--persons $(PERSONS)) $(if $(RECORDS),--records $(RECORDS)) $(if $(KILLS),--kills $(KILLS)) \
	  $(if $(FOLDER),--folder $(FOLDER))

bench-partners: setup-dev  ## a partner's file to Avro on the broker: 1,000,000 rows of CSV, and Ed-Fi XML; a minute or two (ROWS, EDFI_ROWS)
	@PYTHONPATH=. $(BIN)/python -m bench.partners $(if $(ROWS),--rows $(ROWS)) $(if $(EDFI_ROWS),--edfi-rows $(EDFI_ROWS))

bench-partners-way: setup-dev  ## a mapped CSV of 1,000,000 rows the whole way, each row looked for in the case view; many minutes (ROWS)
	@PYTHONPATH=. $(BIN)/python -m bench.partners.way $(if $(ROWS),--rows $(ROWS))

bench-moves: PEOPLE ?= $(wildcard ../shared/data/people)
bench-moves: setup-dev  ## records that change persons, by order of arrival, and what goes with them; minutes (PEOPLE=folder of a set, PERSONS of it)
	@PYTHONPATH=.:tests $(BIN)/python -m bench.moves $(if $(PEOPLE),--people $(PEOPLE)) $(if $(PERSONS),--persons $(PERSONS))

bench-identity: PEOPLE ?= $(wildcard ../shared/data/people)
bench-identity: setup-dev  ## who is who, by us, Splink, recordlinkage and GoldenMatch; hours (PEOPLE=folder of a set, ROUNDS, ONLY, RECORDS, SHUFFLES, FOLDER)
	@PYTHONPATH=. $(BIN)/python -m bench.identity $(if $(PEOPLE),--people $(PEOPLE)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(RECORDS),--records $(RECORDS)) $(if $(SHUFFLES),--shuffles $(SHUFFLES)) \
	  $(if $(FOLDER),--folder $(FOLDER))

lint: setup-dev  ## ruff, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

schemas: setup-dev  ## catalog and models from the .avsc files (KEEP=aid, before aid.avsc is changed: its versions stay as they are)
	@$(BIN)/python -m schemas_avro.generate $(KEEP)
	@$(BIN)/ruff format -q schemas_avro/models.py

identity-model: setup-dev  ## the shipped model of identity, trained anew on 100,000 made-up records
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT \
	  && PYTHONPATH=. $(BIN)/python -m bench.identity.made_up --records 100000 --seed 7 --out "$$folder" \
	  && $(BIN)/throughline identity train --records "$$folder/records.csv" --out processors/resolve/matching/model.json

lock: setup-dev  ## resolve the requirements anew (needs uv)
	uv pip compile pyproject.toml --extra local --extra postgres --group build --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra local --extra postgres --group build --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-dev.lock
	uv pip compile --group pyproject.toml:partner --group pyproject.toml:build -c requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-partner.lock
	for peer in "splink==5.*" "recordlinkage==0.16" "goldenmatch[polars]==3.*"; do \
	  echo "$$peer" | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header -q -o bench/identity/peers/$${peer%%[=[]*}-requirements.txt || exit; done
	echo "cosmic-ray==8.*" | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header -q -o tests/support/mutants/requirements.txt

clean:  ## end what a demo left running, remove its data and everything made here
	@if [ -x $(BIN)/throughline ]; then $(BIN)/throughline clean; fi
	@rm -rf .throughline .throughline-audit .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

ci: test lint  ## exactly what .ci/run runs

.venv/.ready: requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh deploy/setup.sh requirements.lock
	@touch $@

.venv/.ready-dev: requirements-dev.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh deploy/setup.sh requirements-dev.lock
	@touch .venv/.ready $@

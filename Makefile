# Two commands on a fresh machine: `make demo` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
DATA ?= ../shared/data
# Debug symbols of dependencies are off and two jobs at most build at once: a small machine suffices.
export CARGO_INCREMENTAL ?= 0
# Where cargo builds, which a user may have set.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

.PHONY: help setup demo test run fmt lint arrows units service release eval bench soak fuzz clean

VENV = $(PYTHON) -m venv $(TARGET)/training && $(TARGET)/training/bin/pip install -q -r nlp/training/requirements.txt

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## get libtorch (unless LIBTORCH is set) and tell cargo where it is
	@$(PYTHON) tools/libtorch.py --cargo-config >/dev/null

demo: setup ## the whole path on a sample site on this machine, with the alert as the chat shows it
	cargo build --locked
	$(TARGET)/debug/vedetta demo

run: setup ## the daemon on the shipped configuration, its state in ./state
	cargo build --locked
	STATE_DIRECTORY=$(CURDIR)/state $(TARGET)/debug/vedetta run

test: setup fmt lint arrows units service ## every check
	@echo "every check passed"

fmt:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets --locked -- -D warnings

arrows:
	$(PYTHON) tools/arrows.py

units:
	cargo build --locked
	cargo test --workspace --locked

service:
	$(PYTHON) tools/service.py systemd/vedetta.service

release: setup ## an optimised binary in target/release
	cargo build --release --locked

eval: setup ## the scores of language, model, duplicates, feeds and pages on the sets in $(DATA)
	test -d $(DATA)/ner || { echo "eval: there is no $(DATA)/ner; name the data folder with DATA=…" >&2; exit 1; }
	cargo run -q --locked -p vedetta-nlp --example language_scores -- $(DATA)
	cargo run -q --release --locked -p vedetta-dedupe --example near_scores -- $(DATA)
	$(VENV)
	cd nlp/training && $(TARGET)/training/bin/python evaluate.py --data $(abspath $(DATA)) --model ../model --viterbi
	$(TARGET)/training/bin/pip install -q -r tools/requirements.txt
	cargo build -q --release --locked -p vedetta-ingest --examples
	mkdir -p $(TARGET)/eval
	$(TARGET)/release/examples/feed_entries $(DATA)/feeds > $(TARGET)/eval/feeds.jsonl
	status=0; $(TARGET)/training/bin/python tools/feeds.py $(DATA)/feeds $(TARGET)/eval/feeds.jsonl || status=1; \
	$(TARGET)/training/bin/python tools/pages.py $(DATA)/pages $(TARGET)/release/examples/page_texts $(TARGET)/eval || status=1; \
	exit $$status

# Filling the store takes a quarter of an hour.
ARTICLES ?= 1000000

bench: setup ## the rates of polling, pages, feeds, the lexicon, commits beside SQLite, the model beside transformers, the ladder beside a million articles
	@echo "bench: $$(date -u +%F), $$(nproc) cores of $$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
	cargo build --release --locked --workspace --bins --examples
	$(TARGET)/release/examples/poll_speed $(TARGET)/release/vedetta
	$(TARGET)/release/examples/read_speed
	$(TARGET)/release/examples/lexicon_speed
	$(TARGET)/release/examples/commit_speed
	$(VENV)
	cd nlp/training && $(TARGET)/training/bin/python bench.py --model ../model \
		--engine $(TARGET)/release/examples/model_speed --scratch $(TARGET)/bench
	$(TARGET)/release/examples/ladder_speed --articles $(ARTICLES)

KILLS ?= 500

soak: setup ## the faults of the test run at full size: 500 kills, 100 times the crashes of the disk, 90 days of 2,000 articles
	VEDETTA_DAYS=90 VEDETTA_ARTICLES=2000 cargo test -q --release --locked -p vedetta-store months -- --nocapture
	VEDETTA_SOAK=100 cargo test -q --release --locked -p vedetta-store -- journal::crash any_order
	cargo build -q --locked
	VEDETTA_KILLS=$(KILLS) cargo test -q --locked -p vedetta killed -- --test-threads 1

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= address charset copy feed page

fuzz: ## each fuzz target for FUZZ_SECONDS; a finding stays in fuzz/artifacts
	cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
	cd fuzz && for target in $(FUZZ_TARGETS); do \
		mkdir -p corpus/$$target; \
		RUSTC_BOOTSTRAP=1 cargo fuzz run -s none $$target corpus/$$target seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 2>&1 \
			| grep -vE "NEW|REDUCE|pulse|WARNING|# Uses"; \
	done

clean: ## what was built; libtorch stays in its cache
	cargo clean

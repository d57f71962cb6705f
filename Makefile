# Two commands do everything: `make demo` and `make test`. Both install what they need and say so.

SHELL := /bin/bash
.DEFAULT_GOAL := help
DEMO_DIR ?= data/demo
DEMO_LISTEN ?= 127.0.0.1:8080
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
WEB := crates/base/web
BROWSER := tests/browser
SECONDS ?= 60
NAMES ?= 1000000

.PHONY: help demo test test-rust test-browser test-speedtest soak picture show-dns agree lint fuzz deny release web packages packages-test \
  packages-peers clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

demo: packages web ## Make a fictional district, estimate its gap, open the portal on it
	@echo "==> Building evenfield (the first time takes some minutes)"
	cargo build --locked --bin evenfield
	@echo "==> Starting the demo"
	cargo run --locked --quiet --bin evenfield -- demo --dir $(DEMO_DIR) --listen $(DEMO_LISTEN)

test: packages packages-test web test-rust test-browser test-speedtest ## Run all tests: Rust on SQLite and PostgreSQL, pages in a real browser

test-rust: web
	@echo "==> Rust tests, on SQLite and on a private PostgreSQL"
	@[ -n "$$EVENFIELD_SHARED" ] || [ -d ../shared/data ] || echo "==> The tests of real places are left out: there is no ../shared/data"
	@set -e; url=$$(tests/postgres.sh start); trap 'tests/postgres.sh stop' EXIT; \
	  EVENFIELD_TEST_POSTGRES="$$url" cargo test --locked --workspace --no-fail-fast

soak: packages packages-test web ## A million random events of lending on both databases, 1,000 kills of a process that lends, ten years of a bus
	@set -e; url=$$(tests/postgres.sh start); trap 'tests/postgres.sh stop' EXIT; \
	  EVENFIELD_TEST_POSTGRES="$$url" EVENFIELD_SOAK_EVENTS=1000000 EVENFIELD_SOAK_KILLS=1000 \
	  cargo test --locked --release -p evenfield-slice-lending --lib tests::soak -- --nocapture
	EVENFIELD_SOAK_DAYS=3650 EVENFIELD_SEEDS=10000 cargo test --locked --release -p evenfield-bus --lib facts:: -- --nocapture

test-browser: packages-test web ## Run the end-to-end tests in a real browser
	@echo "==> End-to-end tests in Chromium"
	cargo build --locked --bin evenfield
	cd $(BROWSER) && { [ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund; } && node --test --test-reporter=spec

test-speedtest: packages packages-test ## Run real ndt7 clients against the speed test: M-Lab's library in Chromium, ndt7-client where it is installed
	@echo "==> Speed tests in Chromium"
	cargo build --locked --bin evenfield-edge
	cd tests/speedtest && { [ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund; } && node --test --test-reporter=spec

picture: ## Take the README's picture anew, by the end-to-end test that looks at the home page
	EVENFIELD_PICTURE=$(CURDIR)/docs/home.png $(MAKE) --no-print-directory test-browser

show-dns: packages packages-test web ## See the resolver answer dig, kdig (TLS, HTTPS), curl and Chromium with its DoH setting
	@echo "==> Building evenfield and evenfield-edge"
	cargo build --locked --bin evenfield --bin evenfield-edge
	@target=$$(cargo metadata --format-version 1 --no-deps --locked | sed -E 's/.*"target_directory":"([^"]*)".*/\1/'); \
	  tests/show_dns.sh "$$target/debug"

agree: packages-peers ## Ask six resolvers for two names of each of NAMES (1000000) listed ones, and compare what they block
	benches/agree.sh $(NAMES)

lint: web ## Format, clippy, licences, tidy
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo run --locked --quiet -p xtask
	fuzz/run check

fuzz: ## Run every fuzz target for SECONDS (60) each, one after another
	@set -e; for target in $$(ls fuzz/fuzz_targets | sed 's/\.rs$$//'); do \
	  echo "==> Fuzzing $$target for $(SECONDS) s"; fuzz/run $$target $(SECONDS); done

deny: ## Check the licences and sources of all dependencies
	@command -v cargo-deny >/dev/null || { echo "==> Installing cargo-deny"; cargo install --quiet --locked cargo-deny; }
	cargo deny --all-features check licenses bans sources

web: $(WEB)/dist/.built ## Bundle the front-end parts

$(WEB)/dist/.built: $(WEB)/package.json $(WEB)/package-lock.json $(wildcard $(WEB)/*.mjs) $(wildcard $(WEB)/src/*)
	@echo "==> Front-end parts from npm"
	cd $(WEB) && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent build
	@touch $@

packages:
	@command -v cargo >/dev/null || { echo "Rust is needed: https://rustup.rs"; exit 1; }
	@command -v npm >/dev/null || { echo "Node.js with npm is needed"; exit 1; }
	@command -v cc >/dev/null || $(MAKE) --no-print-directory apt WHAT=build-essential

packages-test:
	@missing=""; \
	  command -v chromium >/dev/null || missing="$$missing chromium fonts-dejavu-core"; \
	  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	  command -v dig >/dev/null || missing="$$missing dnsutils"; \
	  command -v kdig >/dev/null || missing="$$missing knot-dnsutils"; \
	  command -v unbound >/dev/null || missing="$$missing unbound"; \
	  command -v ldns-signzone >/dev/null || missing="$$missing ldnsutils"; \
	  command -v certutil >/dev/null || missing="$$missing libnss3-tools"; \
	  command -v openssl >/dev/null || missing="$$missing openssl"; \
	  command -v curl >/dev/null || missing="$$missing curl"; \
	  command -v freeradius >/dev/null || missing="$$missing freeradius"; \
	  command -v radclient >/dev/null || missing="$$missing freeradius-utils"; \
	  command -v eapol_test >/dev/null || missing="$$missing eapoltest"; \
	  [ -z "$$missing" ] || $(MAKE) --no-print-directory apt WHAT="$$missing"

packages-peers: packages packages-test
	@missing=""; \
	  command -v dnsdist >/dev/null || missing="$$missing dnsdist"; \
	  command -v dnsmasq >/dev/null || missing="$$missing dnsmasq-base"; \
	  command -v dnsperf >/dev/null || missing="$$missing dnsperf"; \
	  [ -z "$$missing" ] || $(MAKE) --no-print-directory apt WHAT="$$missing"

.PHONY: apt
apt:
	@echo "==> Installing from Debian: $(WHAT)"
	$(SUDO) apt-get update -qq
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(WHAT)

release: web ## Build the program that a district installs
	cargo build --locked --release --bin evenfield --bin evenfield-edge

clean: ## Remove what was built here
	cargo clean
	rm -rf $(WEB)/node_modules $(WEB)/dist/* $(WEB)/dist/.built $(BROWSER)/node_modules tests/speedtest/node_modules

# What people and CI type. `make` alone tells what there is.
.PHONY: help demo pictures test torture bench profile check setup

help: ## tell what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1 	/p' $(MAKEFILE_LIST)

demo: ## try Freshmint: a shop and a pretended Stripe, all on this machine
	@deploy/setup.sh
	cargo build --package freshmint --package freshmint-demo --bins
	cargo run --package freshmint-demo

pictures: ## take the README's pictures anew, from the demo
	@deploy/setup.sh browser
	cargo build --package freshmint --package freshmint-demo --bins
	cargo run --package freshmint-demo -- --pictures docs/pictures

test: setup ## run all tests against a PostgreSQL of their own
	cargo test --workspace

torture: setup ## everything fails at random for ten minutes; MINUTES=3 SEED=7 for others
	cargo test --no-run --test service
	MINUTES=$${MINUTES:-10} cargo test --test service -- --nocapture --exact \
		torture::everything_fails_and_nothing_is_lost 2>target/torture.log

# In the order in which a payer meets them. One that there is no folder for is left out.
BENCHES = click mint webhook mail visits feed growth pages mailing

bench: ## measure, beside the last run; ONLY=mint for one, RECORD=1 to write the docs' table
	@deploy/setup.sh bench
	@rm -rf target/bench
	set -e; for bench in $(or $(ONLY),$(filter $(notdir $(wildcard benches/*)),$(BENCHES))); do \
		cargo bench --package freshmint-benches --bench $$bench; done
	cargo run --quiet --release --package freshmint-benches -- $(if $(RECORD),--record)

profile: ## sample where the time of a bench goes, by function; ONLY=mint, click if none is named
	@deploy/setup.sh bench
	@rm -rf target/bench
	cargo bench --package freshmint-benches --features profile --bench $(or $(ONLY),click)

check: ## what CI checks before it tests: format, lints, docs
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --document-private-items

setup: ## install what is missing, and only that
	@deploy/setup.sh tests browser

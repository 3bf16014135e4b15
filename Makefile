# Every target is a few lines; the work is done by the scripts in tools/.
.DEFAULT_GOAL := help
.PHONY: help demo test build lint format bench pair policy clean sizes faults fuzz sanitize load load-portal

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## everything on this machine, with throw-away state: five messages go in, see what comes out
	@tools/setup build
	swift build -c release
	@.build/release/letterlock demo

test: ## all tests: unit, whole way, policy, real servers, browser
	@tools/setup build test
	@tools/test

build: ## the four programs, in .build/release
	@tools/setup build
	swift build -c release

lint: ## is everything formatted as .swift-format says
	swift format lint --strict --recursive Package.swift Sources Tests Fuzz

format: ## format everything
	swift format --in-place --recursive Package.swift Sources Tests Fuzz

bench: build ## CPU, speed and memory beside raw gpg; ARGS=--quick for a short run
	@tools/setup bench
	@tools/bench $(ARGS)
	@tools/bench-policy $(ARGS)
	@tools/bench-extract $(ARGS)

pair: build ## CPU of plain and sealed mail, another build and this one by turns; OLD=folder-with-programs
	@tools/setup bench
	@tools/bench-pair $(OLD) .build/release $(ARGS)

faults: build ## every fault, killed at every commit point too; RECORD=1 writes docs/operate/faults.md
	@tools/setup test
	@tools/faults

fuzz: ## libFuzzer on every reader of untrusted bytes; SECONDS=60 each, TARGETS="mime milter" for some
	@tools/setup build
	@SECONDS=$(or $(SECONDS),60) tools/fuzz $(TARGETS)

load: build ## memory and waiting under load
	@tools/setup bench
	@tools/load $(ARGS)

load-portal: build ## 200 readers who open a letter of 1 MiB at once
	@.build/venv/bin/python Tests/RealServers/portal/portal_load.py $(ARGS)

sanitize: ## the unit tests under ThreadSanitizer and AddressSanitizer; SUITES="SMTP MIME" for some
	@tools/setup build
	@tools/sanitize $(SUITES)

policy: build ## check the rules in policy/ and run their cases
	.build/release/letterlock policy check policy
	.build/release/letterlock policy test policy --coverage --threshold 100 --mutate

clean: ## remove everything that was built
	rm -rf .build .build-faults .build-fuzz .build-thread .build-address

sizes: ## the longest files and functions
	@tools/sizes

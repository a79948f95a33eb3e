# The two commands are `make demo` and `make test`; both are complete from a fresh clone.
# They use nats-server as scripts/nats-server finds it, after the one setup step.

SWIFT ?= swift
SOURCES := Package.swift Sources Tests Benchmarks docs/examples
THREADS := --sanitize=thread --scratch-path .build/threads
# The program as it is installed, with Swift's runtime inside; what demonstrates and measures it runs
# the same. Apart from other builds: the linker's options are others.
BUILD_STATIC = options=$$(scripts/static-options .build/static-libraries) && \
	$(SWIFT) build -c release $$options --scratch-path .build/static --product
PROGRAM := .build/static/release/natsbridge
WITH_SERVER = NATS_SERVER="$$(scripts/nats-server)"

.PHONY: all build setup test test-threads demo examples docs lint format bench bench-check bench-client
.PHONY: coverage conformance bench-baseline fuzz fuzz-all kill-storm drill install uninstall deb clean distclean
.PHONY: setup-program setup-server program

all: build

## Say which share of the lines of Sources the tests reach; in a build of its own.
coverage: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH = 8
coverage: setup
	$(WITH_SERVER) scripts/coverage "$(SWIFT)" .build/coverage

## Run the protocol vectors against this build, and print a table by feature; or judge another
## implementation: make conformance TARGET="python my_peer.py" (docs/validation.md).
conformance: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH = 8
conformance: setup
	$(SWIFT) build --build-tests
	.tools/venv/bin/python scripts/conformance "$(SWIFT)" "$$(scripts/nats-server)" $(if $(TARGET),'$(TARGET)')

## Build everything for debugging.
build: setup-program
	$(SWIFT) build

## Install what is missing: zlib's header, and the tests' peers in .tools/.
setup:
	@scripts/setup

# Less than that: what the program needs, and what running it on a server needs.
setup-program setup-server: setup-%:
	@scripts/setup $*

program: setup-program
	$(BUILD_STATIC) natsbridge

# A test that waits goes on behind every test that has not begun: with a thousand of them at once
# that is a minute. So only a few run at a time.
test test-threads: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH = 8

## Check the style, build the tests and run them all.
test: setup lint
	$(SWIFT) build --build-tests
	$(WITH_SERVER) scripts/run-tests $(SWIFT) test --skip-build
	NATSBRIDGE_README=1 $(WITH_SERVER) scripts/run-tests $(SWIFT) test --skip-build --filter DocumentationTests

## Run all tests, or some (ARGS="--filter NATSCoreTests"), under the thread sanitizer.
test-threads: export NATSBRIDGE_THREAD_SANITIZER = 1
test-threads: export SWIFT_BACKTRACE = enable=no
test-threads: setup
	$(SWIFT) build --build-tests $(THREADS)
	$(WITH_SERVER) scripts/run-tests $(SWIFT) test --skip-build $(THREADS) $(ARGS)

## Run the five scenarios on a real server and check what they show.
demo: setup-server program
	$(WITH_SERVER) $(PROGRAM) demo $(ARGS)

## Build the programs of docs/examples as a stranger would, and run each on a real server.
examples: setup
	$(SWIFT) build --package-path docs/examples --scratch-path .build/examples
	docs/examples/run .build/examples/debug "$$(scripts/nats-server)" .tools/venv/bin/python

## Build the documentation of the four products into .build/docs; a warning is an error.
docs: setup-program
	SWIFT="$(SWIFT)" scripts/docs

## Check the style without changing anything.
lint:
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

## Rewrite the sources in the project's style.
format:
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

## Measure messages, streams, the store and tables, compare with the run of before, and save in
## .build/bench; or run one of the benchmarks for developers: make bench ARGS="codec".
ifdef ARGS
bench: setup
	$(SWIFT) build -c release --product natsbridge-bench
	$(WITH_SERVER) .build/release/natsbridge-bench $(ARGS)
else
bench: setup-server program
	scripts/bench $(PROGRAM) "$$(scripts/nats-server)" .build/bench
endif

## Build .build/static/release/natsclient-bench, which speaks the command line of other clients'
## benchmarks and has the NATS client alone in it.
bench-client: setup-program
	$(BUILD_STATIC) natsclient-bench

## Count allocations and system calls of the hot paths, and hold them to Benchmarks/Baselines.
bench-check: setup-server
	$(SWIFT) build -c release --product natsbridge-bench
	scripts/bench-check .build/release/natsbridge-bench

## Write those baselines anew.
bench-baseline: setup-server
	$(SWIFT) build -c release --product natsbridge-bench
	scripts/bench-check .build/release/natsbridge-bench --rewrite

## Fuzz one target of Tests/Fuzz: make fuzz TARGET=ArrowStreamFuzz SECONDS=600 CORPUS=folder.
## The corpus grows in .build/fuzz-corpus; CORPUS names a folder of first inputs.
# Of several -sanitize options the compiler takes the last one, and SwiftPM repeats its own in any
# order: so both sanitizers stand in one option, behind SwiftPM's.
SECONDS ?= 600
# What is printed comes from streams.
CORPUS ?= $(wildcard Fixtures/fuzz/$(TARGET:ArrowPrintFuzz=ArrowStreamFuzz))
FUZZ_BUILD = $(SWIFT) build -c release --build-path .build/fuzz --sanitize fuzzer \
	-Xswiftc -sanitize=fuzzer,address
fuzz:
	$(FUZZ_BUILD) --product $(TARGET)
	mkdir -p .build/fuzz-corpus/$(TARGET)
	SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 .build/fuzz/release/$(TARGET) \
		-max_total_time=$(SECONDS) -rss_limit_mb=4096 -timeout=20 \
		-artifact_prefix=.build/fuzz-corpus/ .build/fuzz-corpus/$(TARGET) $(CORPUS)

## Fuzz each target for a minute, or for SECONDS; ends at the first finding.
# One after the other, each built when its turn comes.
fuzz-all: override SECONDS := $(if $(filter command line environment,$(origin SECONDS)),$(SECONDS),60)
fuzz-all:
	set -e; for target in $(FUZZ_TARGETS); do \
		$(MAKE) fuzz TARGET=$$target SECONDS=$(SECONDS); \
	done
FUZZ_TARGETS = $(notdir $(patsubst %/,%,$(wildcard Tests/Fuzz/*Fuzz/)))

## Kill serve 500 times, or KILLS, while it takes uploads on a disk that is full, slow and
## read-only by turns, and hold it to its promise. As root: a small file system is mounted.
KILLS ?= 500
kill-storm: program
	scripts/kill-storm $(PROGRAM) $(KILLS)

## Play the failures of docs/runbook.md, and repair them as it says; or some: make drill ARGS="disk".
drill: setup-server program
	scripts/drill $(PROGRAM) "$$(scripts/nats-server)" $(ARGS)

## Install the program (Swift's runtime inside), its manual and completions below PREFIX.
PREFIX ?= /usr/local
install: program
	PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install $(PROGRAM)

## Take away what `make install` with the same PREFIX has put there.
uninstall:
	PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install --remove

## Make a Debian package in .build/packages.
deb: program
	scripts/make-deb $(PROGRAM) .build/packages

clean:
	rm -rf .build

## Also remove the tests' peers.
distclean: clean
	rm -rf .tools

# klog: see README.md. `make help` lists the targets.

PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
SANITIZE ?=
DEVELOPER ?=

VERSION := 0.1.0

# One build directory a flavour, so that switching costs no rebuild.
comma := ,
B := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))

PROGRAMS := $(patsubst cmd/%.c,%,$(wildcard cmd/klog-*.c)) \
	$(patsubst cmd/%/main.c,%,$(wildcard cmd/*/main.c))

PKGS := libevent_core libevent_pthreads jansson libzstd liblz4 zlib libpcre2-8 libbsd-overlay
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lisal -ldl

OPT ?= -O2 -g
CPPFLAGS += -Ilibcommon -I. -D_GNU_SOURCE -DKLOG_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
CFLAGS += -std=gnu11 $(OPT) -pthread -fno-common \
	-Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wno-unused-parameter \
	-Wno-missing-field-initializers
ifdef DEVELOPER
CFLAGS += -Werror -Wformat=2 -Wundef -Wvla -Wcast-qual -Wno-format-nonliteral
endif
ifdef SANITIZE
CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SANITIZE)
endif
LDFLAGS += -pthread -Wl,--as-needed
LDLIBS = $(PKG_LIBS)

LIB_SRC := $(wildcard libcommon/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$B/%.o)
LIB := $B/libklog.a

# A program is cmd/NAME.c or every file of cmd/NAME/.
prog_src = $(if $(wildcard cmd/$1/main.c),$(wildcard cmd/$1/*.c),cmd/$1.c)
prog_obj = $(patsubst %.c,$B/%.o,$(call prog_src,$1))

# Tests of the broker's rooms link those rooms, all but its main.c.
BROKER_OBJ := $(patsubst %.c,$B/%.o,$(filter-out cmd/klog-broker/main.c,$(wildcard cmd/klog-broker/*.c)))
# Those of klog-mirror link its pure files.
MIRROR_OBJ := $(patsubst %,$B/cmd/klog-mirror/%.o,names omap plan recode state)

UNIT := $(patsubst tests/unit/%.c,$B/tests/unit/%,$(wildcard tests/unit/test_*.c))
FAULT := $(patsubst tests/faults/%.c,$B/tests/faults/%,$(wildcard tests/faults/test_*.c))
HELPER := $(patsubst tests/helper/%.c,$B/tests/helper/%,$(wildcard tests/helper/*.c))
BENCH := $(patsubst tests/bench/%.c,$B/tests/bench/%,$(filter-out tests/bench/groups_%.c,$(wildcard tests/bench/*.c)))
FUZZ := $(patsubst tests/fuzz/%.c,$B/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all
all: $(LIB) $(PROGRAMS:%=$B/%)

.PHONY: help
help:
	@sed -n 's/^#: *//p' Makefile

#: make             builds the programs into build/
#: make deps        installs what building and testing need (Debian packages)
#: make demo        the main job, on a private broker in a temporary directory
#: make check       unit, golden, bats and fault tests, fuzz corpus; minutes
#: make interop     the same and more against other Kafka programs
#: make bench       figures beside their peers'
#: make lint        layers, manuals, scripts, static analysis
#: make fuzz        every harness for FUZZ_TIME seconds (60), with clang
#: make faults      the long crash and fault runs
#: make valgrind    unit tests and the main job under valgrind
#: make install     PREFIX=/usr/local, DESTDIR=
#: make uninstall
#: make clean
#: V=1 shows commands, DEVELOPER=1 adds -Werror,
#: SANITIZE=address,undefined builds with sanitizers

# Short lines; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $1 $@')

$B/%.o: %.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

define PROGRAM
$B/$1: $(call prog_obj,$1) $(LIB)
	$$(call say,LD)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$p)))

$B/tests/unit/%: $B/tests/unit/%.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
$B/tests/unit/test_broker_%: $B/tests/unit/test_broker_%.o $(BROKER_OBJ) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
$B/tests/unit/test_mirror_%: $B/tests/unit/test_mirror_%.o $(MIRROR_OBJ) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
$B/tests/faults/%: $B/tests/faults/%.o $B/tests/faults/faultsys.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
$B/tests/faults/test_broker_%: $B/tests/faults/test_broker_%.o $B/tests/faults/faultsys.o $(BROKER_OBJ) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
$B/tests/helper/%: $B/tests/helper/%.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/tests/bench/%: $B/tests/bench/%.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/tests/bench/groups: $(patsubst %,$B/tests/bench/%.o,groups groups_commit groups_echo groups_form groups_member groups_wire) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# Harness plus a plain driver that replays files: no fuzzer needed.
$B/tests/fuzz/%: $B/tests/fuzz/%.o $B/tests/fuzz/replay.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/tests/fuzz/fuzz_topic_regex: $B/tests/fuzz/fuzz_topic_regex.o $B/tests/fuzz/replay.o $B/cmd/klog-broker/topic_regex.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/tests/fuzz/fuzz_mirror: $B/tests/fuzz/fuzz_mirror.o $B/tests/fuzz/replay.o $(MIRROR_OBJ) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.SECONDARY:

DEPS_APT := gcc make pkg-config libevent-dev libssl-dev libcurl4-openssl-dev \
	libjansson-dev libedit-dev libzstd-dev liblz4-dev libsnappy-dev \
	zlib1g-dev libisal-dev uthash-dev libbsd-dev libpcre2-dev libavro-dev \
	bats bats-assert bats-support bats-file libcmocka-dev mandoc jq kcat \
	shellcheck cppcheck expect valgrind parallel procps bsdextrautils \
	zsh fish

.PHONY: deps
deps:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEPS_APT)

# "make deps check" has to take its goals in order, so -j is not for it: these
# build with all processors unless a -j was given.
build_all = +@$(MAKE) --no-print-directory \
	$(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) $1

.PHONY: demo
demo:
	$(call build_all,all)
	@tests/demo.sh $B

.PHONY: tests
tests: all $(UNIT) $(FAULT) $(HELPER) $(FUZZ)

.PHONY: check
check:
	$(call build_all,tests)
	@tests/check.sh $B

.PHONY: interop
interop: tests
	tests/interop/run.sh $B

.PHONY: bench
bench: all $(BENCH) $(HELPER)
	tests/bench/run.sh $B
	tests/bench/groups.sh $B
	tests/bench/mirror.sh $B
	tests/bench/store.sh $B

.PHONY: lint
lint: all
	tests/lint.sh $B

.PHONY: fuzz
fuzz:
	tests/fuzz/run.sh

.PHONY: faults
faults: tests
	tests/faults/run.sh $B

.PHONY: valgrind
valgrind: tests
	tests/valgrind.sh $B

# Where each shell looks for completions of a program.
BASH_DIR := $(PREFIX)/share/bash-completion/completions
ZSH_DIR := $(PREFIX)/share/zsh/site-functions
FISH_DIR := $(PREFIX)/share/fish/vendor_completions.d

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 $(PROGRAMS:%=$B/%) $(DESTDIR)$(PREFIX)/bin
	for s in 1 5 7; do for f in man/*.$$s; do [ ! -f $$f ] || \
	    install -m 644 $$f $(DESTDIR)$(PREFIX)/share/man/man$$s; done; done
	install -d $(DESTDIR)$(BASH_DIR) $(DESTDIR)$(ZSH_DIR) $(DESTDIR)$(FISH_DIR)
	for p in $(PROGRAMS); do \
	    install -m 644 completions/klog.bash $(DESTDIR)$(BASH_DIR)/$$p; \
	    install -m 644 completions/klog.fish $(DESTDIR)$(FISH_DIR)/$$p.fish; done
	install -m 644 completions/_klog $(DESTDIR)$(ZSH_DIR)

.PHONY: uninstall
uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%) \
	    $(PROGRAMS:%=$(DESTDIR)$(BASH_DIR)/%) \
	    $(PROGRAMS:%=$(DESTDIR)$(FISH_DIR)/%.fish) $(DESTDIR)$(ZSH_DIR)/_klog
	for s in 1 5 7; do for f in man/*.$$s; do \
	    rm -f $(DESTDIR)$(PREFIX)/share/man/man$$s/$${f##*/}; done; done

# For scripts that link by themselves.
.PHONY: print-LDLIBS
print-LDLIBS:
	@echo $(LDLIBS)

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $B -name '*.d' 2>/dev/null)

# libeqlmini and eqlc. `make help` lists the targets; docs/contributing.md explains the layout.
#
# Everything built lies under $(BUILD). Variables a caller may set: CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS PREFIX
# DESTDIR BUILD, COLD_CFLAGS and HOT_CFLAGS (see Sources), WERROR=1 (warnings are errors), ASSERT=1 (keep assertions) and V=1
# (print whole commands).

BUILD ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
# The test scripts build and install with the same settings.
export BUILD CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ASSERT WERROR

# ---------------------------------------------------------------------------------------------------------
# Packages of Debian 12 and later. Build, demo and tests:
PACKAGES := \
    gcc \
    g++ \
    libc6-dev \
    re2c \
    lemon \
    unicode-data \
    libsimdjson-dev \
    libtomlplusplus-dev \
    zlib1g-dev \
    libmd-dev \
    libcmocka-dev \
    libjansson-dev \
    pkg-config
# gcc, libc6-dev         the library is C11
# g++                    the command reads JSON and TOML with C++ libraries
# re2c, lemon            generate the lexer and the parser from grammar/
# unicode-data           CaseFolding.txt, from which the case folding tables are made
# libsimdjson-dev        event documents (command only)
# libtomlplusplus-dev    rule files (command only)
# zlib1g-dev             gzip-compressed events (command only)
# libmd-dev              SHA-256: identifiers of alerts, checks of saved state (command only); dpkg itself uses it
# libcmocka-dev          unit tests
# libjansson-dev         the tests read their vectors with it
# pkg-config             the tests build the examples against an installed copy

# Only for `make lint`, `make fuzz` and .ci/run:
PACKAGES_DEV := \
    clang \
    libclang-rt-dev \
    cppcheck \
    clang-tidy \
    valgrind \
    xz-utils
# clang, libclang-rt-dev second compiler, sanitizers, libFuzzer
# cppcheck, clang-tidy   make lint
# valgrind               make valgrind
# xz-utils               unpacks rules and recorded events for make corpus

# ---------------------------------------------------------------------------------------------------------
# `make deps test` must have installed everything before anything is built or probed, also with -j: so with
# deps among the goals this file consists of the installation alone, and the other goals follow in a make of
# their own.
INSTALL_GOALS := $(filter deps deps-dev,$(MAKECMDGOALS))
ifneq ($(INSTALL_GOALS),)

OTHER_GOALS := $(filter-out deps deps-dev,$(MAKECMDGOALS))
WANTED := $(if $(filter deps,$(INSTALL_GOALS)),$(PACKAGES)) $(if $(filter deps-dev,$(INSTALL_GOALS)),$(PACKAGES_DEV))

.PHONY: $(INSTALL_GOALS) $(OTHER_GOALS) install-packages after-packages
$(INSTALL_GOALS): install-packages
	@:
$(OTHER_GOALS): after-packages
	@:
after-packages: install-packages
	@$(MAKE) --no-print-directory $(OTHER_GOALS)
install-packages:
	@set -e; missing=; \
	for p in $(WANTED); do \
	    case "$$(dpkg-query -W -f='$${Status}' $$p 2>/dev/null)" in \
	    *' installed') ;; \
	    *) missing="$$missing $$p" ;; \
	    esac; \
	done; \
	if [ -z "$$missing" ]; then echo "deps: everything is installed"; exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	    echo "deps: this system has no apt-get; install the equivalents of:$$missing" >&2; exit 1; \
	fi; \
	sudo=; \
	if [ "$$(id -u)" != 0 ]; then \
	    sudo=sudo; \
	    command -v sudo >/dev/null || { echo "deps: run as root, or install sudo" >&2; exit 1; }; \
	fi; \
	echo "deps: installing$$missing"; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q update; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $$missing

else

# ---------------------------------------------------------------------------------------------------------
# Flags
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wcast-qual -Wundef -Wvla $(if $(WERROR),-Werror)
WARNXX := -Wall -Wextra $(if $(WERROR),-Werror)
GEN := $(BUILD)/gen
DEPFLAGS = -MMD -MP
NDEBUG := $(if $(ASSERT),,-DNDEBUG)

LIB_FLAGS := -std=c11 -fPIC -fvisibility=hidden -Iinclude -Ilib -I$(GEN) $(NDEBUG) $(WARN)
CLI_FLAGS := -Iinclude -Icli -I$(GEN) $(NDEBUG) -D_POSIX_C_SOURCE=200809L
# As Debian built the two C++ libraries; other builds of them may need other values.
CLI_CXX_FLAGS ?= -DSIMDJSON_THREADS_ENABLED=1 -DTOML_HEADER_ONLY=0 -DTOML_SHARED_LIB=1
# Unit tests may look inside; tests of the public interface and examples see what an embedder sees.
UNIT_FLAGS := -std=c11 -Iinclude -Ilib -Icli -Itests/support -I$(GEN) -D_POSIX_C_SOURCE=200809L $(WARN)
API_FLAGS := -std=c11 -Iinclude -Itests/support -D_POSIX_C_SOURCE=200809L $(WARN)
EXAMPLE_FLAGS := -std=c11 -Iinclude $(WARN)
CLI_LIBS := -lsimdjson -ltomlplusplus -lz -lmd -lpthread
TEST_LIBS := -lcmocka -ljansson -lpthread -lm

# Begins a command that is shown by its kind and its target alone.
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

VERSION := $(shell awk '/^\#define EQLM_VERSION_(MAJOR|MINOR|PATCH)/ { v = v s $$3; s = "." } END { print v }' include/eqlmini.h)
SOVERSION := 0

# ---------------------------------------------------------------------------------------------------------
# Sources
# lib/ecs is a library of its own: hosts with their own field types need not carry the tables.
ECS_SRC := $(sort $(wildcard lib/ecs/*.c))
LIB_DIRS ?= $(filter-out ecs,$(notdir $(patsubst %/,%,$(wildcard lib/*/))))
LIB_SRC := $(sort $(wildcard $(LIB_DIRS:%=lib/%/*.c)))
CLI_C := $(sort $(wildcard cli/*.c))
CLI_CC := $(sort $(wildcard cli/*.cc))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c tests/vectors/test_*.c tests/golden/test_*.c tests/stream/test_*.c \
    tests/emit/test_*.c))
API_SRC := $(sort $(wildcard tests/api/test_*.c))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/bench_*.c))
CORPUS_SRC := $(sort $(wildcard tests/corpus/corpus_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
EXAMPLE_SRC := $(sort $(wildcard examples/*.c))

obj = $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(basename $(1))))
LIB_OBJ := $(call obj,$(LIB_SRC))
ECS_OBJ := $(call obj,$(ECS_SRC))
SUPPORT_OBJ := $(call obj,$(SUPPORT_SRC))

# cli/json_extract.cc is compiled once more for each kernel that this kind of processor may have. These come
# last: of inline functions that several objects hold the linker takes the first, so no other object is given
# one that was compiled for a kernel.
KERNELS := $(shell printf '%s\n' __x86_64__ | $(CXX) $(CXXFLAGS) -E -P -x c++ - 2>/dev/null | sed -n 's/^1$$/v3/p')
KERNEL_FLAGS_v3 := -march=x86-64-v3 -mpclmul
CLI_OBJ := $(call obj,$(CLI_C) $(CLI_CC)) $(KERNELS:%=$(BUILD)/obj/cli/json_extract.%.o)
CLI_PARTS := $(filter-out $(BUILD)/obj/cli/eqlc.o,$(CLI_OBJ))

# What runs for every event, and what compiling a rule spends its time in, is compiled as CFLAGS says, without gaps between
# functions and before loops; everything else of the library for size. There are no tables for unwinding through it
# either: debuggers use what -g writes, exceptions must not pass the library. Builds for debugging and with sanitizers are
# left as they are.
HOT_SRC := $(addprefix lib/,base/arena.c base/mem.c base/text.c event/read.c vm/run.c vm/test.c rules/match.c rules/find.c \
    $(addprefix ops/,pattern.c pattern_build.c pattern_read.c pattern_write.c pattern_find.c pattern_wild.c regex_match.c) \
    stream/stream.c stream/plan.c stream/conditions.c stream/sequence.c stream/index.c stream/keys.c syntax/lexer.c syntax/parse.c)
FOR_USE := $(if $(filter -O2 -O3,$(CFLAGS)),$(if $(findstring -fsanitize,$(CFLAGS)),,yes))
# The first of some flags that the compiler knows.
known_flag = $(firstword $(foreach f,$(1),$(shell $(CC) -Werror $(f) -E -x c /dev/null >/dev/null 2>&1 && echo $(f))))
COLD_CFLAGS := $(if $(FOR_USE),$(call known_flag,-Oz -Os) $(foreach w,tree-loop-im move-loop-invariants caller-saves \
    tree-dominator-opts jump-tables,$(call known_flag,-fno-$(w))))
HOT_CFLAGS := $(if $(FOR_USE),$(foreach w,functions loops jumps labels,$(call known_flag,-fno-align-$(w))))
$(if $(FOR_USE),$(eval LIB_FLAGS += -fno-asynchronous-unwind-tables))
$(call obj,$(LIB_SRC)): SIZE_FLAGS = $(COLD_CFLAGS)
$(call obj,$(HOT_SRC)): SIZE_FLAGS = $(HOT_CFLAGS)
# No gaps between code and constants in the shared libraries, and addresses of constants in 1 KB instead of 16, which
# loaders understand from glibc 2.36 on.
PACKED := -Wl,-z,noseparate-code -Wl,-Bsymbolic-functions $(shell printf '%s\n' '\#include <stdlib.h>' '\#if defined __GLIBC__ && __GLIBC_PREREQ(2, 36)' packed '\#endif' | \
    $(CC) -E -P -x c - 2>/dev/null | sed -n 's/^packed$$/-Wl,-z,pack-relative-relocs/p')

# Generated sources. Those whose input does not exist are left out.
GENERATED := \
    $(if $(wildcard grammar/lex.re),$(GEN)/lex.c) \
    $(if $(wildcard grammar/eql.y),$(GEN)/eql.c $(GEN)/eql.h) \
    $(if $(wildcard lib/base/casefold.awk),$(GEN)/casefold_data.h)
ECS_GENERATED := $(if $(wildcard lib/ecs/ecs.awk),$(GEN)/ecs_data.h)

LIB_A := $(BUILD)/libeqlmini.a
LIB_SO := $(BUILD)/libeqlmini.so.$(VERSION)
ECS_A := $(if $(ECS_SRC),$(BUILD)/libeqlmini-ecs.a)
ECS_SO := $(if $(ECS_SRC),$(BUILD)/libeqlmini-ecs.so.$(VERSION))
EQLC := $(if $(wildcard cli/eqlc.c),$(BUILD)/eqlc)

UNIT_BIN := $(addprefix $(BUILD)/tests/,$(notdir $(basename $(UNIT_SRC))))
API_BIN := $(addprefix $(BUILD)/tests/,$(notdir $(basename $(API_SRC))))
BENCH_BIN := $(addprefix $(BUILD)/bench/,$(notdir $(basename $(BENCH_SRC))))
CORPUS_BIN := $(addprefix $(BUILD)/corpus/,$(notdir $(basename $(CORPUS_SRC))))
FUZZ_BIN := $(addprefix $(BUILD)/fuzz/,$(notdir $(basename $(FUZZ_SRC))))
REPLAY_BIN := $(addprefix $(BUILD)/replay/,$(notdir $(basename $(FUZZ_SRC))))
EXAMPLE_BIN := $(addprefix $(BUILD)/examples/,$(notdir $(basename $(EXAMPLE_SRC))))

# ---------------------------------------------------------------------------------------------------------
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all lib tests examples demo test corpus bench bench-programs fuzz fuzz-smoke install uninstall \
    amalgamation asan valgrind lint update-golden clean help FORCE

all: lib $(EQLC)
lib: $(LIB_A) $(BUILD)/libeqlmini.so $(ECS_A) $(if $(ECS_SO),$(BUILD)/libeqlmini-ecs.so)

help:
	@echo 'make                build/eqlc, build/libeqlmini.a, build/libeqlmini.so'
	@echo 'make deps           install the packages that build, demo and tests need (Debian; root or sudo)'
	@echo 'make deps-dev       install the packages that lint, fuzz and .ci/run need'
	@echo 'make demo           run the bundled rule on the bundled events, and the examples'
	@echo 'make test           all tests; the last line counts them'
	@echo 'make asan           all tests again with address and undefined behaviour sanitizers'
	@echo 'make valgrind       unit tests under valgrind'
	@echo 'make fuzz-smoke     a short run of every fuzzer (clang)'
	@echo 'make corpus         run recorded events against public rules, where the data is at hand (SHARED=dir)'
	@echo 'make bench          measure'
	@echo 'make lint           cppcheck and clang-tidy'
	@echo 'make amalgamation   build/amalgamation/eqlmini.c and its headers: the library as one file'
	@echo 'make update-golden  rewrite the expected outputs under tests/golden'
	@echo 'make install        to $$(DESTDIR)$$(PREFIX), default /usr/local; make uninstall removes it'
	@echo 'make clean          remove $(BUILD)'

# ---------------------------------------------------------------------------------------------------------
# Missing tools are named before the first compilation, not by the errors they would cause: all that the goal
# needs, at once.
GOALS := $(or $(MAKECMDGOALS),all)
need_tool = command -v $(firstword $(1)) >/dev/null 2>&1 || lack '$(2)' '$(3)';
need_header = printf '\#include <%s>\n' $(2) | $(1) $(CPPFLAGS) -E -x $(3) - >/dev/null 2>&1 || lack '$(4)' '$(5)';
check_begin = @mkdir -p $(BUILD); missing=; \
    lack() { printf 'make: %s is missing (Debian: apt-get install %s)\n' "$$1" "$$2" >&2; missing=1; };
check_end = if [ -n "$$missing" ]; then echo 'make: `make deps` installs all of it on Debian' >&2; exit 1; fi; touch $@
check_lib = \
    if command -v $(firstword $(CC)) >/dev/null 2>&1; then \
        $(call need_header,$(CC),stdlib.h,c,the C library (stdlib.h),libc6-dev) \
    else lack 'the C compiler $(CC)' gcc; fi; \
    $(call need_tool,$(RE2C),re2c (lexer generator),re2c) \
    $(call need_tool,$(LEMON),lemon (parser generator),lemon) \
    [ -r $(CASEFOLDING) ] || lack '$(CASEFOLDING) (Unicode data)' unicode-data;
check_cli = \
    if command -v $(firstword $(CXX)) >/dev/null 2>&1; then \
        $(call need_header,$(CXX),simdjson.h,c++,simdjson (JSON reader),libsimdjson-dev) \
        $(call need_header,$(CXX) -std=c++17,toml++/toml.h,c++,toml++ (TOML reader),libtomlplusplus-dev) \
        $(call need_header,$(CXX),zlib.h,c++,zlib,zlib1g-dev) \
        $(call need_header,$(CXX),sys/types.h sha2.h,c++,libmd (SHA-256),libmd-dev) \
    else lack 'the C++ compiler $(CXX)' g++; fi;
check_test = \
    if command -v $(firstword $(CC)) >/dev/null 2>&1; then \
        $(call need_header,$(CC),stdarg.h stddef.h setjmp.h stdint.h cmocka.h,c,cmocka (unit tests),libcmocka-dev) \
        $(call need_header,$(CC),jansson.h,c,jansson (test vectors),libjansson-dev) \
    fi; \
    $(call need_tool,pkg-config,pkg-config (test of the installation),pkg-config)

$(BUILD)/.tools-lib:
	$(check_begin) $(check_lib) \
	$(if $(filter all demo test tests install corpus bench asan valgrind update-golden,$(GOALS)),$(check_cli)) \
	$(if $(filter test tests asan valgrind update-golden,$(GOALS)),$(check_test)) \
	$(check_end)
$(BUILD)/.tools-cli: $(BUILD)/.tools-lib
	$(check_begin) $(check_cli) $(check_end)
$(BUILD)/.tools-test: $(BUILD)/.tools-lib
	$(check_begin) $(check_test) $(check_end)

# Objects depend on the flags they were made with.
FLAGS_NOW := $(CC) $(CFLAGS) $(COLD_CFLAGS) $(HOT_CFLAGS) $(CPPFLAGS) $(LIB_FLAGS) $(UNIT_FLAGS) | $(CXX) $(CXXFLAGS) $(CLI_FLAGS) $(CLI_CXX_FLAGS) | $(LDFLAGS)
$(BUILD)/.flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(FLAGS_NOW)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_NOW)' > $@

# ---------------------------------------------------------------------------------------------------------
# Generated sources
CASEFOLDING ?= /usr/share/unicode/CaseFolding.txt
RE2C ?= re2c
LEMON ?= lemon

$(GEN)/lex.c: grammar/lex.re | $(BUILD)/.tools-lib
	@mkdir -p $(@D)
	$(call say,RE2C)$(RE2C) -W -Werror --no-generation-date -o $@ $<
$(GEN)/eql.c: grammar/eql.y | $(BUILD)/.tools-lib
	@mkdir -p $(@D)
	$(call say,LEMON)$(LEMON) -q -d$(@D) $<
$(GEN)/eql.h: $(GEN)/eql.c
	@test -f $@ && touch $@
$(GEN)/casefold_data.h: lib/base/casefold.awk | $(BUILD)/.tools-lib
	@mkdir -p $(@D)
	$(call say,AWK)awk -f $< $(CASEFOLDING) > $@
$(GEN)/ecs_data.h: lib/ecs/ecs.awk lib/ecs/ecs.tsv
	@mkdir -p $(@D)
	$(call say,AWK)awk -f lib/ecs/ecs.awk lib/ecs/ecs.tsv > $@

$(GEN)/diag_sections.inc: cli/diag_sections.awk docs/diagnostics.md
	@mkdir -p $(@D)
	$(call say,AWK)awk -f $^ > $@

# ---------------------------------------------------------------------------------------------------------
# Library. The order of generated headers is only needed once: afterwards the .d files know who includes them.
$(LIB_OBJ): | $(GENERATED)
$(ECS_OBJ): | $(ECS_GENERATED)
$(BUILD)/obj/lib/%.o: lib/%.c $(BUILD)/.flags | $(BUILD)/.tools-lib
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(LIB_FLAGS) $(CPPFLAGS) $(CFLAGS) $(SIZE_FLAGS) $(DEPFLAGS) -c -o $@ $<

# A source that went away has to leave the libraries, too.
$(BUILD)/.objects: FORCE
	@mkdir -p $(@D); echo '$(LIB_OBJ) $(ECS_OBJ)' | cmp -s - $@ || echo '$(LIB_OBJ) $(ECS_OBJ)' > $@

$(LIB_A): $(LIB_OBJ)
$(BUILD)/libeqlmini-ecs.a: $(ECS_OBJ)
$(LIB_A) $(BUILD)/libeqlmini-ecs.a: $(BUILD)/.objects
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $(filter %.o,$^)

$(LIB_SO): $(LIB_OBJ)
$(BUILD)/libeqlmini-ecs.so.$(VERSION): $(ECS_OBJ)
$(BUILD)/libeqlmini.so.$(VERSION) $(BUILD)/libeqlmini-ecs.so.$(VERSION): $(BUILD)/.objects
	$(call say,LINK)$(CC) -shared -Wl,-soname,$(patsubst %.so.$(VERSION),%.so.$(SOVERSION),$(@F)) $(CFLAGS) $(PACKED) $(LDFLAGS) -o $@ $(filter %.o,$^)
$(BUILD)/%.so: $(BUILD)/%.so.$(VERSION)
	@ln -sf $(<F) $@.$(SOVERSION)
	@ln -sf $(@F).$(SOVERSION) $@

# ---------------------------------------------------------------------------------------------------------
# Command
$(BUILD)/obj/cli/cmd_help.o: $(GEN)/diag_sections.inc
$(BUILD)/obj/cli/%.o: cli/%.c $(BUILD)/.flags | $(BUILD)/.tools-cli
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=c11 $(CLI_FLAGS) $(WARN) $(CPPFLAGS) $(CFLAGS) $(DEPFLAGS) -c -o $@ $<
$(BUILD)/obj/cli/%.o: cli/%.cc $(BUILD)/.flags | $(BUILD)/.tools-cli
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) -std=c++17 $(CLI_FLAGS) $(CLI_CXX_FLAGS) $(WARNXX) $(CPPFLAGS) $(CXXFLAGS) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/obj/cli/json_extract.%.o: cli/json_extract.cc $(BUILD)/.flags | $(BUILD)/.tools-cli
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) -std=c++17 $(CLI_FLAGS) $(CLI_CXX_FLAGS) $(WARNXX) $(CPPFLAGS) $(CXXFLAGS) $(KERNEL_FLAGS_$*) -DEQLC_KERNEL=$* $(DEPFLAGS) -c -o $@ $<

$(BUILD)/eqlc: $(CLI_OBJ) $(ECS_A) $(LIB_A)
	$(call say,LINK)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) $(ECS_A) $(LIB_A) $(CLI_LIBS)

# ---------------------------------------------------------------------------------------------------------
# Tests
tests: $(UNIT_BIN) $(API_BIN) $(REPLAY_BIN)
examples: $(EXAMPLE_BIN)

# A test is linked with what its includes ask for: the helpers of tests/support, the parts of the command.
includes_of = $(if $(1),$(shell grep -lE '^\#include "($(subst $(empty) $(empty),|,$(strip $(2))))"' $(1)))
empty :=
CLI_USERS := $(call includes_of,$(UNIT_SRC) $(CORPUS_SRC) $(FUZZ_SRC) $(BENCH_SRC),$(notdir $(wildcard cli/*.h)) toml_json.h)
SUPPORT_USERS := $(call includes_of,$(UNIT_SRC) $(API_SRC) $(BENCH_SRC) $(CORPUS_SRC) $(FUZZ_SRC),$(notdir $(wildcard tests/support/*.h)))

$(call obj,$(UNIT_SRC) $(CORPUS_SRC) $(FUZZ_SRC)): FLAGS = $(UNIT_FLAGS)
$(call obj,$(API_SRC) $(SUPPORT_SRC) $(BENCH_SRC)): FLAGS = $(API_FLAGS)
$(call obj,tests/bench/bench_rules.c tests/bench/bench_stream_rules.c): FLAGS = $(UNIT_FLAGS)
# The rule of bench_w1 by hand: as fast as this processor allows.
W1_PARTS := $(call obj,tests/bench/w1_events.c tests/bench/w1_schema.c)
$(call obj,tests/bench/w1_hand.c tests/bench/w1_emit.c) $(W1_PARTS): FLAGS = $(API_FLAGS)
$(call obj,tests/bench/w1_hand.c): override CFLAGS += -O3 -march=native
$(BUILD)/bench/bench_w1: $(call obj,tests/bench/w1_hand.c tests/bench/w1_library.c) $(W1_PARTS) $(BUILD)/bench/w1_native.o \
    $(BUILD)/bench/w1_portable.o
$(call obj,tests/bench/w1_library.c): FLAGS = $(API_FLAGS) -DW1_LIBRARY=w1_default
# A second library, without SIMD, in an object that shows one name.
W1_PORTABLE := $(addprefix $(BUILD)/bench/portable/,tests/bench/w1_library.o $(addprefix lib/,$(addsuffix .o,\
    ops/pattern ops/pattern_find vm/run)))
$(BUILD)/bench/portable/%.o: %.c $(BUILD)/.flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(LIB_FLAGS) $(CPPFLAGS) $(CFLAGS) -DEQLI_NO_SIMD -DW1_LIBRARY=w1_portable $(DEPFLAGS) -c -o $@ $<
$(BUILD)/bench/w1_portable.o: $(W1_PORTABLE) $(call obj,tests/bench/w1_schema.c) $(LIB_A)
	$(call say,LINK)$(CC) -r -nostdlib -o $@.all $^
	@objcopy --keep-global-symbol=w1_portable $@.all $@
# The same rule as the library writes it in C.
$(BUILD)/bench/w1_emit: $(call obj,tests/bench/w1_emit.c) $(W1_PARTS) $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BUILD)/bench/w1_native.c: $(BUILD)/bench/w1_emit
	$(call say,EMIT)$< > $@
$(BUILD)/bench/w1_native.o: $(BUILD)/bench/w1_native.c
	$(call say,CC)$(CC) $(EXAMPLE_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/corpus/corpus_es: $(BUILD)/obj/tests/corpus/toml_json.o
$(BUILD)/corpus/corpus_rules $(BUILD)/corpus/corpus_sequences: $(call obj,tests/corpus/public_rules.c)
$(call obj,tests/corpus/public_rules.c): FLAGS = $(UNIT_FLAGS)
$(BUILD)/tests/test_stream_random: $(call obj,tests/stream/reference.c)
$(call obj,tests/stream/reference.c): FLAGS = $(API_FLAGS)
$(BUILD)/obj/tests/%.o: tests/%.cc $(BUILD)/.flags | $(BUILD)/.tools-cli
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) -std=c++17 $(CLI_FLAGS) $(CLI_CXX_FLAGS) $(WARNXX) $(CPPFLAGS) $(CXXFLAGS) $(DEPFLAGS) -c -o $@ $<
$(call obj,$(EXAMPLE_SRC)): FLAGS = $(EXAMPLE_FLAGS)
$(call obj,$(UNIT_SRC) $(FUZZ_SRC)): | $(GENERATED)
$(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/.flags | $(BUILD)/.tools-test
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FLAGS) $(CPPFLAGS) $(CFLAGS) $(DEPFLAGS) -c -o $@ $<
$(BUILD)/obj/examples/%.o: examples/%.c $(BUILD)/.flags | $(BUILD)/.tools-lib
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FLAGS) $(CPPFLAGS) $(CFLAGS) $(DEPFLAGS) -c -o $@ $<

# One rule per program, since the folder of its source is not in its name: folder, source, extra flags, libraries.
define program_rule
$(BUILD)/$(1)/$(notdir $(basename $(2))): $(call obj,$(2)) $(parts) $(ECS_A) $(LIB_A)
	@mkdir -p $$(@D)
	$$(call say,LINK)$(if $(cli),$$(CXX) $$(CXXFLAGS),$$(CC) $$(CFLAGS)) $(3) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $(if $(cli),$(CLI_LIBS)) $(4)
endef
cli = $(filter $(CLI_USERS),$(2))
parts = $(if $(filter $(SUPPORT_USERS),$(2)),$(SUPPORT_OBJ)) $(if $(cli),$(CLI_PARTS))
$(foreach s,$(UNIT_SRC) $(API_SRC),$(eval $(call program_rule,tests,$(s),,$(TEST_LIBS))))
# These load generated code, which calls the library in the program.
$(addprefix $(BUILD)/tests/,$(notdir $(basename $(wildcard tests/emit/test_*.c)))) $(BUILD)/corpus/corpus_native: \
    override LDFLAGS += -rdynamic
$(foreach s,$(BENCH_SRC),$(eval $(call program_rule,bench,$(s),,$(TEST_LIBS))))
$(foreach s,$(CORPUS_SRC),$(eval $(call program_rule,corpus,$(s),,$(TEST_LIBS))))
$(foreach s,$(FUZZ_SRC),$(eval $(call program_rule,fuzz,$(s),-fsanitize=fuzzer,$(TEST_LIBS))))
# The same with a main of our own, for the seeds in `make test`.
$(foreach s,$(FUZZ_SRC),$(eval $(call program_rule,replay,$(s),,$(TEST_LIBS))))
$(REPLAY_BIN): $(call obj,tests/fuzz/replay.c)
$(call obj,tests/fuzz/replay.c): FLAGS = $(UNIT_FLAGS)
$(foreach s,$(EXAMPLE_SRC),$(eval $(call program_rule,examples,$(s),,)))

TEST_SCRIPTS := $(sort $(wildcard tests/support/check_*.sh tests/*/test_*.sh))

test: all tests examples
	@tests/support/run_tests.sh $(UNIT_BIN) $(API_BIN) $(TEST_SCRIPTS)

SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan ASSERT=1 CFLAGS='$(SANITIZE)' CXXFLAGS='$(SANITIZE)' test

valgrind: tests
	@TEST_WRAPPER='valgrind -q --leak-check=full --errors-for-leak-kinds=all --error-exitcode=99' \
	    tests/support/run_tests.sh $(UNIT_BIN) $(API_BIN)

update-golden: all tests
	@UPDATE_GOLDEN=1 tests/support/run_tests.sh $(filter $(BUILD)/tests/test_golden%,$(UNIT_BIN)) \
	    $(wildcard tests/golden/test_*.sh tests/cli/test_*.sh)

# Compiled for this processor, as the command chooses its kernel when it runs.
$(BUILD)/bench/json_floor: tests/bench/json_floor.cc $(BUILD)/.flags | $(BUILD)/.tools-cli
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) -std=c++17 -march=native $(CLI_CXX_FLAGS) $(WARNXX) $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) -o $@ $< -lsimdjson

bench-programs: $(BENCH_BIN) $(BUILD)/bench/json_floor
bench: all bench-programs
	@set -e; for b in $(BENCH_BIN) tests/bench/bench_run.sh; do echo "--- $${b##*/}"; $$b; done

# Fuzzers are built by clang in a build of their own.
FUZZ_SECONDS ?= 20
FUZZ_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang-fuzz ASSERT=1 CC=clang CXX=clang++ CFLAGS='$(FUZZ_CFLAGS)' \
	    CXXFLAGS='$(FUZZ_CFLAGS)' fuzz-programs
.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_BIN)
fuzz-smoke: fuzz
	@set -e; for f in $(notdir $(FUZZ_BIN)); do \
	    mkdir -p $(BUILD)/clang-fuzz/corpus/$$f; \
	    seeds=; [ ! -d tests/fuzz/seeds/$${f#fuzz_} ] || seeds=tests/fuzz/seeds/$${f#fuzz_}; \
	    echo "$$f: $(FUZZ_SECONDS) s"; \
	    $(BUILD)/clang-fuzz/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	        -print_final_stats=1 -artifact_prefix=$(BUILD)/clang-fuzz/ $(BUILD)/clang-fuzz/corpus/$$f $$seeds; \
	done

CPPCHECK_FLAGS := --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --quiet \
    --suppress=missingIncludeSystem --suppress=ctuuninitvar --suppress=readdirCalled --suppress='*:$(GEN)/*' -Iinclude -Ilib -I$(GEN)
lint: $(GENERATED) $(ECS_GENERATED) $(GEN)/diag_sections.inc
	cppcheck $(CPPCHECK_FLAGS) $(LIB_SRC) $(ECS_SRC)
	cppcheck $(CPPCHECK_FLAGS) --library=posix -Icli $(CLI_C)
	printf '%s\n' $(LIB_SRC) $(ECS_SRC) | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- $(LIB_FLAGS)' tidy
	printf '%s\n' $(CLI_C) | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- -std=c11 $(CLI_FLAGS)' tidy

# ---------------------------------------------------------------------------------------------------------
# The library as one file, for hosts without re2c and lemon
AMALGAMATION := $(BUILD)/amalgamation
AMALGAMATED := $(foreach d,base event ops program vm rules stream emit syntax check codegen ecs,$(filter lib/$(d)/%,$(LIB_SRC) $(ECS_SRC)))
amalgamation: $(AMALGAMATION)/eqlmini.c
$(AMALGAMATION)/eqlmini.c: lib/amalgamate.awk $(AMALGAMATED) $(wildcard lib/*/*.h lib/*/*.def) include/eqlmini.h \
    $(GENERATED) $(ECS_GENERATED)
	@mkdir -p $(@D)
	$(call say,AWK)awk -v dirs='include lib $(GEN)' -f lib/amalgamate.awk $(AMALGAMATED) > $@
	cp include/eqlmini.h include/eqlmini_native.h $(@D)/

# ---------------------------------------------------------------------------------------------------------
RULES := examples/rules/hidden_run_key.eql
demo: $(BUILD)/eqlc examples
	@echo '--- eqlc run -r $(RULES) examples/events/*.ndjson'
	@$(BUILD)/eqlc run -r $(RULES) --format pretty examples/events/*.ndjson
	@echo '--- The same rule on C structs: examples/struct_events.c'
	@$(BUILD)/examples/struct_events $(RULES)

corpus: all $(CORPUS_BIN)
	@tests/support/corpus.sh

# ---------------------------------------------------------------------------------------------------------
MAN := $(wildcard docs/*.1 docs/*.3 docs/*.5)
INSTALLED := $(PREFIX)/bin/eqlc $(PREFIX)/include/eqlmini.h $(PREFIX)/include/eqlmini_native.h \
    $(foreach l,libeqlmini libeqlmini-ecs,$(addprefix $(LIBDIR)/$(l),.a .so .so.$(SOVERSION) .so.$(VERSION)) \
        $(LIBDIR)/pkgconfig/$(l).pc) \
    $(foreach m,$(MAN),$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 $(BUILD)/eqlc $(DESTDIR)$(PREFIX)/bin/
	install -m 644 include/eqlmini.h include/eqlmini_native.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(LIB_A) $(ECS_A) $(DESTDIR)$(LIBDIR)/
	install -m 755 $(LIB_SO) $(ECS_SO) $(DESTDIR)$(LIBDIR)/
	set -e; for l in libeqlmini $(if $(ECS_SO),libeqlmini-ecs); do \
	    ln -sf $$l.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$$l.so.$(SOVERSION); \
	    ln -sf $$l.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/$$l.so; \
	    requires=; description='Compiles and evaluates Event Query Language'; \
	    if [ $$l = libeqlmini-ecs ]; then \
	        requires='Requires: libeqlmini'; description='Types of the Elastic Common Schema for libeqlmini'; \
	    fi; \
	    printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$${prefix}/include' '' "Name: $$l" \
	        "Description: $$description" 'Version: $(VERSION)' $${requires:+"$$requires"} \
	        "Libs: -L\$${libdir} -l$${l#lib}" 'Cflags: -I$${includedir}' > $(DESTDIR)$(LIBDIR)/pkgconfig/$$l.pc; \
	done
	set -e; for m in $(MAN); do \
	    install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; \
	done

uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))

clean:
	rm -rf $(BUILD)

FORCE:

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(ECS_OBJ) $(CLI_OBJ) $(SUPPORT_OBJ) $(W1_PORTABLE) \
    $(call obj,$(UNIT_SRC) $(API_SRC) $(BENCH_SRC) $(CORPUS_SRC) $(FUZZ_SRC) $(EXAMPLE_SRC)))

endif

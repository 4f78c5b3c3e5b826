# make                 build/darknet, build/libattribution.a, build/libattribution.so
# make test            all tests; ends with Criterion's summary
# make sanitize        all tests with the address and undefined-behaviour sanitizers, in build/sanitize
# make check-style     format, sizes, direction of includes, shell scripts
# make experiments     all studies of cfg/experiments, with the networks that they need
# make bench           speed beside stock Darknet, PyTorch and the processor's peak: build/bench.json, build/bench.md
# make bench-quick     a minute: fails when a speed has halved
# make install         to $(DESTDIR)$(PREFIX); make uninstall takes it away again
# make clean           removes what was built; make distclean the downloads, too
# make DNNL=0          without oneDNN, which precision=mixed and tuned files need
# make emulated-amx    tests of the kernels for AMX where there is AVX-512 only
# make DARKNET=DIR     with a copy of your own checkout of Darknet, remembered until `make clean`
# make V=1 ...         shows every command

PREFIX         ?= /usr/local
DARKNET        ?=
DNNL           ?= 1
CC              = gcc
CFLAGS          = -O3 -g
DARKNET_CFLAGS  = -O2 -fPIC -w
SANITIZE        =

BUILD = build
OBJ   = $(BUILD)/obj
# One source for all builds; scripts/get-darknet brings it.
DK    = build/darknet-src

# Never -ffast-math or -Ofast, and nothing is linked with them: the linker would add start-up code that flushes
# denormal numbers in the whole process.
PLUGIN_FLAGS  = -std=gnu11 -Wall -Wextra -Wshadow -Werror -fopenmp -fPIC -fno-math-errno $(CFLAGS) $(SANITIZE) \
                -Iplugin -isystem $(DK)/include
# gcc 14 takes for errors what was customary in 2018.
DARKNET_FLAGS = $(SANITIZE) $(DARKNET_CFLAGS) -Wno-error=implicit-function-declaration \
                -Wno-error=incompatible-pointer-types -Wno-error=int-conversion -I$(DK)/include -I$(DK)/src
LINK          = $(CC) $(SANITIZE) -fopenmp
LIBS          = -lfftw3 -lcrypto -lz -lm -ldl -pthread

# oneDNN is loaded when it is needed (plugin/kernels/dnnl.h); DNNL_INCLUDE and DNNL_SO are for one that is elsewhere.
DNNL_INCLUDE  ?=
DNNL_SO       ?= $(shell $(CC) -print-file-name=libdnnl.so)

Q   = $(if $(V),,@)
say = $(if $(V),,@echo '  $1' $@)

all: $(BUILD)/darknet $(BUILD)/libattribution.a $(BUILD)/libattribution.so $(OBJ)/data.done $(OBJ)/cfg.done

# ---- Darknet: the files that its own Makefile names, without the one that is C++ and needed for OpenCV only

ifneq ($(filter-out clean distclean check-style,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell DARKNET='$(DARKNET)' scripts/get-darknet >&2 || echo failed),)
$(error Darknet's source is needed)
endif
include $(DK)/objects.mk
endif

library_objects = $(patsubst %,$(OBJ)/darknet/%,$(filter-out image_opencv.o,$(darknet_library)))
program_objects = $(patsubst %,$(OBJ)/darknet/%,$(darknet_program))

$(OBJ)/darknet/%.o: $(DK)/src/%.c $(DK)/objects.mk Makefile
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DARKNET_FLAGS) -c $< -o $@
$(OBJ)/darknet/%.o: $(DK)/examples/%.c $(DK)/objects.mk Makefile
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DARKNET_FLAGS) -c $< -o $@

# ---- The plugin: kernels and layers are compiled for float and for double

ifeq ($(DNNL),0)
without = plugin/kernels/dnnl_api_common.c plugin/kernels/dnnl_common.c plugin/kernels/dnnl_run_common.c
else
without = plugin/kernels/dnnl_none_common.c
dnnl_include = $(if $(DNNL_INCLUDE),-isystem $(DNNL_INCLUDE))
dnnl_soname := $(shell objdump -p '$(DNNL_SO)' 2>/dev/null | awk '/SONAME/ {print $$2}')
dnnl_there  := $(shell echo '\#include <dnnl.h>' | $(CC) $(dnnl_include) -E - >/dev/null 2>&1 && echo yes)
ifneq ($(filter-out clean distclean check-style,$(or $(MAKECMDGOALS),all)),)
ifeq ($(and $(dnnl_soname),$(dnnl_there)),)
$(error oneDNN is missing: scripts/install-packages libdnnl-dev, or build without it: make DNNL=0)
endif
endif
endif

ifneq ($(filter-out clean distclean check-style,$(or $(MAKECMDGOALS),all)),)
ifeq ($(shell echo '\#include <fftw3.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes),)
$(error FFTW is missing: scripts/install-packages libfftw3-dev)
endif
endif

sources = $(filter-out $(without),$(wildcard plugin/*.c plugin/*/*.c))
twice   = $(filter-out %_common.c %/registry.c,$(filter plugin/kernels/% plugin/layers/%,$(sources)))
once    = $(filter-out $(twice),$(sources))

# Blocked kernels: also for each generation of x86, chosen when the program runs.
simd     = $(wildcard plugin/kernels/simd/*.c)
isas     = $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),any v3 v4,any)
# Values that loops have in common stay in memory: registers are for sums.
flags_v3 = -march=x86-64-v3 -fno-predictive-commoning
flags_v4 = -march=x86-64-v4 -mprefer-vector-width=512 -fno-predictive-commoning
emulated_tiles = $(if $(EMULATE_AMX),-include tests/amx_emulation.h)
amx      = $(if $(filter v4,$(isas)),$(wildcard plugin/kernels/amx/*.c))

plugin_objects = $(patsubst plugin/%.c,$(OBJ)/%.o,$(once) $(amx)) \
                 $(foreach type,f32 f64,$(patsubst plugin/%.c,$(OBJ)/%_$(type).o,$(twice)) \
                     $(foreach isa,$(isas),$(patsubst plugin/%.c,$(OBJ)/%_$(type)_$(isa).o,$(simd))))

define compile
$(call say,CC)
@mkdir -p $(@D)
$(Q)$(CC) $(PLUGIN_FLAGS) $1 -MMD -MP -c $< -o $@
endef

$(OBJ)/%_f32.o: plugin/%.c $(DK)/objects.mk Makefile
	$(call compile,-DATTR_REAL=float)
$(OBJ)/%_f64.o: plugin/%.c $(DK)/objects.mk Makefile
	$(call compile,-DATTR_REAL=double)
define for_isa
$(OBJ)/kernels/simd/%_f32_$1.o: plugin/kernels/simd/%.c $(DK)/objects.mk Makefile
	$$(call compile,-DATTR_REAL=float -DATTR_ISA=$1 $$(flags_$1))
$(OBJ)/kernels/simd/%_f64_$1.o: plugin/kernels/simd/%.c $(DK)/objects.mk Makefile
	$$(call compile,-DATTR_REAL=double -DATTR_ISA=$1 $$(flags_$1))
endef
$(foreach isa,$(isas),$(eval $(call for_isa,$(isa))))
$(OBJ)/kernels/amx/%.o: plugin/kernels/amx/%.c $(DK)/objects.mk Makefile
	$(call compile,-DATTR_REAL=float -DATTR_ISA=amx $(flags_v4) -mamx-tile -mamx-bf16 $(emulated_tiles))
$(OBJ)/base/dispatch.o: plugin/base/dispatch.c $(DK)/objects.mk Makefile
	$(call compile,$(if $(EMULATE_AMX),-DATTR_EMULATED_AMX))
$(OBJ)/kernels/dnnl_%.o: plugin/kernels/dnnl_%.c $(DK)/objects.mk Makefile
	$(call compile,$(dnnl_include) -DATTR_DNNL_LIBRARY='"$(dnnl_soname)"')
# Its numbers are the same on every processor: nothing may be fused (see random.h).
$(OBJ)/base/random.o: plugin/base/random.c $(DK)/objects.mk Makefile
	$(call compile,-ffp-contract=off)
$(OBJ)/%.o: plugin/%.c $(DK)/objects.mk Makefile
	$(call compile)

# When a source file goes, nothing is newer than the library: a list of its objects has to tell.
objects = $(plugin_objects) $(library_objects)
$(OBJ)/%.list: FORCE
	@mkdir -p $(@D)
	@echo '$($*)' | cmp -s - $@ || echo '$($*)' >$@

$(BUILD)/libattribution.a: $(objects) $(OBJ)/objects.list
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $(objects)

# What the public header offers, and nothing else.
$(OBJ)/exports: plugin/attribution.h
	@mkdir -p $(@D)
	@{ echo '{ global:'; sed -n 's/^ATTR_API.*\(attr_[a-z_]*\)(.*/\1;/p' $<; echo 'local: *; };'; } >$@

$(BUILD)/libattribution.so: $(objects) $(OBJ)/objects.list $(OBJ)/exports
	$(call say,LINK)
	$(Q)$(LINK) -shared -Wl,-soname,$(@F) -Wl,--version-script=$(OBJ)/exports -o $@ $(objects) $(LIBS)

$(BUILD)/darknet: $(program_objects) $(BUILD)/libattribution.a
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# ---- Data files beside the program, where it looks for them

$(OBJ)/data.done: $(DK)/objects.mk
	@mkdir -p $(@D)
	$(Q)rm -rf $(BUILD)/data
	$(Q)cp -r $(DK)/data $(BUILD)/data
	@touch $@

$(OBJ)/cfg.done: $(DK)/objects.mk $(shell find cfg)
	@mkdir -p $(@D)
	$(Q)rm -rf $(BUILD)/cfg
	$(Q)cp -r $(DK)/cfg $(BUILD)/cfg
	$(Q)cp -r cfg $(BUILD)
	@touch $@

# stb's JPEG writer shifts into the sign bit, as Darknet's copy of it does.
$(OBJ)/images/jpeg.o: override SANITIZE += -fno-sanitize=shift

# ---- Tests

test_objects = $(patsubst tests/%.c,$(OBJ)/tests/%.o,$(wildcard tests/*.c))

# Both are for the tests: real models, if there are any, and the program to try.
ifneq ($(wildcard ../shared/testdata),)
ATTRIBUTION_TESTDATA ?= $(abspath ../shared/testdata)
export ATTRIBUTION_TESTDATA
endif
export ATTRIBUTION_BUILD = $(abspath $(BUILD))
# Tests run side by side: a thread that waits must give its processor away.
export OMP_WAIT_POLICY = passive

# Tables of cases leave out what is nothing.
$(OBJ)/tests/%.o: tests/%.c $(DK)/objects.mk Makefile
	$(call compile,-Wno-missing-field-initializers)

$(BUILD)/tests/unit: $(test_objects) $(OBJ)/test_objects.list $(BUILD)/libattribution.a
	$(call say,LINK)
	@mkdir -p $(@D)
	@ln -sfn ../data $(@D)/data
	@ln -sfn ../cfg $(@D)/cfg
	$(Q)$(LINK) -Wl,--wrap=attr_sets_weights -o $@ $(test_objects) $(BUILD)/libattribution.a -lcriterion $(LIBS)

# Files of bats run side by side, the longest first; then the unit tests, even if one has failed. Each leaves its results
# for scripts/test, too.
slow_bats = tests/cfg_table.bats tests/gallery.bats
test: all $(BUILD)/tests/unit
	@rm -f $(BUILD)/tests/*.tap; failed=0; \
	printf '%s\n' $(slow_bats) $(filter-out $(slow_bats),$(wildcard tests/*.bats)) | xargs -P "$$(nproc)" -I '{}' sh -c \
	    'tap=$(BUILD)/$$1.tap; bats --formatter tap "$$1" >$$tap; code=$$?; cat $$tap; exit $$code' sh '{}' || failed=1; \
	$(BUILD)/tests/unit --tap=$(BUILD)/tests/unit.tap || failed=1; exit $$failed

# The kernels for AMX where there is AVX-512 only, in software; all tests: make EMULATE_AMX=1 BUILD=build/amx test
kernel_suites = @(blocked|blocked_noise|layers_blocked|engine|parts|spots|kernel_choice)/*
emulated-amx:
	@$(MAKE) EMULATE_AMX=1 BUILD=build/amx build/amx/tests/unit
	build/amx/tests/unit --filter '$(kernel_suites)'

# Darknet itself leaks, and its JPEG writer shifts into the sign bit; the plugin must do neither. Reports go to files,
# for a leak is found when the test has already been counted.
# The search for leaks would crash on thread-local memory of a library that is loaded late (oneDNN): so the option.
reports = build/sanitize/reports
sanitize:
	@rm -rf $(reports) && mkdir -p $(reports)
	@echo 'leak:$(DK)/' >build/sanitize/leaks
	@failed=0; \
	ASAN_OPTIONS=log_path=$(CURDIR)/$(reports)/report:intercept_tls_get_addr=0 UBSAN_OPTIONS=print_stacktrace=1 \
	LSAN_OPTIONS=suppressions=$(CURDIR)/build/sanitize/leaks:print_suppressions=0 \
	$(MAKE) test BUILD=build/sanitize CFLAGS='-O1 -g -Wno-error' \
	    SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' \
	    DARKNET_CFLAGS='-O1 -g -fPIC -w -fno-sanitize=shift' || failed=1; \
	cat $(reports)/* 2>/dev/null && failed=1; exit $$failed

# ---- Benchmarks: workers, driven by scripts/bench

# Stock Darknet as its own Makefile builds it with OPENMP=1; what is measured is linked as there, too.
stock_flags   = -Ofast -fopenmp -fPIC -w
stock_objects = $(patsubst $(OBJ)/darknet/%,$(OBJ)/stock/%,$(library_objects))
bench_workers = $(BUILD)/bench/ours $(BUILD)/bench/stock

$(OBJ)/stock/%.o: $(DK)/src/%.c $(DK)/objects.mk Makefile
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DARKNET_FLAGS) $(stock_flags) -c $< -o $@
$(OBJ)/bench/%.o: tests/bench/%.c $(DK)/objects.mk Makefile
	$(call compile)
$(BUILD)/bench/ours: $(patsubst %,$(OBJ)/bench/%.o,ours machine worker) $(BUILD)/libattribution.a
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)
$(BUILD)/bench/stock: $(patsubst %,$(OBJ)/bench/%.o,stock worker) $(stock_objects)
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(CC) $(stock_flags) -o $@ $^ -lm -pthread

bench: $(bench_workers) $(OBJ)/cfg.done
	scripts/bench
bench-quick: $(bench_workers) $(OBJ)/cfg.done
	scripts/bench --quick

# ---- Darknet for scripts/train-*: fast on this processor, one thread; it adds up in another order than the program

training_objects = $(patsubst $(OBJ)/darknet/%,$(OBJ)/training/%,$(library_objects))

$(OBJ)/training/%.o: $(DK)/src/%.c $(DK)/objects.mk Makefile
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DARKNET_FLAGS) -Ofast -march=native -c $< -o $@
$(BUILD)/training/darknet: $(program_objects) $(training_objects) $(BUILD)/libattribution.a
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

experiments: all
	scripts/train-experiments
	@for study in cfg/experiments/*.cfg; do $(BUILD)/darknet attribute experiment $$study || exit 1; done

check-style:
	@scripts/check-style

# ---- Installation

dest  = $(DESTDIR)$(PREFIX)
share = $(dest)/share/darknet

install: all
	install -d $(dest)/bin $(dest)/lib $(dest)/include $(share)
	install -m 755 $(BUILD)/darknet $(dest)/bin
	install -m 644 $(BUILD)/libattribution.a $(BUILD)/libattribution.so $(dest)/lib
	install -m 644 plugin/attribution.h $(dest)/include
	cd $(BUILD) && find data cfg -type f -exec install -D -m 644 {} $(abspath $(share))/{} \;

# Only what install brought: people may keep weights there.
uninstall: $(OBJ)/data.done $(OBJ)/cfg.done
	rm -f $(dest)/bin/darknet $(dest)/lib/libattribution.a $(dest)/lib/libattribution.so $(dest)/include/attribution.h
	cd $(BUILD) && find data cfg -type f -exec rm -f $(abspath $(share))/{} \;
	! [ -d $(share) ] || find $(share) -depth -type d -empty -delete

clean:
	@mkdir -p build
	find build -mindepth 1 -maxdepth 1 ! -name download -exec rm -rf {} +

distclean:
	rm -rf build

FORCE:
.PHONY: all test emulated-amx sanitize experiments bench bench-quick check-style install uninstall clean distclean FORCE
.DELETE_ON_ERROR:

-include $(shell find $(OBJ) -name "*.d" 2>/dev/null)

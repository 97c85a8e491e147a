# SPDX-License-Identifier: GPL-2.0-only
#
# For people: builds, installs and tests. DKMS and kbuild read Kbuild instead
# and never this file.

all: module tool

PACKAGE := dax-kmem
VERSION_NOW := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
DKMS_NAME := $(PACKAGE)/$(VERSION_NOW)

# KDIR alone is enough to build for a kernel that does not run: it knows its
# own release.
ifdef KDIR
KVER ?= $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"$$/\1/p' \
		'$(KDIR)/include/generated/utsrelease.h' 2>/dev/null)
else
KVER ?= $(shell uname -r)
endif
KDIR ?= /lib/modules/$(KVER)/build

PREFIX ?= /usr/local
DESTDIR ?=
BTF ?=
LAYOUT ?=
MODULE ?= yes

MODDIR = $(DESTDIR)/lib/modules/$(KVER)/updates
DKMS_SRC = $(DESTDIR)/usr/src/$(PACKAGE)-$(VERSION_NOW)

# What DKMS builds from, in the one place that says so, and what its messages
# refer to; dkms-source copies it.
DKMS_FILES = dkms.conf Kbuild COPYING Documentation/porting.rst \
	     $(shell find kernel -type f ! -name '*.mod.c' ! -name btf-offsets.h \
		\( -name '*.[ch]' -o -name '*.sh' -o -name Kbuild \
		-o -name kernels \) | sort)

Q := $(if $(filter 1,$(V)),,@)

define HELP
Targets
  all            module and tool (default)
  module         kernel/kmem.ko for the kernel KVER or KDIR names
  tool           tools/kmemctl
  check          all tests, in guests; installs the packages it needs
  bench          what plug and unplug cost, by each way there is, in guests;
                 BENCH= its options; installs the packages it needs
  demo           the tour, in a guest; installs the packages it needs
  lint           what reads the code but does not run it
  prove          say which layout the private structures have in the kernel
                 that KVER or KDIR names, by its BTF
  install        kmemctl, its manual, completion and units; kmem.ko to updates/
  uninstall      the way back
  dkms-install   hand the module's source to DKMS and build it for KVER
  dkms-remove    the way back, for all kernels
  dkms-source    only copy the source to DKMS_SRC
  clean          remove what was built in this tree
  version        print the version
  help           this text

Variables
  KVER=$(KVER)
                 release of the kernel to build for
  KDIR=$(KDIR)
                 its headers, also where it is not installed
  PREFIX=$(PREFIX)
                 where kmemctl goes
  DESTDIR=$(DESTDIR)
                 put before every path that is written
  DKMS_SRC=$(DKMS_SRC)
                 the source for DKMS
  MODULE=$(MODULE)
                 no: install and uninstall leave kmem.ko alone
  BTF=$(BTF)
                 a vmlinux or vmlinuz of that kernel, for its BTF, if its headers
                 have none and it does not run
  LAYOUT=$(LAYOUT)
                 the private layout, where nothing can tell it: 6.1, 6.3, 6.8,
                 7.1 or 7.2, which stands for 7.2.6
  V=1            show commands
  W=1            more warnings for the module
  C=1, C=2       sparse on what is compiled, on all files of the module
endef

help:
	@:$(info $(HELP))

version:
	@echo $(VERSION_NOW)

headers:
	@[ -n '$(KVER)' ] && [ -e '$(KDIR)/Makefile' ] || { \
		echo "No kernel headers at $(KDIR)." >&2; \
		echo "On Debian: apt install linux-headers-$(or $(KVER),\$$(uname -r)), or set KVER= or KDIR=." >&2; \
		exit 1; }

module: headers
	$(Q)$(MAKE) --no-print-directory -C '$(KDIR)' M='$(CURDIR)' \
		BTF='$(if $(filter-out none,$(BTF)),$(abspath $(BTF)),$(BTF))' LAYOUT='$(LAYOUT)' modules

tool:
	$(Q)$(MAKE) --no-print-directory -C tools

check:
	$(Q)sh selftests/check.sh

bench:
	$(Q)bash selftests/bench/bench.sh $(BENCH)

demo:
	$(Q)sh selftests/demo.sh

lint:
	$(Q)bash selftests/lint.sh

prove: headers
	$(Q)bash kernel/compat/prove.sh '$(KDIR)' $(BTF)

install: $(if $(filter no,$(MODULE)),,install-module) install-tool

install-tool: tool
	$(Q)$(MAKE) --no-print-directory -C tools install PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)'

install-module: module
	$(Q)install -D -m 644 kernel/kmem.ko '$(MODDIR)/kmem.ko'
	$(if $(DESTDIR),,$(Q)depmod '$(KVER)')

uninstall:
	$(Q)$(MAKE) --no-print-directory -C tools uninstall PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)'
ifneq ($(MODULE),no)
	$(Q)[ ! -e '$(MODDIR)/kmem.ko' ] || { \
		rm -f '$(MODDIR)/kmem.ko' $(if $(DESTDIR),,&& depmod '$(KVER)'); }
endif

dkms-source:
	$(Q)rm -rf '$(DKMS_SRC)'
	$(Q)for file in $(DKMS_FILES); do \
		install -D -m 644 "$$file" '$(DKMS_SRC)'/"$$file" || exit; \
	done

dkms-install: headers
	$(Q)[ -z '$(DESTDIR)' ] || { \
		echo "DKMS knows no DESTDIR; dkms-source does." >&2; exit 1; }
	$(Q)command -v dkms >/dev/null || { \
		echo "No dkms. On Debian: apt install dkms" >&2; exit 1; }
	$(Q)new=$$(mktemp -d) && trap 'rm -rf "$$new"' EXIT && \
		$(MAKE) --no-print-directory dkms-source DESTDIR="$$new" && \
		sh kernel/dkms-install.sh $(PACKAGE) $(VERSION_NOW) \
			"$$new/usr/src/$(PACKAGE)-$(VERSION_NOW)" '$(KVER)'

dkms-remove:
	$(Q)[ -z "$$(dkms status $(DKMS_NAME))" ] || \
		dkms remove $(DKMS_NAME) --all
	$(Q)rm -rf '$(DKMS_SRC)'

# By name and not through kbuild, which would need the headers once more.
clean:
	$(Q)find kernel $(wildcard selftests/modules) -type f \( -name '*.o' \
		-o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name modules.order -o -name Module.symvers \
		-o -name btf-offsets -o -name btf-offsets.h \) -exec rm -f {} +
	$(Q)rm -f .*.cmd modules.order Module.symvers
	$(Q)$(MAKE) --no-print-directory -C tools clean
	$(Q)$(MAKE) --no-print-directory -C selftests clean

.PHONY: all help version headers module tool check bench demo lint prove install \
	install-tool install-module uninstall dkms-source dkms-install \
	dkms-remove clean

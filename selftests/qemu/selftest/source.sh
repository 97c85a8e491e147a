# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317
#
# kernels.sh and a kernel from source, of a few bytes: a build that fails, an
# option that the source does not know. Sourced by selftest.sh.

# shellcheck source=selftests/qemu/selftest/packages.sh
. "$QEMU/selftest/packages.sh"

fake_begin

# The source's Makefile: "allnoconfig" drops what $FAKE/mode names, "bzImage"
# fails when it says so.
source_archive() {
	local tree=$FAKE/linux-source-6.1

	mkdir -p "$tree"/{include,scripts,arch/x86/include,arch/x86/boot,tools/objtool} \
		"$FAKE/root/usr/src"
	touch "$tree"/{Kbuild,Module.symvers,arch/x86/Makefile,tools/objtool/objtool}
	cat >"$tree/Makefile" <<'END'
allnoconfig:
	grep -vw -f $(FAKE)/mode $(KCONFIG_ALLCONFIG) >.config
bzImage:
	@! grep -qx broken $(FAKE)/mode || { echo "cc1: error" >&2; false; }
	echo kernel >arch/x86/boot/bzImage
modules:
	touch modules.order
modules_install:
	mkdir -p $(INSTALL_MOD_PATH)/lib/modules/6.1.99
kernelrelease:
	@echo 6.1.99
.PHONY: allnoconfig bzImage modules modules_install kernelrelease
END
	tar -C "$FAKE" -cJf "$FAKE/root/usr/src/linux-source-6.1.tar.xz" \
		linux-source-6.1
	fake_package linux-source-6.1
	cp "$FAKE/show/linux-source-6.1" "$FAKE/lists/amd64/bookworm-security"
}

source_archive

# source_kernel MODE: what kernels.sh says, and its exit code
source_kernel() {
	echo "$1" >"$FAKE/mode"
	PATH=$FAKE/bin:$PATH KMEM_CACHE=$WORK/cache \
		sh "$QEMU/kernels.sh" get 6.1-debug 2>&1
	echo "exit $?"
}

source_cached() {
	(cd "$WORK/cache/kernels" 2>/dev/null && find . -mindepth 1 -maxdepth 1 \
		! -name '.lock-*')
}

# source_fails MODE PATTERN: it says so, and nothing is left
source_fails() {
	local out

	out=$(source_kernel "$1")
	has "$out" "$2" && has "$out" '^exit [1-9]' && equal "" "$(source_cached)"
}

source_gets() {
	local dir

	: >"$FAKE/calls"
	dir=$(source_kernel ok | grep -m 1 '^/')
	has "$dir" "^$WORK/cache/kernels/6.1-debug-[0-9a-f]{8}\$" &&
		equal "6.1.99 6.1-debug kernel" \
			"$(cd "$dir" && cat release series vmlinuz | xargs)" &&
		has "$(cat "$dir/build/.config")" '^CONFIG_KASAN=y$' &&
		has "$(source_kernel ok)" "^$dir\$" &&
		equal "download linux-source-6.1" "$(cat "$FAKE/calls")"
}

ktap_check "source: a build that fails leaves no kernel" \
	source_fails broken 'cc1: error'
ktap_check "source: a check that the source does not know makes no kernel" \
	source_fails CONFIG_KASAN '^kernels: cannot build it: not in .config: CONFIG_KASAN=y$'
ktap_check "source: a kernel is built once" source_gets

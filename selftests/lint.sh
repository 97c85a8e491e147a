#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the code without running it: one claim for each gate, and a gate shows
# what it objects to. Works on a copy of the tree.
#
# usage: lint.sh		all gates
#        lint.sh --selftest	plant a defect for each gate, and demand that
#				the gate finds it

set -u

REPO=$(cd "$(dirname "$0")/.." && pwd)
KERNELS_DIR=$REPO/selftests/qemu
LIB=$REPO/selftests/lib
export KERNELS_DIR

# shellcheck source=selftests/lib/ktap.sh
. "$LIB/ktap.sh"
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"
# shellcheck source=selftests/qemu/build.sh
. "$KERNELS_DIR/build.sh"
# shellcheck source=selftests/lib/linux-scripts.sh
. "$LIB/linux-scripts.sh"

# silent COMMAND...: succeeds when COMMAND does and prints nothing at all.
silent() {
	local out rc=0

	out=$("$@" 2>&1) || rc=$?
	[ -z "$out" ] || printf '%s\n' "$out"
	[ "$rc" -eq 0 ] && [ -z "$out" ]
}

# absent PATTERN FILE...: no line of the files matches.
absent() {
	! grep -nE "$@" /dev/null
}

# What runs in the kernel, and the C programs around it.
kernel_files() {
	find kernel selftests/modules -name '*.[ch]' ! -name btf-offsets.c
}

program_files() {
	find tools selftests kernel/compat/btf-offsets.c -name '*.[ch]' \
		! -path 'selftests/modules/*'
}

shell_files() {
	find . -type f \( -name '*.sh' -o -name '*.bash' \)
	find . -type f ! -name '*.sh' -exec \
		sh -c 'head -n 1 "$1" | grep -aqE "^#!.*(/| )(ba)?sh( |$)"' - {} \; \
		-print
}

# Everything a person wrote, but for the licence, which FSF did.
text_files() {
	find . -type f ! -path ./COPYING
}

# Each gate is followed by the defect it must find; planted_<gate> is somewhere
# in the words it then says.

# On stderr it only complains that no kernel tree is around it.
checkpatch() {
	perl "$SCRIPTS/checkpatch.pl" --no-tree --strict --terse --show-types \
		-f "$@" 2>/dev/null
}

gate_checkpatch() {
	local files

	mapfile -t files < <(kernel_files)
	silent checkpatch "${files[@]}"
}

defect_checkpatch() {
	printf '// SPDX-License-Identifier: GPL-2.0-only\nint a=1;\n' \
		>kernel/planted_checkpatch.c
}

# In programs: errno values are positive, as in the C library; macros for
# attributes are the kernel's; ELF types and PRIx64 are the C library's names.
gate_checkpatch_programs() {
	local files

	mapfile -t files < <(program_files)
	silent checkpatch \
		--ignore USE_NEGATIVE_ERRNO,PREFER_DEFINED_ATTRIBUTE_MACRO,CAMELCASE \
		"${files[@]}"
}

defect_checkpatch_programs() {
	printf '// SPDX-License-Identifier: GPL-2.0-only\nint a=1;\n' \
		>selftests/unit/planted_checkpatch_programs.c
}

# kbuild SERIES MAKE-ARGUMENT...: build the modules in a copy; prints what the
# build had to say, but for what it says of a headers package without BTF.
kbuild() {
	local kernel part rc=0

	kernel=$(kernels_get "$1") || return
	[ -d "$WORK/$1" ] || cp -a . "$WORK/$1"
	for part in . selftests/modules; do
		kernel_make "$kernel" "$WORK/$1/$part" \
			KBUILD_EXTRA_SYMBOLS= "${@:2}" modules \
			>"$WORK/log" 2>&1 || rc=$?
		grep -v '^Skipping BTF generation for .* due to unavailability of vmlinux$' \
			"$WORK/log"
	done
	return "$rc"
}

gate_warnings() {
	silent kbuild "$1" W=1
}

defect_warnings() {
	cat >>kernel/ranges.c <<-'END'

	void planted_undocumented(void);
	void planted_undocumented(void)
	{
		int planted_warnings;

		planted_warnings = 1;
	}
	END
}

# Compiles nothing again: the flags are those of the gate before.
gate_sparse() {
	silent kbuild "$1" W=1 C=2 CF=-D__CHECK_ENDIAN__
}

defect_sparse() {
	printf '\nvoid *planted_sparse = 0;\n' >>kernel/ranges.c
}

# What the tests say they need, the kernels they are run on have.
gate_config() {
	local kernel

	kernel=$(kernels_get "$1") || return
	silent comm -23 <(sort selftests/config) <(sort "$kernel/config")
}

defect_config() {
	echo CONFIG_planted_config=m >>selftests/config
}

gate_kernel_doc() {
	local kernel files

	kernel=$(kernels_get "$(kernels_list | head -n 1)") || return
	mapfile -t files < <(kernel_files)
	silent "$kernel/build/scripts/kernel-doc" -none -Werror "${files[@]}"
}

defect_kernel_doc() {
	cat >>kernel/ranges.c <<-'END'

	/**
	 * planted_doc() - tells nothing of its argument
	 */
	void planted_doc(int planted_kernel_doc)
	{
	}
	END
}

gate_undocumented() {
	local files

	mapfile -t files < <(kernel_files | grep -v '^selftests/')
	silent awk -f "$LIB/undocumented.awk" "${files[@]}"
}

# By defect_warnings.
defect_undocumented() {
	:
}

# SC2317: shellcheck 0.9 takes what ktap_check calls for unreachable.
gate_shellcheck() {
	local files

	mapfile -t files < <(shell_files | sort -u)
	silent shellcheck -f gcc -x -P SCRIPTDIR -e SC2317 "${files[@]}"
}

defect_shellcheck() {
	# shellcheck disable=SC2016 # the defect
	printf '#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\nls $1\n' \
		>selftests/planted_shellcheck
}

gate_man() {
	silent mandoc -T lint -W warning Documentation/man/*
}

defect_man() {
	printf '.TH A 8\n.SH B\n.planted_man\n' >Documentation/man/planted_man.8
}

gate_abi() {
	silent perl "$SCRIPTS/get_abi.pl" validate --dir Documentation/ABI
}

defect_abi() {
	printf 'What: a\nWhat:\nNothing: planted_abi\n' \
		>Documentation/ABI/testing/planted_abi
}

# tool_build NAME FLAG...: in a copy of its own, each file tried; prints errors.
tool_build() {
	cp -a . "$WORK/$1"
	make -k -C "$WORK/$1/tools" CFLAGS="-O2 -Wall -Wextra -Werror ${*:2}" \
		>/dev/null
}

gate_tool() {
	silent tool_build tool &&
		silent gcc -O2 -Wall -Wextra -Werror -o "$WORK/btf-offsets" \
			kernel/compat/btf-offsets.c
}

defect_tool() {
	printf '// SPDX-License-Identifier: GPL-2.0-only\n%s\n' \
		'static int planted_tool;' >tools/planted_tool.c
}

gate_analyzer() {
	silent tool_build analyzer -fanalyzer
}

defect_analyzer() {
	cat >tools/planted_analyzer.c <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	#include <stdlib.h>

	char *planted_analyzer(void);
	char *planted_analyzer(void)
	{
		char *p = malloc(1);

		*p = 0;
		return p;
	}
	END
}

gate_leftovers() {
	local files

	mapfile -t files < <(text_files)
	absent '\b(TO''DO|FIX''ME|X''XX)\b' "${files[@]}"
}

defect_leftovers() {
	echo "/* TO""DO: planted_leftovers */" >>tools/lib/util.h
}

# The only place that may know which kernel is built for.
gate_versions() {
	local files

	mapfile -t files < <(find kernel tools selftests -path kernel/compat \
		-prune -o -type f ! -path selftests/lint.sh -print)
	absent '\b(LINUX_VERSION_CODE|KERNEL_VERSION)\b' "${files[@]}"
}

defect_versions() {
	echo "#if LINUX_VERSION_CODE > 1 /* planted_versions */" >>kernel/kmem.h
	echo "#endif" >>kernel/kmem.h
}

# Paths that are good on one machine only.
gate_paths() {
	local files

	mapfile -t files < <(text_files)
	absent '(^|[^[:alnum:]_.}-])/(root|home|work)/' "${files[@]}"
}

defect_paths() {
	echo "see /""home/planted_paths" >>dkms.conf
}

gate_blanks() {
	local files

	mapfile -t files < <(text_files)
	absent '[[:blank:]]+$' "${files[@]}"
}

defect_blanks() {
	echo "# planted_blanks " >>Kbuild
}

# In the first lines, as the kernel wants it.
gate_spdx() {
	local file rc=0

	while read -r file; do
		head -n 3 "$file" |
			grep -q 'SPDX-License-Identifier: GPL-2.0-only' && continue
		echo "$file: no SPDX line"
		rc=1
	done < <(find . -type f \( -name '*.[ch]' -o -name '*.awk' \
		-o -name '*.[1-9]' -o -name '*.rst' -o -name '*.conf' \
		-o -name Kbuild -o -name Makefile \); shell_files)
	return "$rc"
}

defect_spdx() {
	echo ":" >selftests/planted_spdx.sh
}

# A mutation whose lines have changed would no longer be tried.
gate_mutations() {
	local out

	out=$(bash selftests/mutations/run.sh --check) && return
	grep '^not ok' <<<"$out"
	return 1
}

defect_mutations() {
	cat >>selftests/mutations/kernel.list <<'END'

mutation planted_mutations
file kernel/main.c
job lint
-no such line
END
}

# Sentence, gate and its arguments, TAB between sentence and gate.
gates() {
	local series

	printf '%s\t%s\n' \
	"checkpatch --strict finds nothing in what runs in the kernel" checkpatch \
	"checkpatch --strict finds nothing in the programs" checkpatch_programs
	for series in $SERIES; do
		printf '%s\t%s\n' \
		"Modules build for $series with W=1 and without a word" "warnings $series" \
		"Kernel $series has all selftests/config asks for" "config $series"
		# Debian's headers of 7.x lack this script, without which their
		# kbuild does not run sparse.
		grep -q checker-valid.sh "$(kernels_get "$series")"/usr/src/*-common/Makefile ||
			printf '%s\t%s\n' \
		"sparse is silent on the modules for $series" "sparse $series"
	done
	printf '%s\t%s\n' \
	"kernel-doc accepts each comment that is meant for it" kernel_doc \
	"Each function others can call and each struct in a header has kernel-doc" undocumented \
	"shellcheck finds nothing in the shell scripts" shellcheck \
	"mandoc finds nothing in the manual pages" man
	[ ! -d Documentation/ABI ] || printf '%s\t%s\n' \
	"get_abi finds nothing in the ABI files" abi
	printf '%s\t%s\n' \
	"kmemctl and the build's own program compile without a warning" tool \
	"gcc's analyzer finds nothing in kmemctl" analyzer \
	"Nothing is marked as left to do" leftovers \
	"Only kernel/compat knows kernel versions" versions \
	"No file names a path of one machine" paths \
	"No line ends in blanks" blanks \
	"Each source file names its licence" spdx \
	"Each mutation can be made in the code as it is" mutations
}

# claim SENTENCE GATE [ARGUMENT...]
claim() {
	ktap_check "$1" "gate_$2" "${@:3}"
}

# claim_found SENTENCE GATE [ARGUMENT...]: with all defects planted.
claim_found() {
	local out

	if out=$("gate_$2" "${@:3}" 2>&1 </dev/null); then
		ktap_fail "The gate fails when it should: $1"
	elif ! grep -q "planted_$2\b" <<<"$out"; then
		ktap_fail "The gate names the defect: $1" "$out"
	else
		ktap_pass "The gate finds a defect: $1"
	fi
}

SERIES=$(kernels_list)
CLAIM=claim
case "${1-}" in
'') ;;
--selftest)
	SERIES=$(kernels_list | head -n 1)
	CLAIM=claim_found
	;;
*)
	sed -n 's/^# \(usage: \|       \)//p' "$0" >&2
	exit 2
	;;
esac

sh "$KERNELS_DIR/setup.sh" check || exit 1
SCRIPTS=$(linux_scripts_get) || exit 1
for series in $SERIES; do
	kernels_get "$series" >/dev/null || exit 1
done
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM HUP
tree_copy "$WORK/tree"
cd "$WORK/tree" || exit 1
# Linux's own tests, word for word: not ours to change.
rm -rf selftests/upstream

mapfile -t table < <(gates)
if [ "$CLAIM" = claim_found ]; then
	for line in "${table[@]}"; do
		gate=${line#*$'\t'}
		"defect_${gate%% *}"
	done
fi
ktap_plan "${#table[@]}"
for line in "${table[@]}"; do
	# shellcheck disable=SC2086 # gate and arguments
	"$CLAIM" "${line%%$'\t'*}" ${line#*$'\t'}
done
ktap_done

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the host tests of kmemctl share: a sanitized build in a scratch
# directory, a way to run it against a tree, and comparisons.

# tool_build: build kmemctl and the fake kernel below $WORK. What is built in the
# tree is used when $KMEM_TOOL_BUILT is set: mutations want it fast.
tool_build() {
	mkdir -p "$WORK/src/Documentation"
	cp -rp "$TOP/dkms.conf" "$TOP/tools" "$WORK/src/"
	cp -rp "$TOP/Documentation/man" "$WORK/src/Documentation/"
	if ! { { [ -n "${KMEM_TOOL_BUILT-}" ] ||
		make -s -C "$WORK/src/tools" clean; } &&
	       make -s -C "$WORK/src/tools" SANITIZE=1 &&
	       gcc -Wall -Wextra -Werror -Wno-unused-parameter -O1 -g \
		-D_GNU_SOURCE -shared -fPIC \
			-o "$WORK/fakekernel.so" "$HERE"/fake/*.c -ldl; \
	     } >"$WORK/build.log" 2>&1; then
		sed 's/^/# /' "$WORK/build.log"
		echo "Bail out! kmemctl does not build"
		exit 1
	fi
	KMEMCTL=$WORK/src/tools/kmemctl-sanitize
	LIBASAN=$(gcc -print-file-name=libasan.so)
}

# In rc, out and err is what the last command returned and printed.
rc=0 out="" err=""

# k ARG...: run kmemctl on $TREE; sets rc, out and err. FAKE_* apply.
k() {
	rc=0
	: >"$WORK/log"
	FAKE_ROOT=$TREE FAKE_LOG=$WORK/log timeout 60 env \
		LD_PRELOAD="$LIBASAN $WORK/fakekernel.so" \
		ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 \
		"$KMEMCTL" --sysroot "$TREE" "$@" \
		>"$WORK/out" 2>"$WORK/err" </dev/null || rc=$?
	out=$(cat "$WORK/out")
	err=$(cat "$WORK/err")
}

# k_user ARG...: the same as somebody who is not root and may not read ranges.
k_user() {
	local as=()

	chmod 000 "$TREE"/sys/devices/platform/dax0.0/mapping*/*
	[ "$(id -u)" -ne 0 ] ||
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	rc=0
	ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 \
		"${as[@]}" "$KMEMCTL" --sysroot "$TREE" "$@" \
		>"$WORK/out" 2>"$WORK/err" </dev/null || rc=$?
	out=$(cat "$WORK/out")
	err=$(cat "$WORK/err")
	chmod 400 "$TREE"/sys/devices/platform/dax0.0/mapping*/*
}

# expect SENTENCE RC OUT ERR: the last run gave exactly this.
expect() {
	if [ "$rc" = "$2" ] && [ "$out" = "$3" ] && [ "$err" = "$4" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "exit $rc, not $2
stdout:
$out
expected:
$3
stderr:
$err
expected:
$4"
	fi
}

# expect_lines SENTENCE RC LINES: the last run's output has these.
expect_lines() {
	if [ "$rc" = "$2" ] && [[ $out == *"$3"* ]]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "exit $rc, not $2
stdout:
$out
$err"
	fi
}

# expect_error SENTENCE RC ERR: this one line, no output, the tree unchanged.
expect_error() {
	local after

	after=$(tree_print)
	if [ "$after" = "$BEFORE" ]; then
		expect "$1" "$2" "" "$3"
	else
		ktap_fail "$1" "the tree changed:
$(diff <(echo "$BEFORE") <(echo "$after"))
$err"
	fi
}

# tree_keep: remember the tree for expect_error and tree_reset.
tree_keep() {
	BEFORE=$(tree_print)
	rm -rf "$TREE.kept"
	cp -a "$TREE" "$TREE.kept"
}

tree_reset() {
	rm -rf "$TREE"
	cp -a "$TREE.kept" "$TREE"
}

# broken SENTENCE RC ERR COMMAND...: after the tree was broken so
broken() {
	local sentence=$1 code=$2 message=$3

	shift 3
	tree_reset
	eval "$1"
	shift
	k "$@"
	if [ "$rc" = "$code" ] && [ "$err" = "$message" ]; then
		ktap_pass "$sentence"
	else
		ktap_fail "$sentence" "exit $rc, not $code
$out
$err"
	fi
}

# block ID: its state and zones, on one line.
block() {
	local dir=$TREE/sys/devices/system/memory/memory$1

	echo "$(cat "$dir/state") $(cat "$dir/valid_zones")"
}

# dev_blocks: state and zones of all blocks of dax0.0, one line each.
DEV_BLOCKS="32 33 34 35 48 49"
dev_blocks() {
	local id

	for id in $DEV_BLOCKS; do
		[ ! -e "$TREE/sys/devices/system/memory/memory$id" ] ||
			echo "$id $(block "$id")"
	done
}

# documented SECTION...: each key in the JSON of the last run, of objects within
# it too, stands in one of these sections of kmemctl(8): in bold, or in a table
# before its last column
documented() {
	# shellcheck disable=SC2016 # perl's
	perl -MJSON::PP -0777 -e '
		my ($out, $man, @sections) = @ARGV;
		local @ARGV = $out;
		my (%keys, %bold);
		sub walk {
			my $it = shift;
			walk($_) for ref $it eq "ARRAY" ? @$it :
				ref $it eq "HASH" ? values %$it : ();
			@keys{keys %$it} = () if ref $it eq "HASH";
		}
		walk(decode_json(<>));
		@ARGV = $man;
		for (split /^\.SH /m, <>) {
			my ($title, $text) = split /\n/, $_, 2;
			next unless grep { $_ eq $title } @sections;
			$bold{lc $_}++ for map { /\w+/g }
				$text =~ /^\.BR? (.*)/mg,
				$text =~ /^(.*)\t/mg;
		}
		my @missing = grep { !$bold{$_} } sort keys %keys;
		print "not in the manual: @missing\n" if @missing;
		exit(!%keys || @missing > 0)' \
		"$WORK/out" "$TOP/Documentation/man/kmemctl.8" "$@"
}

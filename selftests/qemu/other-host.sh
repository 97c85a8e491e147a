#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The README's two commands on the other Debian that they are for: in a root of
# mmdebstrap's smallest variant with git, from a copy of this tree, without this
# machine's cache. The demo is run whole. Of the tests a share is: what reads,
# builds and fuzzes, and guests with kernels of both Debians. Host test; root.

# shellcheck disable=SC2317 # functions are called through ktap_check

set -u

KERNELS_DIR=$(dirname "$(realpath "$0")")
REPO=$(realpath "$KERNELS_DIR/../..")
# shellcheck source=selftests/lib/ktap.sh
. "$REPO/selftests/lib/ktap.sh"
# shellcheck source=selftests/qemu/kernels.sh
. "$KERNELS_DIR/kernels.sh"
# shellcheck source=selftests/qemu/build.sh
. "$KERNELS_DIR/build.sh"

# The other release, its name and its own kernel.
case "$(host_release)" in
bookworm) OTHER=trixie NAME="Debian 13" OWN='6\.12\.[0-9]+\+deb13-amd64' ;;
trixie) OTHER=bookworm NAME="Debian 12" OWN='6\.1\.0-[0-9]+-amd64' ;;
*) exit 1 ;;
esac

# make_root: with the archive, and as apt reaches it from here
make_root() {
	local lines

	mapfile -t lines < <(home_source "$OTHER"; home_source "$OTHER-security")
	mmdebstrap --variant=minbase --include=git,ca-certificates \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		"$OTHER" "$ROOT" "${lines[@]}" &&
		apt-config dump --no-empty --format '%f "%v";%n' Acquire \
			>"$ROOT/etc/apt/apt.conf.d/90host" &&
		tree_copy "$ROOT/dax-kmem" &&
		share >"$ROOT/jobs"
}

# share: the jobs to be run there, as those of --long, which have all the time
# that they need
share() {
	sed -n -e '/^host *| \(lint\|unit\|tool\|fuzz\) /s/ - / (-) /p' \
		-e 's/^\(host *| dkms-cycle *|\)[^|]*/\1 (6.1) (6.12-deb13) /p' \
		-e 's/^\(guest *| kmem-state *|\)[^|]*/\1 (6.1) (6.12-deb13) (7.3) /p' \
		-e 's/^\(guest *| kmemctl-cxl *|\)[^|]*/\1 (7.3) /p' \
		"$REPO/selftests/lib/jobs"
}

# inside COMMAND...: in that root, in the copy of the tree
inside() {
	# shellcheck disable=SC2016 # expands in the inner shell
	sh "$KERNELS_DIR/private-mounts.sh" sh -euc '
		root=$1; shift
		for shared in /dev /proc /sys; do
			mount --rbind "$shared" "$root$shared"
		done
		exec env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			KMEM_JOBS=/jobs chroot "$root" \
			sh -euc "cd /dax-kmem; exec \"\$@\"" - "$@"
	' - "$ROOT" "$@"
}

# A checkout, so that what tests leave behind is no source.
make_checkout() {
	inside sh -euc 'git init -q; git add -A'
}

demo_runs() {
	inside sh selftests/demo.sh >"$WORK/demo" 2>&1 &&
		grep '^demo: passed: ' "$WORK/demo" && return
	tail -n 30 "$WORK/demo"
	return 1
}

own_kernel() {
	grep -E "^/lib/modules/$OWN/updates/dkms/kmem\.ko" "$WORK/demo"
}

# passed JOB KERNEL
passed() {
	grep -E "^pass +$1 +${2#-} +[0-9]+ s" "$WORK/check" && return
	tail -n 30 "$WORK/check"
	return 1
}

mkdir -p "$KMEM_CACHE" || exit 1
WORK=$(mktemp -d "$KMEM_CACHE/other-host.XXXXXX") || exit 1
trap 'rm -rf --one-file-system "$WORK"' EXIT
trap 'exit 130' INT TERM HUP
ROOT=$WORK/root

ktap_check "a root of $NAME can be made" make_root
ktap_check "the tree is checked out there" make_checkout
started=$SECONDS
ktap_check "on $NAME the demo passes, from an empty cache" demo_runs
ktap_check "with that Debian's own kernel" own_kernel
echo "# the demo took $((SECONDS - started)) s, its packages and kernel with it"
inside sh selftests/check.sh --long >"$WORK/check" 2>&1 </dev/null
while read -r _ job kernel _; do
	on=" with $kernel"
	[ "$kernel" != - ] || on=
	ktap_check "on $NAME check.sh passes $job$on" passed "$job" "$kernel"
done < <(inside sh selftests/check.sh --long --list | tr -s ' ')
ktap_done

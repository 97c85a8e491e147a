#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Host test of kmemctl: every output and every error on trees that look like
# sysfs, with a sanitized build and a fake kernel behind the tree. Nothing of
# the host is touched and no root is needed.
#
# usage: run.sh [PART...]	parts are beside this file, without .sh

set -u

HERE=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)

# shellcheck source=selftests/lib/ktap.sh
. "$HERE/../lib/ktap.sh"
# shellcheck source=selftests/host/mktree.sh
. "$HERE/mktree.sh"
# shellcheck source=selftests/host/mkpages.sh
. "$HERE/mkpages.sh"
# shellcheck source=selftests/host/common.sh
. "$HERE/common.sh"

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
chmod 755 "$WORK"
umask 022

tool_build
[ $# -gt 0 ] || set -- usage list errors change dryrun overwrite memmap cost faults limits config doctor apply pages why map install boot zsh
for part; do
	# bash would leave out the rest of a file that it cannot read
	if ! bash -n "$HERE/$part.sh"; then
		ktap_fail "part $part can be read"
		continue
	fi
	# shellcheck source=/dev/null
	. "$HERE/$part.sh"
done
ktap_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the pure code of the driver in userspace, under the address and
# undefined behaviour sanitizers and outside the work tree, and tests it.
#
# usage: run.sh		prints KTAP

set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernel=$here/../../kernel
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
trap 'exit 130' INT TERM HUP

gcc -g -O1 -Wall -Wextra -Werror -I"$kernel" \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-o "$build/ranges_test" "$here/ranges_test.c" "$kernel/ranges.c"
"$build/ranges_test"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages are removed and purged while the memory is in use.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot remove.sh

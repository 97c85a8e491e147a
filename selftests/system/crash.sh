#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Crashes it: the kernel that saves the dump leaves the memory alone.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot --crash -- crash.sh

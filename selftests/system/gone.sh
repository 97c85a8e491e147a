#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The boot after the removal: the kernel's kmem, and a devdax device.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot gone.sh

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages come to a system whose memory the kernel's own kmem has.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot first.sh

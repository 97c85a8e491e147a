#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots it with memory that firmware reserved, which Linux is told to online.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
MEMORY=(--soft-reserved 1G --append memhp_default_state=online)
boot reserved.sh

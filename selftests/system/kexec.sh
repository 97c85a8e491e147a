#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The memory is no RAM of a kernel that another one starts.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot kexec.sh

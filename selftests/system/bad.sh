#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad policies, and a device that goes, while it runs.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot bad.sh

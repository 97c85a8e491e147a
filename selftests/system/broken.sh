#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots it with a bad policy.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot broken.sh

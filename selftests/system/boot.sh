#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots it: the policy is in force before what is ordered after it.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot docs.sh policy.sh

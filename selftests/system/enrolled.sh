#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots it with Secure Boot, and the key of DKMS enrolled.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot "--secure-boot=$IMAGE/enrolled" -- enrolled.sh

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots it with Secure Boot, and the key of DKMS not yet enrolled.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot "--secure-boot=$IMAGE/not-enrolled" -- refused.sh

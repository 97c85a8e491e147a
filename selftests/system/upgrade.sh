#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packages of a later version replace these, and these that, while the memory is
# in use.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/system/common.sh
. system/common.sh
boot upgrade.sh

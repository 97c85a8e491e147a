#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All that is tested in a Debian with systemd: stages, of which each goes on with
# what the one before has left. $KMEM_SYSTEM names the release.

cd "$(dirname "$0")/.." || exit 1
stages=
for stage in packages first install boot reserved no-policy secure enrolled \
	refused crash kexec bad broken upgrade kernel boot remove gone; do
	stages="$stages system/$stage.sh"
done
# shellcheck disable=SC2086 # words
exec sh lib/in-turn.sh $stages

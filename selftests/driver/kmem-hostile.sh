#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is written to the driver's attributes by mistake or in bad faith: random
# bytes from root change nothing, and nobody else can write at all. Needs the
# programs attr_noise, setpriv and unshare. Changes the memory of the machine:
# KMEM_TEST_DEV=daxX.Y.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh

kmem_require
for program in attr_noise setpriv unshare; do
	command -v $program >/dev/null || ktap_skip_all "no program $program"
done
DEV=$KMEM_TEST_DEV
STATE=$DAX/$DEV/state
KMEM=$DAX/$DEV/kmem
PARAMETERS=/sys/module/kmem/parameters
TMP=$(mktemp -d)
DRIVER=$(driver_of "$DEV")
SEED=${KMEM_SEED-$RANDOM}
WRITES=300

restore() {
	bind_kmem "$DEV"
	echo unplugged >"$STATE"
	echo policy >"$PARAMETERS/bind_state"
	forget "$DEV"
	[ "$DRIVER" = none ] || echo "$DEV" >"$DRIVERS/$DRIVER/bind"
	rm -rf "$TMP"
}
trap restore EXIT

echo unplugged >"$PARAMETERS/bind_state"
bind_kmem "$DEV"
ktap_diag "seed $SEED (KMEM_SEED repeats it)"

# Files below a directory that root can write: kmem's, not the bus's.
writable() {
	find -L "$@" -maxdepth 1 -type f -perm -u+w | sort
}

mapfile -t attributes < <(
	echo "$STATE"
	writable "$KMEM"
	echo "$DRIVERS/kmem/stranded"
	writable "$PARAMETERS")
for file in "${attributes[@]}"; do
	cat "$file" >"$TMP/${file##*/}"
done
ktap_diag "attributes: ${attributes[*]##*/}"


# noise FILE WORD STATE: the memory and the state stay as they are
noise() {
	snapshot "$TMP/before"
	attr_noise "$1" "$SEED" "$WRITES" "$2" || return
	same "$TMP/before" && equals "$(cat "$STATE")" "$3"
}

# Settings are no memory: some bytes are a value of theirs.
put_back() {
	local file

	for file in "${attributes[@]}"; do
		case $file in
		*/state | */stranded) ;;
		*) cat "$TMP/${file##*/}" >"$file" ;;
		esac
	done
}

# each_attribute STATE: random bytes in each attribute, in this state
each_attribute() {
	local file

	for file in "${attributes[@]}"; do
		ktap_check "$1: random bytes in ${file##*/} change no memory" \
			noise "$file" "${file##*/}" "$1"
	done
	put_back
	ktap_check "$1: random words in state change no memory" \
		noise "$STATE" online_movable "$1"
}

each_attribute unplugged
ktap_check "the settings are as before, and the memory goes online" \
	attempt online_movable "$STATE"
each_attribute online_movable
ktap_check "state takes its words afterwards" attempt unplugged "$STATE"

# denied COMMAND...: a write by it fails for want of permission, at each file
denied() {
	local file error

	for file in "${attributes[@]}" "$DRIVERS/kmem/"{bind,unbind,new_id}; do
		# shellcheck disable=SC2016 # for the inner shell
		error=$("$@" bash -c 'echo 0 >"$1"' - "$file" 2>&1) && {
			echo "$file can be written"
			return 1
		}
		case $error in
		*"Permission denied"*) ;;
		*) echo "$error"; return 1 ;;
		esac
	done
}
ktap_check "a user cannot write any attribute" \
	denied setpriv --reuid 65534 --regid 65534 --clear-groups
ktap_check "nor can root of another user namespace" \
	denied setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur
ktap_check "a user cannot read where memory is stranded" \
	equals "$(setpriv --reuid 65534 --clear-groups cat "$DRIVERS/kmem/stranded" 2>&1 | grep -c "Permission denied")" 1
ktap_done

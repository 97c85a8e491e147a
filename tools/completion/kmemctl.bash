# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of kmemctl's commands, options, columns and devices. Works without
# the bash-completion package as well.

# What these paths are called, without directories, below --sysroot when the
# line has one.
_kmemctl_names() {
	local root="" i path

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = --sysroot ]; then
			root=${COMP_WORDS[i + 1]}
			[ "$root" != "=" ] || root=${COMP_WORDS[i + 2]}
		fi
	done
	# shellcheck disable=SC2231 # a pattern is meant
	for path in "$root"$1; do
		[ ! -e "$path" ] || echo "${path##*/}"
	done
}

_kmemctl_devices() {
	_kmemctl_names "/sys/bus/dax/devices/dax*"
}

# There may be thousands: only once it is clear that one is meant.
_kmemctl_blocks() {
	[[ $1 != m* ]] || _kmemctl_names "/sys/devices/system/memory/memory[0-9]*"
}

# The command on the line, skipping options and their values.
_kmemctl_command() {
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-o | --output | --sysroot | --timeout | --wait | --width | --to)
			i=$((i + 1))
			[ "${COMP_WORDS[i]}" != "=" ] || i=$((i + 1)) ;;
		-*) ;;
		*)
			echo "${COMP_WORDS[i]}"
			return ;;
		esac
	done
}

_kmemctl_columns() {
	local cur=$1 before="" column

	local columns="DEVICE SIZE USABLE LOST NODE DISTANCE TIER DRIVER STATE
		       BLOCKS ZONES MEMMAP MEMMAP_SIZE SOURCE ONLINE TOTAL
		       RANGES RESOURCE ALIGN NUMA_NODE EXCLUSIVE"

	[ "$(_kmemctl_command)" != why ] ||
		columns="BLOCK COUNT STATE ZONE OFFLINABLE USED REASON PAGES
			 ABSENT FREE ANON MLOCKED FILE SHMEM HUGETLB PINNED SLAB
			 PAGETABLE KERNEL UNCLEAR RESERVED MEMMAP POISONED
			 BALLOON HUGEPOOL"
	case $cur in
	*,*) before=${cur%,*}, ;;
	+*) before=+ ;;
	esac
	for column in $columns; do
		echo "$before$column"
	done
}

_kmemctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words

	# bash splits --option=value at the =
	if [ "$cur" = "=" ]; then
		cur=
	elif [ "$prev" = "=" ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
	-o | --output)
		words=$(_kmemctl_columns "$cur") ;;
	--timeout | --wait | --width | --to)
		words= ;;
	--sysroot)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	*)
		case $(_kmemctl_command) in
		"")
			words="list online offline bind unbind apply
			       check-config doctor why map help --help
			       --version
			       --json --bytes --noheadings --output --sysroot" ;;
		list)
			words="$(_kmemctl_devices) --json --pairs --raw --bytes
			       --noheadings --output --output-all --sysroot" ;;
		online)
			words="$(_kmemctl_devices) all --movable --normal
			       --memmap-on-memory --no-memmap-on-memory
			       --exclusive --force --dry-run --json --bytes --timeout --quiet
			       --verbose --sysroot" ;;
		offline)
			words="$(_kmemctl_devices) all --dry-run --json
			       --bytes --timeout --quiet --verbose --drain --to
			       --sysroot" ;;
		apply)
			words="$(_kmemctl_devices) all --dry-run --json
			       --bytes --quiet --verbose --wait --sysroot" ;;
		check-config)
			words="$(_kmemctl_devices) --sysroot" ;;
		doctor)
			words="--json --noheadings --sysroot" ;;
		why)
			words="$(_kmemctl_devices) $(_kmemctl_blocks "$cur")
			       --json --bytes --noheadings --output
			       --sysroot" ;;
		map)
			words="$(_kmemctl_devices) --width --sysroot" ;;
		help)
			words="list online offline bind unbind apply
			       check-config doctor why map" ;;
		bind)
			words="$(_kmemctl_devices) --force --sysroot" ;;
		unbind)
			words="$(_kmemctl_devices) --sysroot" ;;
		*)
			words= ;;
		esac ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _kmemctl kmemctl

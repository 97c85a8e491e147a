# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of kmemctl's commands, options, columns and devices. Works without
# the bash-completion package as well.

# The devices on the bus, below --sysroot when the line has one.
_kmemctl_devices() {
	local root="" i dir

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = --sysroot ]; then
			root=${COMP_WORDS[i + 1]}
			[ "$root" != "=" ] || root=${COMP_WORDS[i + 2]}
		fi
	done
	for dir in "$root"/sys/bus/dax/devices/dax*; do
		[ ! -e "$dir" ] || echo "${dir##*/}"
	done
}

# The command on the line, skipping options and their values.
_kmemctl_command() {
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-o | --output | --sysroot | --timeout | --width | --to)
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
		       RANGES RESOURCE ALIGN NUMA_NODE"

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
	--width | --to)
		words= ;;
	--sysroot)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	*)
		case $(_kmemctl_command) in
		"")
			words="list online offline bind unbind apply
			       check-config doctor why map --help --version
			       --json --bytes --noheadings --output --sysroot" ;;
		list)
			words="$(_kmemctl_devices) --json --pairs --raw --bytes
			       --noheadings --output --output-all --sysroot" ;;
		online)
			words="$(_kmemctl_devices) all --movable --normal
			       --dry-run --json --bytes --timeout --quiet
			       --verbose --sysroot" ;;
		offline)
			words="$(_kmemctl_devices) all --dry-run --json
			       --bytes --timeout --quiet --verbose --drain --to
			       --sysroot" ;;
		apply)
			words="$(_kmemctl_devices) all --dry-run --json
			       --bytes --sysroot" ;;
		check-config)
			words="--sysroot" ;;
		doctor)
			words="--json --noheadings --sysroot" ;;
		why)
			words="$(_kmemctl_devices) --json --bytes --noheadings
			       --output --sysroot" ;;
		map)
			words="$(_kmemctl_devices) --width --sysroot" ;;
		bind | unbind)
			words="$(_kmemctl_devices) --sysroot" ;;
		*)
			words= ;;
		esac ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _kmemctl kmemctl

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Kernels of a later Debian than the one this runs on, or of another
# architecture ($foreign): apt with lists of its own, and a small root of that
# Debian to build in, for its headers want its compiler. Sourced by kernels.sh.

# later_uri: the archive this machine's own apt takes Debian from.
later_uri() {
	# shellcheck disable=SC2016 # apt's variable
	apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' \
		'Created-By: Packages' "Codename: $(
			. /etc/os-release && echo "$VERSION_CODENAME")" | head -n 1
}

# later_dir: what that apt has, with lists of $foreign or without.
later_dir() {
	echo "$KMEM_CACHE/later${foreign:+-$foreign}"
}

# later_apt ARGUMENT...: apt-get that sees the later suites only, and packages
# of this machine and of $foreign.
later_apt() {
	apt-get -q -o Dir::Etc::SourceList="$(later_dir)/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$(later_dir)/lists" \
		-o Dir::Cache="$(later_dir)/cache" \
		-o APT::Architectures="amd64${foreign:+,$foreign}" \
		-o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User=root "$@"
}

# later_lists: fetch the suites' package lists, once a day.
later_lists() {
	dir=$(later_dir)
	[ -z "$(find "$dir/fresh" -mtime -1 2>/dev/null)" ] || return 0
	uri=$(later_uri)
	[ -n "$uri" ] || {
		kernels_say "apt has no Debian archive configured"
		return 1
	}
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" || return
	for suite in trixie trixie-backports sid experimental; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
	done >"$dir/sources.list"
	log=$(later_apt update 2>&1) || {
		kernels_say "no lists of later suites: $(printf '%s\n' "$log" | tail -n 1)"
		return 1
	}
	touch "$dir/fresh"
}

# later_index SUITE: "PACKAGE VERSION" of its kernel packages.
later_index() {
	# shellcheck disable=SC2016 # apt's variable
	list=$(later_apt indextargets --format '$(FILENAME)' \
		"Created-By: Packages" "Architecture: ${foreign:-amd64}" \
		"Suite: $1" | head -n 1)
	case "$list" in
	*.lz4 | *.xz | *.gz | *.zst) ;;
	*) [ -e "$list" ] || list=$(find "$(later_dir)/lists" -name \
		"*_${1}_main_binary-${foreign:-amd64}_Packages*" | head -n 1) ;;
	esac
	/usr/lib/apt/apt-helper cat-file "$list" |
		awk '/^Package: linux-/ { p = $2 } /^Version: / && p {
			print p, $2; p = "" } /^$/ { p = "" }'
}

# later_newest VERSION FLAVOUR: of the packages that are read, print "RELEASE
# VERSION" of the newest kernel that is there with its headers. It is in one
# package, or its modules are in another.
later_newest() {
	awk -v series="^${1%.*}[.]${1#*.}([.][^-]*)?-$2\$" '
		{ at[$1] = $2 }
		END {
			for (p in at) {
				r = p
				if (!sub(/^linux-(binary|image)-/, "", r) ||
				    r !~ series)
					continue
				v = at[p]
				if (p ~ /-image-/ && ("linux-binary-" r) in at)
					continue
				if (at["linux-headers-" r] == v &&
				    (p ~ /-image-/ || at["linux-modules-" r] == v))
					print r, v
			}
		}' | sort -V | tail -n 1
}

# later_resolve SERIES: print "RELEASE VERSION SUITE HOME".
later_resolve() {
	later_lists || return
	for place in $(kernels_column "$1" 3); do
		found=$(later_index "${place%/*}" |
			later_newest "${1%%-*}" "$(kernels_flavour "$1")")
		[ -z "$found" ] || {
			echo "$found ${place%/*} ${place#*/}"
			return
		}
	done
	return 1
}

# later_bootstrap SUITE DIR OPTION...: DIR from packages of that Debian.
later_bootstrap() {
	suite=$1 root=$2
	shift 2
	# a suite that is not a release is not always signed anew in time
	log=$(mmdebstrap --aptopt='Acquire::Check-Valid-Until "false"' "$@" \
		"$suite" "$root" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(later_uri) $suite main" \
		2>&1) || {
		kernels_say "cannot make it: $(printf '%s\n' "$log" | grep -i '^E' | tail -n 1)"
		return 2
	}
}

# later_make_home HOME DIR: a root of a suite with a compiler and DKMS, or with a
# compiler for $foreign.
later_make_home() {
	kernels_say "making a small $1 to build in"
	packages=gcc,make,libc6-dev,libelf1t64,libssl3t64,zlib1g,pahole,kmod,sparse
	[ -n "$foreign" ] || packages=$packages,dkms,openssl
	[ -z "$foreign" ] || {
		packages=$packages,gcc-aarch64-linux-gnu
		for package in libc6 libblkid libinih libkmod libsmartcols; do
			packages=$packages,$package-dev:$foreign
		done
	}
	later_bootstrap "${1%"-$foreign"}" "$2" --variant=minbase \
		--architectures="amd64${foreign:+,$foreign}" \
		--include="$packages"
}

# later_make_userland DIR: the programs of a guest of $foreign, none of which can
# run here, and its firmware: that of Debian 12 presents the flash as memory, of
# no node, and Linux then knows no nodes at all.
later_make_userland() {
	kernels_say "unpacking programs for a guest of $foreign"
	later_bootstrap trixie "$1" --variant=extract --architectures="$foreign" \
		--include=bash,bsdutils,busybox-static,daxctl,kmod,libblkid1,libinih1,libsmartcols1,ndctl,numactl,qemu-efi-aarch64,util-linux
}

# later_home SUITE: have that root in the cache.
later_home() {
	kernels_locked "root-$1" kernels_fill "kernels/root-$1" \
		later_make_home "$1"
}

# later_packages RELEASE VERSION SUITE FLAVOUR: what to download. The kernel is
# in one package or in three; kbuild's tools are to run here.
later_packages() {
	kernel="base-$1 binary-$1 modules-$1"
	later_index "$3" | grep -qx "linux-binary-$1 .*" || kernel=image-$1
	for package in $kernel "headers-$1"; do
		echo "linux-$package${foreign:+:$foreign}=$2"
	done
	echo "linux-headers-${1%"-$4"}-common=$2"
	echo "linux-kbuild-${1%"-$4"}=$2"
}

# later_fetch SERIES RELEASE VERSION SUITE HOME DIR: a kernel from its packages.
later_fetch() (
	# shellcheck disable=SC2034 # for kernels_unpack
	apt=later_apt
	kernels_fill_with "$1" "$2" "$6" "$(
		later_packages "$2" "$3" "$4" "$(kernels_flavour "$1")")" || exit
	echo "$5" >"$6/home"
)

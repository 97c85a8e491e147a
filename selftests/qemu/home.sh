# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The home of a kernel: the Debian that can build for it, for its headers want
# that one's compiler. It is this machine, or a small root of another release
# ("sid") or for another architecture ("trixie-arm64"). Each home has an apt with
# lists of its own. Sourced by kernels.sh.

# home_foreign HOME: its architecture, none if it is this machine's
home_foreign() {
	case "$1" in
	*-*) echo "${1#*-}" ;;
	esac
}

# home_dir HOME: what its apt has
home_dir() {
	echo "$KMEM_CACHE/apt-$1"
}

# home_source SUITE: its line for apt, with the archive that this machine's own
# apt takes Debian, or Debian's security updates, from; none if it has no such.
home_source() {
	case "$1" in
	*-security) set -- "$1" Debian-Security -security ;;
	*) set -- "$1" Debian "" ;;
	esac
	# shellcheck disable=SC2016 # apt's variable
	apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Label: $2" \
		'Created-By: Packages' "Codename: $(host_release)$3" |
		sed "s|.*|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & $1 main|;q"
}

# home_sources HOME: those lines for each suite that the table of kernels names.
home_sources() {
	for suite in $(kernels_table | xargs -n 1 | sed -n "s|/$1\$||p" |
		tr + '\n' | sort -u); do
		home_source "$suite"
	done
}

# home_apt HOME ARGUMENT...: apt-get that sees these suites only, and packages
# of this machine and of the home's architecture.
home_apt() (
	dir=$(home_dir "$1") foreign=$(home_foreign "$1")
	shift
	apt-get -q -o Dir::Etc::SourceList="$dir/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$dir/lists" \
		-o Dir::Cache="$dir/cache" \
		-o APT::Architectures="amd64${foreign:+,$foreign}" \
		-o APT::Update::Error-Mode=any \
		-o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User=root "$@"
)

# home_index HOME: what its lists say of kernels: "SUITE PACKAGE VERSION".
home_index() {
	foreign=$(home_foreign "$1")
	# shellcheck disable=SC2016 # apt's variables
	home_apt "$1" indextargets --format '$(RELEASE) $(FILENAME)' \
		'Created-By: Packages' "Architecture: ${foreign:-amd64}" |
		while read -r suite list; do
			/usr/lib/apt/apt-helper cat-file "$list" |
				awk -v suite="$suite" '
				/^Package: linux-/ { p = $2 }
				/^Version: / && p { print suite, p, $2 }
				/^$/ { p = "" }'
		done
}

home_fresh() {
	[ -n "$(find "$(home_dir "$1")/index" -mtime -1 2>/dev/null)" ]
}

home_update() {
	! home_fresh "$1" || return 0
	dir=$(home_dir "$1")
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" || return
	sources=$(home_sources "$1")
	# without lists apt does not say whose archive it takes from
	[ -n "$sources" ] || {
		sh "$KERNELS_DIR/setup.sh" --update >/dev/null 2>&1
		sources=$(home_sources "$1")
	}
	[ -n "$sources" ] || {
		kernels_say "apt has no Debian archive configured"
		return 1
	}
	echo "$sources" >"$dir/sources.list" || return
	log=$(home_apt "$1" update 2>&1) || {
		kernels_say "no package lists of $1: $(printf '%s\n' "$log" | tail -n 1)"
		return 1
	}
	home_index "$1" >"$dir/index.new" && mv "$dir/index.new" "$dir/index"
}

# home_lists HOME: fetch its package lists, once a day.
home_lists() {
	home_fresh "$1" || kernels_locked "apt-$1" home_update "$1"
}

# home_outdate: have all lists fetched again when they are next wanted.
home_outdate() {
	for index in "$KMEM_CACHE"/apt-*/index; do
		[ ! -e "$index" ] || touch -d @0 "$index"
	done
}

# home_has PLACE: "PACKAGE VERSION" of what the lists have of kernels in
# SUITE[+SUITE]/HOME.
home_has() {
	awk -v suites="+${1%/*}+" 'index(suites, "+" $1 "+") { print $2, $3 }' \
		"$(home_dir "${1#*/}")/index"
}

# home_newest VERSION FLAVOUR: of the packages that are read, print "RELEASE
# VERSION" of the newest kernel that is there with its headers. It is in one
# package, or its modules are in another.
home_newest() {
	awk -v series="^${1%.*}[.]${1#*.}([.][^-]*)?(-[0-9]+)?-$2\$" '
		{ have[$0] }
		END {
			for (p in have) {
				split(p, part, " ")
				r = part[1]
				v = part[2]
				if (!sub(/^linux-(binary|image)-/, "", r) ||
				    r !~ series)
					continue
				if (p ~ /-image-/ &&
				    ("linux-binary-" r " " v) in have)
					continue
				if (("linux-headers-" r " " v) in have &&
				    (p ~ /-image-/ ||
				     ("linux-modules-" r " " v) in have))
					print r, v
			}
		}' | sort -V | tail -n 1
}

# home_resolve SERIES: print "RELEASE VERSION PLACE".
home_resolve() {
	for place in $(kernels_places "$1"); do
		home_lists "${place#*/}" || return
		found=$(home_has "$place" |
			home_newest "${1%%-*}" "$(kernels_flavour "$1")")
		[ -z "$found" ] || {
			echo "$found $place"
			return
		}
		[ "${place%-security/*}" = "$place" ] ||
			[ -n "$(home_source x-security)" ] ||
			kernels_say "apt has no archive of Debian's security updates configured"
	done
	return 1
}

# home_bootstrap SUITE[+SUITE] DIR OPTION...: DIR from packages of that Debian.
home_bootstrap() {
	suites=$1 root=$2
	shift 2
	# a suite that is not a release is not always signed anew in time
	set -- --aptopt='Acquire::Check-Valid-Until "false"' "$@" \
		"${suites%%+*}" "$root"
	for suite in $(echo "$suites" | tr + ' '); do
		set -- "$@" "$(home_source "$suite")"
	done
	log=$(mmdebstrap "$@" 2>&1) || {
		kernels_say "cannot make it: $(printf '%s\n' "$log" | grep -i '^E' | tail -n 1)"
		return 2
	}
}

# home_make HOME DIR: a root of a suite with a compiler and DKMS, or with a
# compiler for another architecture.
home_make() {
	kernels_say "making a small $1 to build in"
	foreign=$(home_foreign "$1")
	packages=gcc,make,libc6-dev,openssl,zlib1g,pahole,kmod,sparse
	[ -n "$foreign" ] || packages=$packages,dkms
	[ -z "$foreign" ] || {
		packages=$packages,gcc-aarch64-linux-gnu
		for package in libc6 libblkid libinih libkmod libnuma libsmartcols; do
			packages=$packages,$package-dev:$foreign
		done
	}
	home_bootstrap "${1%"-$foreign"}" "$2" --variant=minbase \
		--architectures="amd64${foreign:+,$foreign}" \
		--include="$packages"
}

# home_userland ARCHITECTURE DIR: the programs of its guests, none of which can
# run here, and the firmware: that of Debian 12 presents the flash as memory, of
# no node, and Linux then knows no nodes at all.
home_userland() {
	kernels_say "unpacking programs for a guest of $1"
	home_bootstrap trixie "$2" --variant=extract --architectures="$1" \
		--include=bash,bsdutils,busybox-static,daxctl,kmod,libblkid1,libinih1,libsmartcols1,ndctl,numactl,qemu-efi-aarch64,util-linux
}

# home_cxl DIR: a QEMU to which CXL memory is memory, and "cxl", which makes regions
# of it, of a later Debian than ours may be. Neither is installed.
home_cxl() {
	kernels_say "unpacking a QEMU for CXL memory"
	home_bootstrap trixie+trixie-backports "$1" --variant=extract \
		--aptopt='APT::Default-Release "trixie-backports"' \
		--include=qemu-system-x86,cxl
}

# home_root HOME: have that root in the cache, if it is not this machine.
home_root() {
	[ "$1" = "$(host_release)" ] ||
		kernels_locked "root-$1" kernels_fill "kernels/root-$1" \
			home_make "$1"
}

# home_packages RELEASE VERSION PLACE FLAVOUR: what to download. The kernel is
# in one package or in three; kbuild's tools are to run here.
home_packages() {
	common=${1%"-$4"}
	foreign=$(home_foreign "${3#*/}")
	kernel="base-$1 binary-$1 modules-$1" kbuild=$common
	home_has "$3" | grep -qxF "linux-binary-$1 $2" || kernel=image-$1
	# Linux 6.1 has one for all its releases
	home_has "$3" | grep -qxF "linux-kbuild-$kbuild $2" || kbuild=${kbuild%.*}
	for package in $kernel "headers-$1"; do
		echo "linux-$package${foreign:+:$foreign}=$2"
	done
	echo "linux-headers-$common-common=$2"
	echo "linux-kbuild-$kbuild=$2"
}

# home_fetch SERIES RELEASE VERSION PLACE DIR: a kernel from its packages, the
# way we want it.
home_fetch() {
	for package in $(home_packages "$2" "$3" "$4" "$(kernels_flavour "$1")"); do
		kernels_unpack "$package" "$5" "${4#*/}" || return
	done
	log=$(kernels_arrange "$5" "$2" "$1" 2>&1) || {
		kernels_space "$log" ||
			kernels_say "the packages of $2 do not look as expected: $log"
		return 2
	}
	echo "${4#*/}" >"$5/home"
}

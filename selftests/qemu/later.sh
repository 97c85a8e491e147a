# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Kernels of a later Debian than the one this runs on: apt with lists of its
# own, and a small root of that Debian to build in, for its headers want its
# compiler and libraries. Sourced by kernels.sh.

# later_uri: the archive this machine's own apt takes Debian from.
later_uri() {
	# shellcheck disable=SC2016 # apt's variable
	apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' \
		'Created-By: Packages' "Codename: $(
			. /etc/os-release && echo "$VERSION_CODENAME")" | head -n 1
}

# later_apt ARGUMENT...: apt-get that sees the later suites only.
later_apt() {
	apt-get -q -o Dir::Etc::SourceList="$KMEM_CACHE/later/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$KMEM_CACHE/later/lists" \
		-o Dir::Cache="$KMEM_CACHE/later/cache" \
		-o Acquire::Check-Valid-Until=false \
		-o APT::Sandbox::User=root "$@"
}

# later_lists: fetch the suites' package lists, once a day.
later_lists() {
	dir=$KMEM_CACHE/later
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
		"Created-By: Packages" "Suite: $1" | head -n 1)
	case "$list" in
	*.lz4 | *.xz | *.gz | *.zst) ;;
	*) [ -e "$list" ] || list=$(find "$KMEM_CACHE/later/lists" \
		-name "*_${1}_main_binary-*_Packages*" | head -n 1) ;;
	esac
	/usr/lib/apt/apt-helper cat-file "$list" |
		awk '/^Package: linux-/ { p = $2 } /^Version: / && p {
			print p, $2; p = "" } /^$/ { p = "" }'
}

# later_resolve SERIES: print "RELEASE VERSION SUITE HOME".
later_resolve() {
	later_lists || return
	for place in $(kernels_column "$1" 3); do
		found=$(later_index "${place%/*}" | awk -v series="$1" '
			BEGIN {
				cloud = series ~ /-cloud$/
				sub(/-.*/, "", series)
			}
			{ at[$1] = $2 }
			END {
				for (p in at) {
					r = p
					if (!sub(/^linux-(binary|image)-/, "", r) ||
					    r !~ /-amd64$/ || r ~ /-rt-/ ||
					    (r ~ /-cloud-/) != cloud || index(r, series) != 1 ||
					    substr(r, length(series) + 1, 1) !~ /[.-]/)
						continue
					v = at[p]
					whole = p ~ /^linux-image-/ &&
						!(("linux-binary-" r) in at)
					if (at["linux-headers-" r] == v &&
					    (whole || at["linux-modules-" r] == v))
						print r, v
				}
			}' | sort -V | tail -n 1)
		[ -z "$found" ] || {
			echo "$found ${place%/*} ${place#*/}"
			return
		}
	done
	return 1
}

# later_make_home SUITE DIR: a root of that Debian with a compiler and DKMS.
later_make_home() {
	kernels_say "making a small $1 to build in"
	# a suite that is not a release is not always signed anew in time
	log=$(mmdebstrap --variant=minbase \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--include=dkms,gcc,make,libc6-dev,openssl,libelf1t64,libssl3t64,zlib1g,pahole,kmod,sparse \
		"$1" "$2" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(later_uri) $1 main" \
		2>&1) || {
		kernels_say "cannot make it: $(printf '%s\n' "$log" | grep -i '^E' | tail -n 1)"
		return 2
	}
}

# later_home SUITE: have that root in the cache.
later_home() {
	kernels_locked "root-$1" kernels_fill "kernels/root-$1" \
		later_make_home "$1"
}

# later_packages RELEASE VERSION SUITE: what to download. Up to Linux 6.18 an
# image was one package.
later_packages() {
	common=${1%-amd64} common=${common%-cloud} parts="base binary modules"
	later_index "$3" | grep -qxF "linux-binary-$1 $2" || parts=image
	for package in $parts headers; do
		echo "linux-$package-$1=$2"
	done
	for package in "headers-$common-common" "kbuild-$common"; do
		echo "linux-$package=$2"
	done
}

# later_fetch SERIES RELEASE VERSION SUITE HOME DIR: a kernel from its packages.
later_fetch() (
	# shellcheck disable=SC2034 # for kernels_unpack
	apt=later_apt
	kernels_fill_with "$1" "$2" "$6" "$(later_packages "$2" "$3" "$4")" || exit
	echo "$5" >"$6/home"
)

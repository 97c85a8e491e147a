#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of other projects, unmodified, on the kmem driver of a guest: what
# compare/peers.sh has put below /kmem/peers.
#
# usage: peers.sh ndctl|memkind

cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=selftests/lib/ktap.sh
. lib/ktap.sh
# shellcheck source=selftests/lib/kmem.sh
. lib/kmem.sh
[ -n "${KMEM_GUEST-}" ] || ktap_skip_all "takes all persistent memory of a guest"
PEERS=/kmem/peers
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
export LD_LIBRARY_PATH=$PEERS

# Its exit code 77 is a skip.
ndctl_test() {
	(cd $PEERS && NDCTL=ndctl DAXCTL=daxctl CXL=none TEST_PATH=. "./$1") \
		>"$TMP/out" 2>&1 </dev/null
	case $? in
	0) ktap_pass "ndctl: $1" ;;
	77) ktap_skip "ndctl: $1" "$(tail -n 4 "$TMP/out" | xargs)" ;;
	*) ktap_fail "ndctl: $1" "$(tail -n 5 "$TMP/out")" ;;
	esac
}

# tests_of PROGRAM: its names
tests_of() {
	"$PEERS/$1" --gtest_list_tests | awk '
		/^[^ ]*\.( |$)/ { suite = $1 }
		/^  / { print suite $1 }'
}

# memkind_test PROGRAM: each of its tests by itself, as memkind's own script does
memkind_test() {
	local name

	for name in $(tests_of "$1"); do
		"$PEERS/$1" --gtest_filter="$name" >"$TMP/out" 2>&1 </dev/null
		if grep -q '^\[ *OK \]' "$TMP/out"; then
			ktap_pass "memkind: $name"
		elif grep -q '^\[ *SKIPPED *\]' "$TMP/out"; then
			ktap_skip "memkind: $name" "$(grep required "$TMP/out")"
		else
			ktap_fail "memkind: $name" "$(tail -n 12 "$TMP/out")"
		fi
	done
}

# What memkind's dax_kmem_env_var_test.py tests, which wants Python.
nodes_are_both() {
	equals "$("$PEERS/memkind-auto-dax-kmem-nodes")" "$NODES" &&
		equals "$(MEMKIND_DAX_KMEM_NODES=$NODES \
			"$PEERS/memkind-auto-dax-kmem-nodes")" "$NODES"
}

no_such_node() {
	! MEMKIND_DAX_KMEM_NODES=-1 "$PEERS/environ_err_dax_kmem_malloc_test"
}

memory_of_both() {
	MEMKIND_DAX_KMEM_NODES=$NODES \
		"$PEERS/environ_err_dax_kmem_malloc_positive_test"
}

# labelled: namespaces of the one NVDIMM can have any size
labelled() {
	ndctl disable-region region0 && ndctl init-labels -f nmem0 &&
		ndctl enable-region region0
}

# two_nodes: two devices are RAM, and the largest one is swap: the tests fill a node
# and more
two_nodes() {
	local size name swap

	ndctl list -N | jq -r 'sort_by(.size)[] | "\(.size) \(.chardev) \(.dev)"' |
		while read -r size name swap; do
			[ "$size" -gt $((1 << 30)) ] || {
				kmemctl online "$name" || return
				echo "$name" >>"$TMP/devices"
				continue
			}
			ndctl create-namespace -f -e "$swap" -m raw &&
				mkswap /dev/pmem* && swapon /dev/pmem*
		done
}

no_nodes() {
	swapoff /dev/pmem* && xargs -n 1 kmemctl offline <"$TMP/devices"
}

case ${1-} in
ndctl)
	ktap_check "the NVDIMM has labels" labelled
	ndctl_test daxctl-devices.sh
	;;
memkind)
	ktap_check "two devices are online" two_nodes
	NODES=$(sed 's|.*|/sys/bus/dax/devices/&/target_node|' "$TMP/devices" |
		xargs sort -n | paste -sd ,)
	memkind_test dax_kmem_test
	memkind_test get_capacity_test
	ktap_check "memkind: the nodes are found, and taken from the environment" \
		nodes_are_both
	ktap_check "memkind: a node that is none is refused" no_such_node
	ktap_check "memkind: nodes of the environment are used" memory_of_both
	ktap_check "both are offline again" no_nodes
	;;
esac
ktap_done

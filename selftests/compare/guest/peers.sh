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
	77) ktap_skip "ndctl: $1" "$(tail -n 1 "$TMP/out")" ;;
	*) ktap_fail "ndctl: $1" "$(tail -n 5 "$TMP/out")" ;;
	esac
}

# memkind_test PROGRAM: a claim for each of its tests
memkind_test() {
	local tests result name rest

	tests=$("$PEERS/$1" --gtest_list_tests | grep -c '^  ')
	"$PEERS/$1" >"$TMP/out" 2>&1 </dev/null
	while read -r result name rest; do
		tests=$((tests - 1))
		case $result in
		OK) ktap_pass "memkind: $name" ;;
		SKIPPED) ktap_skip "memkind: $name" "$rest" ;;
		FAILED) ktap_fail "memkind: $name" "$rest" ;;
		esac
	done < <(sed -n 's/^\[ *\(OK\|SKIPPED\|FAILED\) *\] \(.* (.*)\)$/\1 \2/p' "$TMP/out")
	[ "$tests" = 0 ] || ktap_fail "memkind: $1 comes to its end" \
		"$tests tests did not run
$(tail -n 5 "$TMP/out")"
}

# What memkind's dax_kmem_env_var_test.py tests, which wants Python.
nodes_are_both() {
	[ "$("$PEERS/memkind-auto-dax-kmem-nodes")" = 1,2 ] &&
		[ "$(MEMKIND_DAX_KMEM_NODES=1,2 \
			"$PEERS/memkind-auto-dax-kmem-nodes")" = 1,2 ]
}

no_such_node() {
	! MEMKIND_DAX_KMEM_NODES=-1 "$PEERS/environ_err_dax_kmem_malloc_test"
}

memory_of_both() {
	MEMKIND_DAX_KMEM_NODES=1,2 \
		"$PEERS/environ_err_dax_kmem_malloc_positive_test"
}

# two_nodes: two devices are RAM, and there is swap: the tests fill a node and more
two_nodes() {
	local region

	for region in region0 region1; do
		ndctl create-namespace -m devdax -M mem -r "$region" &&
			kmemctl online "dax${region#region}.0" || return
	done
	ndctl create-namespace -m raw -r region2 && mkswap /dev/pmem2 &&
		swapon /dev/pmem2
}

no_nodes() {
	swapoff /dev/pmem2 && kmemctl offline dax0.0 && kmemctl offline dax1.0
}

case ${1-} in
ndctl)
	ndctl_test daxctl-devices.sh
	;;
memkind)
	ktap_check "dax0.0 and dax1.0 are online" two_nodes
	memkind_test dax_kmem_test
	memkind_test get_capacity_test
	ktap_check "memkind: the nodes are found, and taken from the environment" \
		nodes_are_both
	ktap_check "memkind: a node that is none is refused" no_such_node
	ktap_check "memkind: nodes of the environment are used" memory_of_both
	ktap_check "dax0.0 and dax1.0 are offline again" no_nodes
	;;
esac
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kmemctl and a namespace on a region of persistent CXL memory: it is found by
# each of its ids, its region's, its memory device's and its own. Needs root and
# KMEM_TEST_DEV=daxX.Y, the only one there. What becomes of its memory
# kmemctl-apply.sh tests.

# shellcheck disable=SC2154

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/lib/kmemctl.sh
. lib/kmemctl.sh

kmemctl_require
REGION=$(cat /sys/bus/cxl/devices/region0/uuid) ||
	ktap_skip_all "no CXL region"
SERIAL=$(cat /sys/bus/cxl/devices/mem0/serial)
NAMESPACE=$(ndctl list -N | sed -n 's/^ *"uuid":"\(.*\)",*/\1/p')
CONF=/etc/kmemctl.conf

k list -n -o SOURCE "$DEV"
expect "list shows the region as its source" 0 "cxl-region $REGION" ""
chmod 755 "$TMP"
ktap_check "list shows others than root the namespace" test \
	"$(su nobody -s /bin/bash -c "PATH=$PATH kmemctl list -n -o SOURCE $DEV")" \
	= "nvdimm $NAMESPACE"

for section in "cxl-region $REGION" "cxl-region ${REGION^^}" \
	       "cxl-memdev $SERIAL" "cxl-memdev $((SERIAL))" "nvdimm $NAMESPACE"; do
	printf '[%s]\nmode = system-ram\n' "$section" >$CONF
	k check-config
	expect "[$section] is a section" 0 "no error: 1 section in 1 file" ""
	k apply --dry-run
	expect "[$section] is for the device" 0 "$DEV: $CONF:1: *" ""
done
for section in "cxl-region ${REGION/dac5/dac6}" "cxl-memdev $((SERIAL + 1))" \
	       "nvdimm $REGION" "cxl-region $NAMESPACE"; do
	printf '[%s]\nmode = system-ram\n' "$section" >$CONF
	k apply
	expect "[$section] is not for it" 0 \
		"$DEV: skipped: no section sets a mode (cxl-region $REGION)" \
		"kmemctl: $CONF:1: warning: \\[$section\\] matches no device of this machine; *"
done
printf '[%s]\nmode = system-ram\n' "cxl-region $REGION" "nvdimm $NAMESPACE" >$CONF
k apply
expect_error "two sections for it are one too many" 1 "kmemctl: *" "$TMP/before"
k doctor -n
ktap_check "doctor finds a node for it" grep -q \
	"^nodes  *ok  *$DEV: node $NODE (near node 0)" "$TMP/out"
rm $CONF
ktap_done

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# memkind: malloc() on the new nodes
# ==================================
#
# memkind is a malloc() that is asked for a kind of memory. Four of its kinds are the
# nodes that dax devices have become. Its development has ended, and Debian 12 is the
# last that has it. "sh -v memkind.sh" runs this page, as root, on dax0.0 and dax1.0,
# or on $DEV and $DEV2, which is farther away. It calls an example, which is to be built
# before: cc -o /usr/local/bin/memkind_nodes memkind_nodes.c -lmemkind -lnuma

set -eu
DEV=${DEV:-dax0.0}
DEV2=${DEV2:-dax1.0}
FAR=$(cat "/sys/bus/dax/devices/$DEV2/target_node")

# memkind asks libdaxctl which nodes these are. While no device is RAM there is no such
# memory.
memkind_nodes closest || echo none
#> none

kmemctl online "$DEV"
#> *: online: * Movable, node *

kmemctl online "$DEV2"
#> *: online: * Movable, node *

# By the firmware's figures, the second is farther from the CPUs.
numactl -H
#> 0: 10 20 30

# MEMKIND_DAX_KMEM is the node that is closest to the CPU. When it is full, malloc
# fails, or the program is killed.
memkind_nodes closest
#> node 1: 16384 pages

# MEMKIND_DAX_KMEM_PREFERRED begins there, and goes to other nodes when it is full.
memkind_nodes preferred
#> node 1: 16384 pages

# MEMKIND_DAX_KMEM_INTERLEAVE takes turns between all of them.
memkind_nodes interleave
#> node 1: * pages
#> node 2: * pages

# MEMKIND_DAX_KMEM_ALL may use all of them, the closest first.
memkind_nodes all
#> node 1: 16384 pages

# MEMKIND_DAX_KMEM_NODES says which nodes these kinds are, instead of libdaxctl.
MEMKIND_DAX_KMEM_NODES=$FAR memkind_nodes closest
#> node 2: 16384 pages

MEMKIND_DAX_KMEM_NODES=$FAR memkind_nodes interleave
#> node 2: 16384 pages

kmemctl offline "$DEV"
#> *: offline: *

kmemctl offline "$DEV2"
#> *: offline: *

# SPDX-License-Identifier: GPL-2.0-only
#
# Which function the counted instructions belong to. Reads "address C count" and
# "address S name [module]", sorted by address, and prints what each function
# has of the sum, with instructions for each page of -v pages=N.

$2 == "S" {
	name = $3
	module = $4
	next
}

{
	if ($1 < "ffffffff00000000") {
		name = "(programs)"
		module = ""
	}
	sum += $3
	by_name[name (module ? " " module : "")] += $3
	if (module == "[kmem]")
		ours += $3
}

END {
	printf "%.2f instructions for each page; %.3f %% of them in kmem.ko\n", \
		sum / pages, 100 * ours / sum
	for (name in by_name)
		if (by_name[name] > sum / 2000)
			printf "%6.2f %% %8.3f  %s\n", 100 * by_name[name] / sum, \
				by_name[name] / pages, name | "sort -rn"
}

# SPDX-License-Identifier: GPL-2.0-only
#
# The report as JSON: figures (the least and the largest of the rounds), what
# is extrapolated from them, the tables on the side, the limits.

function text(s) {
	gsub(/[\\"]/, "\\\\&", s)
	return "\"" s "\""
}

function number(n) { return n == "" ? "null" : n }

function begin_list(name) {
	printf "%s\n  %s: [", lists++ ? "," : "", text(name)
	items = 0
}

function item(s) { printf "%s\n    {%s}", items++ ? "," : "", s }

function end_list() { printf "\n  ]" }

function figures(    key, part) {
	begin_list("figures")
	for (key in BEST) {
		split(key, part, SUBSEP)
		item("\"kernel\": " text(part[1]) ", \"table\": " text(part[2]) \
			", \"size\": " text(part[3]) ", \"peer\": " text(part[4]) \
			", \"operation\": " text(part[5]) ", \"seconds\": " BEST[key] \
			", \"seconds_most\": " WORST[key] ", \"gib\": " GIB[key])
	}
	end_list()
}

function extrapolations(    i, j, k, is) {
	begin_list("extrapolated")
	for (i = 1; i <= nr_releases; i++)
		for (j = 1; j <= nr_peers; j++)
			for (k = 1; k <= 2; k++) {
				is = extrapolated(RELEASES[i], PEERS[j], OPS[k], 1024)
				if (is != "")
					item("\"kernel\": " text(RELEASES[i]) \
						", \"peer\": " text(PEERS[j]) \
						", \"operation\": " text(OPS[k]) \
						", \"gib\": 1024, \"seconds\": " is)
			}
	end_list()
}

function values(    key, part) {
	begin_list("values")
	for (key in VALUE) {
		split(key, part, SUBSEP)
		item("\"kernel\": " text(part[1]) ", \"table\": " text(part[2]) \
			", \"peer\": " text(part[3]) ", \"what\": " text(part[4]) \
			", \"gib\": " number(part[5]) ", \"value\": " VALUE[key])
	}
	end_list()
}

function limits(    i) {
	begin_list("limits")
	for (i = 1; i <= nr_bars; i++)
		item("\"kernel\": " text(BAR_RELEASE[i]) ", \"limit\": " text(BAR_TEXT[i]) \
			", \"is\": " number(BAR_IS[i]) ", \"at_most\": " BAR_LIMIT[i] \
			", \"verdict\": " text(BAR_HELD[i]))
	end_list()
}

END {
	printf "{"
	figures()
	extrapolations()
	values()
	limits()
	print "\n}"
}

# SPDX-License-Identifier: GPL-2.0-only
#
# The report as a picture: what plug and unplug cost for each GiB against size,
# a panel for each kernel, a line for each peer. What is linear is level.

BEGIN {
	WIDTH = 270
	HEIGHT = 250
	LEFT = 70
	TOP = 92
	GAP = 26
	split("#d55e00 #0072b2 #56b4e9 #009e73 #cc79a7 #555555 #b8a000", COLOURS, " ")
}

function log2(x) { return log(x) / log(2) }

# where a size or a cost lies in the panel that begins at x0, y0
function at_x(gib) { return x0 + WIDTH * (log2(gib) - 1.5) / 9 }

function at_y(ms) {
	return y0 + HEIGHT * (log(top) - log(ms)) / (log(top) - log(bottom))
}

function write_text(x, y, anchor, size, s, more) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\"%s>%s</text>\n", \
		x, y, anchor, size, more, s
}

function line(x1, y1, x2, y2, style) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", \
		x1, y1, x2, y2, style
}

# the least and the largest cost, as bounds that all panels share
function bounds(    i, j, k, n, ms) {
	for (i = 1; i <= nr_releases; i++)
		for (j = 1; j <= nr_peers; j++)
			for (k = 1; k <= 2; k++) {
				for (n = 1; n <= nr_sizes; n++)
					bound(ms_per_gib(RELEASES[i], SIZES[n], PEERS[j], OPS[k]))
				ms = extrapolated(RELEASES[i], PEERS[j], OPS[k], 1024)
				bound(ms == "" ? "" : ms * 1000 / 1024)
			}
	bottom *= 0.8
	top *= 1.25
}

function bound(ms) {
	if (ms == "")
		return
	if (bottom == "" || ms < bottom)
		bottom = ms
	if (ms > top + 0)
		top = ms
}

function axes(column,    gib, i, ms) {
	printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/>\n", \
		x0, y0, WIDTH, HEIGHT
	for (gib = 4; gib <= 1024; gib *= 4) {
		line(at_x(gib), y0, at_x(gib), y0 + HEIGHT, "stroke=\"#ddd\"")
		write_text(at_x(gib), y0 + HEIGHT + 15, "middle", 11, gib)
	}
	for (ms = 0.001; ms <= top; ms *= 10)
		for (i = 1; i <= 5; i += i < 2 ? 1 : 3)
			if (ms * i >= bottom && ms * i <= top) {
				line(x0, at_y(ms * i), x0 + WIDTH, at_y(ms * i), "stroke=\"#ddd\"")
				if (column == 1)
					write_text(x0 - 6, at_y(ms * i) + 4, "end", 11, ms * i)
			}
}

function peer_lines(release, peer, op, colour,    i, n, x, y, ms, style, points) {
	style = "stroke=\"" colour "\" stroke-width=\"" (peer == "state" ? 3.5 : 1.8) "\""
	for (i = 1; i <= nr_sizes; i++) {
		ms = ms_per_gib(release, SIZES[i], peer, op)
		if (ms == "")
			continue
		x = at_x(SIZES[i])
		y = at_y(ms)
		points = points sprintf("%.1f,%.1f ", x, y)
		printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, colour
		n++
	}
	if (!n)
		return
	printf "<polyline points=\"%s\" fill=\"none\" %s/>\n", points, style
	ms = extrapolated(release, peer, op, 1024)
	if (ms == "" || SIZES[nr_sizes] >= 1024)
		return
	line(x, y, at_x(1024), at_y(ms * 1000 / 1024), style " stroke-dasharray=\"4 4\"")
	printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"white\" stroke=\"%s\"/>\n", \
		at_x(1024), at_y(ms * 1000 / 1024), colour
}

function panel(column, row,    i) {
	x0 = LEFT + (column - 1) * (WIDTH + GAP)
	y0 = TOP + (row - 1) * (HEIGHT + 62)
	axes(column)
	write_text(x0 + WIDTH / 2, y0 - 8, "middle", 13, \
		OPS[row] ", Linux " RELEASES[column], " font-weight=\"bold\"")
	write_text(x0 + WIDTH / 2, y0 + HEIGHT + 32, "middle", 12, "size of the device, GiB")
	for (i = nr_peers; i; i--)
		peer_lines(RELEASES[column], PEERS[i], OPS[row], COLOURS[i])
	if (column == 1)
		write_text(20, y0 + HEIGHT / 2, "middle", 12, \
			"guest milliseconds for each GiB", \
			sprintf(" transform=\"rotate(-90 20 %d)\"", y0 + HEIGHT / 2))
}

function legend(    i, x, step) {
	step = (nr_releases * (WIDTH + GAP)) / 4
	for (i = 1; i <= nr_peers; i++) {
		x = LEFT + ((i - 1) % 4) * (step > 240 ? step : 240)
		y0 = 42 + 18 * int((i - 1) / 4)
		line(x, y0, x + 26, y0, "stroke-width=\"3\" stroke=\"" COLOURS[i] "\"")
		write_text(x + 32, y0 + 4, "start", 12, NAME[PEERS[i]])
	}
}

END {
	bounds()
	width = LEFT + max(nr_releases, 4) * (WIDTH + GAP)
	height = TOP + 2 * (HEIGHT + 62)
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\">\n", \
		width, height
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	write_text(LEFT, 22, "start", 15, "What plug and unplug cost for each GiB " \
		"(both axes logarithmic; level is linear; dashed: extrapolated)", \
		" font-weight=\"bold\"")
	legend()
	for (column = 1; column <= nr_releases; column++)
		for (row = 1; row <= 2; row++)
			panel(column, row)
	print "</svg>"
}

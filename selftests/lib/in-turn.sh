#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs tests one after the other, as one test: their claims are numbered on. A
# test that ends without its plan, or with an exit code that its claims do not
# explain, is one more claim that fails.
#
# usage: in-turn.sh TEST...	each named from selftests/

cd "$(dirname "$0")/.." || exit 1

for test; do
	echo "@begin $test"
	"./$test" </dev/null 2>&1
	echo "@end $?"
done | awk '
	BEGIN { print "TAP version 13" }
	function claim(ok, text) {
		print (ok ? "ok " : "not ok ") ++n " - " text
		failed += !ok
	}
	/^@begin / {
		test = $2
		mine = plan = bad = 0
		print "# " test
		next
	}
	/^@end / {
		if (plan != mine || !mine || $2 != (bad > 0))
			claim(0, test ": " mine " of " plan " claims, exit code " $2)
		next
	}
	/^TAP version/ { next }
	/^1\.\.0 # SKIP/ { plan = -1 }
	/^1\.\.[0-9]/ {
		if (!plan)
			plan = substr($1, 4)
		if (plan == -1)
			print "# " $0
		next
	}
	/^(not )?ok [0-9]+/ {
		mine++
		failed += /^not/
		bad += /^not/
		sub(/ok [0-9]+/, "ok " (++n))
	}
	{ print; fflush() }
	END {
		print "1.." n
		exit (failed > 0)
	}'

# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the functions other files can call, and the structs in headers, that
# have no kernel-doc. What kernel-doc there is, scripts/kernel-doc checks.

FNR == 1 {
	delete documented
	private = 0
}

# " * name() - what" and " * struct name - what"
/^ \* [a-z0-9_]+\(\) - / || /^ \* struct [a-z0-9_]+ - / {
	documented[$2 == "struct" ? $2 " " $3 : $2] = 1
}

# A return type on a line of its own belongs to the next.
/^[a-z]/ {
	private = private || /^(static|typedef) /
}

FILENAME ~ /\.c$/ && /^[a-z][^;]*\(/ && !/;$/ && !private {
	name = $0
	sub(/\(.*/, "()", name)
	sub(/.*[ *]/, "", name)
	demand(name)
}

FILENAME ~ /\.h$/ && /^struct [a-z0-9_]+ \{/ {
	demand("struct " $2)
}

!/^static [^(;{=]*$/ {
	private = 0
}

function demand(name) {
	if (!(name in documented))
		print FILENAME ":" FNR ": no kernel-doc for " name
}

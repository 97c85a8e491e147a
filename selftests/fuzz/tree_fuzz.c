// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes what reads sysfs, /proc and /etc, and what prints it: an input becomes
 * the files of a tree, and "list" and "doctor" look at it. Whatever the files
 * hold, a table is printable text and JSON is JSON.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/path.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define DEV "/sys/devices/x/region0/dax0.0"
#define MEM "/sys/devices/system/memory"

/* In the order of an input's fields, which a byte 0x1e keeps apart. */
static const char * const files[] = {
	DEV "/size", DEV "/align", DEV "/target_node", DEV "/numa_node",
	DEV "/mapping0/start", DEV "/mapping0/end",
	DEV "/mapping1/start", DEV "/mapping1/end",
	MEM "/block_size_bytes", MEM "/auto_online_blocks",
	MEM "/memory32/state", MEM "/memory32/valid_zones",
	MEM "/memory33/state", MEM "/memory33/valid_zones",
	"/sys/devices/x/region0/uuid",
	"/sys/bus/dax/drivers/kmem/stranded",
	"/sys/module/kmem/version", "/sys/module/kmem/taint",
	"/sys/module/memory_hotplug/parameters/memmap_on_memory",
	"/proc/iomem", "/proc/cmdline", "/proc/meminfo",
	"/sys/kernel/security/lockdown",
	"/etc/udev/rules.d/a.rules", "/etc/kmemctl.conf",
};

#define NR_FILES (sizeof(files) / sizeof(*files))
#define SEPARATOR 0x1e

static char root[256];
static FILE *sink;

static const char *at(const char *path)
{
	static char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static void make_parents(const char *path)
{
	char full[PATH_MAX], *slash;

	snprintf(full, sizeof(full), "%s", at(path));
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		if (mkdir(full, 0755) && errno != EEXIST)
			abort();
		*slash = '/';
	}
}

static void make_link(const char *to, const char *path)
{
	make_parents(path);
	if (symlink(to, at(path)))
		abort();
}

/* Below the directory it is started in. */
static void make_root(void)
{
	size_t i;

	if (!getcwd(root, sizeof(root) - sizeof("/root-of-tree")))
		abort();
	strcat(root, "/root-of-tree");
	if (mkdir(root, 0755))
		abort();
	for (i = 0; i < NR_FILES; i++)
		make_parents(files[i]);
	make_link("../../../devices/x/region0/dax0.0",
		  "/sys/bus/dax/devices/dax0.0");
	make_link("../../../../bus/dax/drivers/kmem", DEV "/driver");
	make_link("../../../bus/nd", "/sys/devices/x/region0/subsystem");
	path_set_root(root);
	/* what is said on stderr is for people, and libFuzzer uses it */
	sink = need_memory(fopen("/dev/null", "w"));
}

static void write_files(const unsigned char *data, size_t size)
{
	const unsigned char *end = data + size, *stop;
	size_t i;
	FILE *f;

	for (i = 0; i < NR_FILES; i++) {
		if (data > end) {
			unlink(at(files[i]));
			continue;
		}
		stop = data == end ? NULL : memchr(data, SEPARATOR, end - data);
		f = fopen(at(files[i]), "w");
		if (!f)
			abort();
		fwrite(data, 1, (stop ? stop : end) - data, f);
		fclose(f);
		data = stop ? stop + 1 : end + 1;
	}
}

static const char *skip(const char *text)
{
	return text + strspn(text, "\n ");
}

static const char *json_string(const char *text)
{
	for (text++; *text != '"'; text++) {
		if ((unsigned char)*text < ' ')
			abort();
		if (*text == '\\' && !strchr("\"\\/bfnrtu", *++text))
			abort();
	}
	return text + 1;
}

/* Any value; what is not JSON aborts. */
static const char *json_value(const char *text)
{
	char close = *text == '{' ? '}' : ']';

	if (*text == '"')
		return json_string(text);
	if (*text != '{' && *text != '[') {
		size_t len = strspn(text, "-0123456789abcdefghijklmnopqrstuvwxyz");

		if (!len)
			abort();
		return text + len;
	}
	text = skip(text + 1);
	while (*text != close) {
		if (close == '}') {
			if (*text != '"')
				abort();
			text = skip(json_string(text));
			if (*text++ != ':')
				abort();
		}
		text = skip(json_value(skip(text)));
		if (*text == ',')
			text = skip(text + 1);
		else if (*text != close)
			abort();
	}
	return text + 1;
}

static void check_output(const char *text, bool json)
{
#ifdef PLANTED
	if (strstr(text, "Movable"))
		abort();
#endif
	if (json) {
		if (*skip(json_value(skip(text))))
			abort();
		return;
	}
	for (; *text; text++)
		if (*text != '\n' && !isprint((unsigned char)*text))
			abort();
}

static void run(int (*command)(const struct options *opts, char **devices,
			       int nr),
		const struct options *opts)
{
	FILE *out = stdout, *err = stderr;
	char *text = NULL;
	size_t size;

	stdout = open_memstream(&text, &size);
	stderr = sink;
	command(opts, NULL, 0);
	fail_forget();
	fclose(stdout);
	stdout = out;
	stderr = err;
	if (*text)
		check_output(text, opts->out.json);
	free(text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct options plain = { .out.bytes = true };
	static const struct options json = { .out.json = true };

	if (!*root)
		make_root();
	write_files(data, size);
	run(cmd_list, &plain);
	run(cmd_list, &json);
	run(cmd_doctor, &plain);
	run(cmd_doctor, &json);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memmap, the kernel's description of each page: what it costs, and whether
 * it is kept on the device itself or in ordinary RAM.
 */
#include "device/memblock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/path.h"

#define DEV "/sys/bus/dax/devices/%s"

/* A struct page of 64 bytes for each page. */
__u64 memmap_cost(__u64 bytes)
{
	return bytes / sysconf(_SC_PAGESIZE) * 64;
}

bool memmap_parameter(char *buf, size_t size)
{
	return !path_read(buf, size,
			   "/sys/module/memory_hotplug/parameters/memmap_on_memory");
}

bool memmap_allowed(void)
{
	char value[16];

	return memmap_parameter(value, sizeof(value)) && strcmp(value, "N");
}

bool memmap_would_stay(void)
{
	bool stays = false;
	char *line = NULL;
	size_t room = 0;
	FILE *f;

	if (path_fopen(&f, "/proc/kallsyms"))
		return false;
	while (!stays && getline(&line, &room, f) > 0)
		stays = strstr(line, " prevent_memory_remove_notifier\n");
	free(line);
	fclose(f);
	return stays;
}

static const char boot_advice[] =
	"free RAM, or boot with memory_hotplug.memmap_on_memory=1, then use --memmap-on-memory";

const char *memmap_advice(void)
{
	return memmap_would_stay() ? "free RAM" :
	       memmap_allowed() ?
	       "free RAM, or place the memmap on the device: --memmap-on-memory" :
	       boot_advice;
}

bool memmap_held(const char *name, __u64 *bytes)
{
	return !path_read_u64(bytes, 10, DEV "/kmem/memmap_bytes", name);
}

int memmap_setting(const char *name)
{
	int value;

	return path_read_int(&value, DEV "/memmap_on_memory", name) ? -1 :
								       value;
}

/* The bus's attribute decides where there is one, else our driver's. */
bool memmap_on_device(const char *name)
{
	int wanted = memmap_setting(name);

	if (wanted < 0 &&
	    path_read_int(&wanted, DEV "/kmem/memmap_on_memory", name))
		return false;
	return wanted && memmap_allowed();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identity of a dax device, from its parents in sysfs: an NVDIMM namespace
 * and a CXL region have a UUID, CXL memory devices have serial numbers, and
 * soft-reserved memory has an address.
 */
#include "device/dax.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/path.h"

bool uuid_parse(char uuid[UUID_SIZE], const char *text)
{
	bool zero = true;
	size_t i;

	for (i = 0; i < UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
		zero = zero && (dash || text[i] == '0');
		uuid[i] = tolower((unsigned char)text[i]);
	}
	uuid[i] = '\0';
	return !text[i] && !zero;
}

static void read_uuid(char uuid[UUID_SIZE], const char *dir)
{
	char text[64];

	if (path_read(text, sizeof(text), "%s/uuid", dir) ||
	    !uuid_parse(uuid, text))
		uuid[0] = '\0';
}

/*
 * The files target0, target1, ... of a region name endpoint decoders. The uport
 * of the endpoint above such a decoder is the memory device.
 */
static void read_serials(struct identity *id, const char *region)
{
	char decoder[64], path[PATH_MAX], *slash;
	__u64 serial;
	size_t i;

	for (i = 0; i < MAX_SERIALS; i++) {
		if (path_read(decoder, sizeof(decoder), "%s/target%zu", region,
			      i) || !*decoder || strchr(decoder, '/'))
			return;
		if (path_real(path, sizeof(path), "/sys/bus/cxl/devices/%s",
			      decoder))
			continue;
		slash = strrchr(path, '/');
		*slash = '\0';
		if (!path_read_u64(&serial, 0, "%s/uport/serial", path))
			id->serials[id->nr_serials++] = serial;
	}
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static void read_region(struct identity *id, const char *dir)
{
	id->source = SOURCE_CXL;
	read_uuid(id->region, dir);
	read_serials(id, dir);
}

struct search {
	struct identity *id;
	__u64 start;
};

static int region_starts_there(const char *name, void *arg)
{
	struct search *search = arg;
	char dir[PATH_MAX];
	__u64 start;

	snprintf(dir, sizeof(dir), "/sys/bus/cxl/devices/%s", name);
	if (!starts_with(name, "region") ||
	    path_read_u64(&start, 0, "%s/resource", dir) ||
	    start != search->start)
		return 0;
	read_region(search->id, dir);
	return 1;
}

/*
 * A namespace on persistent CXL memory has a bridge as its parent, not its CXL
 * region. The region is found by its start address, which only root can read.
 */
static void find_region(struct identity *id, char *namespace)
{
	struct search search = { .id = id };

	if (!strstr(namespace, "/nvdimm-bridge"))
		return;
	*strrchr(namespace, '/') = '\0';
	if (!path_read_u64(&search.start, 0, "%s/resource", namespace))
		path_each("/sys/bus/cxl/devices", region_starts_there,
			  &search);
}

/* Reads one parent; true if it tells the source of the memory. */
static bool read_parent(struct identity *id, const char *dir)
{
	const char *name = strrchr(dir, '/') + 1;
	char bus[64];

	if (path_link(bus, sizeof(bus), "%s/subsystem", dir))
		return false;
	if (!strcmp(bus, "nd") && path_exists("%s/uuid", dir)) {
		id->source = SOURCE_NVDIMM;
		read_uuid(id->uuid, dir);
	} else if (!strcmp(bus, "cxl") && starts_with(name, "region")) {
		read_region(id, dir);
	} else if (!strcmp(bus, "platform") && starts_with(name, "hmem.")) {
		id->source = SOURCE_SOFT_RESERVED;
	}
	return id->source != SOURCE_UNKNOWN;
}

void identity_read(struct identity *id, const struct dax_dev *dev)
{
	char path[PATH_MAX], *slash;

	memset(id, 0, sizeof(*id));
	if (dev->nr_ranges) {
		id->range.start = dev->ranges[0].start;
		id->range.end = dev->ranges[dev->nr_ranges - 1].end;
		id->has_range = true;
	}
	if (path_real(path, sizeof(path), "/sys/bus/dax/devices/%s",
		      dev->name))
		return;
	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (read_parent(id, path))
			break;
	}
	if (id->source == SOURCE_NVDIMM)
		find_region(id, path);
}

static void serials_text(const struct identity *id, char *buf, size_t size)
{
	int len = snprintf(buf, size, "cxl-memdev");
	size_t i;

	for (i = 0; i < id->nr_serials; i++)
		len += snprintf(buf + len, size - len, " %#llx",
				id->serials[i]);
}

char *identity_text(const struct identity *id, char *buf, size_t size)
{
	*buf = '\0';
	if (id->source == SOURCE_NVDIMM && *id->uuid)
		snprintf(buf, size, "nvdimm %s", id->uuid);
	else if (id->source == SOURCE_CXL && *id->region)
		snprintf(buf, size, "cxl-region %s", id->region);
	else if (id->source == SOURCE_CXL && id->nr_serials)
		serials_text(id, buf, size);
	else if (id->source == SOURCE_SOFT_RESERVED && id->has_range)
		snprintf(buf, size, "soft-reserved %#llx+%#llx",
			 id->range.start,
			 id->range.end - id->range.start + 1);
	return buf;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads /proc/iomem: memory that kmem has added, and the reservation of a device
 * above it, which names the device.
 */
#include "device/dax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/memblock.h"
#include "lib/path.h"

int iomem_each(void (*found)(const struct range *range, const char *name,
			     void *arg), void *arg)
{
	char *text, *rest, *line;
	struct range range;
	size_t len;
	int name, rc;

	rc = path_read_whole(&text, &len, "/proc/iomem");
	if (rc)
		return rc;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		name = 0;
		/* lines such as "  108000000-1ffffffff : System RAM (kmem)" */
		if (sscanf(line, " %llx-%llx : %n", &range.start, &range.end,
			   &name) == 2 && name)
			found(&range, line + name, arg);
	}
	free(text);
	return 0;
}

struct search {
	const struct dax_dev *dev;
	__u64 block_size;
	bool found;
};

static void is_reservation(const struct range *range, const char *name,
			   void *arg)
{
	struct search *search = arg;
	__u64 size = search->block_size, first, end;
	unsigned int region, id;
	size_t i;

	if (!range->end || sscanf(name, "dax%u.%u", &region, &id) != 2)
		return;
	for (i = 0; i < search->dev->nr_ranges; i++) {
		range_blocks(&search->dev->ranges[i], size, &first, &end);
		search->found |= range->start == first * size &&
				 range->end == end * size - 1;
	}
}

bool iomem_reserves(const struct dax_dev *dev, __u64 block_size)
{
	struct search search = { .dev = dev, .block_size = block_size };

	iomem_each(is_reservation, &search);
	return search.found;
}

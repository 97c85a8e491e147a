/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up /proc/kcore, and claims about what is made of it.
 */
#ifndef MADEUP_H
#define MADEUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

#define MADEUP_PAGES	16384
#define MADEUP_STRUCT	64
#define MADEUP_OURS	100	/* the page that is mapped three times */
#define MADEUP_MEMMAP	0xffffea0000000000ULL
#define MADEUP_DATA	4096	/* where the memmap is in the file */

/* Fields of the struct, and the mark of free pages in place of the map count. */
#define FLAGS		0
#define COMPOUND	8
#define MAPPING		24
#define PRIVATE		40
#define MAPCOUNT	48
#define REFCOUNT	52
#define OWNER		56
#define BUDDY		0xffffff7fU

enum {
	KCORE_FD = 1000,
	PAGEMAP_FD,
	FLAGS_FD,
	COUNT_FD,
	CGROUP_FD,
};

extern char kcore[];
extern size_t kcore_size;

static inline char *madeup_page(__u64 pfn)
{
	return kcore + MADEUP_DATA + pfn * MADEUP_STRUCT;
}

/* All pages in use once, but for 512 and 64 free ones. */
void make_kcore(void);
void set_page(__u64 pfn, __u32 refcount, __u32 mapcount, __u64 private);
void set_word(__u64 pfn, size_t offset, __u64 word);

/* The test's own: other files, and what happens when kcore is read. */
int madeup_read(int fd, void *buf, size_t size, __u64 offset);
void madeup_looked(__u64 offset);

void claim(bool holds, const char *sentence);
int claims_done(void);

#endif

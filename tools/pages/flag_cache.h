/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cache of /proc/kpageflags and /proc/kpagecgroup: one read serves all pages
 * with the same signature.
 */
#ifndef KMEMCTL_FLAG_CACHE_H
#define KMEMCTL_FLAG_CACHE_H

#include "pages/kcore.h"

enum flag_file {
	KPAGEFLAGS,
	KPAGECGROUP,
	NR_FLAG_FILES
};

struct cache_entry;

struct flag_cache {
	const struct kcore *kcore;
	int fds[NR_FLAG_FILES];	/* negative errno: cannot be opened */
	__u64 round;		/* an entry is read again once in each round */
	struct cache_entry *entries;
	size_t nr;
};

/* Returns 0, or a negative errno when /proc/kpageflags cannot be opened. */
int flag_cache_open(struct flag_cache *cache, const struct kcore *kcore);
void flag_cache_close(struct flag_cache *cache);

/*
 * The word that a file has for a page with this signature. Returns 0 or a
 * negative errno: -EAGAIN when the page has another signature now, -EBADMSG
 * when two pages with the same signature have different words.
 */
int flag_cache_get(struct flag_cache *cache, enum flag_file file, __u64 pfn,
		   const struct page_signature *sig, __u64 *value);

/* The flags of this very page, not of one like it. */
int flag_cache_bypass(const struct flag_cache *cache, __u64 pfn, __u64 *flags);

#endif

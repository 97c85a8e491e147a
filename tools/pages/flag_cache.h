/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files /proc/kpage* beside the memmap. One read of flags or of a control
 * group serves all pages with the same signature.
 */
#ifndef KMEMCTL_FLAG_CACHE_H
#define KMEMCTL_FLAG_CACHE_H

#include "pages/kcore.h"

enum page_file {
	KPAGEFLAGS,
	KPAGECOUNT,		/* not cached */
	KPAGECGROUP,
	NR_PAGE_FILES
};

struct flag_cache {
	const struct kcore *kcore;
	int fds[NR_PAGE_FILES];	/* negative errno: cannot be opened */
	__u64 round;		/* an entry is read again once in each round */
	struct cache_entry *entries;
	size_t nr;
};

/*
 * Returns 0, or a negative errno when a file other than /proc/kpagecgroup
 * cannot be opened. To be closed in both cases.
 */
int flag_cache_open(struct flag_cache *cache, const struct kcore *kcore);
void flag_cache_close(struct flag_cache *cache);

/*
 * The word that a file has for a page with this signature. Returns 0 or a
 * negative errno: -EAGAIN when the page has another signature now, -EBADMSG
 * when two pages with the same signature have different words.
 */
int flag_cache_get(struct flag_cache *cache, enum page_file file, __u64 pfn,
		   const struct page_signature *sig, __u64 *value);

/* The words of these very pages, not of pages like them. */
int flag_cache_bypass(const struct flag_cache *cache, enum page_file file,
		      __u64 pfn, __u64 *words, size_t nr);

#endif

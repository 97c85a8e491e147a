// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache of /proc/kpageflags and /proc/kpagecgroup. A read of them takes ten
 * times as long as a comparison of two struct pages, so it is done for one page
 * of each signature, and once more in each memory block to verify the entry.
 */
#include "pages/flag_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "lib/path.h"

#define BIT(bit)	(1ULL << (bit))
#define TRIES		3
#define KEY_UNUSED	8	/* besides the bits of a signature */
#define KEY_OWNER	16
#define MAX_ENTRIES	8192	/* a power of two */

struct cache_entry {
	struct page_signature key;
	__u64 round;		/* 0: unused */
	__u64 value;
};

int flag_cache_open(struct flag_cache *cache, const struct kcore *kcore)
{
	*cache = (struct flag_cache){
		.kcore = kcore,
		.fds[KPAGEFLAGS] = path_open("/proc/kpageflags"),
		.fds[KPAGECOUNT] = path_open("/proc/kpagecount"),
		.fds[KPAGECGROUP] = path_open("/proc/kpagecgroup"),
		.entries = need_memory(calloc(MAX_ENTRIES,
					      sizeof(struct cache_entry))),
	};
	if (cache->fds[KPAGEFLAGS] < 0)
		return cache->fds[KPAGEFLAGS];
	return cache->fds[KPAGECOUNT] < 0 ? cache->fds[KPAGECOUNT] : 0;
}

void flag_cache_close(struct flag_cache *cache)
{
	size_t i;

	for (i = 0; i < NR_PAGE_FILES; i++)
		if (cache->fds[i] >= 0)
			close(cache->fds[i]);
	free(cache->entries);
}

int flag_cache_bypass(const struct flag_cache *cache, enum page_file file,
		      __u64 pfn, __u64 *words, size_t nr)
{
	return path_read_at(cache->fds[file], words, nr * sizeof(*words),
			    pfn * sizeof(*words));
}

/*
 * The fields that a file's word depends on, the others 0. Flags do not depend
 * on counts, except that a negative map count is the page's type.
 */
static struct page_signature make_key(enum page_file file,
				      const struct page_signature *sig)
{
	struct page_signature key = { 0 };

	if (file == KPAGECGROUP) {
		key.owner = sig->owner;
		key.bits = KEY_OWNER;
		return key;
	}
	key.flags = sig->flags;
	key.bits = sig->bits;
	/* a tail uses both counts for something else */
	if (sig->bits & SIGNATURE_TAIL)
		return key;
	if ((__s32)sig->mapcount < 0)
		key.mapcount = sig->mapcount;
	if (!sig->refcount)
		key.bits |= KEY_UNUSED;
	return key;
}

/* The entry of a key, or a free one. A cache that is half full is emptied. */
static struct cache_entry *find_entry(struct flag_cache *cache,
				      const struct page_signature *key)
{
	__u64 hash = (__u64)key->mapcount << 32 ^ key->owner ^ key->flags ^
		     key->bits * 31;
	size_t i = hash * 0x9e3779b97f4a7c15ULL >> 51;
	struct cache_entry *entry;

	if (cache->nr > MAX_ENTRIES / 2) {
		memset(cache->entries, 0, MAX_ENTRIES * sizeof(*entry));
		cache->nr = 0;
	}
	for (;; i++) {
		entry = &cache->entries[i % MAX_ENTRIES];
		if (!entry->round || same_signature(&entry->key, key))
			return entry;
	}
}

/*
 * Without the flags that other pages decide: for a tail those of its head, for
 * a page without references those of its neighbours, and for a head, on some
 * kernels, those of the first tail.
 */
static __u64 own_flags(const struct page_signature *sig, __u64 flags)
{
	if (sig->bits & SIGNATURE_TAIL)
		return flags & BIT(KPF_HWPOISON);
	if (!sig->refcount)
		flags &= ~BIT(KPF_BUDDY);
	if (flags & BIT(KPF_COMPOUND_HEAD))
		flags &= ~(BIT(KPF_HUGE) | BIT(KPF_THP));
	return flags;
}

/* The page must have the same key before and after the read. */
static int read_value(const struct flag_cache *cache, enum page_file file,
		      __u64 pfn, const struct page_signature *key,
		      __u64 *value)
{
	struct page_signature sig, now;
	char page[MAX_STRUCT];
	int rc;

	rc = flag_cache_bypass(cache, file, pfn, value, 1);
	if (!rc)
		rc = kcore_read(cache->kcore, pfn, 1, page);
	if (rc)
		return rc;
	kcore_signature(cache->kcore, page, &sig);
	now = make_key(file, &sig);
	if (!same_signature(&now, key))
		return -EAGAIN;
	if (file == KPAGEFLAGS)
		*value = own_flags(&sig, *value);
	return 0;
}

int flag_cache_get(struct flag_cache *cache, enum page_file file, __u64 pfn,
		   const struct page_signature *sig, __u64 *value)
{
	struct page_signature key = make_key(file, sig);
	struct cache_entry *entry = find_entry(cache, &key);
	int rc, tries = 0;

	*value = entry->value;
	if (entry->round == cache->round)
		return 0;
	/* the page may change twice during a read, and look the same after */
	do {
		if (tries++ == TRIES)
			return -EBADMSG;
		rc = read_value(cache, file, pfn, &key, value);
		if (rc)
			return rc;
	} while (entry->round && entry->value != *value);
	cache->nr += !entry->round;
	*entry = (struct cache_entry){
		.key = key,
		.round = cache->round,
		.value = *value,
	};
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache of /proc/kpageflags and /proc/kpagecgroup. A read of them takes ten
 * times as long as a comparison of two struct pages, so it is done for one page
 * of each signature, and once more in each memory block to verify the entry.
 */
#include "pages/flag_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#include "lib/path.h"

#define BIT(bit)	(1ULL << (bit))
#define TRIES		3
#define KEY_UNUSED	8	/* besides the bits of a signature */
#define KEY_OWNER	16
#define MAX_ENTRIES	8192	/* a power of two */

struct cache_entry {
	__u64 key[2];
	__u64 round;		/* 0: unused */
	__u64 value;
};

int flag_cache_open(struct flag_cache *cache, const struct kcore *kcore)
{
	*cache = (struct flag_cache){
		.kcore = kcore,
		.fds[KPAGEFLAGS] = path_open("/proc/kpageflags"),
		.fds[KPAGECGROUP] = path_open("/proc/kpagecgroup"),
		.entries = need_memory(calloc(MAX_ENTRIES,
					      sizeof(struct cache_entry))),
	};
	return cache->fds[KPAGEFLAGS] < 0 ? cache->fds[KPAGEFLAGS] : 0;
}

void flag_cache_close(struct flag_cache *cache)
{
	size_t i;

	for (i = 0; i < NR_FLAG_FILES; i++)
		if (cache->fds[i] >= 0)
			close(cache->fds[i]);
	free(cache->entries);
}

/* The entry of a key, or a free one. A cache that is half full is emptied. */
static struct cache_entry *find_entry(struct flag_cache *cache,
				      const __u64 key[2])
{
	size_t i = (key[0] ^ key[1] * 31) * 0x9e3779b97f4a7c15ULL >> 51;
	struct cache_entry *entry;

	if (cache->nr > MAX_ENTRIES / 2) {
		memset(cache->entries, 0, MAX_ENTRIES * sizeof(*entry));
		cache->nr = 0;
	}
	for (;; i++) {
		entry = &cache->entries[i % MAX_ENTRIES];
		if (!entry->round || (entry->key[0] == key[0] &&
				      entry->key[1] == key[1]))
			return entry;
	}
}

static int read_word(int fd, __u64 pfn, __u64 *word)
{
	ssize_t n = pread(fd, word, sizeof(*word), pfn * sizeof(*word));

	if (n < 0)
		return -errno;
	return n == sizeof(*word) ? 0 : -EBADMSG;
}

/* What a file's word depends on. Flags do not depend on counts or the owner. */
static void make_key(enum flag_file file, const struct page_signature *sig,
		     __u64 key[2])
{
	__u32 type = signature_mapcount(sig);

	if (file == KPAGECGROUP) {
		key[0] = sig->owner;
		key[1] = KEY_OWNER;
		return;
	}
	key[0] = sig->flags;
	key[1] = sig->bits;
	/* a tail uses both counts for something else */
	if (sig->bits & SIGNATURE_TAIL)
		return;
	if ((__s32)type < 0)
		key[0] |= (__u64)type << 32;
	if (!signature_refcount(sig))
		key[1] |= KEY_UNUSED;
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
	if (!signature_refcount(sig))
		flags &= ~BIT(KPF_BUDDY);
	if (flags & BIT(KPF_COMPOUND_HEAD))
		flags &= ~(BIT(KPF_HUGE) | BIT(KPF_THP));
	return flags;
}

/* The page must have the same key before and after the read. */
static int read_value(const struct flag_cache *cache, enum flag_file file,
		      __u64 pfn, const __u64 key[2], __u64 *value)
{
	struct page_signature sig;
	char page[MAX_STRUCT];
	__u64 now[2];
	int rc;

	rc = read_word(cache->fds[file], pfn, value);
	if (!rc)
		rc = kcore_read(cache->kcore, pfn, 1, page);
	if (rc)
		return rc;
	kcore_signature(cache->kcore, page, &sig);
	make_key(file, &sig, now);
	if (now[0] != key[0] || now[1] != key[1])
		return -EAGAIN;
	if (file == KPAGEFLAGS)
		*value = own_flags(&sig, *value);
	return 0;
}

int flag_cache_get(struct flag_cache *cache, enum flag_file file, __u64 pfn,
		   const struct page_signature *sig, __u64 *value)
{
	struct cache_entry *entry;
	int rc, tries;
	__u64 key[2];

	make_key(file, sig, key);
	entry = find_entry(cache, key);
	*value = entry->value;
	if (entry->round == cache->round)
		return 0;
	/* the page may change twice during a read, and look the same after */
	for (tries = 0; tries < TRIES; tries++) {
		rc = read_value(cache, file, pfn, key, value);
		if (rc)
			return rc;
		if (!entry->round || entry->value == *value)
			break;
	}
	if (tries == TRIES)
		return -EBADMSG;
	cache->nr += !entry->round;
	*entry = (struct cache_entry){
		.key = { key[0], key[1] },
		.round = cache->round,
		.value = *value,
	};
	return 0;
}

int flag_cache_bypass(const struct flag_cache *cache, __u64 pfn, __u64 *flags)
{
	return read_word(cache->fds[KPAGEFLAGS], pfn, flags);
}

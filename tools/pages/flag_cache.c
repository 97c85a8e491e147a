// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says of a page in /proc/kpageflags and /proc/kpagecgroup takes
 * it ten times as long as we take to see that the struct of another page is the
 * same in all that this depends on. So it is asked for one of those only, and
 * once more in every memory block, to see that it does depend on nothing else.
 */
#include "pages/flag_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>

#define BIT(bit)	(1ULL << (bit))
#define TRIES		3
#define KEY_UNUSED	8	/* besides the bits of a look */
#define KEY_OWNER	16
#define MAX_ANSWERS	8192	/* a power of two */

struct answer {
	__u64 key[2];
	__u64 round;		/* 0: none */
	__u64 value;
};

void asker_init(struct asker *asker, const struct kcore *kcore, int flags_fd,
		int cgroup_fd)
{
	*asker = (struct asker){
		.kcore = kcore,
		.flags_fd = flags_fd,
		.cgroup_fd = cgroup_fd,
		.answers = need_memory(calloc(MAX_ANSWERS,
					      sizeof(struct answer))),
	};
}

void asker_free(struct asker *asker)
{
	free(asker->answers);
}

/* The answer for a key, or where it goes. When it gets crowded all are dropped. */
static struct answer *find(struct asker *asker, const __u64 key[2])
{
	size_t i = (key[0] ^ key[1] * 31) * 0x9e3779b97f4a7c15ULL >> 51;
	struct answer *answer;

	if (asker->nr > MAX_ANSWERS / 2) {
		memset(asker->answers, 0, MAX_ANSWERS * sizeof(*answer));
		asker->nr = 0;
	}
	for (;; i++) {
		answer = &asker->answers[i % MAX_ANSWERS];
		if (!answer->round || (answer->key[0] == key[0] &&
				       answer->key[1] == key[1]))
			return answer;
	}
}

static int read_word(int fd, __u64 pfn, __u64 *word)
{
	ssize_t n = pread(fd, word, sizeof(*word), pfn * sizeof(*word));

	if (n < 0)
		return -errno;
	return n == sizeof(*word) ? 0 : -EBADMSG;
}

/*
 * Left out is what other pages decide: of a tail its head, of a page without
 * references those next to it, and of a head, on some kernels, the first tail.
 */
static __u64 own_flags(const struct look *look, __u64 flags)
{
	if (look->bits & LOOK_TAIL)
		return flags & BIT(KPF_HWPOISON);
	if (!look_refcount(look))
		flags &= ~BIT(KPF_BUDDY);
	if (flags & BIT(KPF_COMPOUND_HEAD))
		flags &= ~(BIT(KPF_HUGE) | BIT(KPF_THP));
	return flags;
}

/* What the flags depend on; the count itself, and the owner, they do not. */
static void flags_key(const struct look *look, __u64 key[2])
{
	__u32 type = look_mapcount(look);

	key[0] = look->flags;
	key[1] = look->bits;
	/* in tails both are counts of something else */
	if (look->bits & LOOK_TAIL)
		return;
	if ((__s32)type < 0)
		key[0] |= (__u64)type << 32;
	if (!look_refcount(look))
		key[1] |= KEY_UNUSED;
}

static void owner_key(const struct look *look, __u64 key[2])
{
	key[0] = look->owner;
	key[1] = KEY_OWNER;
}

static __u64 own_inode(const struct look *look, __u64 inode)
{
	return inode;
}

struct question {
	int fd;
	void (*key)(const struct look *look, __u64 key[2]);
	__u64 (*own)(const struct look *look, __u64 value);
};

/* The kernel's answer, if the page has the same key before and after. */
static int ask_kernel(const struct asker *asker, const struct question *what,
		      __u64 pfn, const __u64 key[2], __u64 *value)
{
	char page[MAX_STRUCT];
	struct look look;
	__u64 now[2];
	int rc;

	rc = read_word(what->fd, pfn, value);
	if (!rc)
		rc = kcore_read(asker->kcore, pfn, 1, page);
	if (rc)
		return rc;
	kcore_look(asker->kcore, page, &look);
	what->key(&look, now);
	if (now[0] != key[0] || now[1] != key[1])
		return -EAGAIN;
	*value = what->own(&look, *value);
	return 0;
}

static int ask(struct asker *asker, const struct question *what, __u64 pfn,
	       const struct look *look, __u64 *value)
{
	struct answer *answer;
	int rc, tries;
	__u64 key[2];

	what->key(look, key);
	answer = find(asker, key);
	*value = answer->value;
	if (answer->round == asker->round)
		return 0;
	/* it may have changed twice meanwhile */
	for (tries = 0; tries < TRIES; tries++) {
		rc = ask_kernel(asker, what, pfn, key, value);
		if (rc)
			return rc;
		if (!answer->round || answer->value == *value)
			break;
	}
	if (tries == TRIES)
		return -EBADMSG;
	asker->nr += !answer->round;
	*answer = (struct answer){
		.key = { key[0], key[1] },
		.round = asker->round,
		.value = *value,
	};
	return 0;
}

int ask_flags(struct asker *asker, __u64 pfn, const struct look *look,
	      __u64 *flags)
{
	const struct question what = {
		.fd = asker->flags_fd,
		.key = flags_key,
		.own = own_flags,
	};

	return ask(asker, &what, pfn, look, flags);
}

int ask_cgroup(struct asker *asker, __u64 pfn, const struct look *look,
	       __u64 *inode)
{
	const struct question what = {
		.fd = asker->cgroup_fd,
		.key = owner_key,
		.own = own_inode,
	};

	*inode = 0;
	return what.fd < 0 ? 0 : ask(asker, &what, pfn, look, inode);
}

int ask_now(const struct asker *asker, __u64 pfn, __u64 *flags)
{
	return read_word(asker->flags_fd, pfn, flags);
}

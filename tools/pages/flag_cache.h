/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says of a page, asked once for all that look alike.
 */
#ifndef KMEMCTL_FLAG_CACHE_H
#define KMEMCTL_FLAG_CACHE_H

#include "pages/kcore.h"

struct answer;

struct asker {
	const struct kcore *kcore;
	int flags_fd;
	int cgroup_fd;		/* -1: control groups are not asked for */
	__u64 round;		/* each answer is asked anew once in each */
	struct answer *answers;
	size_t nr;
};

void asker_init(struct asker *asker, const struct kcore *kcore, int flags_fd,
		int cgroup_fd);
void asker_free(struct asker *asker);

/*
 * Of the page that had this look. All return 0 or a negative errno: -EAGAIN
 * when it looks different now, -EBADMSG when it looks like another of which the
 * kernel said something else.
 */
int ask_flags(struct asker *asker, __u64 pfn, const struct look *look,
	      __u64 *flags);
int ask_cgroup(struct asker *asker, __u64 pfn, const struct look *look,
	       __u64 *inode);

/* Of this page alone. */
int ask_now(const struct asker *asker, __u64 pfn, __u64 *flags);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * pages/kcore.c on a made-up /proc/kcore: what it reads there, and that it
 * believes nothing that is cut off, damaged, or does not fit a page of our own.
 * Prints KTAP. Built and run by pages.sh.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "madeup.h"
#include "pages/kcore.h"

static int claim_read;

int madeup_read(int fd, void *buf, size_t size, __u64 offset)
{
	return -EIO;
}

void madeup_looked(__u64 offset)
{
}

static int try_open(void)
{
	struct kcore kcore;
	int rc = kcore_open(&kcore);

	if (!rc)
		kcore_close(&kcore);
	return rc;
}

/* The value is 1 in the bytes of all pages that begin a free run, or are in it. */
static void find_free(const struct kcore *kcore, __u8 *bytes, size_t nr)
{
	char page[MADEUP_STRUCT];
	size_t i, run;

	memset(bytes, 0, nr);
	for (i = 0; i < nr; i += run ? run : 1) {
		claim_read |= kcore_read(kcore, i, 1, page);
		run = kcore_free(kcore, page, i);
		memset(bytes + i, 1, run < nr - i ? run : nr - i);
	}
}

static void test_free(const struct kcore *kcore)
{
	char page[MADEUP_STRUCT * 20];
	bool right = true;
	__u8 bytes[2500];
	size_t i;

	find_free(kcore, bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		right &= bytes[i] == ((i >= 1024 && i < 1536) ||
				      (i >= 2048 && i < 2112));
	claim(right, "Exactly the free runs are found");
	set_page(2048, 0, BUDDY, 12);
	set_page(1024, 0, BUDDY, 60);
	find_free(kcore, bytes, sizeof(bytes));
	claim(!memchr(bytes, 1, sizeof(bytes)),
	      "A run of a size that cannot be is none");
	claim(!claim_read, "All of this could be read");
	claim(kcore_read(kcore, MADEUP_PAGES - 10, 20, page) == -ENXIO,
	      "Beyond the memmap nothing is read");
}

static void test_damage(void)
{
	size_t size, believed = 0;
	char *text;

	for (size = 0; size < MADEUP_DATA; size += 7) {
		make_kcore();
		kcore_size = size;
		believed += !try_open();
	}
	claim(!believed, "Nothing that is cut off is believed");
	make_kcore();
	text = memmem(kcore, MADEUP_DATA, "SIZE(page)=64", 13);
	memcpy(text, "SIZE(page)=-1", 13);
	claim(try_open() == -EBADMSG, "Nor a struct of no size");
	make_kcore();
	set_page(MADEUP_OURS, 4, 1, 0);
	claim(try_open() == -EBADMSG, "Nor wrong mappings of our page");
	make_kcore();
	set_page(MADEUP_OURS, 0, 2, 0);
	claim(try_open() == -EBADMSG, "Nor wrong references to our page");
}

int main(void)
{
	char pages[3 * MADEUP_STRUCT];
	struct kcore kcore;
	__u64 maps;
	__u32 refs;

	make_kcore();
	puts("TAP version 13");
	claim(!kcore_open(&kcore), "A kcore that tells right of our page opens");
	claim(kcore.start == MADEUP_MEMMAP && kcore.buddy == BUDDY,
	      "The memmap is found, and how free pages are marked");
	claim(!kcore_read(&kcore, MADEUP_OURS - 1, 3, pages),
	      "Structs are read");
	kcore_counts(&kcore, pages + MADEUP_STRUCT, &refs, &maps);
	claim(refs == 4 && maps == 3, "The fields are found");
	test_free(&kcore);
	kcore_close(&kcore);
	test_damage();
	return claims_done();
}

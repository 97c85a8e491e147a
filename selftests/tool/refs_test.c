// SPDX-License-Identifier: GPL-2.0-only
/*
 * tools/refs.c on a made-up /proc/kcore of 4096 pages: what it reads there, and
 * that it believes nothing that is cut off, damaged, or does not fit a page of
 * our own. Prints KTAP. Built with pread=test_pread, and run, by kpage.sh.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "refs.h"
#include "sysfs.h"

#define PAGES		4096
#define STRUCT		64
#define REFCOUNT	52
#define MAPCOUNT	48
#define PRIVATE		40
#define BUDDY		0xffffff7fU
#define OUR_PFN		100
#define MEMMAP		0xffffea0000000000ULL
#define KCORE_FD	1000
#define PAGEMAP_FD	1001
#define DATA		4096	/* where the memmap is in the file */

static char kcore[DATA + PAGES * STRUCT];
static size_t kcore_size;
static unsigned int claims, failures;

ssize_t test_pread(int fd, void *buf, size_t size, off_t offset)
{
	__u64 entry = OUR_PFN;

	if (fd == PAGEMAP_FD) {
		memcpy(buf, &entry, sizeof(entry));
		return sizeof(entry);
	}
	if ((size_t)offset >= kcore_size)
		return 0;
	if (size > kcore_size - offset)
		size = kcore_size - offset;
	memcpy(buf, kcore + offset, size);
	return size;
}

int sysfs_open(const char *fmt, ...)
{
	return !strcmp(fmt, "/proc/kcore") ? KCORE_FD : PAGEMAP_FD;
}

void *need_memory(void *ptr)
{
	return ptr ? ptr : (abort(), NULL);
}

static void set_page(__u64 pfn, __u32 refcount, __u32 mapcount, __u64 private)
{
	char *page = kcore + DATA + pfn * STRUCT;

	memcpy(page + REFCOUNT, &refcount, sizeof(refcount));
	memcpy(page + MAPCOUNT, &mapcount, sizeof(mapcount));
	memcpy(page + PRIVATE, &private, sizeof(private));
}

static void make_notes(Elf64_Phdr *phdr, size_t at)
{
	static const char text[] =
		"OSRELEASE=6.1\nSIZE(page)=64\nOFFSET(page._refcount)=52\n"
		"OFFSET(page._mapcount)=48\nOFFSET(page.private)=40\n"
		"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n";
	Elf64_Nhdr note = { .n_namesz = 5, .n_descsz = 3, .n_type = 1 };
	char *out = kcore + at;

	memcpy(out, &note, sizeof(note));
	memcpy(out + sizeof(note), "CORE\0\0\0\0abc", 11);
	out += sizeof(note) + 12;
	note = (Elf64_Nhdr){ .n_namesz = 11, .n_descsz = strlen(text) };
	memcpy(out, &note, sizeof(note));
	memcpy(out + sizeof(note), "VMCOREINFO", 11);
	memcpy(out + sizeof(note) + 12, text, strlen(text));
	phdr->p_type = PT_NOTE;
	phdr->p_offset = at;
	phdr->p_filesz = out + sizeof(note) + 12 + strlen(text) - (kcore + at);
}

static void make_segment(Elf64_Phdr *phdr, __u64 vaddr, __u64 paddr,
			 __u64 size)
{
	phdr->p_type = PT_LOAD;
	phdr->p_vaddr = vaddr;
	phdr->p_paddr = paddr;
	phdr->p_memsz = size;
	phdr->p_offset = DATA;
}

/* All pages in use once, but for 512 and 64 free ones. */
static void make_kcore(void)
{
	Elf64_Ehdr ehdr = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64 },
		.e_phoff = sizeof(ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 5,
	};
	Elf64_Phdr phdrs[5] = { 0 };
	__u64 i;

	memset(kcore, 0, sizeof(kcore));
	make_notes(&phdrs[0], 1024);
	make_segment(&phdrs[1], 0xffffffff81000000ULL, 0x1000000, 0x2000000);
	make_segment(&phdrs[2], 0xffffc90000000000ULL, ~0ULL, 1ULL << 45);
	make_segment(&phdrs[3], 0xffff888000001000ULL, 0x1000,
		     (PAGES - 1) * 4096);
	make_segment(&phdrs[4], MEMMAP, ~0ULL, PAGES * STRUCT);
	memcpy(kcore, &ehdr, sizeof(ehdr));
	memcpy(kcore + sizeof(ehdr), phdrs, sizeof(phdrs));
	for (i = 0; i < PAGES; i++)
		set_page(i, 1, 0, 0);
	set_page(OUR_PFN, 4, 2, 0);
	for (i = 1024; i < 1536; i++)
		set_page(i, 0, ~0U, 0);
	set_page(1024, 0, BUDDY, 9);
	set_page(2048, 0, BUDDY, 6);
	kcore_size = sizeof(kcore);
}

static void claim(bool holds, const char *sentence)
{
	printf("%sok %u - %s\n", holds ? "" : "not ", ++claims, sentence);
	failures += !holds;
}

static int try_open(void)
{
	struct refs refs;
	int rc = refs_open(&refs);

	refs_close(&refs);
	return rc;
}

static void test_free(const struct refs *refs)
{
	__u8 bytes[2500] = { 0 };
	bool right = true;
	size_t i;

	claim(!refs_find_free(refs, 0, sizeof(bytes), bytes, 1),
	      "Free pages are looked for");
	for (i = 0; i < sizeof(bytes); i++)
		right &= bytes[i] == ((i >= 1024 && i < 1536) ||
				      (i >= 2048 && i < 2112));
	claim(right, "Exactly the free runs are found");
	memset(bytes, 0, sizeof(bytes));
	set_page(2048, 0, BUDDY, 12);
	set_page(1024, 0, BUDDY, 60);
	refs_find_free(refs, 0, sizeof(bytes), bytes, 1);
	claim(!memchr(bytes, 1, sizeof(bytes)),
	      "A run of a size that cannot be is none");
	claim(refs_find_free(refs, PAGES - 10, 20, bytes, 1) == -ENXIO,
	      "Beyond the memmap nothing is read");
}

static void test_damage(void)
{
	size_t size, believed = 0;
	char *text;

	for (size = 0; size < DATA; size += 7) {
		make_kcore();
		kcore_size = size;
		believed += !try_open();
	}
	claim(!believed, "Nothing that is cut off is believed");
	make_kcore();
	text = memmem(kcore, DATA, "SIZE(page)=64", 13);
	memcpy(text, "SIZE(page)=-1", 13);
	claim(try_open() == -EBADMSG, "Nor a struct of no size");
	make_kcore();
	set_page(OUR_PFN, 4, 1, 0);
	claim(try_open() == -EBADMSG, "Nor wrong mappings of our page");
	make_kcore();
	set_page(OUR_PFN, 0, 2, 0);
	claim(try_open() == -EBADMSG, "Nor wrong references to our page");
}

int main(void)
{
	__u32 counts[3] = { 0 };
	struct refs refs;

	make_kcore();
	puts("TAP version 13");
	claim(!refs_open(&refs), "A kcore that tells right of our page opens");
	claim(refs.memmap == MEMMAP && refs.buddy == BUDDY,
	      "The memmap is found, and how free pages are marked");
	claim(!refs_read(&refs, OUR_PFN - 1, 3, counts) && counts[0] == 1 &&
	      counts[1] == 4 && counts[2] == 1, "References are read");
	test_free(&refs);
	refs_close(&refs);
	test_damage();
	printf("1..%u\n", claims);
	return !!failures;
}

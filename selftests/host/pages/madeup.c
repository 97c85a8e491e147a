// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up /proc/kcore of a few thousand pages, with the notes of Linux 6.1,
 * behind path_open() and path_read_at() of files of tools/ that are tested alone.
 */
#include "madeup.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/path.h"

#define NOTES	1024		/* where in the file */

char kcore[MADEUP_DATA + MADEUP_PAGES * MADEUP_STRUCT];
size_t kcore_size;
static unsigned int claims, failures;

int path_read_at(int fd, void *buf, size_t size, __u64 offset)
{
	__u64 entry = MADEUP_OURS;

	if (fd == PAGEMAP_FD) {
		memcpy(buf, &entry, sizeof(entry));
		return 0;
	}
	if (fd != KCORE_FD)
		return madeup_read(fd, buf, size, offset);
	madeup_looked(offset);
	if (offset > kcore_size || size > kcore_size - offset)
		return -EBADMSG;
	memcpy(buf, kcore + offset, size);
	return 0;
}

int path_open(const char *fmt, ...)
{
	static const char * const names[] = {
		"/proc/kcore", "/proc/self/pagemap", "/proc/kpageflags",
		"/proc/kpagecount", "/proc/kpagecgroup",
	};
	char path[64];
	va_list args;
	size_t i;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(path, names[i]))
			return KCORE_FD + i;
	return -ENOENT;
}

void *need_memory(void *ptr)
{
	return ptr ? ptr : (abort(), NULL);
}

void set_page(__u64 pfn, __u32 refcount, __u32 mapcount, __u64 private)
{
	char *page = madeup_page(pfn);

	memcpy(page + REFCOUNT, &refcount, sizeof(refcount));
	memcpy(page + MAPCOUNT, &mapcount, sizeof(mapcount));
	memcpy(page + PRIVATE, &private, sizeof(private));
}

void set_word(__u64 pfn, size_t offset, __u64 word)
{
	memcpy(madeup_page(pfn) + offset, &word, sizeof(word));
}

static void make_notes(Elf64_Phdr *phdr, size_t at)
{
	static const char text[] =
		"OSRELEASE=6.1\nSIZE(page)=64\nOFFSET(page.flags)=0\n"
		"OFFSET(page._refcount)=52\nOFFSET(page.mapping)=24\n"
		"OFFSET(page._mapcount)=48\nOFFSET(page.private)=40\n"
		"OFFSET(page.compound_head)=8\n"
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
	phdr->p_offset = MADEUP_DATA;
}

/* All pages in use once, but for 512 and 64 free ones. */
void make_kcore(void)
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
	make_notes(&phdrs[0], NOTES);
	make_segment(&phdrs[1], 0xffffffff81000000ULL, 0x1000000, 0x2000000);
	make_segment(&phdrs[2], 0xffffc90000000000ULL, ~0ULL, 1ULL << 45);
	make_segment(&phdrs[3], 0xffff888000001000ULL, 0x1000,
		     (MADEUP_PAGES - 1) * 4096);
	make_segment(&phdrs[4], MADEUP_MEMMAP, ~0ULL, MADEUP_PAGES * MADEUP_STRUCT);
	memcpy(kcore, &ehdr, sizeof(ehdr));
	memcpy(kcore + sizeof(ehdr), phdrs, sizeof(phdrs));
	for (i = 0; i < MADEUP_PAGES; i++)
		set_page(i, 1, 0, 0);
	set_page(MADEUP_OURS, 4, 2, 0);
	for (i = 1024; i < 1536; i++)
		set_page(i, 0, ~0U, 0);
	set_page(1024, 0, BUDDY, 9);
	set_page(2048, 0, BUDDY, 6);
	kcore_size = sizeof(kcore);
}

void claim(bool holds, const char *sentence)
{
	printf("%sok %u - %s\n", holds ? "" : "not ", ++claims, sentence);
	failures += !holds;
}

int claims_done(void)
{
	printf("1..%u\n", claims);
	return !!failures;
}

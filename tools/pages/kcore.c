// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads struct pages from /proc/kcore, at the offsets that VMCOREINFO gives to
 * crash tools. Before use the offsets are verified: a page of our own, mapped
 * three times, must show the right counts.
 */
#include "pages/kcore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/path.h"
#include "pages/pagemap.h"

#define MAX_STRUCT	256	/* bytes of a struct page */
#define NO_ADDRESS	(~0ULL)
#define MAX_NOTES	0x100000
#define MAX_ORDER	20

static int note_number(const char *text, const char *key, __u64 max,
		       __u64 *value)
{
	const char *at = strstr(text, key);
	char *end;

	if (!at)
		return -EBADMSG;
	/* PAGE_BUDDY_MAPCOUNT_VALUE is a negative 32-bit number */
	*value = strtoull(at + strlen(key), &end, 10) & 0xffffffff;
	return *end == '\n' && *value <= max ? 0 : -EBADMSG;
}

static int parse_vmcoreinfo(struct kcore *kcore, const char *text)
{
	__u64 refcount = 0;
	const struct {
		const char *key;
		__u64 *value;
		size_t size;
	} fields[] = {
		{ "\nOFFSET(page.flags)=", &kcore->flags, 8 },
		{ "\nOFFSET(page.mapping)=", &kcore->mapping, 8 },
		{ "\nOFFSET(page.private)=", &kcore->private, 8 },
		{ "\nOFFSET(page._mapcount)=", &kcore->counts, 8 },
		{ "\nOFFSET(page._refcount)=", &refcount, 4 },
		/* the name depends on the kernel version */
		{ strstr(text, "\nOFFSET(page.compound_info)=") ?
		  "\nOFFSET(page.compound_info)=" :
		  "\nOFFSET(page.compound_head)=", &kcore->compound, 8 },
	};
	size_t i;
	int rc;

	rc = note_number(text, "\nSIZE(page)=", MAX_STRUCT, &kcore->page_size);
	if (rc || kcore->page_size < sizeof(__u64))
		return -EBADMSG;
	for (i = 0; !rc && i < sizeof(fields) / sizeof(*fields); i++)
		rc = note_number(text, fields[i].key,
				 kcore->page_size - fields[i].size,
				 fields[i].value);
	if (!rc)
		rc = note_number(text, "\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=",
				 0xffffffff, &kcore->buddy);
	if (!rc && refcount != kcore->counts + sizeof(__u32))
		return -EBADMSG;
	/* memcg_data follows them. VMCOREINFO lacks it; read.c verifies */
	kcore->owner = (kcore->counts + sizeof(__u64) + 7) & ~7ULL;
	if (kcore->owner > kcore->page_size - sizeof(__u64))
		kcore->owner = kcore->flags;
	return rc;
}

static int read_notes(struct kcore *kcore, const Elf64_Phdr *phdr)
{
	/* the type of the note, 0, and its name */
	static const char begin[] = "\0\0\0\0VMCOREINFO\0";
	char *buf, *note;
	int rc;

	if (phdr->p_filesz > MAX_NOTES)
		return -EBADMSG;
	buf = need_memory(calloc(1, phdr->p_filesz + 1));
	rc = path_read_at(kcore->fd, buf, phdr->p_filesz, phdr->p_offset);
	note = memmem(buf, phdr->p_filesz, begin, sizeof(begin));
	if (!rc)
		rc = note ? parse_vmcoreinfo(kcore, note + sizeof(begin)) :
			    -EBADMSG;
	free(buf);
	return rc;
}

/*
 * A segment of the memmap has no physical address and follows the segment of
 * the RAM it describes. All segments must give the same start of the memmap.
 * Of all segments, only those are kept.
 */
static int find_memmap(struct kcore *kcore, size_t nr)
{
	const Elf64_Phdr *ram = kcore->segments, *end = ram + nr, *map;
	const __u64 page = sysconf(_SC_PAGESIZE);
	__u64 start, into;

	kcore->start = NO_ADDRESS;
	for (map = ram + 1; map < end; ram++, map++) {
		if (map->p_type != PT_LOAD || map->p_paddr != NO_ADDRESS ||
		    ram->p_type != PT_LOAD || ram->p_paddr == NO_ADDRESS)
			continue;
		/* the segment of the kernel's text describes no RAM */
		if (map->p_memsz > ram->p_memsz)
			continue;
		into = ram->p_paddr / page * kcore->page_size;
		start = map->p_vaddr - into / page * page;
		if (kcore->start != NO_ADDRESS && kcore->start != start)
			return -EBADMSG;
		kcore->start = start;
		kcore->segments[kcore->nr++] = *map;
	}
	return kcore->nr ? 0 : -EBADMSG;
}

static int read_headers(struct kcore *kcore)
{
	Elf64_Phdr *phdrs;
	Elf64_Ehdr ehdr;
	size_t i;
	int rc;

	rc = path_read_at(kcore->fd, &ehdr, sizeof(ehdr), 0);
	if (rc)
		return rc;
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 || !ehdr.e_phnum ||
	    ehdr.e_phentsize != sizeof(*phdrs))
		return -EBADMSG;
	phdrs = need_memory(calloc(ehdr.e_phnum, sizeof(*phdrs)));
	kcore->segments = phdrs;
	rc = path_read_at(kcore->fd, phdrs, ehdr.e_phnum * sizeof(*phdrs),
			  ehdr.e_phoff);
	for (i = 0; !rc && i < ehdr.e_phnum; i++)
		if (phdrs[i].p_type == PT_NOTE)
			break;
	if (!rc)
		rc = i < ehdr.e_phnum ? read_notes(kcore, &phdrs[i]) : -EBADMSG;
	return rc ? rc : find_memmap(kcore, ehdr.e_phnum);
}

int kcore_read(const struct kcore *kcore, __u64 pfn, size_t nr, char *structs)
{
	__u64 address = kcore->start + pfn * kcore->page_size;
	__u64 size = nr * kcore->page_size;
	const Elf64_Phdr *seg;

	for (seg = kcore->segments; seg < kcore->segments + kcore->nr; seg++)
		if (address >= seg->p_vaddr && size <= seg->p_memsz &&
		    address - seg->p_vaddr <= seg->p_memsz - size)
			return path_read_at(kcore->fd, structs, size,
					    seg->p_offset + address -
					    seg->p_vaddr);
	return -ENXIO;
}

static __u64 word_at(const char *page, __u64 offset)
{
	__u64 word;

	memcpy(&word, page + offset, sizeof(word));
	return word;
}

__u64 kcore_free(const struct kcore *kcore, const char *page, __u64 pfn)
{
	__u64 order;

	/* the reference count, in the upper half, is 0 */
	if (word_at(page, kcore->counts) != kcore->buddy)
		return 0;
	order = word_at(page, kcore->private);
	/* a page that changes during the read may have an invalid order */
	return order > MAX_ORDER || pfn & ((1ULL << order) - 1) ?
	       0 : 1ULL << order;
}

static __u64 difference(const char *a, const char *b, __u64 offset)
{
	return word_at(a, offset) ^ word_at(b, offset);
}

/* Without zone and node in the flags; mappings differ in their low bits alone. */
bool kcore_alike(const struct kcore *kcore, const char *first, size_t nr)
{
	const char *page = first;
	__u64 differs = 0;

	while (--nr && !differs) {
		page += kcore->page_size;
		differs = difference(page, first, kcore->counts) |
			  difference(page, first, kcore->owner) |
			  (__u32)difference(page, first, kcore->flags) |
			  (difference(page, first, kcore->mapping) & 3) |
			  (difference(page, first, kcore->compound) & 1);
	}
	return !differs;
}

/* The kernel's map count is one less. */
void kcore_counts(const struct kcore *kcore, const char *page, __u32 *refs,
		  __u64 *maps)
{
	__u64 counts = word_at(page, kcore->counts);

	*refs = counts >> 32;
	*maps = (__u32)(counts + 1);
}

/* References: three mappings, the page cache, perhaps a per-CPU batch. */
static int check_counts(const struct kcore *kcore, const char *address,
			size_t page)
{
	int rc, fd = path_open("/proc/self/pagemap");
	char buf[MAX_STRUCT];
	__u64 entry, maps;
	__u32 refs;

	if (fd < 0)
		return fd;
	rc = path_read_at(fd, &entry, sizeof(entry),
			  (uintptr_t)address / page * sizeof(entry));
	close(fd);
	if (!rc && !ENTRY_PFN(entry))
		rc = -EPERM;
	if (!rc)
		rc = kcore_read(kcore, ENTRY_PFN(entry), 1, buf);
	if (rc)
		return rc;
	kcore_counts(kcore, buf, &refs, &maps);
	return maps == 3 && (refs == 4 || refs == 5) ? 0 : -EBADMSG;
}

static int verify_offsets(const struct kcore *kcore)
{
	size_t i, page = sysconf(_SC_PAGESIZE);
	int fd = memfd_create("kmemctl", MFD_CLOEXEC), rc = -ENOMEM;
	char *at[3];

	if (fd < 0 || ftruncate(fd, page))
		goto out;
	for (i = 0; i < 3; i++) {
		at[i] = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED,
			     fd, 0);
		if (at[i] == MAP_FAILED)
			goto out;
		*at[i] = 1;
	}
	rc = check_counts(kcore, at[0], page);
	for (i = 0; i < 3; i++)
		munmap(at[i], page);
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

int kcore_open(struct kcore *kcore)
{
	int rc;

	*kcore = (struct kcore){ .fd = path_open("/proc/kcore") };
	if (kcore->fd < 0)
		return kcore->fd;
	rc = read_headers(kcore);
	if (!rc)
		rc = verify_offsets(kcore);
	if (rc)
		kcore_close(kcore);
	return rc;
}

void kcore_close(struct kcore *kcore)
{
	if (kcore->fd >= 0)
		close(kcore->fd);
	free(kcore->segments);
	*kcore = (struct kcore){ .fd = -1 };
}

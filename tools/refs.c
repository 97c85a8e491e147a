// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reference counts out of the memmap in /proc/kcore, by the offsets the kernel
 * notes there for crash tools. Nothing is believed before it told the right
 * counts for a page of our own that is mapped three times.
 */
#include "refs.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#include "sysfs.h"

#define NO_ADDRESS	(~0ULL)
#define MAX_NOTES	0x100000
#define MAX_STRUCT	256
#define MAX_ORDER	20
#define BATCH		4096	/* struct pages read at once */
#define WINDOW		64	/* the same, where most may be skipped */
#define PFN_MASK	0x7fffffffffffffULL

static int read_exact(int fd, void *buf, size_t size, __u64 offset)
{
	ssize_t n = pread(fd, buf, size, offset);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EBADMSG;
}

static int note_number(const char *text, const char *key, __u64 max,
		       __u64 *value)
{
	const char *at = strstr(text, key);
	char *end;

	if (!at)
		return -EBADMSG;
	/* one of the numbers is negative, and 32 bits of it are meant */
	*value = strtoull(at + strlen(key), &end, 10) & 0xffffffff;
	return *end == '\n' && *value <= max ? 0 : -EBADMSG;
}

static int parse_vmcoreinfo(struct refs *refs, const char *text)
{
	int rc;

	rc = note_number(text, "\nSIZE(page)=", MAX_STRUCT, &refs->page_size);
	if (!rc)
		rc = note_number(text, "\nOFFSET(page._refcount)=",
				 refs->page_size - 4, &refs->refcount);
	if (!rc)
		rc = note_number(text, "\nOFFSET(page._mapcount)=",
				 refs->page_size - 4, &refs->mapcount);
	if (!rc)
		rc = note_number(text, "\nOFFSET(page.private)=",
				 refs->page_size - 8, &refs->private);
	if (!rc)
		rc = note_number(text, "\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=",
				 0xffffffff, &refs->buddy);
	return rc || refs->page_size < 8 ? -EBADMSG : 0;
}

static size_t aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* Finds the note in a buffer that has a NUL after its end. */
static int parse_notes(struct refs *refs, char *buf, size_t size)
{
	static const char name[] = "VMCOREINFO";
	Elf64_Nhdr note;
	size_t at = 0, data;
	char last;
	int rc;

	while (at + sizeof(note) <= size) {
		memcpy(&note, buf + at, sizeof(note));
		at += sizeof(note);
		data = at + aligned(note.n_namesz);
		if (data > size || note.n_descsz > size - data)
			break;
		if (note.n_namesz == sizeof(name) &&
		    !memcmp(buf + at, name, sizeof(name))) {
			last = buf[data + note.n_descsz];
			buf[data + note.n_descsz] = '\0';
			rc = parse_vmcoreinfo(refs, buf + data);
			buf[data + note.n_descsz] = last;
			return rc;
		}
		at = data + aligned(note.n_descsz);
	}
	return -EBADMSG;
}

static int read_notes(struct refs *refs, const Elf64_Phdr *phdr)
{
	char *buf;
	int rc;

	if (phdr->p_filesz > MAX_NOTES)
		return -EBADMSG;
	buf = need_memory(calloc(1, phdr->p_filesz + 1));
	rc = read_exact(refs->fd, buf, phdr->p_filesz, phdr->p_offset);
	if (!rc)
		rc = parse_notes(refs, buf, phdr->p_filesz);
	free(buf);
	return rc;
}

/*
 * A segment of the memmap has no physical address, and follows the segment of
 * the RAM that it describes. All must lead to the same start of the memmap.
 */
static int find_memmap(struct refs *refs, const Elf64_Phdr *phdrs, size_t nr,
		       __u64 page)
{
	__u64 start, into;
	size_t i;

	refs->memmap = NO_ADDRESS;
	refs->segments = need_memory(calloc(nr, sizeof(*refs->segments)));
	for (i = 1; i < nr; i++) {
		if (phdrs[i].p_type != PT_LOAD ||
		    phdrs[i].p_paddr != NO_ADDRESS ||
		    phdrs[i - 1].p_type != PT_LOAD ||
		    phdrs[i - 1].p_paddr == NO_ADDRESS)
			continue;
		into = phdrs[i - 1].p_paddr / page * refs->page_size;
		start = phdrs[i].p_vaddr - into / page * page;
		/* the kernel's own text is no RAM of the list */
		if (phdrs[i].p_memsz > phdrs[i - 1].p_memsz)
			continue;
		if (refs->memmap != NO_ADDRESS && refs->memmap != start)
			return -EBADMSG;
		refs->memmap = start;
		refs->segments[refs->nr++] = (struct segment){
			.start = phdrs[i].p_vaddr,
			.size = phdrs[i].p_memsz,
			.offset = phdrs[i].p_offset,
		};
	}
	return refs->nr ? 0 : -EBADMSG;
}

static int read_headers(struct refs *refs)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr *phdrs;
	size_t i;
	int rc;

	rc = read_exact(refs->fd, &ehdr, sizeof(ehdr), 0);
	if (rc)
		return rc;
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 || !ehdr.e_phnum ||
	    ehdr.e_phentsize != sizeof(*phdrs))
		return -EBADMSG;
	phdrs = need_memory(calloc(ehdr.e_phnum, sizeof(*phdrs)));
	rc = read_exact(refs->fd, phdrs, ehdr.e_phnum * sizeof(*phdrs),
			ehdr.e_phoff);
	for (i = 0; !rc && i < ehdr.e_phnum; i++)
		if (phdrs[i].p_type == PT_NOTE)
			break;
	if (!rc)
		rc = i < ehdr.e_phnum ? read_notes(refs, &phdrs[i]) : -EBADMSG;
	if (!rc)
		rc = find_memmap(refs, phdrs, ehdr.e_phnum,
				 sysconf(_SC_PAGESIZE));
	free(phdrs);
	return rc;
}

/* The struct pages of a run, which must lie in one segment: others read as 0. */
static int read_structs(const struct refs *refs, __u64 pfn, size_t nr,
			char *buf)
{
	__u64 address = refs->memmap + pfn * refs->page_size;
	__u64 size = nr * refs->page_size;
	const struct segment *seg;
	size_t i;

	for (i = 0; i < refs->nr; i++) {
		seg = &refs->segments[i];
		if (address >= seg->start && size <= seg->size &&
		    address - seg->start <= seg->size - size)
			return read_exact(refs->fd, buf, size, seg->offset +
					  (address - seg->start));
	}
	return -ENXIO;
}

int refs_read(const struct refs *refs, __u64 pfn, size_t nr, __u32 *counts)
{
	char *buf = need_memory(malloc(BATCH * refs->page_size));
	size_t i, batch;
	int rc = 0;

	for (; nr && !rc; nr -= batch) {
		batch = nr < BATCH ? nr : BATCH;
		rc = read_structs(refs, pfn, batch, buf);
		for (i = 0; !rc && i < batch; i++)
			memcpy(counts++, buf + i * refs->page_size +
			       refs->refcount, sizeof(*counts));
		pfn += batch;
	}
	free(buf);
	return rc;
}

/* How many free pages begin at a struct page; 0 when it is in use. */
static __u64 free_pages(const struct refs *refs, const char *page, __u64 pfn)
{
	__u32 mapcount, refcount;
	__u64 order;

	memcpy(&mapcount, page + refs->mapcount, sizeof(mapcount));
	memcpy(&refcount, page + refs->refcount, sizeof(refcount));
	memcpy(&order, page + refs->private, sizeof(order));
	/* it may change while we look: then these do not fit together */
	if (mapcount != refs->buddy || refcount || order > MAX_ORDER ||
	    pfn & ((1ULL << order) - 1))
		return 0;
	return 1ULL << order;
}

/* A window at a time: what is free is skipped without being looked at. */
int refs_find_free(const struct refs *refs, __u64 pfn, size_t nr, __u8 *bytes,
		   __u8 value)
{
	char buf[WINDOW * MAX_STRUCT];
	size_t i = 0, k, batch;
	__u64 run;
	int rc;

	while (i < nr) {
		batch = nr - i < WINDOW ? nr - i : WINDOW;
		rc = read_structs(refs, pfn + i, batch, buf);
		if (rc)
			return rc;
		for (k = 0; k < batch; k += run ? run : 1) {
			run = free_pages(refs, buf + k * refs->page_size,
					 pfn + i + k);
			if (run > nr - i - k)
				run = nr - i - k;
			memset(bytes + i + k, value, run);
		}
		i += k;
	}
	return 0;
}

static int pfn_of(const void *address, size_t page, __u64 *pfn)
{
	int fd = sysfs_open("/proc/self/pagemap");
	__u64 entry = 0;
	int rc;

	if (fd < 0)
		return fd;
	rc = read_exact(fd, &entry, sizeof(entry),
			(uintptr_t)address / page * sizeof(entry));
	close(fd);
	*pfn = entry & PFN_MASK;
	return rc || *pfn ? rc : -EPERM;
}

/* Three mappings, the page cache, perhaps a per-CPU batch: 4 or 5 references. */
static int check_counts(const struct refs *refs, const void *address,
			size_t page)
{
	char buf[MAX_STRUCT];
	__u32 refcount, mapcount;
	__u64 pfn;
	int rc;

	rc = pfn_of(address, page, &pfn);
	if (!rc)
		rc = read_structs(refs, pfn, 1, buf);
	if (rc)
		return rc;
	memcpy(&refcount, buf + refs->refcount, sizeof(refcount));
	memcpy(&mapcount, buf + refs->mapcount, sizeof(mapcount));
	return mapcount == 2 && (refcount == 4 || refcount == 5) ? 0 : -EBADMSG;
}

static int prove(const struct refs *refs)
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
	rc = check_counts(refs, at[0], page);
	for (i = 0; i < 3; i++)
		munmap(at[i], page);
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

int refs_open(struct refs *refs)
{
	int rc;

	memset(refs, 0, sizeof(*refs));
	refs->fd = sysfs_open("/proc/kcore");
	if (refs->fd < 0)
		return refs->fd;
	rc = read_headers(refs);
	if (!rc)
		rc = prove(refs);
	if (rc)
		refs_close(refs);
	return rc;
}

void refs_close(struct refs *refs)
{
	if (refs->fd >= 0)
		close(refs->fd);
	free(refs->segments);
	refs->segments = NULL;
	refs->fd = -1;
}

/* Asking to move a page of ours to where it is makes the kernel do it. */
void refs_settle(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int status = -1, node = 0;
	void *pages;
	char *at;

	at = mmap(NULL, page, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return;
	*at = 1;
	pages = at;
	if (!syscall(SYS_move_pages, 0, 1UL, &pages, NULL, &status, 0) &&
	    status >= 0)
		node = status;
	syscall(SYS_move_pages, 0, 1UL, &pages, &node, &status, MPOL_MF_MOVE);
	munmap(at, page);
}

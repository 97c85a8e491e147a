// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host program: reads the BTF of a kernel and prints offset, size and kind of the
 * members of the private dax structures as #defines. The BTF is an ELF file with
 * a .BTF section, or raw as in /sys/kernel/btf/vmlinux.
 */
#include <elf.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const wanted[] = {
	"dev_dax", "dev_dax_range", "dax_mapping", "dax_device_driver",
};

/* Members that layout.c compares: one that is missing is printed as -1. */
static const char *const needed[] = {
	"dev_dax_region", "dev_dax_target_node", "dev_dax_id", "dev_dax_dev",
	"dev_dax_nr_range", "dev_dax_ranges", "dev_dax_range_pgoff",
	"dev_dax_range_range", "dev_dax_range_mapping", "dax_mapping_dev",
	"dax_device_driver_drv", "dax_device_driver_ids",
	"dax_device_driver_match_always", "dax_device_driver_probe",
	"dax_device_driver_remove",
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *path;
static bool found[ARRAY_SIZE(needed)];

static void die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "btf-offsets: %s: ", path);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* sysfs does not report the size of the file, so read to its end. */
static char *read_all(size_t *len)
{
	size_t room = 1 << 20, got;
	char *data = NULL;
	FILE *f = fopen(path, "rb");

	if (!f)
		die("cannot be opened");
	for (*len = 0;; room *= 2) {
		data = realloc(data, room);
		if (!data)
			die("out of memory");
		got = fread(data + *len, 1, room - *len, f);
		*len += got;
		if (*len < room)
			break;
	}
	if (ferror(f))
		die("cannot be read");
	fclose(f);
	return data;
}

/* Returns the .BTF section of an ELF file, and its length in @len. */
static char *btf_section(char *file, size_t *len)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)file;
	Elf64_Shdr *shdr, *names;
	unsigned int i;

	if (*len < sizeof(*ehdr) || memcmp(file, ELFMAG, SELFMAG))
		return file;
	if (ehdr->e_shoff > *len || ehdr->e_shstrndx >= ehdr->e_shnum ||
	    *len - ehdr->e_shoff < ehdr->e_shnum * sizeof(*shdr))
		die("damaged ELF file");

	shdr = (Elf64_Shdr *)(file + ehdr->e_shoff);
	names = &shdr[ehdr->e_shstrndx];
	for (i = 0; i < ehdr->e_shnum; i++) {
		__u64 name = names->sh_offset + shdr[i].sh_name;

		if (name + sizeof(".BTF") > *len ||
		    strcmp(file + name, ".BTF"))
			continue;
		if (shdr[i].sh_offset > *len ||
		    shdr[i].sh_size > *len - shdr[i].sh_offset)
			die("damaged ELF file");
		*len = shdr[i].sh_size;
		return file + shdr[i].sh_offset;
	}
	die("holds no .BTF section");
	return NULL;
}

/* Number of bytes that follow a struct btf_type and belong to it. */
static size_t tail_size(const struct btf_type *t)
{
	unsigned int nr = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case 17: /* BTF_KIND_DECL_TAG */
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return nr * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return nr * 8;
	case BTF_KIND_DATASEC:
	case 19: /* BTF_KIND_ENUM64 */
		return nr * 12;
	default:
		return 0;
	}
}

/* All types by their number; number 0 is void. */
static const struct btf_type **types;
static size_t nr_types;

static const struct btf_type *type_of(__u32 id)
{
	if (id >= nr_types)
		die("damaged BTF: it has no type %u", id);
	return types[id];
}

/* What @id is under its names and qualifiers; NULL for void. */
static const struct btf_type *bare_type(__u32 id)
{
	const struct btf_type *t;
	int depth;

	for (depth = 0; depth < 32; depth++) {
		t = type_of(id);
		if (!t)
			return NULL;
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case 18: /* BTF_KIND_TYPE_TAG */
			id = t->type;
			break;
		default:
			return t;
		}
	}
	die("damaged BTF: type %u has no end", id);
	return NULL;
}

/* In bytes, of what a member of our structures can be. */
static __u32 size_of(const struct btf_type *t)
{
	if (!t)
		return 0;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR:
		return sizeof(void *);
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case 19: /* BTF_KIND_ENUM64 */
		return t->size;
	default:
		return 0;
	}
}

static void mark_found(const char *name, const char *member)
{
	char both[128];
	unsigned int i;

	snprintf(both, sizeof(both), "%s_%s", name, member);
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		found[i] |= !strcmp(both, needed[i]);
}

static void print_missing(void)
{
	static const char missing[] =
		"#define BTF_%s (-1)\n"
		"#define BTF_%s_size (-1)\n"
		"#define BTF_%s_kind (-1)\n";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!found[i])
			printf(missing, needed[i], needed[i], needed[i]);
}

static void print_member(const char *name, const struct btf_member *m,
			 bool bitfields, const char *strings)
{
	const char *member = strings + m->name_off;
	__u32 bits = bitfields ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
	const struct btf_type *t = bare_type(m->type);

	if (!*member)
		return;
	mark_found(name, member);
	printf("#define BTF_%s_%s %u\n", name, member, bits / 8);
	printf("#define BTF_%s_%s_size %u\n", name, member, size_of(t));
	printf("#define BTF_%s_%s_kind %u\n", name, member,
	       t ? BTF_INFO_KIND(t->info) : 0);
}

static void print_struct(const struct btf_type *t, const char *strings)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);
	const char *name = strings + t->name_off;
	unsigned int i;

	for (i = 0; i < BTF_INFO_VLEN(t->info); i++)
		print_member(name, &m[i], BTF_INFO_KFLAG(t->info), strings);
	printf("#define BTF_%s_sizeof %u\n", name, t->size);
}

static int which_wanted(const struct btf_type *t, const char *strings)
{
	unsigned int i;

	if (BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT)
		return -1;
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strcmp(strings + t->name_off, wanted[i]))
			return i;
	return -1;
}

/* Fills @types. A type begins where the one before it ends. */
static void index_types(const char *p, const char *end, __u32 str_len)
{
	size_t room = 1 << 16;

	types = malloc(room * sizeof(*types));
	for (nr_types = 1; p + sizeof(struct btf_type) <= end; nr_types++) {
		const struct btf_type *t = (const struct btf_type *)p;

		if (nr_types == room) {
			room *= 2;
			types = realloc(types, room * sizeof(*types));
		}
		if (!types)
			die("out of memory");
		p += sizeof(*t) + tail_size(t);
		if (p > end || t->name_off >= str_len)
			die("damaged BTF, or that of a module: name vmlinux");
		types[nr_types] = t;
	}
	types[0] = NULL;
}

static void print_wanted(const char *btf, size_t len)
{
	const struct btf_header *hdr = (const struct btf_header *)btf;
	int seen[ARRAY_SIZE(wanted)] = { 0 }, i;
	const char *start, *strings;
	size_t id;

	if (len < sizeof(*hdr) || hdr->magic != BTF_MAGIC ||
	    (__u64)hdr->hdr_len + hdr->type_off + hdr->type_len > len ||
	    (__u64)hdr->hdr_len + hdr->str_off + hdr->str_len > len ||
	    !hdr->str_len)
		die("holds no BTF that can be read");

	strings = btf + hdr->hdr_len + hdr->str_off;
	start = btf + hdr->hdr_len + hdr->type_off;
	index_types(start, start + hdr->type_len, hdr->str_len);
	for (id = 1; id < nr_types; id++) {
		i = which_wanted(types[id], strings);
		if (i >= 0 && !seen[i]++)
			print_struct(types[id], strings);
	}
	for (i = 0; i < (int)ARRAY_SIZE(wanted); i++)
		if (!seen[i])
			die("has no struct %s: the dax bus must be built in", wanted[i]);
	print_missing();
}

int main(int argc, char **argv)
{
	size_t len;
	char *file;

	if (argc != 2) {
		fputs("usage: btf-offsets FILE\n", stderr);
		return 2;
	}
	path = argv[1];
	file = read_all(&len);
	print_wanted(btf_section(file, &len), len);
	return 0;
}

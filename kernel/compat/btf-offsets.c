// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host program: reads the BTF of a kernel and prints the offsets of the members
 * of the private dax structures as #defines. The BTF is an ELF file with a .BTF
 * section, or raw as in /sys/kernel/btf/vmlinux. Without a file it prints none.
 */
#include <elf.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const wanted[] = {
	"dev_dax", "dev_dax_range", "dax_mapping", "dax_device_driver",
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *path;

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

static void print_struct(const struct btf_type *t, const char *strings)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);
	const char *name = strings + t->name_off;
	unsigned int i, bits;

	for (i = 0; i < BTF_INFO_VLEN(t->info); i++, m++) {
		bits = BTF_INFO_KFLAG(t->info) ?
			       BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		if (strings[m->name_off])
			printf("#define BTF_%s_%s %u\n", name,
			       strings + m->name_off, bits / 8);
	}
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

static void print_wanted(const char *btf, size_t len)
{
	const struct btf_header *hdr = (const struct btf_header *)btf;
	const char *p, *end, *strings;
	int seen[ARRAY_SIZE(wanted)] = { 0 }, i;

	if (len < sizeof(*hdr) || hdr->magic != BTF_MAGIC ||
	    (__u64)hdr->hdr_len + hdr->type_off + hdr->type_len > len ||
	    (__u64)hdr->hdr_len + hdr->str_off + hdr->str_len > len ||
	    !hdr->str_len)
		die("holds no BTF that can be read");

	strings = btf + hdr->hdr_len + hdr->str_off;
	p = btf + hdr->hdr_len + hdr->type_off;
	end = p + hdr->type_len;
	while (p + sizeof(struct btf_type) <= end) {
		const struct btf_type *t = (const struct btf_type *)p;

		p += sizeof(*t) + tail_size(t);
		if (p > end || t->name_off >= hdr->str_len)
			die("damaged BTF");
		i = which_wanted(t, strings);
		if (i >= 0 && !seen[i]++)
			print_struct(t, strings);
	}
	for (i = 0; i < (int)ARRAY_SIZE(wanted); i++)
		if (!seen[i])
			die("has no struct %s: the dax bus must be built in", wanted[i]);
}

int main(int argc, char **argv)
{
	size_t len;
	char *file;

	if (argc < 2) {
		puts("/* no BTF of this kernel found */");
		return 0;
	}
	path = argv[1];
	file = read_all(&len);
	print_wanted(btf_section(file, &len), len);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that counts every instruction a guest executes, by address.
 * When the guest runs mark.c, it writes the counts to files PREFIX.1, PREFIX.2
 * and so on, and begins again. With -icount that is where all its time goes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "plugin.h"

/* A block of code that was translated, perhaps more than once. */
struct code {
	__u64 address;
	__u64 executed;
	struct code *next;
};

static struct code *all_code;
static const char *prefix = "counts";
static int marks;

static void write_counts(unsigned int cpu, void *data)
{
	struct code *code;
	char name[4096];
	FILE *file;

	(void)cpu;
	(void)data;
	snprintf(name, sizeof(name), "%s.%d", prefix, ++marks);
	file = fopen(name, "w");
	for (code = all_code; code; code = code->next) {
		if (code->executed && file)
			fprintf(file, "%016llx %llu\n",
				code->address, code->executed);
		code->executed = 0;
	}
	if (!file || fclose(file)) {
		perror(name);
		exit(1);
	}
}

static bool is_mark(const struct qemu_plugin_insn *insn)
{
	size_t size = strlen(MARK_BYTES);

	return qemu_plugin_insn_size(insn) == size &&
	       !memcmp(qemu_plugin_insn_data(insn), MARK_BYTES, size);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, nr = qemu_plugin_tb_n_insns(tb);
	struct code *code = calloc(1, sizeof(*code));

	(void)id;
	if (!code)
		abort();
	code->address = qemu_plugin_tb_vaddr(tb);
	code->next = all_code;
	all_code = code;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64,
						 &code->executed, nr);
	for (i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_mark(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, write_counts,
							       CB_NO_REGS, NULL);
	}
}

int qemu_plugin_version = 1;

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	(void)info;
	if (argc && !strncmp(argv[0], "prefix=", strlen("prefix=")))
		prefix = strdup(argv[0] + strlen("prefix="));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

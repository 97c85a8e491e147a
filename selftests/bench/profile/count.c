// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that counts every instruction a guest executes, by address.
 * When the guest runs mark.c, it writes the counts to files PREFIX.1, PREFIX.2
 * and so on, and begins again. With -icount that is where all its time goes.
 *
 * Debian has no header for plugins: what is used of version 1 is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;

enum { INLINE_ADD_U64 = 0, CB_NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	void (*cb)(unsigned int cpu, void *data), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t idx);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv);

/* A block of code that was translated, perhaps more than once. */
struct code {
	uint64_t address;
	uint64_t executed;
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
			fprintf(file, "%016" PRIx64 " %" PRIu64 "\n",
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
	static const unsigned char mark[] = { MARK_BYTES };

	return qemu_plugin_insn_size(insn) == sizeof(mark) &&
	       !memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark));
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
			qemu_plugin_register_vcpu_insn_exec_cb(insn,
				write_counts, CB_NO_REGS, NULL);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	(void)info;
	if (argc && !strncmp(argv[0], "prefix=", strlen("prefix=")))
		prefix = strdup(argv[0] + strlen("prefix="));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

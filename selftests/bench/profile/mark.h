/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instruction that does nothing, and that no compiler makes: "nopl" with
 * this displacement.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_BYTES 0x0f, 0x1f, 0x80, 0x6b, 0x6d, 0x65, 0x6d
#define MARK_ASM ".byte 0x0f, 0x1f, 0x80, 0x6b, 0x6d, 0x65, 0x6d"

#endif

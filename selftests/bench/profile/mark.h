/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instruction that does nothing, and that no compiler makes: "nopl" with
 * this displacement.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_INSTRUCTION "nopl 0x6d656d6b(%rax)"
#define MARK_BYTES "\x0f\x1f\x80\x6b\x6d\x65\x6d"

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adds to a failed offline which memory block failed, and why.
 */
#ifndef KMEMCTL_OFFLINE_FAILURE_H
#define KMEMCTL_OFFLINE_FAILURE_H

#include "device/dax.h"

/*
 * The failure to offline a device's blocks is remembered. Adds what keeps the
 * block that failed, or that was waited for, if a scan of this block tells.
 */
void offline_failure_explain(const struct dax_dev *dev);

#endif

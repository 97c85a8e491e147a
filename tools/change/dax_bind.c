// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binds dax devices to drivers: unbind, new_id, bind and remove_id. After each,
 * the driver that the device has is read and compared.
 */
#include "change/change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/path.h"
#include "lib/signals.h"

#define DRV "/sys/bus/dax/drivers/%s"

/* Names that a driver may still have as ids: its list cannot be read. */
static struct id_left {
	char name[32];
	char driver[64];	/* empty: no longer */
} *ids_left;
static size_t nr_ids_left;

static int driver_failed(int rc, const char *verb, const char *driver)
{
	const char *next = what_next(rc);

	if (rc == -EBUSY)
		next = dax_kmem_loaded() ?
			"its range is in use: see /proc/iomem and 'dmesg'" :
			"its range is in use: 'kmemctl doctor' says if an unbind left it so";
	return fail(EX_FAILED, next, "cannot %s %s: %s", verb, driver,
		    why(rc));
}

static int read_driver(const char *name, char *driver, size_t size)
{
	int rc = dax_driver(name, driver, size);

	return rc ? fail(EX_FAILED, what_next(rc), "driver: %s", why(rc)) : 0;
}

int dax_unbind(const char *name, const char *driver)
{
	char now[64];
	int rc;

	rc = path_write(name, DRV "/unbind", driver);
	if (rc)
		return driver_failed(rc, "unbind from", driver);
	rc = read_driver(name, now, sizeof(now));
	if (rc)
		return rc;
	if (*now)
		return fail(EX_FAILED, SEE_DMESG,
			    "unbound from %s, yet %s holds it", driver, now);
	return 0;
}

static void note_id(const char *name, const char *driver)
{
	struct id_left *left;

	ids_left = grow(ids_left, nr_ids_left, sizeof(*ids_left));
	left = &ids_left[nr_ids_left++];
	snprintf(left->name, sizeof(left->name), "%s", name);
	snprintf(left->driver, sizeof(left->driver), "%s", driver);
}

int dax_forget_id(const char *name, const char *driver)
{
	int rc = path_write(name, DRV "/remove_id", driver);

	/* a driver that is gone has no ids */
	return rc && rc != -ENOENT ?
	       driver_failed(rc, "write remove_id of", driver) : 0;
}

int dax_forget_left(const char *name)
{
	struct id_left *left;
	size_t i;
	int rc = 0;

	for (i = 0; i < nr_ids_left; i++) {
		left = &ids_left[i];
		if (!*left->driver || strcmp(left->name, name))
			continue;
		if (dax_forget_id(name, left->driver))
			rc = EX_FAILED;
		else
			*left->driver = '\0';
	}
	return rc;
}

/* What a write to "bind" did: rc is 0 or its negative errno. */
static int check_bound(const char *name, const char *driver, int rc)
{
	char now[64];

	if (rc)
		return driver_failed(rc, "bind to", driver);
	rc = read_driver(name, now, sizeof(now));
	if (!rc && strcmp(now, driver))
		return fail(EX_FAILED, SEE_DMESG, "bound to %s, yet %s holds it",
			    driver, *now ? now : "no driver");
	return rc;
}

static int bind_with_id(const char *name, const char *driver)
{
	char now[64];
	int rc;

	rc = path_write(name, DRV "/new_id", driver);
	if (rc)
		return driver_failed(rc, "write new_id of", driver);
	rc = read_driver(name, now, sizeof(now));
	if (!rc && *now && strcmp(now, driver))
		rc = dax_unbind(name, now);
	if (!rc)
		rc = read_driver(name, now, sizeof(now));
	if (!rc)
		rc = stop_check();
	if (rc || !strcmp(now, driver))
		return rc;
	return check_bound(name, driver, path_write(name, DRV "/bind", driver));
}

/*
 * From Linux 6.3 on, devices of soft-reserved and of volatile CXL memory match
 * kmem; the driver of the former came with that. The parent tells which they
 * are.
 */
static bool is_for_kmem(const char *name)
{
	char path[PATH_MAX], bus[32], idle[8];

	if (path_real(path, sizeof(path), "/sys/bus/dax/devices/%s", name))
		return false;
	*strrchr(path, '/') = '\0';
	if (path_link(bus, sizeof(bus), "%s/subsystem", path))
		return false;
	if (strcmp(bus, "platform"))
		return !strcmp(bus, "cxl");
	return path_exists("/sys/bus/platform/drivers/hmem_platform") &&
	       (path_read(idle, sizeof(idle),
			  "/sys/module/dax_hmem/parameters/region_idle") ||
		*idle != 'Y');
}

bool dax_driver_matches(const char *name, const char *driver)
{
	return !strcmp(driver, is_for_kmem(name) ? KMEM_DRIVER : DEVDAX_DRIVER);
}

/*
 * Causes as few probes as possible: only "bind" returns the errno of a probe,
 * and Linux 6.1's device_dax cannot bind a device after a failed probe. So a
 * device without a driver is bound without new_id where it matches, and one
 * with a driver keeps it until new_id is written, which then probes nothing.
 */
int dax_bind(const char *name, const char *driver)
{
	char now[64];
	int rc, rc_forget;

	rc = read_driver(name, now, sizeof(now));
	if (!rc)
		rc = stop_check();
	if (rc)
		return rc;
	if (!*now && dax_driver_matches(name, driver)) {
		rc = path_write(name, DRV "/bind", driver);
		/* it does not match after all */
		if (rc != -ENODEV)
			return check_bound(name, driver, rc);
	}
	/* a new_id that fails may have added the name */
	note_id(name, driver);
	rc = bind_with_id(name, driver);
	/* a name left there is bound at the next new_id, of whatever name */
	rc_forget = dax_forget_left(name);
	return rc ? rc : rc_forget;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on kmemctl.conf: its errors, and the devices that are not as
 * it says, which "apply" at boot has left so, or for which it says nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "device/memblock.h"
#include "doctor/findings.h"

static const char check[] = "policy";

/* kmem has taken the device by itself, and nothing says what to do with it. */
static void check_unset(const struct dax_dev *dev, const struct block_set *now)
{
	char next[160];

	if (strcmp(dev->driver, KMEM_DRIVER) || blocks_online(now))
		return;
	snprintf(next, sizeof(next),
		 "run 'kmemctl online %s'; for each boot, set its mode in kmemctl.conf(5)",
		 dev->name);
	finding(check, WARN, next,
		"%s is bound to kmem and has no memory online, because no section sets its mode",
		dev->name);
}

static void check_mode(const struct dax_dev *dev, const struct block_set *now,
		       const struct section *section)
{
	const char *what = "a character device";
	bool wrong = !strcmp(dev->driver, KMEM_DRIVER);
	char next[160];

	if (section->value[KEY_MODE] == MODE_SYSTEM_RAM) {
		what = "online";
		wrong = blocks_online(now) < now->total &&
			!section_stays_offline(section);
	}
	if (!wrong)
		return;
	snprintf(next, sizeof(next),
		 "see 'journalctl -u kmemctl-apply@%s', then run 'kmemctl apply %s'",
		 dev->name, dev->name);
	finding(check, WARN, next, "%s is not %s, as %.100s:%u wants it",
		dev->name, what, section->file, section->line);
}

static void check_device(const struct config *config, const struct dax_dev *dev)
{
	struct section section;
	struct block_set now;
	struct identity id;

	identity_read(&id, dev);
	if (blocks_read(&now, dev))
		; /* another check says why */
	else if (config_find(config, &id, &section))
		finding(check, FAIL, "remove one of them", "%s: %.160s",
			dev->name, fail_text());
	else if (!section.key_line[KEY_MODE])
		check_unset(dev, &now);
	else
		check_mode(dev, &now, &section);
	fail_forget();
	blocks_free(&now);
}

static void check_devices(const struct config *config)
{
	char **names = NULL;
	struct dax_dev dev;
	size_t i, nr = 0;

	if (dax_names(&names, &nr))
		fail_forget();
	for (i = 0; i < nr; i++) {
		if (!dax_read(&dev, names[i]) && dev.size)
			check_device(config, &dev);
		else if (dev.no_permission)
			finding(check, UNKNOWN, NULL,
				"only root sees which section %s has",
				names[i]);
		fail_forget();
		dax_free(&dev);
	}
	free(names);
	finding_else(check, "no device differs from kmemctl.conf");
}

void doctor_config(void)
{
	struct config config = { .quiet = true };
	int rc = config_load(&config);

	if (config.denied)
		finding("config", UNKNOWN, NULL, "%s", config.first_error);
	else if (rc)
		finding("config", FAIL,
			"'kmemctl check-config' shows all errors", "%s",
			config.first_error);
	else
		finding("config", OK, NULL, "%zu section%s in %zu file%s",
			config.nr, config.nr == 1 ? "" : "s", config.nr_files,
			config.nr_files == 1 ? "" : "s");
	if (!rc)
		check_devices(&config);
	config_free(&config);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * "apply": configures devices as kmemctl.conf says, by the code of "online" and
 * "offline". An error in the configuration, or two sections for one device,
 * and no device is changed. "check-config" prints the errors, or what "apply"
 * would do with one device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "config/config.h"
#include "lib/signals.h"

/* Read once, before the first device. */
static struct config config;

/* With --wait: the seconds, and how many sections match no device after that. */
static unsigned int waited;
static size_t missing;
/* Only some devices: others may not be there yet. */
static bool some;

/* The settings of a device and, in text, its identity. */
static int find_section(const char *name, struct section *section, char *text,
			size_t size)
{
	struct identity id;
	struct dax_dev dev;
	int rc;

	memset(section, 0, sizeof(*section));
	rc = dax_read(&dev, name);
	if (!rc) {
		identity_read(&id, &dev);
		identity_text(&id, text, size);
		rc = config_find(&config, &id, section);
	}
	dax_free(&dev);
	return rc;
}

static bool has_key(const struct section *section, enum key key)
{
	return section->key_line[key];
}

static void to_options(struct options *opts, const struct section *section)
{
	if (has_key(section, KEY_ZONE)) {
		opts->zone_chosen = true;
		opts->zone = section->value[KEY_ZONE];
	}
	if (has_key(section, KEY_MEMMAP))
		opts->memmap = section->value[KEY_MEMMAP];
	opts->force = has_key(section, KEY_OVERWRITE) &&
		      section->value[KEY_OVERWRITE];
}

/* For section_stays_offline(). */
static int bind_offline(const struct snapshot *before,
			const struct options *opts)
{
	const struct dax_dev *dev = &before->dev;
	int rc;

	if (!strcmp(dev->driver, KMEM_DRIVER)) {
		say("%s: already bound to kmem\n", dev->name);
		return 0;
	}
	rc = kmem_can_take(dev, &before->blocks, opts->force);
	if (!rc)
		rc = kmem_memmap_check(dev, &before->blocks, opts->memmap);
	if (!rc)
		rc = kmem_take(dev, &before->blocks, opts->memmap, true);
	if (!rc)
		say("%s: bound to kmem, offline\n", dev->name);
	return rc;
}

static int make_memory(const char *name, const struct section *section,
		       const struct options *opts)
{
	struct options request = *opts;
	int rc;

	to_options(&request, section);
	if (section_stays_offline(section))
		rc = change_device(name, bind_offline, &request);
	else
		rc = online_device(name, &request);
	if (!rc && has_key(section, KEY_EXCLUSIVE))
		rc = set_exclusive(name, section->value[KEY_EXCLUSIVE]);
	return rc;
}

/* The settings of a device, and where they are. */
static void say_section(const char *name, const struct section *section,
			const char *id)
{
	printf("%s: %s:%u: ", name, section->file, section->line);
	if (section->value[KEY_MODE] == MODE_DEVDAX)
		printf("character device, driver %s", DEVDAX_DRIVER);
	else if (section_stays_offline(section))
		printf("bound to kmem, offline");
	else if (!has_key(section, KEY_ZONE))
		printf("memory, zone movable if it is not online already");
	else
		printf("memory, zone %s", section->value[KEY_ZONE] ==
		       ZONE_NORMAL ? "normal" : "movable");
	if (has_key(section, KEY_MEMMAP))
		printf(", memmap %s",
		       section->value[KEY_MEMMAP] == MEMMAP_ON_DEVICE ?
		       "on the device" : "in RAM");
	if (has_key(section, KEY_EXCLUSIVE))
		printf(", exclusive %s",
		       section->value[KEY_EXCLUSIVE] ? "yes" : "no");
	if (has_key(section, KEY_OVERWRITE))
		printf(", overwrite %s",
		       section->value[KEY_OVERWRITE] ? "yes" : "no");
	if (has_key(section, KEY_TIMEOUT))
		printf(", within %d s", section->value[KEY_TIMEOUT]);
	printf(" (%s)\n", *id ? id : "no id");
}

static int apply_device(const char *name, const struct options *opts)
{
	char text[IDENTITY_TEXT];
	struct section section;
	int rc;

	rc = find_section(name, &section, text, sizeof(text));
	if (rc) {
		fail_print(name, "nothing was changed");
		return rc;
	}
	if (!has_key(&section, KEY_MODE)) {
		say("%s: skipped: no section sets a mode (%s)\n", name,
		    *text ? text : "no id");
		return EX_DONE;
	}
	if (opts->dry_run && !opts->out.json)
		say_section(name, &section, text);
	if (has_key(&section, KEY_TIMEOUT))
		stop_time_limit(section.value[KEY_TIMEOUT]);
	if (section.value[KEY_MODE] == MODE_DEVDAX)
		rc = offline_device(name, opts);
	else
		rc = make_memory(name, &section, opts);
	if (rc == EX_FAILED && stop_timed_out())
		rc = EX_TIME;
	stop_time_limit(0);
	return rc;
}

/*
 * Udev creates devices while the system boots, and nothing tells when all are
 * there. So a device is waited for if a section names it.
 */
static void wait_for_devices(unsigned int seconds)
{
	struct timespec now, begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	now = begin;
	while (now.tv_sec - begin.tv_sec < seconds &&
	       config_awaits_devices(&config)) {
		usleep(500000);
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
}

/* The section of each; a device that cannot be read is reported later. */
static int check_devices(const struct device_list *list)
{
	char text[IDENTITY_TEXT];
	struct section section;
	int one, rc = 0;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		one = find_section(list->devices[i].name, &section, text,
				   sizeof(text));
		if (one && section.file) {
			fail_print(list->devices[i].name, "nothing was changed");
			rc = one;
		}
		fail_forget();
	}
	if (!rc && waited)
		missing = config_report_missing(&config, waited);
	else if (!rc && !some)
		config_warn_unmatched(&config);
	return rc;
}

static int apply_devices(const struct options *opts, char **devices, int nr)
{
	int rc;

	some = strcmp(devices[0], "all");
	waited = opts->wait;
	wait_for_devices(waited);
	rc = foreach_device(devices, nr, HIGHEST_FIRST, check_devices,
			    apply_device, opts);
	return !rc && missing ? EX_NODEV : rc;
}

int cmd_apply(const struct options *opts, char **devices, int nr)
{
	char all[] = "all", *everything[] = { all };
	int rc;

	if (!nr) {
		devices = everything;
		nr = 1;
	}
	rc = config_load(&config);
	if (rc)
		fputs("kmemctl: nothing was changed\n", stderr);
	else if (opts->wait && !config_sets_mode(&config))
		say("no section sets a mode: nothing to apply\n");
	else
		rc = apply_devices(opts, devices, nr);
	config_free(&config);
	return rc;
}

/* udev asks this about each new device: it is quick, and takes no lock. */
static int check_device(const char *name)
{
	char text[IDENTITY_TEXT];
	struct section section;
	int rc;

	rc = dax_check_name(name);
	if (!rc)
		rc = find_section(name, &section, text, sizeof(text));
	if (rc) {
		fail_print(name, NULL);
		return rc;
	}
	if (has_key(&section, KEY_MODE)) {
		say_section(name, &section, text);
		return EX_DONE;
	}
	printf("%s: no section sets a mode (%s)\n", name,
	       *text ? text : "no id");
	return EX_REFUSED;
}

static void check_files(void)
{
	if (!config.nr_files)
		puts("no configuration: see kmemctl.conf(5)");
	else
		printf("no error: %zu section%s in %zu file%s\n", config.nr,
		       config.nr == 1 ? "" : "s", config.nr_files,
		       config.nr_files == 1 ? "" : "s");
	config_warn_unmatched(&config);
}

int cmd_check_config(const struct options *opts, char **devices, int nr)
{
	int rc = config_load(&config);

	if (!rc && nr)
		rc = check_device(devices[0]);
	else if (!rc)
		check_files();
	config_free(&config);
	return rc;
}

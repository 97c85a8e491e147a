// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads driver modules by libkmod, as modprobe does, with modprobe.d and its
 * blacklists. Below --sysroot it does all but the insertion.
 */
#include "change/change.h"

#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/path.h"

static void be_silent(void *data, int priority, const char *file, int line,
		      const char *fn, const char *format, va_list args)
{
}

struct kmod_ctx *module_context(void)
{
	char modules[PATH_MAX + 1], config[PATH_MAX + 1];
	const char * const configs[] = { config, NULL };
	struct kmod_ctx *ctx;
	struct utsname host;

	if (!*path_root()) {
		ctx = kmod_new(NULL, NULL);
	} else {
		uname(&host);
		strcpy(modules, path_of("/lib/modules/%s", host.release));
		strcpy(config, path_of("/etc/modprobe.d"));
		ctx = kmod_new(modules, configs);
	}
	if (ctx)
		kmod_set_log_fn(ctx, be_silent, NULL);
	return ctx;
}

/* modinfo shows a field "layout" for dax-kmem alone. */
static bool is_ours(struct kmod_module *mod)
{
	struct kmod_list *info = NULL, *entry;
	bool ours = false;

	if (kmod_module_get_info(mod, &info) < 0)
		return false;
	kmod_list_foreach(entry, info)
		ours |= !strcmp(kmod_module_info_get_key(entry), "layout");
	kmod_module_info_free_list(info);
	return ours;
}

/* 0, a negative errno, or KMOD_PROBE_APPLY_BLACKLIST */
static int insert(struct kmod_ctx *ctx, const char *name)
{
	unsigned int flags = KMOD_PROBE_APPLY_BLACKLIST;
	struct kmod_list *list = NULL;
	struct kmod_module *mod;
	int rc;

	if (*path_root() || dry_run)
		flags |= KMOD_PROBE_DRY_RUN;
	rc = kmod_module_new_from_lookup(ctx, name, &list);
	if (rc < 0)
		return rc;
	if (!list)
		return -ENOENT;
	mod = kmod_module_get_module(list);
	rc = kmod_module_probe_insert_module(mod, flags, NULL, NULL, NULL,
					     NULL);
	if (!rc && dry_run)
		dry_run->load(name, is_ours(mod));
	else if (!rc && talk == TALK_VERBOSE)
		fprintf(stderr, "modprobe %s\n", name);
	kmod_module_unref(mod);
	kmod_module_unref_list(list);
	return rc;
}

/* The kernel refuses a module that no key of its own signed. */
static bool signature_refused(int rc)
{
	return rc == -EKEYREJECTED || rc == -ENOKEY;
}

static int load_failed(const char *driver, int rc)
{
	if (signature_refused(rc))
		return fail(EX_FAILED, "run 'kmemctl doctor', which says how to enroll the key",
			    "cannot load module %s: %s", driver, why(rc));
	switch (rc) {
	case KMOD_PROBE_APPLY_BLACKLIST:
		return fail(EX_FAILED, "remove that line, or load it by hand with 'modprobe'",
			    "module %s is blacklisted in modprobe.d", driver);
	case -ENOENT:
		return fail(EX_FAILED, "install dax-kmem for it: see 'dkms status'",
			    "module %s is not installed for this kernel",
			    driver);
	case 0:
		return fail(EX_FAILED, SEE_DMESG,
			    "module %s is loaded, yet the dax bus has no driver of that name",
			    driver);
	default:
		/* to root, for example kernel.modules_disabled or lockdown */
		return fail(EX_FAILED, geteuid() ? what_next(rc) : SEE_DMESG,
			    "cannot load module %s: %s", driver, why(rc));
	}
}

bool module_loaded(const char *driver)
{
	return path_exists("/sys/bus/dax/drivers/%s", driver);
}

bool dax_kmem_loaded(void)
{
	return path_exists("/sys/module/kmem/parameters/bind_state");
}

int module_need(const char *driver)
{
	struct kmod_ctx *ctx;
	int rc;

	if (module_loaded(driver))
		return 0;
	ctx = module_context();
	if (!ctx)
		return fail(EX_FAILED, "check that libkmod2 is installed",
			    "cannot start libkmod");
	rc = insert(ctx, driver);
	kmod_unref(ctx);
	if (!rc && module_loaded(driver))
		return 0;
	return load_failed(driver, rc);
}

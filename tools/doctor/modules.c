// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on modules: which kmem is loaded and which one modprobe
 * would load, its signature, what prevents loading, and what the kernel itself
 * must have.
 */
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "change/change.h"
#include "device/dax.h"
#include "doctor/findings.h"
#include "lib/path.h"

#define KMEM "/sys/module/kmem"
#define SECURE_BOOT "/sys/firmware/efi/efivars/" \
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define RELOAD "run 'kmemctl offline all', 'rmmod kmem', 'modprobe kmem'"
#define INSTALL "install dax-kmem, then check 'dkms status'"
#define REBUILD "rebuild it for this kernel: see 'dkms status'"

struct loaded {
	bool exists;
	bool ours;
	char version[32];
	char srcversion[64];
	char taint[16];
};

struct installed {
	bool exists;
	bool ours;
	char path[256];		/* empty: built into the kernel */
	struct kmod_list *info;
};

static void read_text(char *buf, size_t size, const char *attr)
{
	if (path_read(buf, size, KMEM "/%s", attr))
		*buf = '\0';
}

static void read_loaded(struct loaded *loaded)
{
	loaded->exists = path_exists(KMEM) || module_loaded(KMEM_DRIVER);
	loaded->ours = dax_kmem_loaded();
	read_text(loaded->version, sizeof(loaded->version), "version");
	read_text(loaded->srcversion, sizeof(loaded->srcversion), "srcversion");
	read_text(loaded->taint, sizeof(loaded->taint), "taint");
}

/* What modinfo(8) shows for the key; empty: nothing. */
static const char *module_info(const struct installed *disk, const char *key)
{
	struct kmod_list *entry;

	kmod_list_foreach(entry, disk->info)
		if (!strcmp(kmod_module_info_get_key(entry), key))
			return kmod_module_info_get_value(entry);
	return "";
}

static struct kmod_module *find_module(struct kmod_ctx *ctx, const char *name)
{
	struct kmod_list *list = NULL;
	struct kmod_module *mod;

	if (kmod_module_new_from_lookup(ctx, name, &list) < 0 || !list)
		return NULL;
	mod = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return mod;
}

static void read_installed(struct installed *disk, struct kmod_ctx *ctx)
{
	struct kmod_module *mod = find_module(ctx, KMEM_DRIVER);
	const char *path;

	if (!mod)
		return;
	disk->exists = true;
	path = kmod_module_get_path(mod);
	if (path)
		snprintf(disk->path, sizeof(disk->path), "%s",
			 path + strlen(path_root()));
	if (path && kmod_module_get_info(mod, &disk->info) < 0)
		disk->info = NULL;
	disk->ours = *module_info(disk, "layout");
	kmod_module_unref(mod);
}

static void check_loaded(struct findings *findings, const struct loaded *loaded,
			 const struct installed *disk)
{
	const char *taint = *loaded->taint ? loaded->taint : "none";
	const char *check = "kmem-loaded";

	if (!loaded->exists)
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "no kmem driver is loaded; 'kmemctl online' loads it");
	else if (loaded->ours)
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "dax-kmem %s, taint %s",
			    *loaded->version ? loaded->version : "?", taint);
	else if (disk->ours)
		finding_add(findings, check, SEVERITY_WARN, RELOAD,
			    "the kernel's own kmem is loaded, although dax-kmem %s is installed",
			    module_info(disk, "version"));
	else
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "the kernel's own kmem");
}

/* "6.1.0-56-amd64 SMP preempt ..." begins with the release. */
static bool is_for_this_kernel(const char *vermagic)
{
	struct utsname host;
	size_t len;

	uname(&host);
	len = strlen(host.release);
	return !*vermagic || (!strncmp(vermagic, host.release, len) &&
			      (!vermagic[len] || vermagic[len] == ' '));
}

static void check_installed(struct findings *findings,
			    const struct loaded *loaded,
			    const struct installed *disk)
{
	const char *vermagic = module_info(disk, "vermagic");
	const char *version = module_info(disk, "version");
	const char *layout = module_info(disk, "layout");
	const char *check = "kmem-installed";

	if (!disk->exists)
		finding_add(findings, check, loaded->exists ? SEVERITY_WARN :
			    SEVERITY_FAIL, INSTALL,
			    "modprobe finds no kmem for this kernel");
	else if (!*disk->path)
		finding_add(findings, check, SEVERITY_WARN,
			    "boot a kernel with CONFIG_DEV_DAX_KMEM=m",
			    "kmem is built into the kernel: dax-kmem cannot replace it");
	else if (!is_for_this_kernel(vermagic))
		finding_add(findings, check, SEVERITY_FAIL, REBUILD,
			    "%s was built for another kernel: %s", disk->path,
			    vermagic);
	else if (!disk->ours)
		finding_add(findings, check, SEVERITY_WARN, INSTALL,
			    "modprobe loads the kernel's own kmem: %s",
			    disk->path);
	else if (!strstr(layout, "proved"))
		finding_add(findings, check, SEVERITY_FAIL, REBUILD,
			    "%s is not verified for this kernel (layout: %s)",
			    disk->path, layout);
	else if (loaded->ours && *loaded->srcversion &&
		 strcmp(loaded->srcversion, module_info(disk, "srcversion")))
		finding_add(findings, check, SEVERITY_WARN, RELOAD,
			    "dax-kmem %s, but another build of it is loaded",
			    version);
	else
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "dax-kmem %s: %s", version, disk->path);
}

/* The drivers, and the modules that create the devices. */
static const struct needed_module {
	const char *name;
	enum severity severity;	/* when it cannot be loaded */
	const char *next;	/* when there is none; NULL: no matter */
} needed[] = {
	{ "kmem", SEVERITY_FAIL, NULL },
	{ "device_dax", SEVERITY_FAIL, "boot a kernel with CONFIG_DEV_DAX" },
	{ "dax_pmem", SEVERITY_WARN,
	  "to use NVDIMMs, boot a kernel with CONFIG_DEV_DAX_PMEM" },
	{ "dax_hmem", SEVERITY_WARN,
	  "to use reserved and CXL memory, boot a kernel with CONFIG_DEV_DAX_HMEM" },
	{ "dax_cxl", SEVERITY_WARN, NULL },
};

#define NR_NEEDED (sizeof(needed) / sizeof(*needed))

static int check_block(const char *name, void *arg)
{
	__u64 id;

	return name_number(&id, name, "memory") &&
	       path_exists("/sys/devices/system/memory/%s/state", name) &&
	       !path_exists("/sys/devices/system/memory/%s/valid_zones", name);
}

/* By what sysfs and the list of modules show: a kernel's .config may be gone. */
static void check_kernel(struct findings *findings, struct kmod_ctx *ctx)
{
	const char *check = "kernel-config";
	struct kmod_module *mod;
	size_t i, nr = findings->nr;

	if (path_each("/sys/devices/system/memory", check_block, NULL) > 0)
		finding_add(findings, check, SEVERITY_FAIL,
			    "boot a kernel with CONFIG_MEMORY_HOTREMOVE",
			    "the kernel cannot remove memory: memory blocks have no valid_zones");
	for (i = 0; i < NR_NEEDED; i++) {
		if (!needed[i].next ||
		    path_exists("/sys/module/%s", needed[i].name))
			continue;
		mod = find_module(ctx, needed[i].name);
		if (!mod)
			finding_add(findings, check, needed[i].severity,
				    needed[i].next, "the kernel has no %s",
				    needed[i].name);
		kmod_module_unref(mod);
	}
	if (findings->nr == nr)
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "the kernel can remove memory and has the modules needed");
}

/* True when modprobe.d or the kernel command line forbids the module. */
static bool is_blocked(struct kmod_ctx *ctx, const char *name, char *how,
		       size_t size, const char **next)
{
	struct kmod_list *list = NULL, *allowed = NULL;
	struct kmod_module *mod;
	char cmdline[512] = "", *word, *rest = cmdline;
	const char *command;

	*next = "boot without it";
	cmdline_value(cmdline, sizeof(cmdline), "module_blacklist");
	snprintf(how, size, "is in module_blacklist= on the kernel command line");
	while ((word = strsep(&rest, ",")))
		if (!strcmp(word, name))
			return true;
	if (kmod_module_new_from_lookup(ctx, name, &list) < 0 || !list)
		return false;
	*next = "remove the entry, then run 'depmod' and 'update-initramfs -u'";
	kmod_module_apply_filter(ctx, KMOD_FILTER_BLACKLIST, list, &allowed);
	mod = kmod_module_get_module(list);
	command = kmod_module_get_install_commands(mod);
	if (command)
		snprintf(how, size,
			 "is not loaded: modprobe.d has 'install %s %.80s'",
			 name, command);
	else
		snprintf(how, size, "is blacklisted in modprobe.d");
	kmod_module_unref(mod);
	kmod_module_unref_list(list);
	kmod_module_unref_list(allowed);
	return command || !allowed;
}

static void check_blacklist(struct findings *findings, struct kmod_ctx *ctx)
{
	size_t i, nr = findings->nr;
	const char *next;
	char how[200];

	for (i = 0; i < NR_NEEDED; i++)
		if (is_blocked(ctx, needed[i].name, how, sizeof(how), &next))
			finding_add(findings, "blacklist", needed[i].severity,
				    next, "%s %s", needed[i].name, how);
	if (findings->nr == nr)
		finding_add(findings, "blacklist", SEVERITY_OK, NULL,
			    "no module needed is blacklisted");
}

/* The firmware's variable: four bytes of attributes, one of value. */
static bool secure_boot_is_on(void)
{
	bool on = false;
	size_t len;
	char *data;

	if (!path_read_whole(&data, &len, SECURE_BOOT)) {
		on = len == 5 && data[4] == 1;
		free(data);
	}
	return on;
}

/* What makes the kernel require signatures, or NULL. */
static const char *signatures_required_by(void)
{
	char text[64];

	if (!path_read(text, sizeof(text),
		       "/sys/module/module/parameters/sig_enforce") &&
	    !strcmp(text, "Y"))
		return "sig_enforce";
	if (path_read(text, sizeof(text), "/sys/kernel/security/lockdown"))
		return secure_boot_is_on() ? "Secure Boot" : NULL;
	return strstr(text, "[none]") ? NULL : "lockdown";
}

static void check_signature(struct findings *findings,
			    const struct loaded *loaded,
			    const struct installed *disk)
{
	const char *signer = module_info(disk, "signer");
	const char *by = signatures_required_by();
	const char *check = "signature";

	if (!by)
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "the kernel loads modules without a signature");
	else if (!*disk->path)
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "%s requires signed modules; there is no kmem to sign",
			    by);
	else if (!*signer)
		finding_add(findings, check, SEVERITY_FAIL,
			    "let DKMS sign it, and enroll its key with 'mokutil --import'",
			    "%s requires signed modules, but %s is not signed",
			    by, disk->path);
	else if (disk->ours && !loaded->exists)
		finding_add(findings, check, SEVERITY_WARN,
			    "look for it in 'mokutil --list-enrolled'; 'mokutil --import' enrolls it",
			    "%s requires signed modules: is the key '%s' enrolled?",
			    by, signer);
	else
		finding_add(findings, check, SEVERITY_OK, NULL,
			    "%s requires signed modules; kmem is signed by '%s'",
			    by, signer);
}

void doctor_modules(struct findings *findings)
{
	struct kmod_ctx *ctx = module_context();
	struct installed disk = { 0 };
	struct loaded loaded;

	if (!ctx) {
		finding_add(findings, "kmem-installed", SEVERITY_FAIL,
			    "install the package kmod", "libkmod cannot start");
		return;
	}
	read_loaded(&loaded);
	read_installed(&disk, ctx);
	check_kernel(findings, ctx);
	check_loaded(findings, &loaded, &disk);
	check_installed(findings, &loaded, &disk);
	check_blacklist(findings, ctx);
	check_signature(findings, &loaded, &disk);
	kmod_module_info_free_list(disk.info);
	kmod_unref(ctx);
}

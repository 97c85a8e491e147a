// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of "doctor" on modules: which kmem is loaded and which one modprobe
 * would load, its signature, what prevents loading, and what the kernel itself
 * must have.
 */
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

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

static struct {
	bool exists;
	bool ours;
	char version[32];
	char srcversion[64];
	char taint[16];
} loaded;

static struct {
	bool exists;
	bool ours;
	char path[256];		/* empty: built into the kernel */
	struct kmod_list *info;
} disk;

static void read_text(char *buf, size_t size, const char *attr)
{
	if (path_read(buf, size, KMEM "/%s", attr))
		*buf = '\0';
}

static void read_loaded(void)
{
	loaded.exists = path_exists(KMEM) || module_loaded(KMEM_DRIVER);
	loaded.ours = dax_kmem_loaded();
	read_text(loaded.version, sizeof(loaded.version), "version");
	read_text(loaded.srcversion, sizeof(loaded.srcversion), "srcversion");
	read_text(loaded.taint, sizeof(loaded.taint), "taint");
}

/* What modinfo(8) shows for the key; empty: nothing. */
static const char *module_info(const char *key)
{
	struct kmod_list *entry;

	kmod_list_foreach(entry, disk.info)
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

static void read_installed(struct kmod_ctx *ctx)
{
	struct kmod_module *mod = find_module(ctx, KMEM_DRIVER);
	const char *path;

	if (!mod)
		return;
	disk.exists = true;
	path = kmod_module_get_path(mod);
	if (path)
		snprintf(disk.path, sizeof(disk.path), "%s",
			 path + strlen(path_root()));
	if (path && kmod_module_get_info(mod, &disk.info) < 0)
		disk.info = NULL;
	disk.ours = *module_info("layout");
	kmod_module_unref(mod);
}

static void check_loaded(void)
{
	const char *check = "kmem-loaded";

	if (!loaded.exists)
		finding(check, OK, NULL,
			"no kmem driver is loaded; 'kmemctl online' loads it");
	else if (loaded.ours)
		finding(check, OK, NULL, "dax-kmem %s, taint %s",
			*loaded.version ? loaded.version : "?",
			*loaded.taint ? loaded.taint : "none");
	else if (disk.ours)
		finding(check, WARN,
			RELOAD "; if it is back after a boot, 'update-initramfs -u'",
			"the kernel's own kmem is loaded, although dax-kmem %s is installed",
			module_info("version"));
	finding_else(check, "the kernel's own kmem");
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

static void check_installed(void)
{
	const char *vermagic = module_info("vermagic");
	const char *version = module_info("version");
	const char *layout = module_info("layout");
	const char *check = "kmem-installed";

	if (!disk.exists)
		finding(check, loaded.exists ? WARN : FAIL, INSTALL,
			"modprobe finds no kmem for this kernel");
	else if (!*disk.path)
		finding(check, WARN, "boot a kernel with CONFIG_DEV_DAX_KMEM=m",
			"kmem is built into the kernel: dax-kmem cannot replace it");
	else if (!is_for_this_kernel(vermagic))
		finding(check, FAIL, REBUILD,
			"%s was built for another kernel: %s", disk.path,
			vermagic);
	else if (!disk.ours)
		finding(check, WARN, INSTALL,
			"modprobe loads the kernel's own kmem: %s", disk.path);
	else if (!strstr(layout, "proved"))
		finding(check, FAIL, REBUILD,
			"%s is not verified for this kernel (layout: %s)",
			disk.path, layout);
	else if (loaded.ours && *loaded.srcversion &&
		 strcmp(loaded.srcversion, module_info("srcversion")))
		finding(check, WARN, RELOAD,
			"dax-kmem %s, but another build of it is loaded",
			version);
	else
		finding(check, OK, NULL, "dax-kmem %s: %s", version, disk.path);
}

static void check_tested(void)
{
	const char *layout = module_info("layout");
	const char *check = "kmem-tested";

	if (!disk.ours || !is_for_this_kernel(module_info("vermagic")))
		return;
	if (strstr(layout, "at bind only"))
		finding(check, WARN,
			"install it again while this kernel runs, whose BTF then proves the layout",
			"no test and no BTF proves that dax-kmem has this kernel's structures; layout: %s",
			layout);
	else if (strcmp(module_info("tested"), "yes"))
		finding(check, WARN,
			"try 'kmemctl online' and 'kmemctl offline' before programs need the memory",
			"dax-kmem is not tested on this kernel; layout: %s",
			layout);
	else
		finding(check, OK, NULL,
			"dax-kmem is tested on this kernel; layout: %s", layout);
}

/* The drivers, and the modules that create the devices. */
static const struct needed_module {
	const char *name;
	enum severity severity;	/* when it cannot be loaded */
	const char *next;	/* when there is none; NULL: no matter */
} needed[] = {
	{ "kmem", FAIL, NULL },
	{ "device_dax", FAIL, "boot a kernel with CONFIG_DEV_DAX" },
	{ "dax_pmem", WARN,
	  "to use NVDIMMs, boot a kernel with CONFIG_DEV_DAX_PMEM" },
	{ "dax_hmem", WARN,
	  "to use reserved and CXL memory, boot a kernel with CONFIG_DEV_DAX_HMEM" },
	{ "dax_cxl", WARN, NULL },
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
static void check_kernel(struct kmod_ctx *ctx)
{
	const char *check = "kernel-config";
	struct kmod_module *mod;
	size_t i;

	if (path_each("/sys/devices/system/memory", check_block, NULL) > 0)
		finding(check, FAIL,
			"boot a kernel with CONFIG_MEMORY_HOTREMOVE",
			"the kernel cannot remove memory: memory blocks have no valid_zones");
	for (i = 0; i < NR_NEEDED; i++) {
		if (!needed[i].next ||
		    path_exists("/sys/module/%s", needed[i].name))
			continue;
		mod = find_module(ctx, needed[i].name);
		if (!mod)
			finding(check, needed[i].severity, needed[i].next,
				"the kernel has no %s", needed[i].name);
		kmod_module_unref(mod);
	}
	finding_else(check,
		     "the kernel can remove memory and has the modules needed");
}

/* Whether modprobe.d or the kernel command line forbids the module. */
static void check_blocked(struct kmod_ctx *ctx, const char *name,
			  enum severity severity)
{
	static const char next[] =
		"remove the entry, then run 'depmod' and 'update-initramfs -u'";
	struct kmod_list *list = NULL, *allowed = NULL;
	char cmdline[512] = "", *word, *rest = cmdline;
	const char *command, *check = "blacklist";
	struct kmod_module *mod;

	cmdline_value(cmdline, sizeof(cmdline), "module_blacklist");
	while ((word = strsep(&rest, ",")))
		if (!strcmp(word, name)) {
			finding(check, severity, "boot without it",
				"%s is in module_blacklist= on the kernel command line",
				name);
			return;
		}
	if (kmod_module_new_from_lookup(ctx, name, &list) < 0 || !list)
		return;
	kmod_module_apply_filter(ctx, KMOD_FILTER_BLACKLIST, list, &allowed);
	mod = kmod_module_get_module(list);
	command = kmod_module_get_install_commands(mod);
	if (command)
		finding(check, severity, next,
			"%s is not loaded: modprobe.d has 'install %s %.80s'",
			name, name, command);
	else if (!allowed)
		finding(check, severity, next,
			"%s is blacklisted in modprobe.d", name);
	kmod_module_unref(mod);
	kmod_module_unref_list(list);
	kmod_module_unref_list(allowed);
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

/* Whether the kernel has a key of that name; negative errno: not known. */
static int has_key(const char *name)
{
	char *text, *line, *rest;
	bool any = false, found = false;
	size_t len;
	int rc;

	rc = path_read_whole(&text, &len, "/proc/keys");
	if (rc)
		return rc;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (!strstr(line, " asymmetri "))
			continue;
		any = true;
		found |= !!strstr(line, name);
	}
	free(text);
	/* who is not root sees only keys of their own */
	return any || !geteuid() ? found : -EPERM;
}

static void check_key(const char *by, const char *signer)
{
	const char *check = "signature";
	int rc = has_key(signer);

	if (rc == -EPERM)
		finding(check, UNKNOWN, NULL,
			"%s requires signed modules: only root sees whether the kernel has the key '%s'",
			by, signer);
	else if (rc < 0)
		finding(check, WARN, "look for it in 'mokutil --list-enrolled'",
			"%s requires signed modules: is the key '%s' enrolled? /proc/keys: %s",
			by, signer, why(rc));
	else if (!rc)
		finding(check, FAIL,
			"run 'mokutil --import /var/lib/dkms/mok.pub', reboot, and confirm it",
			"%s requires signed modules, and the kernel has no key '%s', which signed kmem",
			by, signer);
	else
		finding(check, OK, NULL,
			"%s requires signed modules; kmem is signed by '%s', and the kernel has a key of that name",
			by, signer);
}

static void check_signature(void)
{
	const char *signer = module_info("signer");
	const char *by = signatures_required_by();
	const char *check = "signature";

	if (!by)
		finding(check, OK, NULL,
			"the kernel loads modules without a signature");
	else if (!*disk.path)
		finding(check, OK, NULL,
			"%s requires signed modules; there is no kmem to sign",
			by);
	else if (!*signer)
		finding(check, FAIL,
			"let DKMS sign it, which needs openssl, and enroll its key with 'mokutil --import'",
			"%s requires signed modules, but %s is not signed", by,
			disk.path);
	else
		check_key(by, signer);
}

void doctor_modules(void)
{
	struct kmod_ctx *ctx = module_context();
	size_t i;

	if (!ctx) {
		finding("kmem-installed", FAIL, "install the package kmod",
			"libkmod cannot start");
		return;
	}
	read_loaded();
	read_installed(ctx);
	check_kernel(ctx);
	check_loaded();
	check_installed();
	check_tested();
	for (i = 0; i < NR_NEEDED; i++)
		check_blocked(ctx, needed[i].name, needed[i].severity);
	finding_else("blacklist", "no module needed is blacklisted");
	check_signature();
	kmod_module_info_free_list(disk.info);
	kmod_unref(ctx);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kmem is loaded and which modprobe would load, what keeps it from doing
 * so, the proof of the private layout and the signature of the module.
 */
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "change/module.h"
#include "device/dax.h"
#include "doctor/findings.h"
#include "lib/path.h"

#define KMEM "/sys/module/kmem"
#define SECURE_BOOT "/sys/firmware/efi/efivars/" \
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define RELOAD "'kmemctl offline all', 'rmmod kmem', 'modprobe kmem'"

struct loaded {
	bool is;
	bool ours;
	char version[32];
	char srcversion[64];
	char taint[16];
};

struct installed {
	bool is;
	bool ours;
	char path[256];
	char version[32];
	char srcversion[64];
	char vermagic[128];
	char layout[128];
	char signer[128];
};

static void read_text(char *buf, size_t size, const char *attr)
{
	if (path_read(buf, size, KMEM "/%s", attr))
		*buf = '\0';
}

static void read_loaded(struct loaded *loaded)
{
	memset(loaded, 0, sizeof(*loaded));
	loaded->is = path_exists(KMEM) ||
		     path_exists("/sys/bus/dax/drivers/kmem");
	/* what the kernel's own does not have, loaded or built in */
	loaded->ours = path_exists("/sys/bus/dax/drivers/kmem/stranded");
	read_text(loaded->version, sizeof(loaded->version), "version");
	read_text(loaded->srcversion, sizeof(loaded->srcversion), "srcversion");
	read_text(loaded->taint, sizeof(loaded->taint), "taint");
}

static void take_info(struct installed *disk, const char *key,
		      const char *value)
{
	const struct {
		const char *key;
		char *buf;
		size_t size;
	} wanted[] = {
		{ "version", disk->version, sizeof(disk->version) },
		{ "srcversion", disk->srcversion, sizeof(disk->srcversion) },
		{ "vermagic", disk->vermagic, sizeof(disk->vermagic) },
		{ "layout", disk->layout, sizeof(disk->layout) },
		{ "signer", disk->signer, sizeof(disk->signer) },
	};
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!strcmp(wanted[i].key, key))
			snprintf(wanted[i].buf, wanted[i].size, "%s", value);
}

static void read_module(struct installed *disk, struct kmod_module *mod)
{
	struct kmod_list *info = NULL, *entry;
	const char *path = kmod_module_get_path(mod);

	disk->is = true;
	if (!path)
		return;
	snprintf(disk->path, sizeof(disk->path), "%s",
		 path + strlen(path_root()));
	if (kmod_module_get_info(mod, &info) < 0)
		return;
	kmod_list_foreach(entry, info)
		take_info(disk, kmod_module_info_get_key(entry),
			  kmod_module_info_get_value(entry));
	kmod_module_info_free_list(info);
	disk->ours = *disk->layout;
}

static void read_installed(struct installed *disk, struct kmod_ctx *ctx)
{
	struct kmod_list *list = NULL;
	struct kmod_module *mod;

	memset(disk, 0, sizeof(*disk));
	if (kmod_module_new_from_lookup(ctx, "kmem", &list) < 0 || !list)
		return;
	mod = kmod_module_get_module(list);
	read_module(disk, mod);
	kmod_module_unref(mod);
	kmod_module_unref_list(list);
}

static void check_loaded(struct findings *findings, const struct loaded *loaded,
			 const struct installed *disk)
{
	const char *taint = *loaded->taint ? loaded->taint : "none";

	if (!loaded->is)
		finding_add(findings, "kmem-loaded", SEVERITY_OK, NULL,
			   "no kmem is loaded; 'kmemctl online' loads it");
	else if (loaded->ours)
		finding_add(findings, "kmem-loaded", SEVERITY_OK, NULL,
			   "dax-kmem %s, taint %s",
			   *loaded->version ? loaded->version : "?", taint);
	else if (disk->ours)
		finding_add(findings, "kmem-loaded", SEVERITY_WARN, RELOAD,
			   "the kernel's own, though dax-kmem %s is installed",
			   disk->version);
	else
		finding_add(findings, "kmem-loaded", SEVERITY_OK, NULL,
			   "the kernel's own");
}

/* "6.1.0-56-amd64 SMP preempt ...": the word is the release. */
static bool for_this_kernel(const struct installed *disk)
{
	struct utsname host;
	size_t len;

	uname(&host);
	len = strlen(host.release);
	return !*disk->vermagic ||
	       (!strncmp(disk->vermagic, host.release, len) &&
		(!disk->vermagic[len] || disk->vermagic[len] == ' '));
}

static void check_installed(struct findings *findings, const struct loaded *loaded,
			    const struct installed *disk)
{
	const char *check = "kmem-installed";

	if (!disk->is)
		finding_add(findings, check, loaded->is ? SEVERITY_WARN :
			   SEVERITY_FAIL, "install dax-kmem: see 'dkms status'",
			   "modprobe finds no kmem for this kernel");
	else if (!*disk->path)
		finding_add(findings, check, SEVERITY_WARN,
			   "boot a kernel that has it as a module",
			   "built into the kernel: dax-kmem cannot take its place");
	else if (!for_this_kernel(disk))
		finding_add(findings, check, SEVERITY_FAIL,
			   "build it again: see 'dkms status'",
			   "%s is for another kernel: %s", disk->path,
			   disk->vermagic);
	else if (!disk->ours)
		finding_add(findings, check, SEVERITY_WARN,
			   "install dax-kmem: see 'dkms status'",
			   "modprobe takes the kernel's own: %s", disk->path);
	else if (loaded->ours && *loaded->srcversion &&
		 strcmp(loaded->srcversion, disk->srcversion))
		finding_add(findings, check, SEVERITY_WARN, RELOAD,
			   "dax-kmem %s, but another build of it is loaded",
			   disk->version);
	else
		finding_add(findings, check, SEVERITY_OK, NULL, "dax-kmem %s: %s",
			   disk->version, disk->path);
}

/* Drivers, and what makes the devices; without kmem nothing goes. */
static const struct module_need {
	const char *name;
	enum severity without;
} needed[] = {
	{ "kmem", SEVERITY_FAIL },
	{ "device_dax", SEVERITY_FAIL },
	{ "dax_pmem", SEVERITY_WARN },
	{ "dax_hmem", SEVERITY_WARN },
	{ "dax_cxl", SEVERITY_WARN },
};

#define NR_NEEDED (sizeof(needed) / sizeof(*needed))

static bool judge(struct findings *findings, const char *name, const char *how)
{
	size_t i;

	for (i = 0; i < NR_NEEDED; i++) {
		if (strcmp(needed[i].name, name))
			continue;
		finding_add(findings, "blacklist", needed[i].without,
			   "remove that, then 'depmod' and 'update-initramfs -u'",
			   "%s %s", name, how);
		return true;
	}
	return false;
}

static bool judge_each(struct findings *findings, struct kmod_config_iter *iter,
		       bool commands)
{
	bool found = false;
	char how[200];

	while (iter && kmod_config_iter_next(iter)) {
		if (commands)
			snprintf(how, sizeof(how),
				 "is not loaded: modprobe.d has 'install %.40s %.80s'",
				 kmod_config_iter_get_key(iter),
				 kmod_config_iter_get_value(iter));
		else
			snprintf(how, sizeof(how),
				 "is blacklisted in modprobe.d");
		found |= judge(findings, kmod_config_iter_get_key(iter), how);
	}
	if (iter)
		kmod_config_iter_free_iter(iter);
	return found;
}

/* module_blacklist=a,b is the kernel's own, and nothing overrides it. */
static bool judge_cmdline(struct findings *findings)
{
	char list[512], *name, *left = list;
	bool found = false;

	if (!cmdline_value(list, sizeof(list), "module_blacklist"))
		return false;
	while ((name = strsep(&left, ",")))
		found |= judge(findings, name,
			       "is in module_blacklist= of the kernel's command line");
	return found;
}

static void check_blacklist(struct findings *findings, struct kmod_ctx *ctx)
{
	bool found;

	found = judge_each(findings, kmod_config_get_blacklists(ctx), false);
	found |= judge_each(findings, kmod_config_get_install_commands(ctx),
			    true);
	found |= judge_cmdline(findings);
	if (!found)
		finding_add(findings, "blacklist", SEVERITY_OK, NULL,
			   "none of the modules needed is blacklisted");
}

/* The loaded module does not show it; the file it came from does. */
static void check_layout(struct findings *findings, const struct loaded *loaded,
			 const struct installed *disk)
{
	if (!(loaded->is ? loaded->ours : disk->ours))
		finding_add(findings, "layout", SEVERITY_OK, NULL,
			   "the kernel's own kmem needs no proof");
	else if (!disk->ours || (loaded->is && strcmp(loaded->srcversion,
						      disk->srcversion)))
		finding_add(findings, "layout", SEVERITY_WARN, RELOAD,
			   "the file of the module that is loaded is gone: its proof cannot be read");
	else if (!strstr(disk->layout, "proved"))
		finding_add(findings, "layout", SEVERITY_FAIL,
			   "build it again for this kernel: see 'dkms status'",
			   "not proved: %s", disk->layout);
	else
		finding_add(findings, "layout", SEVERITY_OK, NULL, "%s",
			   disk->layout);
}

/* 1: on, 0: off, -1: no such firmware. Four bytes of attributes, one of value. */
static int secure_boot(void)
{
	char *data;
	size_t len;
	int on;

	if (path_read_whole(&data, &len, SECURE_BOOT))
		return -1;
	on = len == 5 ? data[4] == 1 : -1;
	free(data);
	return on;
}

/* Who demands signatures, or NULL. */
static const char *enforced_by(int boot)
{
	char text[64];

	if (!path_read(text, sizeof(text),
			"/sys/module/module/parameters/sig_enforce") &&
	    !strcmp(text, "Y"))
		return "sig_enforce";
	if (path_read(text, sizeof(text), "/sys/kernel/security/lockdown"))
		return boot > 0 ? "Secure Boot" : NULL;
	return strstr(text, "[none]") ? NULL : "lockdown";
}

static void check_signature(struct findings *findings, const struct loaded *loaded,
			    const struct installed *disk)
{
	int boot = secure_boot();
	const char *by = enforced_by(boot);
	const char *check = "signature";

	if (!by)
		finding_add(findings, check, SEVERITY_OK, NULL,
			   "Secure Boot is %s, modules need no signature",
			   boot > 0 ? "on" : boot ? "not there" : "off");
	else if (!*disk->path)
		finding_add(findings, check, SEVERITY_OK, NULL,
			   "%s demands signatures; there is no file to sign", by);
	else if (!*disk->signer)
		finding_add(findings, check, SEVERITY_FAIL,
			   "let DKMS sign it, and enroll its key with 'mokutil --import'",
			   "%s demands signatures, and %s has none", by,
			   disk->path);
	else if (disk->ours && !loaded->is)
		finding_add(findings, check, SEVERITY_WARN,
			   "see 'mokutil --list-enrolled'; 'mokutil --import' enrolls it",
			   "%s demands signatures: is the key '%s' enrolled?",
			   by, disk->signer);
	else
		finding_add(findings, check, SEVERITY_OK, NULL,
			   "%s demands signatures; kmem is signed by '%s'", by,
			   disk->signer);
}

void doctor_modules(struct findings *findings)
{
	struct kmod_ctx *ctx = module_context();
	struct installed disk;
	struct loaded loaded;

	if (!ctx) {
		finding_add(findings, "kmem-installed", SEVERITY_FAIL,
			   "install the package kmod", "libkmod cannot start");
		return;
	}
	read_loaded(&loaded);
	read_installed(&disk, ctx);
	check_loaded(findings, &loaded, &disk);
	check_installed(findings, &loaded, &disk);
	check_blacklist(findings, ctx);
	check_layout(findings, &loaded, &disk);
	check_signature(findings, &loaded, &disk);
	kmod_unref(ctx);
}

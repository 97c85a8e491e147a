// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions of libkmod that kmemctl calls, looked up when the first of them
 * is called. Few commands load a module, and libkmod comes with libcrypto: more
 * than half of the time a program linked with it takes to start.
 */
#include <dlfcn.h>
#include <libkmod.h>
#include <stdlib.h>

/* RTLD_GLOBAL, so that what a test preloads is found first. */
static void *find(const char *name)
{
	static void *lib;

	if (!lib)
		lib = dlopen("libkmod.so.2", RTLD_NOW | RTLD_GLOBAL);
	return lib ? dlsym(RTLD_DEFAULT, name) : NULL;
}

static void *need(const char *name)
{
	void *fn = find(name);

	if (!fn)
		abort();
	return fn;
}

#define REAL(name) ((typeof(name) *)need(#name))

/* The first that is called: without libkmod it fails as it may anyhow. */
struct kmod_ctx *kmod_new(const char *dirname, const char * const *config_paths)
{
	return find(__func__) ? REAL(kmod_new)(dirname, config_paths) : NULL;
}

struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	return REAL(kmod_unref)(ctx);
}

void kmod_set_log_fn(struct kmod_ctx *ctx,
		     void (*log_fn)(void *log_data, int priority,
				    const char *file, int line, const char *fn,
				    const char *format, va_list args),
		     const void *data)
{
	REAL(kmod_set_log_fn)(ctx, log_fn, data);
}

struct kmod_list *kmod_list_next(const struct kmod_list *list,
				 const struct kmod_list *curr)
{
	return REAL(kmod_list_next)(list, curr);
}

struct kmod_config_iter *kmod_config_get_blacklists(const struct kmod_ctx *ctx)
{
	return REAL(kmod_config_get_blacklists)(ctx);
}

struct kmod_config_iter *kmod_config_get_install_commands(const struct kmod_ctx *ctx)
{
	return REAL(kmod_config_get_install_commands)(ctx);
}

bool kmod_config_iter_next(struct kmod_config_iter *iter)
{
	return REAL(kmod_config_iter_next)(iter);
}

const char *kmod_config_iter_get_key(const struct kmod_config_iter *iter)
{
	return REAL(kmod_config_iter_get_key)(iter);
}

const char *kmod_config_iter_get_value(const struct kmod_config_iter *iter)
{
	return REAL(kmod_config_iter_get_value)(iter);
}

void kmod_config_iter_free_iter(struct kmod_config_iter *iter)
{
	REAL(kmod_config_iter_free_iter)(iter);
}

int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *given_alias,
				struct kmod_list **list)
{
	return REAL(kmod_module_new_from_lookup)(ctx, given_alias, list);
}

struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	return REAL(kmod_module_get_module)(entry);
}

struct kmod_module *kmod_module_unref(struct kmod_module *mod)
{
	return REAL(kmod_module_unref)(mod);
}

int kmod_module_unref_list(struct kmod_list *list)
{
	return REAL(kmod_module_unref_list)(list);
}

const char *kmod_module_get_path(const struct kmod_module *mod)
{
	return REAL(kmod_module_get_path)(mod);
}

int kmod_module_probe_insert_module(struct kmod_module *mod, unsigned int flags,
				    const char *extra_options,
				    int (*run_install)(struct kmod_module *m,
						       const char *cmdline,
						       void *data),
				    const void *data,
				    void (*print_action)(struct kmod_module *m,
							 bool install,
							 const char *options))
{
	return REAL(kmod_module_probe_insert_module)
		(mod, flags, extra_options, run_install, data, print_action);
}

int kmod_module_get_info(const struct kmod_module *mod, struct kmod_list **list)
{
	return REAL(kmod_module_get_info)(mod, list);
}

const char *kmod_module_info_get_key(const struct kmod_list *entry)
{
	return REAL(kmod_module_info_get_key)(entry);
}

const char *kmod_module_info_get_value(const struct kmod_list *entry)
{
	return REAL(kmod_module_info_get_value)(entry);
}

void kmod_module_info_free_list(struct kmod_list *list)
{
	REAL(kmod_module_info_free_list)(list);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes of a bound device and of the driver, and the module parameter
 * bind_state. Documentation/ABI/testing/sysfs-bus-dax-kmem describes each.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>

#include "compat/memory-block.h"
#include "kmem.h"

static int bind_type = KMEM_POLICY;

/**
 * kmem_bind_type() - the state that a device gets at bind
 *
 * Return: KMEM_UNPLUGGED, MMOP_*, or KMEM_POLICY for the system's policy.
 */
int kmem_bind_type(void)
{
	return READ_ONCE(bind_type);
}

static int bind_state_set(const char *word, const struct kernel_param *kp)
{
	int type = kmem_state_by_name(word);

	if (type == KMEM_POLICY && !sysfs_streq(word, "policy"))
		return -EINVAL;
	WRITE_ONCE(bind_type, type);
	return 0;
}

static int bind_state_get(char *buf, const struct kernel_param *kp)
{
	int type = kmem_bind_type();

	return sysfs_emit(buf, "%s\n", type == KMEM_POLICY ?
			  "policy" : kmem_state_name(type));
}

static const struct kernel_param_ops bind_state_ops = {
	.set = bind_state_set,
	.get = bind_state_get,
};

module_param_cb(bind_state, &bind_state_ops, NULL, 0644);
MODULE_PARM_DESC(bind_state, "State a device has after bind: policy (default, as auto_online_blocks says), unplugged, offline, online, online_kernel or online_movable");

/**
 * kmem_state_changed() - send a uevent with the new state
 * @rec: the record of a bound device
 *
 * Sends a change uevent of the device with KMEM_STATE= the new state.
 *
 * Context: Process context. May sleep.
 */
void kmem_state_changed(struct kmem_record *rec)
{
	char text[32];
	char *env[2] = { text };

	snprintf(text, sizeof(text), "KMEM_STATE=%s",
		 kmem_state_name(rec->state));
	kobject_uevent_env(&rec->dev->kobj, KOBJ_CHANGE, env);
}

static struct kmem_record *to_record(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  kmem_state_name(READ_ONCE(to_record(dev)->state)));
}

static int change_state(struct kmem_record *rec, int wanted)
{
	int before = rec->state, rc = -EBUSY;

	kmem_clear_error(rec);
	if (before == wanted)
		return 0;
	if (wanted == KMEM_UNPLUGGED)
		rc = kmem_unplug(rec);
	else if (before == KMEM_UNPLUGGED)
		rc = kmem_plug(rec, wanted);

	if (rec->state != before)
		kmem_state_changed(rec);
	return rc;
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct kmem_record *rec = to_record(dev);
	int wanted = kmem_state_by_name(buf);
	sigset_t signals;
	int rc;

	/* As on Linux 7.3, "offline" can be read but not written. */
	if (wanted == KMEM_POLICY || wanted == MMOP_OFFLINE)
		return -EINVAL;

	/*
	 * Do not take device_lock here: unbind holds it while it waits for
	 * this function to return. lockdep does not see this deadlock.
	 */
	kmem_block_signals(&signals);
	rc = mutex_lock_interruptible(&rec->lock);
	if (!rc) {
		rc = change_state(rec, wanted);
		mutex_unlock(&rec->lock);
	}
	kmem_restore_signals(&signals);
	return rc ?: len;
}
static DEVICE_ATTR_RW(state);

static ssize_t total_blocks_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_record(dev)->nr_blocks);
}
static DEVICE_ATTR_RO(total_blocks);

static ssize_t present_blocks_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  kmem_record_present_blocks(to_record(dev)));
}
static DEVICE_ATTR_RO(present_blocks);

static ssize_t online_blocks_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct kmem_count count;

	kmem_blocks_count(to_record(dev), &count);
	return sysfs_emit(buf, "%u\n", count.online);
}
static DEVICE_ATTR_RO(online_blocks);

static ssize_t last_error_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return kmem_show_error(to_record(dev), buf);
}
static DEVICE_ATTR_RO(last_error);

static ssize_t zones_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct kmem_count count;
	int i, len = 0;

	kmem_blocks_count(to_record(dev), &count);
	if (count.offline)
		len = sysfs_emit(buf, "offline:%u", count.offline);
	for (i = 0; i < MAX_NR_ZONES; i++) {
		if (!count.zone[i])
			continue;
		len += sysfs_emit_at(buf, len, "%s%s:%u", len ? " " : "",
				     count.zone_name[i], count.zone[i]);
		count.online -= count.zone[i];
	}
	if (count.online)
		len += sysfs_emit_at(buf, len, "%snone:%u", len ? " " : "",
				     count.online);
	return len + sysfs_emit_at(buf, len, "\n");
}
static DEVICE_ATTR_RO(zones);

static ssize_t lost_bytes_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_record(dev)->lost));
}
static DEVICE_ATTR_RO(lost_bytes);

static ssize_t memmap_bytes_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct kmem_record *rec = to_record(dev);
	u64 bytes;
	int rc;

	rc = mutex_lock_interruptible(&rec->lock);
	if (rc)
		return rc;
	rc = kmem_blocks_memmap_bytes(rec, &bytes);
	mutex_unlock(&rec->lock);
	return rc ?: sysfs_emit(buf, "%llu\n", bytes);
}
static DEVICE_ATTR_RO(memmap_bytes);

static ssize_t adopted_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_record(dev)->adopted));
}
static DEVICE_ATTR_RO(adopted);

static ssize_t guard_refusals_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&to_record(dev)->refused));
}
static DEVICE_ATTR_RO(guard_refusals);

static ssize_t exclusive_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_record(dev)->exclusive));
}

static ssize_t exclusive_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t len)
{
	struct kmem_record *rec = to_record(dev);
	bool exclusive;
	int rc;

	rc = kstrtobool(buf, &exclusive);
	if (rc)
		return rc;

	rc = mutex_lock_interruptible(&rec->lock);
	if (rc)
		return rc;
	WRITE_ONCE(rec->exclusive, exclusive);
	kmem_guard_rest(rec);
	mutex_unlock(&rec->lock);
	return len;
}
static DEVICE_ATTR_RW(exclusive);

static ssize_t memmap_on_memory_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	struct kmem_record *rec = to_record(dev);

	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(rec->state) == KMEM_UNPLUGGED ?
			  READ_ONCE(rec->memmap_wanted) :
			  READ_ONCE(rec->memmap_on_memory));
}

static ssize_t memmap_on_memory_store(struct device *dev,
				      struct device_attribute *attr,
				      const char *buf, size_t len)
{
	struct kmem_record *rec = to_record(dev);
	bool wanted;
	int rc;

	rc = kstrtobool(buf, &wanted);
	if (rc)
		return rc;

	rc = mutex_lock_interruptible(&rec->lock);
	if (rc)
		return rc;
	if (rec->state == KMEM_UNPLUGGED)
		WRITE_ONCE(rec->memmap_wanted, wanted);
	else if (rec->memmap_on_memory != wanted)
		rc = -EBUSY;
	mutex_unlock(&rec->lock);
	return rc ?: len;
}
static DEVICE_ATTR_RW(memmap_on_memory);

static struct attribute *state_attrs[] = {
	&dev_attr_state.attr,
	NULL,
};

static const struct attribute_group state_group = {
	.attrs = state_attrs,
};

static struct attribute *kmem_attrs[] = {
	&dev_attr_total_blocks.attr,
	&dev_attr_present_blocks.attr,
	&dev_attr_online_blocks.attr,
	&dev_attr_last_error.attr,
	&dev_attr_zones.attr,
	&dev_attr_lost_bytes.attr,
	&dev_attr_memmap_bytes.attr,
	&dev_attr_memmap_on_memory.attr,
	&dev_attr_adopted.attr,
	&dev_attr_exclusive.attr,
	&dev_attr_guard_refusals.attr,
	NULL,
};

/* If the bus has an attribute memmap_on_memory, ours only shows its value. */
static umode_t kmem_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	if (attr == &dev_attr_memmap_on_memory.attr &&
	    !kmem_memmap_per_block())
		return 0444;
	return attr->mode;
}

static const struct attribute_group kmem_group = {
	.name = "kmem",
	.attrs = kmem_attrs,
	.is_visible = kmem_visible,
};

const struct attribute_group *kmem_device_groups[] = {
	&state_group,
	&kmem_group,
	NULL,
};

static ssize_t stranded_show(struct device_driver *drv, char *buf)
{
	return kmem_registry_show(buf);
}

static ssize_t stranded_store(struct device_driver *drv, const char *buf,
			      size_t len)
{
	u64 start;
	int rc;

	rc = kstrtou64(buf, 0, &start);
	if (!rc)
		rc = kmem_registry_reclaim(start);
	return rc ?: len;
}

/* For root only, like everything that shows physical addresses. */
static struct driver_attribute driver_attr_stranded =
	__ATTR(stranded, 0600, stranded_show, stranded_store);

/**
 * kmem_driver_add_attrs() - create the attributes of the driver
 * @drv: the driver, registered
 *
 * They are not in drv->groups: if creating them failed there, registering the
 * driver would fail when devices are bound and the module can no longer go.
 */
void kmem_driver_add_attrs(struct device_driver *drv)
{
	if (driver_create_file(drv, &driver_attr_stranded))
		pr_warn("%s: no attribute 'stranded'\n", drv->name);
}

/**
 * kmem_driver_remove_attrs() - undo kmem_driver_add_attrs()
 * @drv: the driver, still registered
 */
void kmem_driver_remove_attrs(struct device_driver *drv)
{
	driver_remove_file(drv, &driver_attr_stranded);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * uevent_log: prints the uevents of dax devices as the kernel sends them, a
 * line each: action, device, and KMEM_STATE or "-". One that was asked for by
 * writing to a device's uevent file is "mark" instead of its action, for a test
 * to see where it is. First line: "ready".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#define KERNEL_GROUP 1

/* The value of a variable in a message, NULL when it is not there. */
static const char *value(const char *text, const char *end, const char *name)
{
	size_t len = strlen(name);

	for (; text < end; text += strlen(text) + 1)
		if (!strncmp(text, name, len) && text[len] == '=')
			return text + len + 1;
	return NULL;
}

static void print_event(const char *text, const char *end)
{
	const char *subsystem = value(text, end, "SUBSYSTEM");
	const char *action = value(text, end, "ACTION");
	const char *path = value(text, end, "DEVPATH");
	const char *state = value(text, end, "KMEM_STATE");
	const char *name;

	if (!subsystem || strcmp(subsystem, "dax") || !action || !path)
		return;
	if (value(text, end, "SYNTH_UUID"))
		action = "mark";
	name = strrchr(path, '/');
	printf("%s %s %s\n", action, name ? name + 1 : path,
	       state ? state : "-");
}

int main(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	int size = 16 << 20, fd;
	char text[8192];
	ssize_t len;

	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size))) {
		perror("uevent_log");
		return 1;
	}
	setlinebuf(stdout);
	puts("ready");

	for (;;) {
		len = recv(fd, text, sizeof(text) - 1, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0) {
			/* lost some: the log would not be what was sent */
			perror("uevent_log: recv");
			return 1;
		}
		text[len] = '\0';
		print_event(text, text + len);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacks /proc/config.gz. gzip does it, which every distribution has, so that
 * no library is needed for this one file.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/findings.h"

/* A kernel's configuration has about 300 KiB. */
#define CONFIG_MAX (4 << 20)

static void run_gzip(int in, int out)
{
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	close(STDERR_FILENO);
	execlp("gzip", "gzip", "-dcq", NULL);
	_exit(127);
}

static char *read_all(int fd)
{
	char *text = need_memory(malloc(CONFIG_MAX));
	size_t len = 0;
	ssize_t n;

	while (len < CONFIG_MAX - 1 &&
	       (n = read(fd, text + len, CONFIG_MAX - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	return text;
}

char *gunzip(const char *data, size_t len)
{
	int in, out[2], status = -1;
	char *text = NULL;
	pid_t pid;

	in = memfd_create("config.gz", MFD_CLOEXEC);
	if (in < 0)
		return NULL;
	if (write(in, data, len) != (ssize_t)len || lseek(in, 0, SEEK_SET) ||
	    pipe(out)) {
		close(in);
		return NULL;
	}
	pid = fork();
	if (!pid)
		run_gzip(in, out[1]);
	close(in);
	close(out[1]);
	if (pid > 0) {
		text = read_all(out[0]);
		waitpid(pid, &status, 0);
	}
	close(out[0]);
	if (!status)
		return text;
	free(text);
	return NULL;
}

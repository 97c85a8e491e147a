// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and the time limit while kmemctl changes things: the handlers only
 * note that kmemctl is to stop, and the code asks at each step.
 */
#include "lib/signals.h"

#include <signal.h>
#include <string.h>
#include <time.h>

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static int caught;
static unsigned int time_limit;
static bool term_ignored;	/* by the program that started kmemctl */
static bool held;
static sigset_t before_hold;

/* SIGALRM stands for the time limit, which itself comes as SIGTERM. */
static void note_signal(int sig, siginfo_t *info, void *context)
{
	bool timer = info->si_code == SI_TIMER;

	if (sig == SIGTERM && !timer && term_ignored)
		return;
	if (!timer || !__atomic_load_n(&caught, __ATOMIC_RELAXED))
		__atomic_store_n(&caught, timer ? SIGALRM : sig,
				 __ATOMIC_RELAXED);
}

bool stop_requested(void)
{
	return !held && __atomic_load_n(&caught, __ATOMIC_RELAXED);
}

bool stop_timed_out(void)
{
	return __atomic_load_n(&caught, __ATOMIC_RELAXED) == SIGALRM;
}

/*
 * A signal that the drivers heed too, and every second from then on: the first
 * may come between a look at it and the write that it should cut short.
 */
void stop_time_limit(unsigned int seconds)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM,
	};
	struct itimerspec when = {
		.it_value.tv_sec = seconds, .it_interval.tv_sec = !!seconds,
	};
	static timer_t timer;
	static bool made;

	if (!made && !seconds)
		return;
	if (!made)
		made = !timer_create(CLOCK_MONOTONIC, &event, &timer);
	if (made)
		timer_settime(timer, 0, &when, NULL);
	time_limit = seconds;
	if (stop_timed_out())
		__atomic_store_n(&caught, 0, __ATOMIC_RELAXED);
}

int stop_check(void)
{
	if (!stop_requested())
		return 0;
	if (stop_timed_out())
		return fail(EX_TIME, "give it more, or stop what uses its memory",
			    "the time limit of %u s is over", time_limit);
	return fail(EX_FAILED, NULL, "stopped: %s",
		    strsignal(__atomic_load_n(&caught, __ATOMIC_RELAXED)));
}

/*
 * Those that ask us to stop take a note. No SA_RESTART: a block that takes for
 * ever to go offline must let go. All others have to wait, but for Ctrl-Z.
 */
void signals_catch(void)
{
	struct sigaction action = {
		.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO,
	};
	struct sigaction old;
	sigset_t others;
	size_t i;

	sigfillset(&others);
	sigdelset(&others, SIGTSTP);
	for (i = 0; i < sizeof(stop_signals) / sizeof(*stop_signals); i++) {
		sigdelset(&others, stop_signals[i]);
		sigaction(stop_signals[i], NULL, &old);
		if (stop_signals[i] == SIGTERM)
			term_ignored = old.sa_handler == SIG_IGN;
		/* nohup must go on working */
		if (old.sa_handler != SIG_IGN || stop_signals[i] == SIGTERM)
			sigaction(stop_signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &others, NULL);
}

void signals_hold(void)
{
	sigset_t all;

	held = true;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before_hold);
}

void signals_release(void)
{
	held = false;
	sigprocmask(SIG_SETMASK, &before_hold, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to kmem_random: operations, the model of the devices, what is read
 * from the system, and the functions of each file that others call.
 */
#ifndef KMEM_RANDOM_H
#define KMEM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_DEVICES	3
#define MAX_BLOCKS	16
#define MAX_OPS		1000000
#define MAX_PROCESSES	3

/* Words of states and policies; word_names[] has them in this order. */
enum word {
	W_UNPLUGGED, W_OFFLINE, W_ONLINE, W_KERNEL, W_MOVABLE, W_POLICY,
	W_NONSENSE, NR_WORDS
};

/* What a memory block is. */
enum zone {
	Z_ABSENT, Z_OFFLINE, Z_KERNEL, Z_MOVABLE,
	/* not known before it is read */
	Z_ANY_ONLINE, Z_ANY_PRESENT
};

enum driver { D_NONE, D_KMEM, D_DEVICE_DAX };

enum kind {
	OP_BIND, OP_UNBIND, OP_NEW_ID, OP_REMOVE_ID, OP_DAX_BIND,
	OP_DAX_UNBIND, OP_STATE, OP_BLOCK, OP_EXCLUSIVE, OP_MEMMAP,
	OP_STRANDED, OP_BIND_STATE, OP_POLICY, OP_INSMOD, OP_RMMOD, OP_MAPPING,
	OP_SIZE, OP_CPU, OP_HOLD, OP_MLOCK, OP_PIN, OP_POISON, OP_RELEASE,
	OP_READ, OP_RESET, NR_KINDS
};

/* Results of an operation beside 0 and errno values. */
#define R_KILLED	(-1)	/* by the signal that was asked for */
#define R_HUNG		(-2)	/* did not return, not even on a signal */
#define R_NOT_RUN	(-3)

/**
 * struct op - one operation
 * @number: its place in the list of the seed
 * @phase: 0: alone; else all operations of that phase run concurrently
 * @process: which process of the phase runs it
 * @kind: what it does
 * @device: index of its device
 * @word: enum word, or a number
 * @block: index of a memory block of the device
 * @signal: sent to the writer, or 0
 * @delay: microseconds until the signal
 */
struct op {
	int number;
	int phase;
	int process;
	enum kind kind;
	int device;
	int word;
	int block;
	int signal;
	int delay;
};

/**
 * struct device - what never changes of a dax device
 * @name: daxX.Y
 * @node: its target node
 * @first: number of its first memory block
 * @nr: number of its memory blocks
 * @size: its size as the bus shows it
 * @divisible: whether its region lets size and mapping be written
 * @automatic: whether kmem matches it without an id
 */
struct device {
	char name[16];
	int node;
	unsigned long first;
	int nr;
	unsigned long size;
	bool divisible;
	bool automatic;
};

/**
 * struct dmodel - one device, as the ABI says it is
 * @driver: the driver it is bound to
 * @id: whether kmem matches it
 * @added: whether its memory is added
 * @state: enum word, what state shows while it is bound to kmem
 * @exclusive: kmem/exclusive
 * @adopted: kmem/adopted
 * @memmap: kmem/memmap_on_memory
 * @error: last_error is: 0 empty, 1 not empty, -1 either
 * @zone: what each block is
 * @pins: pinned pages in each block
 * @poison: whether hwpoison took a page of each block; -1: not known
 * @touched: blocks were changed by themselves, so state need not show them
 * @state_by_blocks: state may show what the blocks are instead of @state
 */
struct dmodel {
	enum driver driver;
	bool id;
	bool added;
	int state;
	bool exclusive;
	bool adopted;
	bool memmap;
	int error;
	enum zone zone[MAX_BLOCKS];
	int pins[MAX_BLOCKS];
	int poison[MAX_BLOCKS];
	bool touched;
	bool state_by_blocks;
};

/**
 * struct model - all devices and the module
 * @loaded: whether kmem is loaded
 * @bind_state: enum word
 * @policy: enum word, auto_online_blocks
 * @device: the devices
 */
struct model {
	bool loaded;
	int bind_state;
	int policy;
	struct dmodel device[MAX_DEVICES];
};

/**
 * struct expect - results that an operation may have
 * @nr: size of @result
 * @result: 0 and errno values
 * @stalls: it does not return before a signal: a page is pinned
 * @interruptible: a signal may end it with EINTR
 * @error: what last_error is after a failure, as in struct dmodel; -2 if it
 *	stays as it was
 * @after: the model if the result is 0; otherwise nothing changes
 */
struct expect {
	int nr;
	int result[6];
	bool stalls;
	bool interruptible;
	int error;
	struct model after;
};

/**
 * struct outcome - how an operation ended
 * @result: 0, an errno or R_*
 * @signalled: a signal was sent to the writer before it ended
 * @block: memory block of the page that was pinned or poisoned
 */
struct outcome {
	int result;
	bool signalled;
	unsigned long block;
};

/**
 * struct text - where text is gathered; what does not fit is dropped
 * @at: its end
 * @room: bytes from there
 */
struct text {
	char *at;
	size_t room;
};

struct settings {
	int nr_devices;
	struct device device[MAX_DEVICES];
	unsigned long block_size;
	unsigned long page_size;
	unsigned long huge_size;	/* of a large page, if there are any */
	bool memmap_writable;	/* kmem/memmap_on_memory, 6.1 only */
	bool can_poison;	/* a kernel may lack MEMORY_FAILURE */
	bool poison_refuses;	/* a block with poison does not go online */
	bool others;		/* memory elsewhere comes and goes */
	bool verbose;
};

extern struct settings settings;
extern const char *const word_names[NR_WORDS];
extern const char *const kind_names[NR_KINDS];

/* system.c */
int put(const char *path, const char *word);
int get(const char *path, char *text, size_t size);
long get_number(const char *path, int base);
int word_of(const char *text);
__attribute__((format(printf, 2, 3)))
void say(struct text *to, const char *format, ...);
bool find_device(struct device *dev, const char *name);
bool find_module(void);
int load_module(void);
int unload_module(void);

/* view.c */
extern int others_changed;
bool differs(struct model *m, int device, char *text, size_t size);
void learn(struct model *m);
bool same_as_start(char *text, size_t size);

/* hold.c */
struct outcome hold(const struct op *op);
void release(int node);
void hold_nothing(void);

/* perform.c */
void perform_init(void);
struct outcome perform(const struct op *op, int patience);

/* model.c */
void expect(const struct model *m, const struct op *op, struct expect *e);
bool allowed(const struct expect *e, const struct op *op, struct outcome out);
bool allowed_together(const struct op *op, struct outcome out, bool pinned);
int state_of_blocks(const struct device *dev, const struct dmodel *d);
bool state_fits(const struct device *dev, const struct dmodel *d);
bool node_online(const struct model *m, int node);
void took_page(struct model *m, const struct op *op, struct outcome out);
void released(struct model *m, int node);
void failed_unplug(struct dmodel *d);

/* reset.c */
extern int resets_stuck;
bool reset(struct model *m, char *text, size_t size);

/* generate.c */
void generate(struct op *ops, int nr, unsigned long seed);
void describe(const struct op *op, char *text, size_t size);

/* run.c */
int run(const struct op *ops, int nr, char *text, size_t size);
void print_counts(int nr);
int untried(char *text, size_t size);

/* shrink.c */
int shrink(struct op *ops, int nr, int seconds);

#endif /* KMEM_RANDOM_H */

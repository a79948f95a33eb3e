// Counts what a program does, from outside: `make bench-check` builds this as a library that the
// loader puts before the C library. Calls are counted and passed on. The benchmark program finds
// `benchmark_counters` by its name; without this library there is nothing to find.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_ullong allocations, calls, waits;
static int instructions = -1;

static void count(atomic_ullong *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

// Retired instructions in user mode, of all threads that begin after this.
__attribute__((constructor)) static void begin(void) {
    struct perf_event_attr event;
    memset(&event, 0, sizeof event);
    event.size = sizeof event;
    event.type = PERF_TYPE_HARDWARE;
    event.config = PERF_COUNT_HW_INSTRUCTIONS;
    event.exclude_kernel = 1;
    event.exclude_hv = 1;
    event.inherit = 1;
    instructions = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

// Fills in: memory allocations, system calls that move bytes or wait, waits that ended, times
// that a thread went to sleep, instructions. The last is all ones where the machine counts none.
void benchmark_counters(uint64_t values[5]) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    values[0] = allocations;
    values[1] = calls;
    values[2] = waits;
    values[3] = (uint64_t)usage.ru_nvcsw;
    values[4] = UINT64_MAX;
    if (instructions >= 0) {
        uint64_t value;
        if (syscall(SYS_read, instructions, &value, sizeof value) == sizeof value) {
            values[4] = value;
        }
    }
}

// The C library's own, under the names by which they can still be reached.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    count(&allocations);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(&allocations);
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count(&allocations);
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(&allocations);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count(&allocations);
    void *found = __libc_memalign(alignment, size);
    if (!found) return ENOMEM;
    *memory = found;
    return 0;
}

// A call that is counted and passed on to the next library that has it.
#define COUNTED(result, name, parameters, arguments)                                      \
    result name parameters {                                                              \
        static result (*volatile next) parameters;                                        \
        if (!next) next = (result(*) parameters)dlsym(RTLD_NEXT, #name);                  \
        count(&calls);                                                                    \
        return next arguments;                                                            \
    }

COUNTED(ssize_t, read, (int f, void *m, size_t n), (f, m, n))
COUNTED(ssize_t, write, (int f, const void *m, size_t n), (f, m, n))
COUNTED(ssize_t, pread, (int f, void *m, size_t n, off_t p), (f, m, n, p))
COUNTED(ssize_t, pwrite, (int f, const void *m, size_t n, off_t p), (f, m, n, p))
COUNTED(ssize_t, send, (int f, const void *m, size_t n, int o), (f, m, n, o))
COUNTED(ssize_t, recv, (int f, void *m, size_t n, int o), (f, m, n, o))
COUNTED(ssize_t, sendmsg, (int f, const struct msghdr *m, int o), (f, m, o))
COUNTED(ssize_t, sendfile, (int t, int f, off_t *p, size_t n), (t, f, p, n))
COUNTED(int, fsync, (int f), (f))
COUNTED(int, eventfd_write, (int f, eventfd_t v), (f, v))
COUNTED(int, eventfd_read, (int f, eventfd_t *v), (f, v))
COUNTED(int, epoll_ctl, (int e, int o, int f, struct epoll_event *v), (e, o, f, v))

int epoll_wait(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
    static int (*volatile next)(int, struct epoll_event *, int, int);
    if (!next) next = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
    count(&calls);
    int result = next(epoll, events, capacity, milliseconds);
    count(&waits);
    return result;
}

// What the Glibc module leaves out. Declarations only; no code of ours is C.
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>

// Hidden by the headers unless _GNU_SOURCE is defined, which a module map cannot do.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *size, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int sync_file_range(int descriptor, off_t offset, off_t count, unsigned int flags);

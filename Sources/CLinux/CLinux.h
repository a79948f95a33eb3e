// What the Glibc module leaves out. Declarations only; no code of ours is C.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>

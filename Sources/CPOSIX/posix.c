#define _GNU_SOURCE
#include "CPOSIX.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int letterlock_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) ? errno : 0; }

#define _GNU_SOURCE
#include "CPOSIX.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

int letterlock_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) ? errno : 0; }

int letterlock_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

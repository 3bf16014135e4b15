// Walls around a process that reads hostile files: limits of the kernel, Landlock (landlock(7)), seccomp (seccomp(2)).
// Every function returns 0 or an errno. What they shut cannot be opened again by this process or its children.
#ifndef LETTERLOCK_SANDBOX_H
#define LETTERLOCK_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

// Closes every file but 0, 1 and 2, forbids core dumps, new privileges and being traced; bounds memory (bytes of address
// space), open files and processes, and lets no file grow beyond a number of bytes (pipes and sockets are no files).
int letterlock_limit(uint64_t memory_bytes, uint64_t file_bytes, uint64_t open_files);
// CPU seconds from now on, for this process and for each child; then SIGXCPU.
int letterlock_limit_cpu(uint64_t seconds);
// The version of Landlock that the kernel has; 0 where it has none.
int letterlock_landlock_version(void);
// 1 where the kernel filters system calls.
int letterlock_has_seccomp(void);
// From now on only these trees can be read, and only these programs started; nothing can be written, and no TCP used.
// A path that does not exist is left out.
int letterlock_landlock(const char *const *readable, size_t readable_count,
                        const char *const *programs, size_t program_count);
// From now on only the system calls of the list in sandbox.c: no sockets, no signals to others, no tracing, no mounts.
int letterlock_seccomp(void);
// The same, and packets over sockets that are open already, and ending its own children.
int letterlock_seccomp_starter(void);

// A file that lies in memory and nowhere else, filled; no program that is started inherits it by itself. -1 and errno where
// that failed.
int letterlock_memory_file(const void *bytes, size_t count);

// For the self-test: each tries what must be denied, and returns 0 where it worked (that is bad), else errno.
int letterlock_try_socket(void);
int letterlock_try_kill(int process);
int letterlock_try_open(const char *path, int for_writing);
int letterlock_try_exec(const char *path);
int letterlock_try_trace(void);
int letterlock_try_namespace(void);

#endif

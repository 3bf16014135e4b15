// See include/CSandbox.h. System calls that the C library has no function for are made by number.

#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Headers may be older than the kernel.
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#define RIGHT_EXECUTE (1ULL << 0)
#define RIGHT_WRITE_FILE (1ULL << 1)
#define RIGHT_READ_FILE (1ULL << 2)
#define RIGHT_READ_DIR (1ULL << 3)
#define RIGHTS_OF_VERSION_1 ((1ULL << 13) - 1)
#define RIGHT_REFER (1ULL << 13)
#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_IOCTL_DEVICE (1ULL << 15)
#define NET_BIND_AND_CONNECT 3ULL
#define SCOPE_UNIX_SOCKET_AND_SIGNAL 3ULL

// Longest file in memory: the largest attachment.
#define MEMORY_FILE_BYTES (1ULL << 30)
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif

struct ruleset { // struct landlock_ruleset_attr as of Landlock 6
    uint64_t files, net, scope;
};

static int set_limit(int resource, uint64_t value) {
    struct rlimit limit = {value, value};
    struct rlimit now;
    if (getrlimit(resource, &now)) return errno;
    if (now.rlim_max != RLIM_INFINITY && limit.rlim_max > now.rlim_max) limit.rlim_cur = limit.rlim_max = now.rlim_max;
    return setrlimit(resource, &limit) ? errno : 0;
}

int letterlock_limit(uint64_t memory_bytes, uint64_t file_bytes, uint64_t open_files) {
    if (syscall(__NR_close_range, 3U, ~0U, 0U)) {
        if (errno != ENOSYS) return errno;
        for (int file = 3; file < 65536; file++) close(file);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return errno;
    int failed = set_limit(RLIMIT_CORE, 0);
    // Widened only while a file in memory is filled; every other file is kept from being written by Landlock.
    if (!failed) failed = set_limit(RLIMIT_FSIZE, file_bytes > MEMORY_FILE_BYTES ? file_bytes : MEMORY_FILE_BYTES);
    if (!failed) {
        struct rlimit limit;
        failed = getrlimit(RLIMIT_FSIZE, &limit) ? errno : 0;
        limit.rlim_cur = file_bytes < limit.rlim_max ? file_bytes : limit.rlim_max;
        if (!failed && setrlimit(RLIMIT_FSIZE, &limit)) failed = errno;
    }
    if (!failed) failed = set_limit(RLIMIT_NOFILE, open_files);
    if (!failed) failed = set_limit(RLIMIT_AS, memory_bytes);
    // Counted per user, so it must leave room for what else the user runs.
    if (!failed) failed = set_limit(RLIMIT_NPROC, 4096);
    return failed;
}

int letterlock_limit_cpu(uint64_t seconds) {
    struct rusage used;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit)) return errno;
    rlim_t until = (rlim_t)used.ru_utime.tv_sec + (rlim_t)used.ru_stime.tv_sec + 1 + seconds;
    if (limit.rlim_max != RLIM_INFINITY && until > limit.rlim_max) until = limit.rlim_max;
    limit.rlim_cur = until;
    return setrlimit(RLIMIT_CPU, &limit) ? errno : 0;
}

int letterlock_landlock_version(void) {
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0UL, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

int letterlock_has_seccomp(void) {
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
}

static int allow(int ruleset, const char *path, uint64_t rights) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : errno;
    struct stat status;
    int failed = fstat(file, &status) ? errno : 0;
    if (!failed) {
        if (!S_ISDIR(status.st_mode)) rights &= ~RIGHT_READ_DIR;
        struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = file};
        if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U)) failed = errno;
    }
    close(file);
    return failed;
}

int letterlock_landlock(const char *const *readable, size_t readable_count,
                        const char *const *programs, size_t program_count) {
    int version = letterlock_landlock_version();
    if (version == 0) return ENOSYS;
    struct ruleset rules = {.files = RIGHTS_OF_VERSION_1, .net = 0, .scope = 0};
    size_t size = sizeof rules.files;
    if (version >= 2) rules.files |= RIGHT_REFER;
    if (version >= 3) rules.files |= RIGHT_TRUNCATE;
    if (version >= 4) rules.net = NET_BIND_AND_CONNECT, size = offsetof(struct ruleset, scope);
    if (version >= 5) rules.files |= RIGHT_IOCTL_DEVICE;
    if (version >= 6) rules.scope = SCOPE_UNIX_SOCKET_AND_SIGNAL, size = sizeof rules;
    int ruleset = (int)syscall(__NR_landlock_create_ruleset, &rules, size, 0U);
    if (ruleset < 0) return errno;
    int failed = 0;
    for (size_t i = 0; i < readable_count && !failed; i++)
        failed = allow(ruleset, readable[i], RIGHT_READ_FILE | RIGHT_READ_DIR);
    for (size_t i = 0; i < program_count && !failed; i++)
        failed = allow(ruleset, programs[i], RIGHT_READ_FILE | RIGHT_EXECUTE);
    if (!failed) failed = allow(ruleset, "/dev/null", RIGHT_READ_FILE | RIGHT_WRITE_FILE);
    if (!failed && syscall(__NR_landlock_restrict_self, ruleset, 0U)) failed = errno;
    close(ruleset);
    return failed;
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the filter of system calls does not know this processor"
#endif

#define CALL(offset) ((uint32_t)offsetof(struct seccomp_data, offset))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CALL(offset))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define DENY RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), RETURN(SECCOMP_RET_ALLOW)
// Allowed where the low half of an argument is a value.
#define ALLOW_IF(name, argument, value) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), LOAD(args[argument]), \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ALLOW), DENY
#define NAMESPACES \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)

// Beginning of each filter: calls of this processor only.
#if defined(__x86_64__)
// The x32 calls are the same ones by other numbers.
#define BEGINNING \
    LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr), \
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS), \
    ALLOW(open), ALLOW(stat), ALLOW(lstat), ALLOW(access), ALLOW(readlink), ALLOW(dup2), ALLOW(pipe), ALLOW(poll), \
    ALLOW(select), ALLOW(time), ALLOW(vfork), ALLOW(fork), ALLOW(getpgrp), ALLOW(getdents), ALLOW(arch_prctl)
#else
#define BEGINNING \
    LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr)
#endif
#ifdef __NR_rseq
#define ALLOW_RSEQ ALLOW(rseq),
#else
#define ALLOW_RSEQ
#endif
#ifdef __NR_clone3
#define NO_CLONE3 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
#else
#define NO_CLONE3
#endif
// What a program needs that reads files, computes, and starts other programs.
#define ALLOW_PROGRAMS \
    ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev), ALLOW(pread64), ALLOW(pwrite64), ALLOW(lseek), \
    ALLOW(close), ALLOW(openat), ALLOW(fstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(statfs), ALLOW(fstatfs), \
    ALLOW(faccessat), ALLOW(faccessat2), ALLOW(readlinkat), ALLOW(getcwd), ALLOW(getdents64), ALLOW(fcntl), \
    ALLOW(dup), ALLOW(dup3), ALLOW(pipe2), ALLOW(ppoll), ALLOW(pselect6), ALLOW(fadvise64), ALLOW(close_range), \
    ALLOW(mmap), ALLOW(munmap), ALLOW(mprotect), ALLOW(mremap), ALLOW(madvise), ALLOW(brk), \
    ALLOW(futex), ALLOW(set_robust_list), ALLOW(get_robust_list), ALLOW(set_tid_address), ALLOW(membarrier), \
    ALLOW_RSEQ \
    ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack), ALLOW(restart_syscall), \
    ALLOW(getpid), ALLOW(getppid), ALLOW(gettid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid), \
    ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday), \
    ALLOW(times), ALLOW(getrusage), ALLOW(sysinfo), ALLOW(uname), ALLOW(getrandom), ALLOW(umask), \
    ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(getrlimit), ALLOW(setrlimit), \
    ALLOW(execve), ALLOW(wait4), ALLOW(waitid), ALLOW(exit), ALLOW(exit_group), \
    ALLOW_IF(prlimit64, 0, 0)
// End of each filter: a child of ours, no namespace of its own; clone3 hides its flags from us, so the C library is sent
// to clone.
#define ENDING \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4), LOAD(args[0]), \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 1, 0), RETURN(SECCOMP_RET_ALLOW), DENY, \
    NO_CLONE3 \
    DENY

static int filter_calls(struct sock_filter *filter, size_t count) {
    struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) ? errno : 0;
}

int letterlock_seccomp(void) {
    static struct sock_filter filter[] = {BEGINNING, ALLOW_PROGRAMS, ALLOW(memfd_create), ENDING};
    return filter_calls(filter, sizeof filter / sizeof filter[0]);
}

int letterlock_seccomp_starter(void) {
    static struct sock_filter filter[] = {
        BEGINNING, ALLOW_PROGRAMS,
        // Packets over sockets that it was given, children in groups of their own and their end, gpg's locked memory.
        ALLOW(sendmsg), ALLOW(recvmsg), ALLOW(sendto), ALLOW(recvfrom), ALLOW(setpgid), ALLOW(kill), ALLOW(mlock),
        ALLOW(munlock), ENDING};
    return filter_calls(filter, sizeof filter / sizeof filter[0]);
}

int letterlock_memory_file(const void *bytes, size_t count) {
    int file = (int)syscall(__NR_memfd_create, "letterlock", MFD_CLOEXEC);
    if (file < 0) return -1;
    struct rlimit limit;
    int failed = getrlimit(RLIMIT_FSIZE, &limit) ? errno : 0;
    struct rlimit wider = {limit.rlim_max, limit.rlim_max};
    if (!failed && setrlimit(RLIMIT_FSIZE, &wider)) failed = errno;
    size_t sent = 0;
    while (!failed && sent < count) {
        ssize_t written = write(file, (const char *)bytes + sent, count - sent);
        if (written > 0) sent += (size_t)written;
        else if (written < 0 && errno != EINTR) failed = errno;
    }
    // What is started from here on inherits the narrow one.
    if (setrlimit(RLIMIT_FSIZE, &limit) && !failed) failed = errno;
    if (!failed) return file;
    close(file);
    errno = failed;
    return -1;
}

int letterlock_try_socket(void) {
    int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
    for (int i = 0; i < 4; i++) {
        int file = socket(families[i], i == 3 ? SOCK_RAW : SOCK_STREAM, 0);
        if (file >= 0) return close(file), 0;
    }
    return errno;
}

int letterlock_try_kill(int process) { return kill(process, 0) ? errno : 0; }

int letterlock_try_open(const char *path, int for_writing) {
    int file = open(path, for_writing ? O_WRONLY | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    close(file);
    return 0;
}

int letterlock_try_exec(const char *path) {
    char *const arguments[] = {(char *)path, NULL};
    char *const nothing[] = {NULL};
    pid_t child;
    int failed = posix_spawn(&child, path, NULL, NULL, arguments, nothing);
    if (!failed) waitpid(child, NULL, 0);
    return failed;
}

int letterlock_try_trace(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0; }

int letterlock_try_namespace(void) { return unshare(CLONE_NEWUSER) ? errno : 0; }

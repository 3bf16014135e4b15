#define _GNU_SOURCE
#include "CPOSIX.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int letterlock_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) ? errno : 0; }

int letterlock_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

#define MOST_FILES 8

// Aligned for the header that begins it (cmsg(3)).
union control {
    char bytes[CMSG_SPACE(MOST_FILES * sizeof(int))];
    struct cmsghdr header;
};

int letterlock_send_packet(int socket, const void *bytes, size_t count, const int *files, size_t file_count) {
    if (file_count > MOST_FILES) return EINVAL;
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    union control control;
    memset(&control, 0, sizeof control);
    if (file_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(file_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(file_count * sizeof(int));
        memcpy(CMSG_DATA(header), files, file_count * sizeof(int));
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno;
    return (size_t)sent == count ? 0 : EMSGSIZE;
}

long letterlock_receive_packet(int socket, void *bytes, size_t count, int *files, size_t *file_count) {
    struct iovec piece = {.iov_base = bytes, .iov_len = count};
    union control control;
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *file_count = 0;
    ssize_t got;
    do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t sent = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < sent; i++) {
            int file;
            memcpy(&file, CMSG_DATA(header) + i * sizeof(int), sizeof file);
            if (*file_count < MOST_FILES) files[(*file_count)++] = file;
            else close(file);
        }
    }
    if (!(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) return got;
    for (size_t i = 0; i < *file_count; i++) close(files[i]);
    *file_count = 0;
    return -2;
}

int letterlock_poll_with_signals(void *waits, size_t count) {
    sigset_t none;
    sigemptyset(&none);
    return ppoll(waits, count, NULL, &none);
}

// System calls that the C library's Swift module does not show.
#ifndef LETTERLOCK_CPOSIX_H
#define LETTERLOCK_CPOSIX_H

#include <stddef.h>

/// A pipe whose ends no child is given, by pipe2(2): the only call for pipes that the extractor's walls allow.
/// Returns 0, or the error.
int letterlock_pipe(int ends[2]);

/// Has a child close all descriptors from a number on, by posix_spawn_file_actions_addclosefrom_np(3), glibc 2.34.
/// `actions` is a posix_spawn_file_actions_t; its header would make Swift take pid_t for this module's.
/// Returns 0, or the error.
int letterlock_spawn_close_from(void *actions, int first);

/// Sends one packet with descriptors over a socket of kind SOCK_SEQPACKET (unix(7), SCM_RIGHTS); at most 8 descriptors.
/// Returns 0, or the error. No SIGPIPE comes of it.
int letterlock_send_packet(int socket, const void *bytes, size_t count, const int *files, size_t file_count);

/// Receives one packet, with at most 8 descriptors, which no child is given: `files` has room for 8.
/// Returns its length, -1 for an error, or -2 where it, or its descriptors, were cut off; then none is left open.
long letterlock_receive_packet(int socket, void *bytes, size_t count, int *files, size_t *file_count);

/// ppoll(2) without an end of its own, with no signal blocked meanwhile. `waits` is an array of struct pollfd.
int letterlock_poll_with_signals(void *waits, size_t count);

#endif

// System calls that the C library's Swift module does not show.
#ifndef LETTERLOCK_CPOSIX_H
#define LETTERLOCK_CPOSIX_H

/// A pipe whose ends no child is given, by pipe2(2): the only call for pipes that the extractor's walls allow.
/// Returns 0, or the error.
int letterlock_pipe(int ends[2]);

/// Has a child close all descriptors from a number on, by posix_spawn_file_actions_addclosefrom_np(3), glibc 2.34.
/// `actions` is a posix_spawn_file_actions_t; its header would make Swift take pid_t for this module's.
/// Returns 0, or the error.
int letterlock_spawn_close_from(void *actions, int first);

#endif

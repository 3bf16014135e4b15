// System calls that the C library's Swift module does not show.
#ifndef LETTERLOCK_CPOSIX_H
#define LETTERLOCK_CPOSIX_H

/// A pipe whose ends no child is given, by pipe2(2): the only call for pipes that the extractor's walls allow.
/// Returns 0, or the error.
int letterlock_pipe(int ends[2]);

#endif

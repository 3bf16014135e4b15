#ifndef LETTERLOCK_BASE64_H
#define LETTERLOCK_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Base64 (RFC 4648 section 4) and the checksum of armor (RFC 4880 section 6.1) in vector instructions. Each function
 * does the part that it can do and says how much that was; the caller does the rest one by one, all of it where this
 * processor has not the instructions. Nothing is read outside the source. */

/* 1 where this processor has the instructions for base64, else 0. */
int letterlock_base64_is_fast(void);

/* Encodes lines of 48 octets as 64 characters and CR LF each. `source` has 48 octets for each line, `target` room for
 * 66. Returns the lines done: all of them or none. */
size_t letterlock_base64_encode_lines(const uint8_t *source, size_t lines, uint8_t *target);

/* Decodes lines of exactly 64 characters of the alphabet and CR LF, at most `lines` of them. `target` has room for 48
 * octets a line and 16 more, which may be written to. Returns the lines done; it stops before the first that is
 * anything else, or that `source_bytes` ends in. */
size_t letterlock_base64_decode_lines(const uint8_t *source, size_t source_bytes, size_t lines, uint8_t *target);

/* Decodes characters of the alphabet in steps of 32. `target` has room for 3 octets for each 4 characters and 8 more,
 * which may be written to. Returns the characters done, a multiple of 32; it stops before the step that has any other
 * octet. */
size_t letterlock_base64_decode(const uint8_t *source, size_t source_bytes, uint8_t *target);

/* Counts characters of the alphabet in steps of 32 octets; SP, TAB, CR and LF are passed over. Adds to `characters`.
 * Returns the octets done, a multiple of 32; it stops before the step that has any other octet. */
size_t letterlock_base64_count(const uint8_t *source, size_t source_bytes, size_t *characters);

/* Octets of a message to fold: fewer are not worth it. */
#define LETTERLOCK_CRC24_LEAST 128

/* Takes the checksum's register (left-aligned in 32 bits) over the front of `source`: `rest` becomes 16 octets that
 * leave the same register behind, beginning at 0, as what was done leaves beginning at `state`. Returns the octets
 * done: a multiple of 64, at least 128; or 0, and `rest` is as it was. */
size_t letterlock_crc24_fold(uint32_t state, const uint8_t *source, size_t source_bytes, uint8_t rest[16]);

#endif

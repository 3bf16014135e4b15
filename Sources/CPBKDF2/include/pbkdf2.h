#ifndef LETTERLOCK_PBKDF2_H
#define LETTERLOCK_PBKDF2_H

#include <stddef.h>
#include <stdint.h>

/* PBKDF2 (RFC 8018 section 5.2) with HMAC-SHA-256 (RFC 2104, FIPS 180-4), first block of 32 bytes. `password` and `salt`
 * may be NULL where their length is 0. `rounds` is at least 1. What it holds of the password is wiped. */
void letterlock_pbkdf2_sha256(
    const unsigned char *password, size_t password_bytes, const unsigned char *salt, size_t salt_bytes, uint32_t rounds,
    unsigned char derived[32]);

/* 1 where OpenSSL runs in FIPS mode, where its low-level functions must not be used; else 0. */
int letterlock_is_fips(void);

#endif

/* PBKDF2 as a loop on the compression function of SHA-256. By EVP a round costs two digests with their contexts set up,
 * copied and finished, which is two thirds of its time; here it costs two compressions. OpenSSL 3 deprecates the
 * low-level function, so this file is the only one that uses it, and Swift compares it with EVP before it is used. */

#define OPENSSL_SUPPRESS_DEPRECATED
#include "pbkdf2.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define BLOCK_BYTES 64
#define DIGEST_BYTES 32

static void put_words(unsigned char *bytes, const SHA256_CTX *state) {
    for (int word = 0; word < 8; word++) {
        SHA_LONG value = state->h[word];
        bytes[4 * word] = (unsigned char)(value >> 24);
        bytes[4 * word + 1] = (unsigned char)(value >> 16);
        bytes[4 * word + 2] = (unsigned char)(value >> 8);
        bytes[4 * word + 3] = (unsigned char)value;
    }
}

/* The state behind the first block of HMAC: the key with every byte changed by `pad`. */
static void begin(SHA256_CTX *state, const unsigned char key[BLOCK_BYTES], unsigned char pad) {
    unsigned char block[BLOCK_BYTES];
    for (int i = 0; i < BLOCK_BYTES; i++) block[i] = key[i] ^ pad;
    SHA256_Init(state);
    SHA256_Update(state, block, BLOCK_BYTES);
    OPENSSL_cleanse(block, sizeof block);
}

void letterlock_pbkdf2_sha256(
    const unsigned char *password, size_t password_bytes, const unsigned char *salt, size_t salt_bytes, uint32_t rounds,
    unsigned char derived[DIGEST_BYTES]) {
    unsigned char key[BLOCK_BYTES] = {0};
    SHA256_CTX inner, outer, state;
    if (password_bytes > BLOCK_BYTES) {
        SHA256_Init(&state);
        SHA256_Update(&state, password, password_bytes);
        SHA256_Final(key, &state);
    } else if (password_bytes > 0) {
        memcpy(key, password, password_bytes);
    }
    begin(&inner, key, 0x36);
    begin(&outer, key, 0x5c);

    /* A digest, and the padding of a message of one block and 32 bytes. */
    unsigned char block[BLOCK_BYTES] = {0};
    block[DIGEST_BYTES] = 0x80;
    const unsigned bits = (BLOCK_BYTES + DIGEST_BYTES) * 8;
    block[BLOCK_BYTES - 2] = (unsigned char)(bits >> 8);
    block[BLOCK_BYTES - 1] = (unsigned char)bits;

    static const unsigned char number[4] = {0, 0, 0, 1};
    state = inner;
    if (salt_bytes > 0) SHA256_Update(&state, salt, salt_bytes);
    SHA256_Update(&state, number, sizeof number);
    SHA256_Final(block, &state);
    for (uint32_t round = 1;; round++) {
        /* `block` holds the inner digest: the outer one is the round's. */
        memcpy(state.h, outer.h, sizeof state.h);
        SHA256_Transform(&state, block);
        put_words(block, &state);
        if (round == 1) {
            memcpy(derived, block, DIGEST_BYTES);
        } else {
            for (int i = 0; i < DIGEST_BYTES; i++) derived[i] ^= block[i];
        }
        if (round == rounds) break;
        memcpy(state.h, inner.h, sizeof state.h);
        SHA256_Transform(&state, block);
        put_words(block, &state);
    }

    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(&inner, sizeof inner);
    OPENSSL_cleanse(&outer, sizeof outer);
    OPENSSL_cleanse(&state, sizeof state);
}

int letterlock_is_fips(void) { return EVP_default_properties_is_fips_enabled(NULL) == 1; }

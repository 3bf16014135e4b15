/* Base64 by AVX2: the algorithms of Wojciech Mula and Daniel Lemire, "Faster Base64 Encoding and Decoding Using AVX2
 * Instructions" (ACM Transactions on the Web 12, 2018). Swift has no shuffles of octets; hence C. The tests compare all
 * of it with the one-by-one way in Swift (Tests/PacketsTests/VectorTests). */

#include "base64.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

int letterlock_base64_is_fast(void) { return __builtin_cpu_supports("avx2") ? 1 : 0; }

/* 12 octets in each half, placed by `shuffle`, to 16 characters in each half. */
AVX2 static inline __m256i encoded(__m256i octets, __m256i shuffle) {
    const __m256i spread = _mm256_shuffle_epi8(octets, shuffle);
    const __m256i odd = _mm256_and_si256(spread, _mm256_set1_epi32(0x0fc0fc00));
    const __m256i even = _mm256_and_si256(spread, _mm256_set1_epi32(0x003f03f0));
    const __m256i high = _mm256_mulhi_epu16(odd, _mm256_set1_epi32(0x04000040));
    const __m256i low = _mm256_mullo_epi16(even, _mm256_set1_epi32(0x01000010));
    const __m256i values = _mm256_or_si256(high, low);
    /* What has to be added to a value depends on its range: 13 for A-Z, 0 for a-z, 1 to 10 for digits, 11 for +, 12
     * for /. */
    const __m256i offsets = _mm256_setr_epi8(
        71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0,
        71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    const __m256i isUpper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    range = _mm256_or_si256(range, _mm256_and_si256(isUpper, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(_mm256_shuffle_epi8(offsets, range), values);
}

AVX2 static inline __m256i halves(const uint8_t *low, const uint8_t *high) {
    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)), _mm_loadu_si128((const __m128i *)high), 1);
}

AVX2 static size_t encode_lines(const uint8_t *source, size_t lines, uint8_t *target) {
    const __m256i first = _mm256_setr_epi8(
        1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    /* The last 12 octets of a line are loaded from 4 before, so that nothing behind the line is read. */
    const __m256i second = _mm256_setr_epi8(
        1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 5, 4, 6, 5, 8, 7, 9, 8, 11, 10, 12, 11, 14, 13, 15, 14);
    for (size_t line = 0; line < lines; line++) {
        _mm256_storeu_si256((__m256i *)target, encoded(halves(source, source + 12), first));
        _mm256_storeu_si256((__m256i *)(target + 32), encoded(halves(source + 24, source + 32), second));
        target[64] = 13;
        target[65] = 10;
        source += 48;
        target += 66;
    }
    return lines;
}

size_t letterlock_base64_encode_lines(const uint8_t *source, size_t lines, uint8_t *target) {
    return letterlock_base64_is_fast() ? encode_lines(source, lines, target) : 0;
}

/* What is said of an octet by its halves: where a bit is in both, it is no character of the alphabet. */
AVX2 static inline __m256i foreign(__m256i octets, __m256i high) {
    const __m256i byLow = _mm256_setr_epi8(
        0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a,
        0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
    const __m256i byHigh = _mm256_setr_epi8(
        0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
        0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
    const __m256i low = _mm256_and_si256(octets, _mm256_set1_epi8(0x0f));
    return _mm256_and_si256(_mm256_shuffle_epi8(byLow, low), _mm256_shuffle_epi8(byHigh, high));
}

AVX2 static inline __m256i high_halves(__m256i octets) {
    return _mm256_and_si256(_mm256_srli_epi32(octets, 4), _mm256_set1_epi8(0x0f));
}

/* 32 characters to 24 octets at the front of the result. 0 where any is foreign. */
AVX2 static inline int decoded(__m256i characters, __m256i *octets) {
    const __m256i high = high_halves(characters);
    const __m256i wrong = foreign(characters, high);
    if (!_mm256_testz_si256(wrong, wrong)) return 0;
    const __m256i rolls = _mm256_setr_epi8(
        0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i isSlash = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8(0x2f));
    const __m256i values = _mm256_add_epi8(characters, _mm256_shuffle_epi8(rolls, _mm256_add_epi8(isSlash, high)));
    const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i packed = _mm256_shuffle_epi8(words, _mm256_setr_epi8(
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    *octets = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    return 1;
}

AVX2 static size_t decode_lines(const uint8_t *source, size_t source_bytes, size_t lines, uint8_t *target) {
    const size_t whole = source_bytes / 66;
    if (lines > whole) lines = whole;
    for (size_t line = 0; line < lines; line++) {
        __m256i front, back;
        if (source[64] != 13 || source[65] != 10) return line;
        if (!decoded(_mm256_loadu_si256((const __m256i *)source), &front)) return line;
        if (!decoded(_mm256_loadu_si256((const __m256i *)(source + 32)), &back)) return line;
        _mm256_storeu_si256((__m256i *)target, front);
        _mm256_storeu_si256((__m256i *)(target + 24), back);
        source += 66;
        target += 48;
    }
    return lines;
}

size_t letterlock_base64_decode_lines(const uint8_t *source, size_t source_bytes, size_t lines, uint8_t *target) {
    return letterlock_base64_is_fast() ? decode_lines(source, source_bytes, lines, target) : 0;
}

AVX2 static size_t decode(const uint8_t *source, size_t source_bytes, uint8_t *target) {
    size_t done = 0;
    while (source_bytes - done >= 32) {
        __m256i octets;
        if (!decoded(_mm256_loadu_si256((const __m256i *)(source + done)), &octets)) break;
        _mm256_storeu_si256((__m256i *)target, octets);
        done += 32;
        target += 24;
    }
    return done;
}

size_t letterlock_base64_decode(const uint8_t *source, size_t source_bytes, uint8_t *target) {
    return letterlock_base64_is_fast() ? decode(source, source_bytes, target) : 0;
}

AVX2 static size_t count(const uint8_t *source, size_t source_bytes, size_t *characters) {
    size_t done = 0, found = 0;
    while (source_bytes - done >= 32) {
        const __m256i octets = _mm256_loadu_si256((const __m256i *)(source + done));
        const __m256i wrong = foreign(octets, high_halves(octets));
        const __m256i isCharacter = _mm256_cmpeq_epi8(wrong, _mm256_setzero_si256());
        const __m256i isSpace = _mm256_or_si256(
            _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(32)), _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(9)));
        const __m256i isLineEnd = _mm256_or_si256(
            _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(13)), _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(10)));
        const __m256i isBlank = _mm256_or_si256(isSpace, isLineEnd);
        if (_mm256_movemask_epi8(_mm256_or_si256(isCharacter, isBlank)) != -1) break;
        found += (size_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(isCharacter));
        done += 32;
    }
    *characters += found;
    return done;
}

size_t letterlock_base64_count(const uint8_t *source, size_t source_bytes, size_t *characters) {
    return letterlock_base64_is_fast() ? count(source, source_bytes, characters) : 0;
}

#define CLMUL __attribute__((target("pclmul,ssse3")))

CLMUL static inline __m128i reversed(__m128i octets) {
    return _mm_shuffle_epi8(octets, _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

CLMUL static inline __m128i loaded(const uint8_t *source) { return reversed(_mm_loadu_si128((const __m128i *)source)); }

/* Takes a remainder further by as many bits as the two constants say, and adds what stands there. */
CLMUL static inline __m128i folded(__m128i remainder, __m128i constants, __m128i next) {
    const __m128i high = _mm_clmulepi64_si128(remainder, constants, 0x11);
    const __m128i low = _mm_clmulepi64_si128(remainder, constants, 0x00);
    return _mm_xor_si128(_mm_xor_si128(high, low), next);
}

CLMUL static size_t fold(uint32_t state, const uint8_t *source, size_t source_bytes, uint8_t rest[16]) {
    /* Powers of x modulo the generator times x^8: of 576 and 512, and of 192 and 128. */
    const __m128i by512 = _mm_set_epi64x(0x1f428700, 0x467d2400);
    const __m128i by128 = _mm_set_epi64x(0x2c8c9d00, 0x64e4d700);
    const size_t done = source_bytes / 64 * 64;
    const uint8_t *end = source + done;
    __m128i a = _mm_xor_si128(loaded(source), _mm_set_epi32((int)state, 0, 0, 0));
    __m128i b = loaded(source + 16), c = loaded(source + 32), d = loaded(source + 48);
    for (source += 64; source < end; source += 64) {
        a = folded(a, by512, loaded(source));
        b = folded(b, by512, loaded(source + 16));
        c = folded(c, by512, loaded(source + 32));
        d = folded(d, by512, loaded(source + 48));
    }
    a = folded(folded(folded(a, by128, b), by128, c), by128, d);
    _mm_storeu_si128((__m128i *)rest, reversed(a));
    return done;
}

size_t letterlock_crc24_fold(uint32_t state, const uint8_t *source, size_t source_bytes, uint8_t rest[16]) {
    if (source_bytes < LETTERLOCK_CRC24_LEAST) return 0;
    if (!__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("ssse3")) return 0;
    return fold(state, source, source_bytes, rest);
}

#else

int letterlock_base64_is_fast(void) { return 0; }

size_t letterlock_base64_encode_lines(const uint8_t *source, size_t lines, uint8_t *target) {
    (void)source, (void)lines, (void)target;
    return 0;
}

size_t letterlock_base64_decode_lines(const uint8_t *source, size_t source_bytes, size_t lines, uint8_t *target) {
    (void)source, (void)source_bytes, (void)lines, (void)target;
    return 0;
}

size_t letterlock_base64_decode(const uint8_t *source, size_t source_bytes, uint8_t *target) {
    (void)source, (void)source_bytes, (void)target;
    return 0;
}

size_t letterlock_base64_count(const uint8_t *source, size_t source_bytes, size_t *characters) {
    (void)source, (void)source_bytes, (void)characters;
    return 0;
}

size_t letterlock_crc24_fold(uint32_t state, const uint8_t *source, size_t source_bytes, uint8_t rest[16]) {
    (void)state, (void)source, (void)source_bytes, (void)rest;
    return 0;
}

#endif

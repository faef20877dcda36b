/* reduce.py: each rectangle of a picture as its mean, in whole numbers, so that the result is
 * Pillow's to the bit. */

#include "kernels.h"

#define BITS 24 /* Of one square's share of a mean. */

/* The sums of `high` rows of bytes, column by column. */
static inline void summed_rows(const uint8_t *restrict rows, ptrdiff_t length, ptrdiff_t high,
                               uint16_t *restrict sums)
{
    for (ptrdiff_t x = 0; x < length; x++)
        sums[x] = rows[x];
    for (ptrdiff_t y = 1; y < high; y++)
        for (ptrdiff_t x = 0; x < length; x++)
            sums[x] = (uint16_t)(sums[x] + rows[y * length + x]);
}

/* The means of `wide` columns each, of `high` rows that are summed. */
static inline void means(const uint16_t *restrict sums, ptrdiff_t count, ptrdiff_t wide,
                         ptrdiff_t high, ptrdiff_t channels, uint8_t *restrict to)
{
    uint32_t pixels = (uint32_t)(wide * high), share = (1U << BITS) / pixels;
    for (ptrdiff_t x = 0; x < count; x++, sums += wide * channels, to += channels) {
        uint32_t total[4] = {0};
        for (ptrdiff_t k = 0; k < wide; k++)
            for (ptrdiff_t c = 0; c < channels; c++)
                total[c] += sums[k * channels + c];
        for (ptrdiff_t c = 0; c < channels; c++)
            to[c] = (uint8_t)(((total[c] + pixels / 2) * share) >> BITS);
    }
}

static inline int reduced(const uint8_t *pixels, ptrdiff_t height, ptrdiff_t width,
                          ptrdiff_t channels, ptrdiff_t down, ptrdiff_t across, ptrdiff_t first,
                          ptrdiff_t last, uint8_t *small)
{
    ptrdiff_t length = width * channels, whole = width / across, rest = width % across;
    ptrdiff_t small_length = (whole + (rest > 0)) * channels;
    uint16_t *sums = malloc(sizeof(uint16_t) * (size_t)length);
    if (!sums)
        return 1;
    for (ptrdiff_t y = first; y < last; y++) {
        ptrdiff_t high = smaller(down, height - y * down);
        uint8_t *to = small + y * small_length;
        summed_rows(pixels + y * down * length, length, high, sums);
        means(sums, whole, across, high, channels, to);
        if (rest)
            means(sums + whole * across * channels, 1, rest, high, channels, to + whole * channels);
    }
    free(sums);
    return 0;
}

/* reduce.reduced. pixels: (H, W, channels); small: (ceil(H / down), ceil(W / across), channels). */
KERNEL int reduce(const uint8_t *pixels, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels,
                  ptrdiff_t down, ptrdiff_t across, ptrdiff_t first, ptrdiff_t last, uint8_t *small)
{
    if (channels == 4)
        return reduced(pixels, height, width, 4, down, across, first, last, small);
    return reduced(pixels, height, width, 1, down, across, first, last, small);
}

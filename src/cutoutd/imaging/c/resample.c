/* resample.py: pictures on another grid, in whole numbers, so that the result is Pillow's to the
 * bit. */

#include "kernels.h"

#define BITS 22 /* Of a weight's fraction. */

/* A sum of bytes times weights as a byte. */
static inline uint8_t level_of(int32_t sum)
{
    sum >>= BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > FULL ? FULL : sum);
}

static inline void narrowed_row(const uint8_t *row, ptrdiff_t channels, const int32_t *starts,
                                const int32_t *weights, ptrdiff_t to_width, ptrdiff_t taps,
                                uint8_t *to)
{
    for (ptrdiff_t x = 0; x < to_width; x++, weights += taps, to += channels) {
        const uint8_t *from = row + starts[x] * channels;
        int32_t sums[4] = {0};
        for (ptrdiff_t c = 0; c < channels; c++)
            sums[c] = 1 << (BITS - 1);
        for (ptrdiff_t k = 0; k < taps; k++)
            for (ptrdiff_t c = 0; c < channels; c++)
                sums[c] += from[k * channels + c] * weights[k];
        for (ptrdiff_t c = 0; c < channels; c++)
            to[c] = level_of(sums[c]);
    }
}

/* resample.resampled, across. pixels: (H, W, channels), 1 or 4; starts: (w,), the first column that
 * is weighed; weights: (w, taps); to: (H, w, channels). */
KERNEL int resample_across(const uint8_t *pixels, ptrdiff_t height, ptrdiff_t width,
                           ptrdiff_t channels, const int32_t *starts, const int32_t *weights,
                           ptrdiff_t to_width, ptrdiff_t taps, uint8_t *to)
{
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *row = pixels + y * width * channels;
        uint8_t *line = to + y * to_width * channels;
        if (channels == 4)
            narrowed_row(row, 4, starts, weights, to_width, taps, line);
        else
            narrowed_row(row, 1, starts, weights, to_width, taps, line);
    }
    return 0;
}

/* resample.resampled, down. rows: (H, length); starts and weights as above; to: (h, length). */
KERNEL int resample_down(const uint8_t *rows, ptrdiff_t length, const int32_t *starts,
                         const int32_t *weights, ptrdiff_t to_height, ptrdiff_t taps, uint8_t *to)
{
    int32_t *sums = malloc(sizeof(int32_t) * (size_t)length);
    if (!sums)
        return 1;
    for (ptrdiff_t y = 0; y < to_height; y++, weights += taps, to += length) {
        for (ptrdiff_t x = 0; x < length; x++)
            sums[x] = 1 << (BITS - 1);
        for (ptrdiff_t k = 0; k < taps; k++)
            for (ptrdiff_t x = 0; x < length; x++)
                sums[x] += rows[(starts[y] + k) * length + x] * weights[k];
        for (ptrdiff_t x = 0; x < length; x++)
            to[x] = level_of(sums[x]);
    }
    free(sums);
    return 0;
}

/* png_filter.py: rows of bytes less their prediction. */

#include "kernels.h"

#define TOGETHER 16
#define JUDGED 8
enum { SUB = 1, UP = 2, PAETH = 4 };

/* What the heuristic counts of a difference: its distance from 0. */
static inline unsigned size_of(int difference)
{
    uint8_t byte = (uint8_t)difference;
    return byte < 128 ? byte : 256U - byte;
}

/* Of left, above and the corner between them, the one nearest to left + above - corner. */
static inline uint8_t paeth(uint8_t left, uint8_t above, uint8_t corner)
{
    int16_t from_left = (int16_t)(above - corner), from_above = (int16_t)(left - corner);
    int16_t from_corner = (int16_t)(from_left + from_above);
    from_left = (int16_t)(from_left < 0 ? -from_left : from_left);
    from_above = (int16_t)(from_above < 0 ? -from_above : from_above);
    from_corner = (int16_t)(from_corner < 0 ? -from_corner : from_corner);
    uint8_t other = from_above <= from_corner ? above : corner;
    return from_left <= from_above && from_left <= from_corner ? left : other;
}

/* The filter that leaves least in rows `top` to `bottom`, by one channel of some pixels. Above the
 * first row of an image is nothing, and Paeth is not asked. */
static inline uint8_t best_filter(const uint8_t *rows, ptrdiff_t length, ptrdiff_t top,
                                  ptrdiff_t bottom, ptrdiff_t channels)
{
    uint64_t sub = 0, up = 0, nearest = 0;
    for (ptrdiff_t y = top; y < bottom; y++) {
        const uint8_t *row = rows + y * length;
        for (ptrdiff_t x = smaller(1, channels - 1) + channels; x < length; x += JUDGED * channels) {
            uint8_t left = row[x - channels], above = 0, corner = 0;
            if (y) {
                above = row[x - length];
                corner = row[x - length - channels];
            }
            sub += size_of(row[x] - left);
            up += size_of(row[x] - above);
            nearest += size_of(row[x] - paeth(left, above, corner));
        }
    }
    if (top && (ptrdiff_t)nearest < smaller((ptrdiff_t)sub, (ptrdiff_t)up))
        return PAETH;
    return sub < up ? SUB : UP;
}

/* One row that has one above it, by Paeth. */
static inline void less_paeth(const uint8_t *row, ptrdiff_t length, ptrdiff_t channels,
                              uint8_t *restrict line)
{
    const uint8_t *above = row - length;
    for (ptrdiff_t x = 0; x < channels; x++)
        line[x] = (uint8_t)(row[x] - above[x]);
    for (ptrdiff_t x = channels; x < length; x++)
        line[x] = (uint8_t)(row[x] - paeth(row[x - channels], above[x], above[x - channels]));
}

/* png_filter.filter_rows. rows: (H, length) bytes; lines: (last - first, length + 1). */
KERNEL int png_filter(const uint8_t *rows, ptrdiff_t length, ptrdiff_t channels, ptrdiff_t first,
                      ptrdiff_t last, uint8_t *lines)
{
    for (ptrdiff_t y = first; y < last; y++, lines += length + 1) {
        const uint8_t *row = rows + y * length;
        uint8_t *line = lines + 1;
        lines[0] = (y - first) % TOGETHER ? lines[-length - 1]
                                          : best_filter(rows, length, y, smaller(last, y + TOGETHER), channels);
        if (lines[0] == PAETH) {
            less_paeth(row, length, channels, line);
        } else if (lines[0] == SUB) {
            memcpy(line, row, (size_t)channels);
            for (ptrdiff_t x = channels; x < length; x++)
                line[x] = (uint8_t)(row[x] - row[x - channels]);
        } else if (y) {
            for (ptrdiff_t x = 0; x < length; x++)
                line[x] = (uint8_t)(row[x] - row[x - length]);
        } else {
            memcpy(line, row, (size_t)length);
        }
    }
    return 0;
}

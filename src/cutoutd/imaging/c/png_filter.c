/* png_filter.py: rows of bytes less their prediction. */

#include "kernels.h"

#define TOGETHER 16
#define JUDGED 8
enum { SUB = 1, UP = 2 };

/* What the heuristic counts of a difference: its distance from 0. */
static inline unsigned size_of(uint8_t difference)
{
    return difference < 128 ? difference : 256U - difference;
}

/* Whether Sub leaves less than Up in rows `top` to `bottom`, by one channel of some pixels. */
static inline int sub_is_better(const uint8_t *rows, ptrdiff_t length, ptrdiff_t top,
                                ptrdiff_t bottom, ptrdiff_t channels)
{
    uint64_t left = 0, up = 0;
    for (ptrdiff_t y = top; y < bottom; y++) {
        const uint8_t *row = rows + y * length;
        ptrdiff_t above = y ? length : 0;
        for (ptrdiff_t x = smaller(1, channels - 1) + channels; x < length; x += JUDGED * channels) {
            left += size_of((uint8_t)(row[x] - row[x - channels]));
            up += size_of(above ? (uint8_t)(row[x] - row[x - above]) : row[x]);
        }
    }
    return left < up;
}

/* png_filter.filtered. rows: (H, length) bytes; lines: (last - first, length + 1). */
KERNEL int png_filter(const uint8_t *rows, ptrdiff_t length, ptrdiff_t channels, ptrdiff_t first,
                      ptrdiff_t last, uint8_t *lines)
{
    int sub = 0;
    for (ptrdiff_t y = first; y < last; y++, lines += length + 1) {
        const uint8_t *row = rows + y * length;
        uint8_t *line = lines + 1;
        if ((y - first) % TOGETHER == 0)
            sub = sub_is_better(rows, length, y, smaller(last, y + TOGETHER), channels);
        lines[0] = sub ? SUB : UP;
        if (sub || y == 0)
            memcpy(line, row, (size_t)(sub ? channels : length));
        for (ptrdiff_t x = channels; sub && x < length; x++)
            line[x] = (uint8_t)(row[x] - row[x - channels]);
        for (ptrdiff_t x = 0; !sub && y > 0 && x < length; x++)
            line[x] = (uint8_t)(row[x] - row[x - length]);
    }
    return 0;
}

/* resize.py: the mean over each cell of another grid. */

#include "kernels.h"

typedef uint8_t FourBytes __attribute__((vector_size(4)));
typedef int32_t FourSums __attribute__((vector_size(16)));
typedef double FourDoubles __attribute__((vector_size(32)));

/* Rows `first` to `last` added up, `length` bytes each. */
INTO_KERNEL void add_rows(const uint8_t *pixels, ptrdiff_t length, ptrdiff_t first, ptrdiff_t last,
                          int32_t *restrict sums)
{
    for (ptrdiff_t i = 0; i < length; i++)
        sums[i] = pixels[first * length + i];
    for (ptrdiff_t y = first + 1; y < last; y++)
        for (ptrdiff_t i = 0; i < length; i++)
            sums[i] += pixels[y * length + i];
}

/* Of the sums of so many rows, the mean over each window of columns; parts: 1 / its width. */
INTO_KERNEL void mean_levels(const int32_t *sums, const ptrdiff_t *left, const ptrdiff_t *right,
                             const double *parts, ptrdiff_t count, double part, uint8_t *out)
{
    for (ptrdiff_t x = 0; x < count; x++) {
        double total = 0;
        for (ptrdiff_t at = left[x]; at < right[x]; at++)
            total += sums[at];
        out[x] = (uint8_t)(int32_t)(total * (part * parts[x]) + 0.5);
    }
}

/* The same for pixels of four bytes. */
INTO_KERNEL void mean_pixels(const int32_t *sums, const ptrdiff_t *left, const ptrdiff_t *right,
                             const double *parts, ptrdiff_t count, double part, uint8_t *out)
{
    for (ptrdiff_t x = 0; x < count; x++) {
        FourDoubles total = {0};
        for (ptrdiff_t at = left[x]; at < right[x]; at++) {
            FourSums pixel;
            memcpy(&pixel, sums + 4 * at, sizeof pixel);
            total += __builtin_convertvector(pixel, FourDoubles);
        }
        FourSums levels = __builtin_convertvector(total * (part * parts[x]) + 0.5, FourSums);
        FourBytes pixel = __builtin_convertvector(levels, FourBytes);
        memcpy(out + 4 * x, &pixel, sizeof pixel);
    }
}

/* resize._means. pixels: (H, width, channels), channels 1 or 4; top, bottom: which rows are of each
 * row of cells; left, right: (count,), which columns of each column of them; out: (any, count,
 * channels). No window is empty. */
KERNEL int means(const uint8_t *pixels, ptrdiff_t width, ptrdiff_t channels, const ptrdiff_t *top,
                 const ptrdiff_t *bottom, const ptrdiff_t *left, const ptrdiff_t *right,
                 ptrdiff_t count, ptrdiff_t first, ptrdiff_t last, uint8_t *out)
{
    ptrdiff_t length = count * channels;
    int32_t *sums = malloc(sizeof(int32_t) * (size_t)(width * channels));
    double *parts = malloc(sizeof(double) * (size_t)count);
    int failed = !(sums && parts);
    for (ptrdiff_t x = 0; !failed && x < count; x++)
        parts[x] = 1 / (double)(right[x] - left[x]);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        uint8_t *line = out + y * length;
        if (y > first && top[y] == top[y - 1] && bottom[y] == bottom[y - 1]) {
            memcpy(line, line - length, (size_t)length);
            continue;
        }
        add_rows(pixels, width * channels, top[y], bottom[y], sums);
        double part = 1 / (double)(bottom[y] - top[y]);
        if (channels == 4)
            mean_pixels(sums, left, right, parts, count, part, line);
        else
            mean_levels(sums, left, right, parts, count, part, line);
    }
    free(sums);
    free(parts);
    return failed;
}

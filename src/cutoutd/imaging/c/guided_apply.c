/* guided.py: alpha in full, from the fit. */

#include "kernels.h"

#define SLOPES 4 /* Of the affine function: three colours and the constant. */

/* Columns of pixels between two coarse rows that are all the same, or to be computed. */
typedef struct {
    ptrdiff_t start, stop;
    int level; /* Or -1. */
} Run;

/* The level of all pixels between four cells whose fit is the same constant; -1 if there is none. */
static inline int flat_level(const float *cell, ptrdiff_t plane, ptrdiff_t down, ptrdiff_t across)
{
    for (ptrdiff_t k = 0; k < SLOPES; k++, cell += plane)
        if (cell[0] != cell[down] || cell[0] != cell[across] || cell[0] != cell[down + across] ||
            (k < SLOPES - 1 && cell[0] != 0))
            return -1;
    return rounded(FULL * cell[-plane]);
}

/* The runs of a row of pixels that lies between the coarse row at `upper` and the one `down`
 * further on; returns how many. */
static inline ptrdiff_t find_runs(const float *upper, ptrdiff_t plane, ptrdiff_t down,
                                   ptrdiff_t coarse_width, const ptrdiff_t *cells, ptrdiff_t width,
                                   Run *runs)
{
    ptrdiff_t count = 0;
    for (ptrdiff_t start = 0, stop; start < width; start = stop) {
        ptrdiff_t cell = cells[start];
        for (stop = start + 1; stop < width && cells[stop] == cell; stop++)
            ;
        int level = flat_level(upper + cell, plane, down, cell + 1 < coarse_width);
        if (count && runs[count - 1].level == level)
            runs[count - 1].stop = stop;
        else
            runs[count++] = (Run){start, stop, level};
    }
    return count;
}

/* One soft run of pixels: the coefficients between four cells each, times the colours. */
static inline void applied_run(const float *upper, ptrdiff_t plane, ptrdiff_t down, float share,
                               ptrdiff_t coarse_width, Columns at, const uint8_t *rgba, Run run,
                               uint8_t *mask)
{
    for (ptrdiff_t start = run.start, stop; start < run.stop; start = stop) {
        ptrdiff_t cell = at.cell[start], across = cell + 1 < coarse_width;
        float here[SLOPES], slope[SLOPES];
        for (stop = start + 1; stop < run.stop && at.cell[stop] == cell; stop++)
            ;
        for (ptrdiff_t k = 0; k < SLOPES; k++) {
            const float *near = upper + k * plane + cell;
            float left = near[0] + share * (near[down] - near[0]);
            float right = near[across] + share * (near[down + across] - near[across]);
            here[k] = left;
            slope[k] = right - left;
        }
        for (ptrdiff_t x = start; x < stop; x++) {
            const uint8_t *pixel = rgba + 4 * x;
            float level = FULL * (here[3] + at.way[x] * slope[3]);
            for (int k = 0; k < SLOPES - 1; k++)
                level += (float)pixel[k] * (here[k] + at.way[x] * slope[k]);
            mask[x] = rounded(level);
        }
    }
}

/* guided.apply. coefficients: (4, h, w); rgba: (H, W, 4); mask: (H, W). */
KERNEL int guided_apply(const float *coefficients, ptrdiff_t coarse_height, ptrdiff_t coarse_width,
                        const uint8_t *rgba, ptrdiff_t height, ptrdiff_t width, ptrdiff_t first,
                        ptrdiff_t last, uint8_t *mask)
{
    ptrdiff_t plane = coarse_height * coarse_width, known = -1, count = 0;
    Run *runs = malloc(sizeof(Run) * (size_t)width);
    Columns at = column_positions(width, coarse_width);
    int failed = !(runs && at.cell);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        ptrdiff_t row;
        float share = sample_position(y, height, coarse_height, &row);
        ptrdiff_t down = row + 1 < coarse_height ? coarse_width : 0;
        const float *upper = coefficients + row * coarse_width;
        if (row != known)
            count = find_runs(upper, plane, down, coarse_width, at.cell, width, runs);
        known = row;
        for (const Run *run = runs; run < runs + count; run++)
            if (run->level >= 0)
                memset(mask + y * width + run->start, run->level, (size_t)(run->stop - run->start));
            else
                applied_run(upper, plane, down, share, coarse_width, at,
                            rgba + 4 * y * width, *run, mask + y * width);
    }
    free(runs);
    free_columns(at);
    return failed;
}

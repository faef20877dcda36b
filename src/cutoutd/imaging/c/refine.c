/* refine.py: a mask corrected by the residual of its back-projection, and by colours near by. */

#include "kernels.h"

#define CORRECTIONS 2 /* The residual, and the variance of the prediction. */
#define COLORS 3
#define PLANES (2 * COLORS) /* Foreground, then background. */

/* Columns of pixels between two rows of the correction that are not all zero. */
typedef struct {
    ptrdiff_t start, stop;
    int only_soft; /* The residual is zero: only soft pixels change. */
} Run;

/* Whether one plane of the correction is zero, at this place and at the next across and down. */
static inline int all_zero(const float *at, ptrdiff_t down, ptrdiff_t across)
{
    return at[0] == 0 && at[across] == 0 && at[down] == 0 && at[down + across] == 0;
}

/* The runs of a row of pixels that lies between the coarse row at `upper` and the one `down`
 * further on; returns how many. */
static inline ptrdiff_t find_runs(const float *upper, ptrdiff_t plane, ptrdiff_t down,
                                   ptrdiff_t cells_wide, const ptrdiff_t *cell, ptrdiff_t width,
                                   Run *runs)
{
    ptrdiff_t count = 0;
    for (ptrdiff_t start = 0, stop; start < width; start = stop) {
        const float *at = upper + cell[start];
        ptrdiff_t across = cell[start] + 1 < cells_wide;
        int only_soft = all_zero(at, down, across);
        for (stop = start + 1; stop < width && cell[stop] == cell[start]; stop++)
            ;
        if (only_soft && all_zero(at + plane, down, across))
            continue;
        if (count && runs[count - 1].stop == start && runs[count - 1].only_soft == only_soft)
            runs[count - 1].stop = stop;
        else
            runs[count++] = (Run){start, stop, only_soft};
    }
    return count;
}

/* Pixels from the first that anything is to be done with, where the residual is zero. */
static inline ptrdiff_t find_soft(const uint8_t *mask, ptrdiff_t x, ptrdiff_t stop)
{
    for (uint64_t eight; x + 8 <= stop; x += 8) {
        memcpy(&eight, mask + x, 8);
        if (eight != 0 && eight != UINT64_MAX)
            break;
    }
    while (x < stop && (mask[x] == 0 || mask[x] == FULL))
        x++;
    return x;
}

/* Alpha of that variance, moved along the line between the colours near by, in planes, which are
 * certain to one over the variance of theirs. */
static inline uint8_t refined(float alpha, float variance, float certainty, const uint8_t *pixel,
                              const float *near, ptrdiff_t plane, float way)
{
    if (!(alpha > 0))
        return 0;
    if (alpha >= 1)
        return FULL;
    float most = alpha * (1 - alpha), along = 0, length = 0;
    float trust = certainty * (variance < most ? variance : most);
    for (int color = 0; color < COLORS; color++) {
        float back = lerp(near + (color + COLORS) * plane, way);
        float apart = lerp(near + color * plane, way) - back;
        along += apart * ((float)pixel[color] - back);
        length += apart * apart;
    }
    return rounded(FULL * (alpha + trust * along) / (1 + trust * length));
}

/* refine.refine. correction: (2, h, w); colors: (6, h, w) of another grid; rgba: (H, W, 4); mask:
 * (H, W), in place. noise: of colours, in levels. */
KERNEL int refine(const float *correction, ptrdiff_t cells_high, ptrdiff_t cells_wide,
                  const float *colors, ptrdiff_t coarse_height, ptrdiff_t coarse_width, float noise,
                  const uint8_t *rgba, ptrdiff_t height, ptrdiff_t width, ptrdiff_t first,
                  ptrdiff_t last, uint8_t *mask)
{
    float *blended = malloc(sizeof(float) * (size_t)(CORRECTIONS * (cells_wide + 1)));
    float *line = malloc(sizeof(float) * (size_t)(PLANES * (coarse_width + 1)));
    Run *runs = malloc(sizeof(Run) * (size_t)width);
    Columns at = column_positions(width, cells_wide), color = column_positions(width, coarse_width);
    int failed = !(blended && line && runs && at.cell && color.cell);
    ptrdiff_t known = -1, count = 0;
    float certainty = 1 / (noise * noise);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        ptrdiff_t row, color_row, plane = cells_high * cells_wide;
        float share = sample_position(y, height, cells_high, &row);
        float color_share = sample_position(y, height, coarse_height, &color_row);
        uint8_t *levels = mask + y * width;
        const uint8_t *pixels = rgba + 4 * y * width;
        if (row != known)
            count = find_runs(correction + row * cells_wide, plane,
                               row + 1 < cells_high ? cells_wide : 0, cells_wide, at.cell, width,
                               runs);
        known = row;
        if (!count)
            continue;
        lerp_row(correction, CORRECTIONS, cells_high, cells_wide, row, share, blended);
        lerp_row(colors, PLANES, coarse_height, coarse_width, color_row, color_share, line);
        for (const Run *run = runs; run < runs + count; run++)
            for (ptrdiff_t x = run->start; x < run->stop; x++) {
                if (run->only_soft)
                    x = find_soft(levels, x, run->stop);
                if (x == run->stop)
                    break;
                float residual = lerp(blended + at.cell[x], at.way[x]);
                if ((levels[x] == 0 && residual <= 0) || (levels[x] == FULL && residual >= 0))
                    continue;
                float variance = lerp(blended + cells_wide + 1 + at.cell[x], at.way[x]);
                levels[x] = refined((float)levels[x] / FULL + residual, variance, certainty,
                                    pixels + 4 * x, line + color.cell[x], coarse_width + 1,
                                    color.way[x]);
            }
    }
    free(blended);
    free(line);
    free(runs);
    free_columns(at);
    free_columns(color);
    return failed;
}

/* refine.py: what the network and the colours near by still say of a mask. */

#include "kernels.h"

#define EVIDENCE 2 /* What the mask lacks, and its variance. */
#define COLORS 3
#define PLANES (2 * COLORS) /* Foreground, then background. */

/* Columns of pixels between two rows of the evidence that say something. */
typedef struct {
    ptrdiff_t start, stop;
    int complete; /* The mask lacks nothing: only soft pixels change. */
} Run;

/* Whether one kind of evidence is nothing, at this place and at the next one across and down. */
static inline int silent(const float *at, ptrdiff_t down, ptrdiff_t across)
{
    return at[0] == 0 && at[across] == 0 && at[down] == 0 && at[down + across] == 0;
}

/* The runs of a row of pixels that lies between the coarse row at `upper` and the one `down`
 * further on; returns how many. */
static inline ptrdiff_t found_runs(const float *upper, ptrdiff_t plane, ptrdiff_t down,
                                   ptrdiff_t cells_wide, const ptrdiff_t *cell, ptrdiff_t width,
                                   Run *runs)
{
    ptrdiff_t count = 0;
    for (ptrdiff_t start = 0, stop; start < width; start = stop) {
        const float *at = upper + cell[start];
        ptrdiff_t across = cell[start] + 1 < cells_wide;
        int complete = silent(at, down, across);
        for (stop = start + 1; stop < width && cell[stop] == cell[start]; stop++)
            ;
        if (complete && silent(at + plane, down, across))
            continue;
        if (count && runs[count - 1].stop == start && runs[count - 1].complete == complete)
            runs[count - 1].stop = stop;
        else
            runs[count++] = (Run){start, stop, complete};
    }
    return count;
}

/* Pixels from the first that anything is to be done with, where the mask lacks nothing. */
static inline ptrdiff_t first_soft(const uint8_t *mask, ptrdiff_t x, ptrdiff_t stop)
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
        float back = mixed(near + (color + COLORS) * plane, way);
        float apart = mixed(near + color * plane, way) - back;
        along += apart * ((float)pixel[color] - back);
        length += apart * apart;
    }
    return rounded(FULL * (alpha + trust * along) / (1 + trust * length));
}

/* refine.refine. evidence: (2, h, w); colors: (6, h, w) of another grid; rgba: (H, W, 4); mask:
 * (H, W), in place. noise: of colours, in levels. */
KERNEL int refine(const float *evidence, ptrdiff_t cells_high, ptrdiff_t cells_wide,
                  const float *colors, ptrdiff_t coarse_height, ptrdiff_t coarse_width, float noise,
                  const uint8_t *rgba, ptrdiff_t height, ptrdiff_t width, ptrdiff_t first,
                  ptrdiff_t last, uint8_t *mask)
{
    float *said = malloc(sizeof(float) * (size_t)(EVIDENCE * (cells_wide + 1)));
    float *line = malloc(sizeof(float) * (size_t)(PLANES * (coarse_width + 1)));
    Run *runs = malloc(sizeof(Run) * (size_t)width);
    Columns at = placed(width, cells_wide), color = placed(width, coarse_width);
    int failed = !(said && line && runs && at.cell && color.cell);
    ptrdiff_t known = -1, count = 0;
    float certainty = 1 / (noise * noise);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        ptrdiff_t row, color_row, plane = cells_high * cells_wide;
        float share = between(y, height, cells_high, &row);
        float color_share = between(y, height, coarse_height, &color_row);
        uint8_t *levels = mask + y * width;
        const uint8_t *pixels = rgba + 4 * y * width;
        if (row != known)
            count = found_runs(evidence + row * cells_wide, plane,
                               row + 1 < cells_high ? cells_wide : 0, cells_wide, at.cell, width,
                               runs);
        known = row;
        if (!count)
            continue;
        blended_row(evidence, EVIDENCE, cells_high, cells_wide, row, share, said);
        blended_row(colors, PLANES, coarse_height, coarse_width, color_row, color_share, line);
        for (const Run *run = runs; run < runs + count; run++)
            for (ptrdiff_t x = run->start; x < run->stop; x++) {
                if (run->complete)
                    x = first_soft(levels, x, run->stop);
                if (x == run->stop)
                    break;
                float lacks = mixed(said + at.cell[x], at.way[x]);
                if ((levels[x] == 0 && lacks <= 0) || (levels[x] == FULL && lacks >= 0))
                    continue;
                float variance = mixed(said + cells_wide + 1 + at.cell[x], at.way[x]);
                levels[x] = refined((float)levels[x] / FULL + lacks, variance, certainty,
                                    pixels + 4 * x, line + color.cell[x], coarse_width + 1,
                                    color.way[x]);
            }
    }
    free(said);
    free(line);
    free(runs);
    freed(at);
    freed(color);
    return failed;
}

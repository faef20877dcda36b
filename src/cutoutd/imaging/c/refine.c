/* refine.py: what the network and the colours near by still say of a mask. */

#include "kernels.h"

#define EVIDENCE 2 /* What the mask lacks, and its variance. */
#define COLORS 3
#define PLANES (2 * COLORS) /* Foreground, then background. */

/* Where the columns of a picture lie among the cells of a coarse grid, and where the columns of
 * the same cell end. */
typedef struct {
    float *way;
    ptrdiff_t *cell, *end;
} Columns;

static inline void freed(Columns at)
{
    free(at.way);
    free(at.cell);
    free(at.end);
}

/* Nothing at all where there is no memory. */
static inline Columns placed(ptrdiff_t width, ptrdiff_t coarse)
{
    size_t size = sizeof(ptrdiff_t) * (size_t)width;
    Columns at = {malloc(sizeof(float) * (size_t)width), malloc(size), malloc(size)};
    if (!at.way || !at.cell || !at.end) {
        freed(at);
        return (Columns){0};
    }
    for (ptrdiff_t x = 0; x < width; x++)
        at.way[x] = between(x, width, coarse, &at.cell[x]);
    for (ptrdiff_t x = width - 1; x >= 0; x--)
        at.end[x] = x + 1 < width && at.cell[x + 1] == at.cell[x] ? at.end[x + 1] : x + 1;
    return at;
}

/* Alpha of that variance, moved along the line between the colours near by, which are certain to
 * one over the variance of theirs. */
static inline uint8_t refined(float alpha, float variance, float certainty, const uint8_t *pixel,
                              const float *here, const float *next, float way)
{
    if (!(alpha > 0))
        return 0;
    if (alpha >= 1)
        return FULL;
    float most = alpha * (1 - alpha), along = 0, length = 0;
    float trust = certainty * (variance < most ? variance : most);
    for (int color = 0; color < COLORS; color++) {
        float back = here[color + 3] + way * (next[color + 3] - here[color + 3]);
        float apart = here[color] + way * (next[color] - here[color]) - back;
        along += apart * ((float)pixel[color] - back);
        length += apart * apart;
    }
    return rounded(FULL * (alpha + trust * along) / (1 + trust * length));
}

/* Pixels from the first that anything is to be done with, where the mask lacks nothing. */
static inline ptrdiff_t first_soft(const uint8_t *mask, ptrdiff_t x, ptrdiff_t stop)
{
    for (uint64_t eight; x + 8 <= stop; x += 8) {
        memcpy(&eight, mask + x, 8);
        if (eight != 0 && eight != UINT64_MAX)
            break;
    }
    return x;
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
    Columns at = placed(width, cells_wide), color = placed(width, coarse_width);
    int failed = !(said && line && at.end && color.end);
    float certainty = 1 / (noise * noise);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        ptrdiff_t row, color_row;
        float share = between(y, height, cells_high, &row);
        float color_share = between(y, height, coarse_height, &color_row);
        uint8_t *levels = mask + y * width;
        int blended = 0;
        blended_row(evidence, EVIDENCE, cells_high, cells_wide, row, share, said);
        for (ptrdiff_t x = 0, stop; x < width; x = stop) {
            const float *here = said + EVIDENCE * at.cell[x], *next = here + EVIDENCE;
            stop = at.end[x];
            int complete = here[0] == 0 && next[0] == 0;
            if (complete && here[1] == 0 && next[1] == 0)
                continue;
            for (; x < stop; x++) {
                if (complete)
                    x = first_soft(levels, x, stop);
                if (x == stop)
                    break;
                float lacks = here[0] + at.way[x] * (next[0] - here[0]);
                if ((levels[x] == 0 && lacks <= 0) || (levels[x] == FULL && lacks >= 0))
                    continue;
                if (!blended)
                    blended_row(colors, PLANES, coarse_height, coarse_width, color_row, color_share,
                                line);
                blended = 1;
                const float *near = line + PLANES * color.cell[x];
                levels[x] = refined((float)levels[x] / FULL + lacks,
                                    here[1] + at.way[x] * (next[1] - here[1]), certainty,
                                    rgba + 4 * (y * width + x), near, near + PLANES, color.way[x]);
            }
        }
    }
    free(said);
    free(line);
    freed(at);
    freed(color);
    return failed;
}

/* refine.py: what the network and the colours near by still say of a mask. */

#include "kernels.h"

#define EVIDENCE 2 /* What the mask lacks, and its variance. */
#define COLORS 3
#define PLANES (2 * COLORS) /* Foreground, then background. */

/* Where the columns of a picture lie among the cells of a coarse grid. */
typedef struct {
    float *way;
    ptrdiff_t *cell;
} Columns;

static inline Columns placed(ptrdiff_t width, ptrdiff_t coarse)
{
    Columns at = {malloc(sizeof(float) * (size_t)width), malloc(sizeof(ptrdiff_t) * (size_t)width)};
    for (ptrdiff_t x = 0; at.way && at.cell && x < width; x++)
        at.way[x] = between(x, width, coarse, &at.cell[x]);
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

/* refine.refined. evidence: (2, h, w); colors: (6, h, w) of another grid; rgba: (H, W, 4); mask:
 * (H, W), in place. noise: of colours, in levels. */
KERNEL int refine(const float *evidence, ptrdiff_t cells_high, ptrdiff_t cells_wide,
                  const float *colors, ptrdiff_t coarse_height, ptrdiff_t coarse_width, float noise,
                  const uint8_t *rgba, ptrdiff_t height, ptrdiff_t width, ptrdiff_t first,
                  ptrdiff_t last, uint8_t *mask)
{
    float *said = malloc(sizeof(float) * (size_t)(EVIDENCE * cells_wide));
    float *line = malloc(sizeof(float) * (size_t)(PLANES * coarse_width));
    Columns at = placed(width, cells_wide), color = placed(width, coarse_width);
    int failed = !(said && line && at.way && at.cell && color.way && color.cell);
    float certainty = 1 / (noise * noise);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        ptrdiff_t row;
        float share = between(y, height, cells_high, &row);
        blended_row(evidence, EVIDENCE, cells_high, cells_wide, row, share, said);
        share = between(y, height, coarse_height, &row);
        int blended = 0;
        for (ptrdiff_t x = 0, stop; x < width; x = stop) {
            ptrdiff_t cell = at.cell[x];
            const float *here = said + EVIDENCE * cell;
            const float *next = cell + 1 < cells_wide ? here + EVIDENCE : here;
            int nothing = here[0] == 0 && here[1] == 0 && next[0] == 0 && next[1] == 0;
            for (stop = x; stop < width && at.cell[stop] == cell; stop++) {
                if (nothing)
                    continue;
                if (!blended)
                    blended_row(colors, PLANES, coarse_height, coarse_width, row, share, line);
                blended = 1;
                float way = at.way[stop], lacks = here[0] + way * (next[0] - here[0]);
                float variance = here[1] + way * (next[1] - here[1]);
                uint8_t *level = mask + y * width + stop;
                const float *near = line + PLANES * color.cell[stop];
                *level = refined((float)*level / FULL + lacks, variance, certainty,
                                 rgba + 4 * (y * width + stop), near,
                                 color.cell[stop] + 1 < coarse_width ? near + PLANES : near,
                                 color.way[stop]);
            }
        }
    }
    free(said);
    free(line);
    free(at.way);
    free(at.cell);
    free(color.way);
    free(color.cell);
    return failed;
}

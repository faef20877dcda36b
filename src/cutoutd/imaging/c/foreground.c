/* foreground.py: colours on the coarse grid, and the correction of every pixel. */

#include "kernels.h"

#define COLORS 3
#define PLANES (2 * COLORS) /* Foreground, then background. */

/* What the neighbours' agreement weighs, the same in every step: with the one above, with the one
 * to the left, and all together. Planes of n values; above and left have more, which are 0. */
typedef struct {
    float *above, *left, *inverse, *gain;
} Weights;

static inline void neighbour_weights(const float *alpha, ptrdiff_t height, ptrdiff_t width, float smooth,
                           float edge, Weights to)
{
    for (ptrdiff_t y = 0; y < height; y++)
        for (ptrdiff_t x = 0; x < width; x++) {
            const float *at = alpha + y * width + x;
            to.above[at - alpha] = y ? smooth + edge * fabsf(at[0] - at[-width]) : 0;
            to.left[at - alpha] = x ? smooth + edge * fabsf(at[0] - at[-1]) : 0;
        }
    for (ptrdiff_t i = 0; i < height * width; i++) {
        float share = alpha[i], rest = 1 - share;
        float weight = smooth + to.above[i] + to.above[i + width] + to.left[i] + to.left[i + 1];
        to.inverse[i] = 1 / weight;
        to.gain[i] = 1 / (weight + share * share + rest * rest);
    }
}

/* One step for one colour of all pixels: `before`, the step before `now`, becomes the next. Each is
 * the foreground, then the background. Beyond a plane's ends is memory that may be read; it weighs
 * nothing. */
static inline void relax_step(const float *now, float *restrict before, const float *seen,
                           const float *alpha, Weights by, ptrdiff_t n, ptrdiff_t width,
                           float smooth, float omega)
{
    const float *back = now + n;
    float *restrict back_before = before + n;
    for (ptrdiff_t i = 0; i < n; i++) {
        float above = by.above[i], below = by.above[i + width];
        float left = by.left[i], right = by.left[i + 1];
        float f = smooth * now[i] + above * now[i - width] + below * now[i + width] +
                  left * now[i - 1] + right * now[i + 1];
        float b = smooth * back[i] + above * back[i - width] + below * back[i + width] +
                  left * back[i - 1] + right * back[i + 1];
        float share = alpha[i], rest = 1 - share;
        f *= by.inverse[i];
        b *= by.inverse[i];
        float missing = by.gain[i] * (seen[i] - (share * f + rest * b));
        before[i] += omega * (f + share * missing - before[i]);
        back_before[i] += omega * (b + rest * missing - back_before[i]);
    }
}

/* A plane of the coarser grid, each cell twice across and down. */
static inline void repeat_cells(const float *coarse, ptrdiff_t height, ptrdiff_t width, float *to)
{
    ptrdiff_t coarse_width = (width + 1) / 2;
    for (ptrdiff_t y = 0; y < height; y++)
        for (ptrdiff_t x = 0; x < width; x++)
            to[y * width + x] = coarse[y / 2 * coarse_width + x / 2];
}

/* foreground._relax. coarse: (6, (h + 1) / 2, (w + 1) / 2); seen: (3, h, w); alpha: (h, w);
 * omegas: one for each step; front_back: (6, h, w), written. The colours have nothing to do with each
 * other, so they take turns in the same memory. */
KERNEL int relax(const float *coarse, const float *seen, const float *alpha, ptrdiff_t height,
                 ptrdiff_t width, float smooth, float edge, const float *omegas, ptrdiff_t steps,
                 float *front_back)
{
    ptrdiff_t n = height * width, rim = width + 1, padded = 2 * n + 2 * rim;
    ptrdiff_t coarse_n = ((height + 1) / 2) * ((width + 1) / 2);
    float *memory = calloc((size_t)(2 * padded + 4 * (n + rim)), sizeof(float));
    if (!memory)
        return 1;
    float *weights = memory + 2 * padded;
    Weights by = {weights, weights + n + rim, weights + 2 * (n + rim), weights + 3 * (n + rim)};
    neighbour_weights(alpha, height, width, smooth, edge, by);
    for (ptrdiff_t color = 0; color < COLORS; color++) {
        float *now = memory + rim, *before = now + padded;
        for (ptrdiff_t side = 0; side < 2; side++)
            repeat_cells(coarse + (color + side * COLORS) * coarse_n, height, width, now + side * n);
        memcpy(before, now, sizeof(float) * (size_t)(2 * n));
        for (ptrdiff_t step = 0; step < steps; step++) {
            relax_step(now, before, seen + color * n, alpha, by, n, width, smooth, omegas[step]);
            float *next = before;
            before = now;
            now = next;
        }
        for (ptrdiff_t side = 0; side < 2; side++)
            for (ptrdiff_t i = 0; i < n; i++) {
                float level = now[side * n + i];
                front_back[(color + side * COLORS) * n + i] =
                    level < 0 ? 0 : level > FULL ? FULL : level;
            }
    }
    free(memory);
    return 0;
}

/* The foreground of one soft pixel, from the coarse colours here in their planes. */
static inline void unmix_pixel(uint8_t *pixel, uint8_t level, const float *here, ptrdiff_t plane,
                           float way)
{
    float alpha = (float)level / FULL, rest = 1 - alpha;
    float share = alpha / (alpha * alpha + rest * rest);
    for (int color = 0; color < COLORS; color++) {
        float front = lerp(here + color * plane, way);
        float back = lerp(here + (color + COLORS) * plane, way);
        pixel[color] = rounded(front + share * ((float)pixel[color] - alpha * front - rest * back));
    }
    pixel[3] = level;
}

/* Eight pixels whose alpha is 255. Most images have it there already: then nothing is written. */
static inline void make_solid(uint8_t *pixels)
{
    uint8_t all = FULL;
    for (int k = 0; k < 8; k++)
        all &= pixels[4 * k + 3];
    for (int k = 0; all != FULL && k < 8; k++)
        pixels[4 * k + 3] = FULL;
}

/* foreground.unmix. rgba: (H, W, 4); alpha: (H, W); coarse: (6, h, w), or NULL to leave the colours
 * of soft pixels; out: (H, W, 4), which may be rgba. */
KERNEL int unmix(const float *coarse, ptrdiff_t coarse_height, ptrdiff_t coarse_width,
                 const uint8_t *rgba, const uint8_t *alpha, ptrdiff_t height, ptrdiff_t width,
                 ptrdiff_t first, ptrdiff_t last, uint8_t *out)
{
    float *line = malloc(sizeof(float) * (size_t)(PLANES * (coarse_width + 1)));
    Columns at = column_positions(width, coarse_width);
    int failed = !(line && at.cell);
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        const uint8_t *levels = alpha + y * width;
        uint8_t *pixels = out + 4 * y * width;
        int blended = 0;
        if (out != rgba)
            memcpy(pixels, rgba + 4 * y * width, 4 * (size_t)width);
        for (ptrdiff_t x = 0; x < width; x++) {
            uint64_t eight = 1;
            if (x + 8 <= width)
                memcpy(&eight, levels + x, 8);
            if (eight == 0) {
                memset(pixels + 4 * x, 0, 32);
                x += 7;
            } else if (eight == UINT64_MAX) {
                make_solid(pixels + 4 * x);
                x += 7;
            } else if (levels[x] == 0) {
                memset(pixels + 4 * x, 0, 4);
            } else if (levels[x] == FULL || !coarse) {
                pixels[4 * x + 3] = levels[x];
            } else {
                if (!blended) {
                    ptrdiff_t cell;
                    float way = sample_position(y, height, coarse_height, &cell);
                    lerp_row(coarse, PLANES, coarse_height, coarse_width, cell, way, line);
                    blended = 1;
                }
                unmix_pixel(pixels + 4 * x, levels[x], line + at.cell[x], coarse_width + 1,
                            at.way[x]);
            }
        }
    }
    free(line);
    free_columns(at);
    return failed;
}

/* guided.py: the fit on the coarse grid, and alpha in full. */

#include "kernels.h"

#define PLANES 14 /* p, I, I p, I I and p p of the three colours I and the target p. */
#define CHANGES PLANES
#define SLOPES 4          /* Of the affine function: three colours and the constant. */
#define FITTED (SLOPES + 1) /* And the variance that it leaves. */

static inline void add(const float *restrict values, ptrdiff_t n, float *restrict to)
{
    for (ptrdiff_t x = 0; x < n; x++)
        to[x] += values[x];
}

static inline void add_product(const float *restrict one, const float *restrict other, ptrdiff_t n,
                               float *restrict to)
{
    for (ptrdiff_t x = 0; x < n; x++)
        to[x] += one[x] * other[x];
}

/* Add one row of all products to the sums of their columns. */
static inline void add_products(const float *const colors[3], const float *p, ptrdiff_t width,
                                float *sums, ptrdiff_t stride)
{
    add(p, width, sums);
    for (int k = 0; k < 3; k++)
        add(colors[k], width, sums += stride);
    for (int k = 0; k < 3; k++)
        add_product(colors[k], p, width, sums += stride);
    for (int k = 0; k < 3; k++)
        for (int other = k; other < 3; other++)
            add_product(colors[k], colors[other], width, sums += stride);
    add_product(p, p, width, sums += stride);
}

/* Add to each column how often the target changes in it or towards the one before. */
static inline void add_changes(const float *restrict target, ptrdiff_t width, ptrdiff_t top,
                               ptrdiff_t bottom, float *restrict changes)
{
    for (ptrdiff_t y = top; y < bottom; y++) {
        const float *p = target + y * width, *above = y > top ? p - width : p;
        for (ptrdiff_t x = 0; x < width; x++)
            changes[x] += p[x] != above[x];
        for (ptrdiff_t x = 1; x < width; x++)
            changes[x] += p[x] != p[x - 1];
    }
}

/* Sums of columns, which begin `radius` early, to the means over windows. share: what one column
 * counts in each window. */
static inline void window_means(const float *restrict sums, const float *restrict share,
                                ptrdiff_t width, ptrdiff_t radius, float *restrict means)
{
    for (ptrdiff_t x = 0; x < width; x++)
        means[x] = sums[x];
    for (ptrdiff_t step = 1; step <= 2 * radius; step++)
        for (ptrdiff_t x = 0; x < width; x++)
            means[x] += sums[x + step];
    for (ptrdiff_t x = 0; x < width; x++)
        means[x] *= share[x];
}

static inline void shares(ptrdiff_t width, ptrdiff_t radius, ptrdiff_t rows, float *share)
{
    for (ptrdiff_t x = 0; x < width; x++)
        share[x] = 1 / (float)(rows * (smaller(x, radius) + smaller(width - 1 - x, radius) + 1));
}

/* The affine functions of a row of windows from the means of its products, the symmetric system
 * solved by its factors L D L^T, and the variance that they leave; all times their weight, which
 * follows. Where nothing changes the function is the target. */
static inline void solved(const float *restrict means, ptrdiff_t stride, float epsilon, float doubt,
                          const float *restrict target, ptrdiff_t width, float *restrict made,
                          ptrdiff_t plane)
{
    for (ptrdiff_t i = 0; i < width; i++) {
        const float *mean = means + i;
        float p = mean[0], r = mean[stride], g = mean[2 * stride], b = mean[3 * stride];
        float rp = mean[4 * stride] - r * p, gp = mean[5 * stride] - g * p;
        float bp = mean[6 * stride] - b * p, pp = mean[13 * stride] - p * p;
        float rr = mean[7 * stride] - r * r + epsilon, rg = mean[8 * stride] - r * g;
        float rb = mean[9 * stride] - r * b, gg = mean[10 * stride] - g * g + epsilon;
        float gb = mean[11 * stride] - g * b, bb = mean[12 * stride] - b * b + epsilon;
        float down = rg / rr, far = rb / rr;
        gg -= down * rg;
        gb -= down * rb;
        float across = gb / gg;
        bb -= far * rb + across * gb;
        float y = gp - down * rp;
        float z = (bp - far * rp - across * y) / bb;
        y = y / gg - across * z;
        float x = rp / rr - down * y - far * z;
        float left = pp - (x * rp + y * gp + z * bp);
        int flat = mean[CHANGES * stride] == 0;
        left = flat || left < 0 ? 0 : left;
        float weight = 1 / (left + doubt);
        made[i] = flat ? 0 : weight * x;
        made[plane + i] = flat ? 0 : weight * y;
        made[2 * plane + i] = flat ? 0 : weight * z;
        made[3 * plane + i] = weight * (flat ? target[i] : p - (x * r + y * g + z * b));
        made[4 * plane + i] = weight * left;
        made[5 * plane + i] = weight;
    }
}

/* guided.fit. guide: (3, h, w); target: (h, w); fitted: (5, h, w). */
KERNEL int guided_fit(const float *guide, const float *target, ptrdiff_t height, ptrdiff_t width,
                      ptrdiff_t radius, float epsilon, float doubt, ptrdiff_t first, ptrdiff_t last,
                      float *fitted)
{
    ptrdiff_t top = larger(0, first - radius), bottom = smaller(height, last + radius);
    ptrdiff_t stride = width + 2 * radius, plane = (bottom - top) * width;
    size_t sums_size = sizeof(float) * (size_t)((PLANES + 1) * stride);
    float *sums = malloc(sums_size), *means = malloc(sums_size);
    float *share = malloc(sizeof(float) * (size_t)width);
    float *made = malloc(sizeof(float) * (size_t)((FITTED + 1) * plane));
    int failed = !(sums && means && share && made);
    for (ptrdiff_t y = top; !failed && y < bottom; y++) {
        ptrdiff_t above = larger(0, y - radius), below = smaller(height, y + radius + 1);
        memset(sums, 0, sums_size);
        for (ptrdiff_t row = above; row < below; row++) {
            const float *red = guide + row * width, *green = red + height * width;
            const float *const colors[3] = {red, green, green + height * width};
            add_products(colors, target + row * width, width, sums + radius, stride);
        }
        add_changes(target, width, above, below, sums + CHANGES * stride + radius);
        shares(width, radius, below - above, share);
        for (ptrdiff_t k = 0; k <= CHANGES; k++)
            window_means(sums + k * stride, share, width, radius, means + k * stride);
        solved(means, stride, epsilon, doubt, target + y * width, width, made + (y - top) * width,
               plane);
    }
    for (ptrdiff_t x = 0; !failed && x < width; x++)
        share[x] = 1;
    for (ptrdiff_t y = first; !failed && y < last; y++) {
        ptrdiff_t above = larger(top, y - radius), below = smaller(bottom, y + radius + 1);
        for (ptrdiff_t k = FITTED; k >= 0; k--) { /* The weight first: the others share it. */
            memset(sums, 0, sizeof(float) * (size_t)stride);
            for (ptrdiff_t row = above; row < below; row++)
                add(made + k * plane + (row - top) * width, width, sums + radius);
            window_means(sums, share, width, radius, means);
            for (ptrdiff_t x = 0; x < width; x++)
                if (k == FITTED)
                    means[stride + x] = means[x];
                else
                    fitted[(k * height + y) * width + x] = means[x] / means[stride + x];
        }
    }
    free(sums);
    free(means);
    free(share);
    free(made);
    return failed;
}

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

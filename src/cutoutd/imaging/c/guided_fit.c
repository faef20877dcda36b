/* guided.py: the fit on the coarse grid. */

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

/* Sums of columns, which begin `radius` early, to the sums over windows. */
static inline void window_sums(const float *restrict sums, ptrdiff_t width, ptrdiff_t radius,
                               float *restrict totals)
{
    for (ptrdiff_t x = 0; x < width; x++)
        totals[x] = sums[x];
    for (ptrdiff_t step = 1; step <= 2 * radius; step++)
        for (ptrdiff_t x = 0; x < width; x++)
            totals[x] += sums[x + step];
}

/* Likewise to the means. share: what one column counts in each window. */
static inline void window_means(const float *restrict sums, const float *restrict share,
                                ptrdiff_t width, ptrdiff_t radius, float *restrict means)
{
    window_sums(sums, width, radius, means);
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

/* Columns of a row that have to be computed. */
typedef struct {
    ptrdiff_t start, stop;
} Span;

/* Whether eight counts are all zero. */
static inline int eight_zeros(const float *counts)
{
    uint64_t pairs[4];
    memcpy(pairs, counts, sizeof pairs);
    return !(pairs[0] | pairs[1] | pairs[2] | pairs[3]);
}

/* The spans of a row whose windows see a column that counts, two of them one where both would read
 * the same columns. Returns how many. */
static inline ptrdiff_t find_spans(const float *counts, ptrdiff_t width, ptrdiff_t radius,
                                   Span *spans)
{
    ptrdiff_t found = 0;
    for (ptrdiff_t x = 0; x < width; x++) {
        while (x + 8 <= width && eight_zeros(counts + x))
            x += 8;
        if (x == width || counts[x] == 0)
            continue;
        ptrdiff_t start = larger(0, x - radius), stop = smaller(width, x + radius + 1);
        if (found && start <= spans[found - 1].stop + 2 * radius)
            spans[found - 1].stop = stop;
        else
            spans[found++] = (Span){start, stop};
    }
    return found;
}

/* The rows from `top` to `bottom` of a fit, and its memory. */
typedef struct {
    ptrdiff_t height, width, radius, top, bottom, stride, plane;
    float *sums, *means, *share, *counts; /* Lines. */
    float *made, *computed;               /* Planes: what `solved` makes, and where it was asked. */
    Span *spans;
} Fit;

/* What `solved` makes of a row of windows in which nothing changes. */
static inline void make_flat(const float *target, float doubt, ptrdiff_t width, ptrdiff_t plane,
                             float *made)
{
    float weight = 1 / doubt;
    for (ptrdiff_t k = 0; k <= FITTED; k++)
        for (ptrdiff_t x = 0; x < width; x++)
            made[k * plane + x] = k == FITTED ? weight : k == FITTED - 2 ? weight * target[x] : 0;
}

/* One row of windows. What becomes of those that see only subject, or only background, is known. */
INTO_KERNEL void fit_row(Fit at, const float *guide, const float *target, float epsilon,
                           float doubt, ptrdiff_t y)
{
    ptrdiff_t above = larger(0, y - at.radius), below = smaller(at.height, y + at.radius + 1);
    ptrdiff_t width = at.width, line = (y - at.top) * width;
    const float *levels = target + y * width;
    float *changes = at.sums + CHANGES * at.stride + at.radius;
    memset(at.sums + CHANGES * at.stride, 0, sizeof(float) * (size_t)at.stride);
    memset(at.computed + line, 0, sizeof(float) * (size_t)width);
    add_changes(target, width, above, below, changes);
    for (ptrdiff_t x = 0; x < width; x++)
        at.counts[x] = changes[x] + (float)(levels[x] != 0 && levels[x] != 1);
    make_flat(levels, doubt, width, at.plane, at.made + line);
    shares(width, at.radius, below - above, at.share);
    ptrdiff_t found = find_spans(at.counts, width, at.radius, at.spans);
    for (const Span *span = at.spans; span < at.spans + found; span++) {
        ptrdiff_t start = span->start, count = span->stop - start;
        ptrdiff_t seen = larger(0, start - at.radius);
        ptrdiff_t reach = smaller(width, span->stop + at.radius) - seen;
        for (ptrdiff_t k = 0; k < CHANGES; k++)
            memset(at.sums + k * at.stride + start, 0,
                   sizeof(float) * (size_t)(count + 2 * at.radius));
        for (ptrdiff_t row = above; row < below; row++) {
            const float *red = guide + row * width + seen, *green = red + at.height * width;
            const float *const colors[3] = {red, green, green + at.height * width};
            add_products(colors, target + row * width + seen, reach, at.sums + at.radius + seen,
                         at.stride);
        }
        for (ptrdiff_t k = 0; k <= CHANGES; k++)
            window_means(at.sums + k * at.stride + start, at.share + start, count, at.radius,
                         at.means + k * at.stride);
        solved(at.means, at.stride, epsilon, doubt, levels + start, count, at.made + line + start,
               at.plane);
        for (ptrdiff_t x = start; x < span->stop; x++)
            at.computed[line + x] = 1;
    }
}

/* One row of the functions, averaged over the windows that see a pixel. */
INTO_KERNEL void average_row(Fit at, const float *target, ptrdiff_t y, float *fitted)
{
    ptrdiff_t above = larger(at.top, y - at.radius), below = smaller(at.bottom, y + at.radius + 1);
    ptrdiff_t width = at.width, plane = at.height * width;
    float *row = fitted + y * width;
    memset(at.counts, 0, sizeof(float) * (size_t)width);
    for (ptrdiff_t other = above; other < below; other++)
        add(at.computed + (other - at.top) * width, width, at.counts);
    for (ptrdiff_t k = 0; k < FITTED; k++)
        for (ptrdiff_t x = 0; x < width; x++)
            row[k * plane + x] = k == FITTED - 2 ? target[y * width + x] : 0;
    ptrdiff_t found = find_spans(at.counts, width, at.radius, at.spans);
    for (const Span *span = at.spans; span < at.spans + found; span++) {
        ptrdiff_t start = span->start, count = span->stop - start;
        ptrdiff_t seen = larger(0, start - at.radius);
        ptrdiff_t reach = smaller(width, span->stop + at.radius) - seen;
        for (ptrdiff_t k = FITTED; k >= 0; k--) { /* The weight first: the others share it. */
            memset(at.sums, 0, sizeof(float) * (size_t)at.stride);
            for (ptrdiff_t other = above; other < below; other++)
                add(at.made + k * at.plane + (other - at.top) * width + seen, reach,
                    at.sums + at.radius + seen);
            window_sums(at.sums + start, count, at.radius, k == FITTED ? at.share : at.means);
            for (ptrdiff_t x = 0; k < FITTED && x < count; x++)
                row[k * plane + start + x] = at.means[x] / at.share[x];
        }
    }
}

/* guided.fit. guide: (3, h, w); target: (h, w); fitted: (5, h, w). */
KERNEL int guided_fit(const float *guide, const float *target, ptrdiff_t height, ptrdiff_t width,
                      ptrdiff_t radius, float epsilon, float doubt, ptrdiff_t first, ptrdiff_t last,
                      float *fitted)
{
    ptrdiff_t top = larger(0, first - radius), bottom = smaller(height, last + radius);
    ptrdiff_t stride = width + 2 * radius, plane = (bottom - top) * width;
    ptrdiff_t lines = 2 * (PLANES + 1) * stride + 2 * width;
    float *memory = malloc(sizeof(float) * (size_t)(lines + (FITTED + 2) * plane));
    Span *spans = malloc(sizeof(Span) * (size_t)width);
    int failed = !(memory && spans);
    float *share = memory + 2 * (PLANES + 1) * stride;
    Fit at = {height, width, radius, top, bottom, stride, plane,
              memory, memory + (PLANES + 1) * stride, share, share + width,
              memory + lines, memory + lines + (FITTED + 1) * plane, spans};
    for (ptrdiff_t y = top; !failed && y < bottom; y++)
        fit_row(at, guide, target, epsilon, doubt, y);
    for (ptrdiff_t y = first; !failed && y < last; y++)
        average_row(at, target, y, fitted);
    free(memory);
    free(spans);
    return failed;
}

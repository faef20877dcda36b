/* What the kernels share. Plain C without Python: kernels.py calls them through ctypes, which
 * lets go of the interpreter lock.
 *
 * Each kernel is the inner loop of the step of the same file name; tests/imaging/reference.py has
 * the same in NumPy, to which the tests hold it. Arrays are C-contiguous and of the shapes stated;
 * the caller has checked them. `first` to `last` are the rows to do, so that strips run side by
 * side. A kernel that needs memory returns 0, or 1 where there is none.
 */
#ifndef CUTOUTD_KERNELS_H
#define CUTOUTD_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* On x86-64 with glibc the loader takes the version that is made for the CPU it finds; sanitizers
 * do not work yet when it asks. */
#if defined(_WIN32)
#define KERNEL __declspec(dllexport)
#elif defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && \
    (__GNUC__ >= 12 || __clang_major__ >= 17)
#define KERNEL __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define KERNEL
#endif

/* A part of a kernel that is too long to become one by itself, and would be made for any CPU. */
#define INTO_KERNEL static inline __attribute__((always_inline))

#define FULL 255

static inline ptrdiff_t smaller(ptrdiff_t one, ptrdiff_t other)
{
    return one < other ? one : other;
}

static inline ptrdiff_t larger(ptrdiff_t one, ptrdiff_t other)
{
    return one > other ? one : other;
}

static inline uint8_t rounded(float level)
{
    return (uint8_t)lrintf(level > 0 ? level < FULL ? level : FULL : 0); /* No number is 0. */
}

/* Where a pixel of `full` lies among `coarse` cells: in the returned share of the way from the
 * centre of `*cell` to the next one's. */
static inline float sample_position(ptrdiff_t pixel, ptrdiff_t full, ptrdiff_t coarse, ptrdiff_t *cell)
{
    double centre = ((double)pixel + 0.5) * ((double)coarse / (double)full) - 0.5;
    centre = centre < 0 ? 0 : centre > (double)(coarse - 1) ? (double)(coarse - 1) : centre;
    *cell = larger(0, smaller((ptrdiff_t)centre, coarse - 2));
    return (float)(centre - (double)*cell);
}

/* Where the columns of an image lie among the cells of a coarse grid. */
typedef struct {
    float *way;
    ptrdiff_t *cell;
} Columns;

static inline void free_columns(Columns at)
{
    free(at.way);
    free(at.cell);
}

/* Nothing at all where there is no memory. */
static inline Columns column_positions(ptrdiff_t width, ptrdiff_t coarse)
{
    Columns at = {malloc(sizeof(float) * (size_t)width), malloc(sizeof(ptrdiff_t) * (size_t)width)};
    if (!at.way || !at.cell) {
        free_columns(at);
        return (Columns){0};
    }
    for (ptrdiff_t x = 0; x < width; x++)
        at.way[x] = sample_position(x, width, coarse, &at.cell[x]);
    return at;
}

/* One row of coarse planes, (planes, h, w), the share of the way from `row` to the next one; the
 * last place twice, so that every cell has a next: (planes, w + 1). */
static inline void lerp_row(const float *coarse, ptrdiff_t planes, ptrdiff_t height,
                               ptrdiff_t width, ptrdiff_t row, float share, float *restrict line)
{
    ptrdiff_t down = row + 1 < height ? width : 0;
    for (ptrdiff_t plane = 0; plane < planes; plane++, line += width + 1) {
        const float *upper = coarse + (plane * height + row) * width;
        for (ptrdiff_t x = 0; x < width; x++)
            line[x] = upper[x] + share * (upper[x + down] - upper[x]);
        line[width] = line[width - 1];
    }
}

/* Between a place of a blended row and the next one. */
static inline float lerp(const float *here, float way)
{
    return here[0] + way * (here[1] - here[0]);
}

#endif

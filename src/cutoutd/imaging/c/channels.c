/* kernels.channels: an image's colours, each in a plane of its own. */

#include "kernels.h"

#define COLORS 3

/* rgba: n pixels of four bytes; out: (3, n), each level times its colour's factor, less its shift. */
KERNEL int channels(const uint8_t *rgba, ptrdiff_t n, const float *factors, const float *shifts,
                    float *out)
{
    for (ptrdiff_t color = 0; color < COLORS; color++) {
        float factor = factors[color], shift = shifts[color];
        float *plane = out + color * n;
        for (ptrdiff_t i = 0; i < n; i++)
            plane[i] = (float)rgba[4 * i + color] * factor - shift;
    }
    return 0;
}

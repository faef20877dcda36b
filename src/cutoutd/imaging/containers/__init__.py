"""What files say around their pixels, read without a decoder.

Whatever is damaged or too large there is left out, and costs no image.
"""

"""What runs inside the app's process: stdlib only, handed over by path.

The interpreter may be one that has neither pytest nor this package, so these modules import
nothing but the standard library and each other (relatively, under the name ``hfspace_child``).
"""

"""How the suite works: claims and figures in a notebook; runs, stamps, sweeps and mutants around it.

No subject of `lib` imports this package, and this package imports no subject.
"""

"""What pyproject.toml cannot say yet: one file of C, built where there is a compiler and else left out."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "recognizance.gallery.indexes._scan",
            ["src/recognizance/gallery/indexes/scan.c"],
            extra_compile_args=["-O3"],
            optional=True,
        )
    ]
)

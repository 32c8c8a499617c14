"""Many runs on many processes or machines, through Dask: `epochscope sweep`. Nothing here is imported without it."""

"""One set of normalisers for run, sync and dedupe: Arrow column in, Arrow column out.

Each module holds the kernels of one subject (names, phones, dates ...); all of them return
`interface.Normalised` and look at every distinct value once.  Import the module you need: this
package file stays empty of imports, because the libraries behind phones and names load slowly.
"""

"""Bytes to exact text rows: readers, recognition, the grammar of cells, masking.

In:   a path, the declared exports, a currency.
Out:  which export a file is and its rows as text, or why it is refused; of a sample that is none
      yet, what its columns may be.

It knows no shop, no warehouse and no night. Whatever fails here fails one file.
"""

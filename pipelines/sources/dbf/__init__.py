"""dBase tables, from dBase II to Visual FoxPro: header, memos, values by whole columns, the reader."""

"""What must hold before anything is written: the account of rows, the shape of what comes in and goes out."""

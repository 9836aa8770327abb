"""Examples brought in from files: read record by record, screened where wanted, all of a file or nothing."""

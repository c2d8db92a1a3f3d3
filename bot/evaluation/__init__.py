"""`safeguild evaluate`: how well the judge agrees with the labels of a data set, from the command line."""

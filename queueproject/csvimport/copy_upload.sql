-- Send the rows over in one stream.
-- No index.
COPY {upload} ({columns}) FROM STDIN
